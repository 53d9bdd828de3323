"""Paint the README's sheet of the iterative method: five example photos in two styles each, next to what the fast method makes.

python examples/make_iterative.py

The columns are the photo, then twice the fast result with the style in its corner and the iterative one.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageOps

EXAMPLES = Path(__file__).resolve().parent
sys.path.insert(0, str(EXAMPLES.parent))

from styletransfer import IterativeStylizer, MetaStylizer  # noqa: E402
from styletransfer.stylizers.iterative import PRESETS  # noqa: E402

STYLES = {
    "astronaut": ("swirling_night", "watercolour_poppies"),
    "cat": ("fauve_harbour", "pointillist_park"),
    "coffee": ("stained_glass", "cubist_still_life"),
    "rocket": ("woodblock_wave", "swirling_night"),
    "photographer": ("golden_ornament", "linocut_fields"),
}
TILE, INSET, GAP = (400, 300), 90, 6
COLUMNS = 5


def main() -> None:
    iterative, fast = IterativeStylizer.from_pretrained("compact"), MetaStylizer.from_pretrained()
    width, height = (count * (side + GAP) - GAP for count, side in zip((COLUMNS, len(STYLES)), TILE, strict=True))
    sheet = Image.new("RGB", (width, height), "white")
    for row, (name, paintings) in enumerate(STYLES.items()):
        photo = load("photos", name)
        paste(sheet, photo, row, 0)
        for column, painting in zip((1, 3), paintings, strict=True):
            style = load("paintings", painting)
            paste(sheet, fast(photo, style=style), row, column, style)
            paste(sheet, iterative(photo, style=style, config=PRESETS["best"]), row, column + 1)
    sheet.save(EXAMPLES / "iterative.jpg", quality=80, optimize=True)


def load(folder: str, name: str) -> Image.Image:
    return Image.open(EXAMPLES / folder / f"{name}.jpg").convert("RGB")


def paste(sheet: Image.Image, picture: Image.Image, row: int, column: int, inset: Image.Image | None = None) -> None:
    tile = ImageOps.fit(picture, TILE, Image.Resampling.LANCZOS, centering=(0.5, 0.0))  # heads are at the top
    if inset is not None:
        tile.paste(ImageOps.expand(ImageOps.fit(inset, (INSET, INSET)), 2, "white"), (TILE[0] - INSET - 4, TILE[1] - INSET - 4))
    sheet.paste(tile, (column * (TILE[0] + GAP), row * (TILE[1] + GAP)))


if __name__ == "__main__":
    main()
