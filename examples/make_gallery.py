"""Paint the README's contact sheet: every example photo in every style.

python examples/make_gallery.py
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageOps

EXAMPLES = Path(__file__).resolve().parent
sys.path.insert(0, str(EXAMPLES.parent))

from styletransfer import FixedStylizer  # noqa: E402

PAINT_SIDE, TILE, GAP = 512, 208, 6
STYLES_PER_ROW = 8


def main() -> None:
    stylizer = FixedStylizer.from_pretrained()
    photos = [Image.open(path).convert("RGB") for path in sorted((EXAMPLES / "photos").glob("*.jpg"))]
    photos = [ImageOps.fit(photo, (PAINT_SIDE, PAINT_SIDE), Image.Resampling.LANCZOS) for photo in photos]
    names = list(stylizer.styles)
    bands = [names[i : i + STYLES_PER_ROW] for i in range(0, len(names), STYLES_PER_ROW)]
    rows = [[photo, *(stylizer(photo, style=name) for name in band)] for band in bands for photo in photos]
    width, height = (count * (TILE + GAP) - GAP for count in (1 + STYLES_PER_ROW, len(rows)))
    sheet = Image.new("RGB", (width, height), "white")
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            tile = picture.resize((TILE, TILE), Image.Resampling.LANCZOS)
            sheet.paste(tile, (x * (TILE + GAP), y * (TILE + GAP)))
    sheet.save(EXAMPLES / "gallery.jpg", quality=88, optimize=True)


if __name__ == "__main__":
    main()
