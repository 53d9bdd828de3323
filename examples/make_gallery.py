"""Paint the README's contact sheets: photos in every fixed style, and photos in styles that no network was trained on.

python examples/make_gallery.py
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps

EXAMPLES = Path(__file__).resolve().parent
sys.path.insert(0, str(EXAMPLES.parent))

from styletransfer import FixedStylizer, MetaStylizer  # noqa: E402

PAINT_SIDE, GAP = 512, 6
STYLES_PER_ROW = 8
WHOLE = (0.0, 0.0, 1.0, 1.0)
FIXED_PHOTOS = ("astronaut", "cat", "coffee", "rocket")
# Photos and details of them: left, top, right, bottom in shares of their sides.
ARBITRARY_PHOTOS = {
    "astronaut": (WHOLE, (0.28, 0.0, 0.62, 0.34)), "cat": (WHOLE, (0.3, 0.1, 0.8, 0.75)),
    "coffee": (WHOLE, (0.15, 0.1, 0.7, 0.8)), "rocket": (WHOLE, (0.1, 0.45, 0.55, 1.0)),
    "photographer": (WHOLE, (0.25, 0.1, 0.75, 0.6)), "galaxies": (WHOLE,), "coins": (WHOLE,),
}  # fmt: skip
ARBITRARY_STYLES = (
    "swirling_night", "woodblock_wave", "stained_glass", "pointillist_park", "fauve_harbour", "gold_mosaic", "linocut_fields",
    "watercolour_poppies",
)  # fmt: skip


def main() -> None:
    sheet(fixed_rows(), 208).save(EXAMPLES / "gallery.jpg", quality=88, optimize=True)
    sheet(arbitrary_rows(), 160).save(EXAMPLES / "gallery_arbitrary.jpg", quality=84, optimize=True)


def fixed_rows() -> list[list[Image.Image]]:
    stylizer = FixedStylizer.from_pretrained()
    photos, names = [load(photo) for photo in FIXED_PHOTOS], list(stylizer.styles)
    bands = [names[i : i + STYLES_PER_ROW] for i in range(0, len(names), STYLES_PER_ROW)]
    return [[photo, *(stylizer(photo, style=name) for name in band)] for band in bands for photo in photos]


def arbitrary_rows() -> list[list[Image.Image]]:
    stylizer = MetaStylizer.from_pretrained()
    styles = [Image.open(EXAMPLES / "paintings" / f"{name}.jpg").convert("RGB") for name in ARBITRARY_STYLES]
    photos = [load(photo, box) for photo, boxes in ARBITRARY_PHOTOS.items() for box in boxes]
    codes = [stylizer.encode(style) for style in styles]
    heads = [square(style) for style in styles]
    return [
        [Image.new("RGB", heads[0].size, "white"), *heads],
        *([p, *(stylizer(p, style=code) for code in codes)] for p in photos),
    ]


def load(name: str, box: Sequence[float] = WHOLE) -> Image.Image:
    photo = Image.open(EXAMPLES / "photos" / f"{name}.jpg").convert("RGB")
    sides = (*photo.size, *photo.size)
    return square(photo.crop(tuple(round(share * side) for share, side in zip(box, sides, strict=True))))


def square(picture: Image.Image) -> Image.Image:
    return ImageOps.fit(picture, (PAINT_SIDE, PAINT_SIDE), Image.Resampling.LANCZOS)


def sheet(rows: list[list[Image.Image]], tile: int) -> Image.Image:
    """All pictures, ``tile`` pixels wide and high, side by side."""
    width, height = (count * (tile + GAP) - GAP for count in (len(rows[0]), len(rows)))
    canvas = Image.new("RGB", (width, height), "white")
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            small = picture.resize((tile, tile), Image.Resampling.LANCZOS)
            canvas.paste(small, (x * (tile + GAP), y * (tile + GAP)))
    return canvas


if __name__ == "__main__":
    main()
