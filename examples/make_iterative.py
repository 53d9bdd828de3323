"""Paint the README's sheet of the iterative method: every example photo in a style, next to what the fast method makes.

python examples/make_iterative.py

The columns are the photo, the fast result with the style in its corner, and the iterative one.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageOps

EXAMPLES = Path(__file__).resolve().parent
sys.path.insert(0, str(EXAMPLES.parent))

from styletransfer import IterativeStylizer, MetaStylizer  # noqa: E402
from styletransfer.stylizers.iterative import PRESETS  # noqa: E402

STYLES = {"astronaut": "swirling_night", "cat": "fauve_harbour", "coffee": "stained_glass", "rocket": "swirling_night"}
TILE, INSET, GAP = (400, 300), 90, 6


def main() -> None:
    iterative, fast = IterativeStylizer.from_pretrained("compact"), MetaStylizer.from_pretrained()
    width, height = (count * (side + GAP) - GAP for count, side in zip((3, len(STYLES)), TILE, strict=True))
    sheet = Image.new("RGB", (width, height), "white")
    for row, (name, painting) in enumerate(STYLES.items()):
        photo = Image.open(EXAMPLES / "photos" / f"{name}.jpg").convert("RGB")
        style = Image.open(EXAMPLES / "paintings" / f"{painting}.jpg").convert("RGB")
        paste(sheet, photo, row, 0)
        paste(sheet, fast(photo, style=style), row, 1, style)
        paste(sheet, iterative(photo, style=style, config=PRESETS["best"]), row, 2)
    sheet.save(EXAMPLES / "iterative.jpg", quality=88, optimize=True)


def paste(sheet: Image.Image, picture: Image.Image, row: int, column: int, inset: Image.Image | None = None) -> None:
    tile = ImageOps.fit(picture, TILE, Image.Resampling.LANCZOS)
    if inset is not None:
        tile.paste(ImageOps.expand(ImageOps.fit(inset, (INSET, INSET)), 2, "white"), (TILE[0] - INSET - 4, TILE[1] - INSET - 4))
    sheet.paste(tile, (column * (TILE[0] + GAP), row * (TILE[1] + GAP)))


if __name__ == "__main__":
    main()
