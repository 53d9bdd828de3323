"""Paint the README's sheets of the iterative method, next to what the fast method makes: five photos in two styles each.

    python examples/make_iterative.py                 # iterative.jpg: the example photos, 512 pixels
    python examples/make_iterative.py backgrounds/    # iterative_768.jpg: photos of 768 pixels from that folder (see README.md)

The columns are the photo, if it is one of ours, then twice the fast result with the style in its corner and the iterative one.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from PIL import Image, ImageOps

EXAMPLES = Path(__file__).resolve().parent
sys.path.insert(0, str(EXAMPLES.parent))

from styletransfer import IterativeStylizer, MetaStylizer, images  # noqa: E402
from styletransfer.stylizers.iterative import PRESETS  # noqa: E402

OURS = {
    "astronaut": ("swirling_night", "watercolour_poppies"),
    "cat": ("fauve_harbour", "pointillist_park"),
    "coffee": ("stained_glass", "cubist_still_life"),
    "rocket": ("woodblock_wave", "swirling_night"),
    "photographer": ("golden_ornament", "linocut_fields"),
}
BACKGROUNDS = {
    "lake-sherburne": ("swirling_night", "ink_mountains"),
    "singaporean-cityscape": ("woodblock_wave", "stained_glass"),
    "roman-colosseum": ("fauve_harbour", "linocut_fields"),
    "the-spices-of-life": ("gold_mosaic", "pointillist_park"),
    "extreme-desert-hike": ("golden_ornament", "watercolour_poppies"),
}
TILE, INSET, GAP = (400, 300), 90, 6
BEST = PRESETS["best"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", nargs="?", type=Path, help="a folder with the photos of Budgie backgrounds")
    folder = parser.parse_args().photos
    if folder is None:
        make_sheet(EXAMPLES / "photos", OURS, show_photo=True).save(EXAMPLES / "iterative.jpg", quality=80, optimize=True)
    else:
        make_sheet(folder, BACKGROUNDS, show_photo=False).save(EXAMPLES / "iterative_768.jpg", quality=80, optimize=True)


def make_sheet(folder: Path, styles: dict[str, tuple[str, str]], show_photo: bool) -> Image.Image:
    iterative, fast = IterativeStylizer.from_pretrained("compact"), MetaStylizer.from_pretrained()
    width, height = (count * (side + GAP) - GAP for count, side in zip((4 + show_photo, len(styles)), TILE, strict=True))
    sheet = Image.new("RGB", (width, height), "white")
    for row, (name, paintings) in enumerate(styles.items()):
        photo = images.limit_side(images.load(folder / f"{name}.jpg"), BEST.size)
        if show_photo:
            paste(sheet, photo, row, 0)
        for number, painting in enumerate(paintings):
            style = images.load(EXAMPLES / "paintings" / f"{painting}.jpg")
            paste(sheet, fast(photo, style=style), row, 2 * number + show_photo, style)
            paste(sheet, iterative(photo, style=style, config=BEST), row, 2 * number + 1 + show_photo)
    return sheet


def paste(sheet: Image.Image, picture: Image.Image, row: int, column: int, inset: Image.Image | None = None) -> None:
    tile = ImageOps.fit(picture, TILE, Image.Resampling.LANCZOS, centering=(0.5, 0.0))  # heads are at the top
    if inset is not None:
        tile.paste(ImageOps.expand(ImageOps.fit(inset, (INSET, INSET)), 2, "white"), (TILE[0] - INSET - 4, TILE[1] - INSET - 4))
    sheet.paste(tile, (column * (TILE[0] + GAP), row * (TILE[1] + GAP)))


if __name__ == "__main__":
    main()
