"""Which formats results are written in; without the libraries that write them, for whom must start quickly."""

from __future__ import annotations

from pathlib import Path

# Results of folders keep the photo's name; formats that cannot be written become PNG.
WRITABLE = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"}


def writable(path: Path) -> Path:
    """The path itself, or one that ends in .png where the format cannot be written."""
    return path if path.suffix.lower() in WRITABLE else path.with_suffix(".png")
