"""Paint the thumbnails of the style gallery: one photo, in every style.

python examples/make_thumbnails.py [photo.jpg]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from PIL import Image, ImageOps

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from styletransfer import FixedStylizer, images  # noqa: E402

THUMBNAIL_SIDE = 256
PAINTED_SIDE = 512  # painted at the size of the thumbnail, brush strokes would be as large as faces
QUALITY = 85


def main() -> None:
    photos = sorted((HERE / "photos").glob("*.jpg"))
    parser = argparse.ArgumentParser(description="Paint the thumbnails of the style gallery.")
    parser.add_argument("photo", nargs="?", type=Path, default=photos[0], help=f"what to paint (default: {photos[0].name})")
    args = parser.parse_args()
    square = ImageOps.fit(images.open_image(args.photo).convert("RGB"), (PAINTED_SIDE, PAINTED_SIDE), Image.Resampling.LANCZOS)
    stylizer = FixedStylizer.from_pretrained()
    target = HERE / "styles"
    target.mkdir(exist_ok=True)
    for old in set(target.glob("*.jpg")) - {target / f"{name}.jpg" for name in stylizer.styles}:
        old.unlink()
    for name in stylizer.styles:
        painted = stylizer(square, style=name).resize((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
        painted.save(target / f"{name}.jpg", quality=QUALITY)


if __name__ == "__main__":
    main()
