"""Visitors' photos: read once, kept a while, shown small, handed back as files."""

from __future__ import annotations

import hashlib
import io
import os
import uuid
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from gradio.utils import get_upload_folder
from PIL import Image

from styletransfer import images
from styletransfer.errors import ImageError

PREVIEW_SIDE = 1600
PREVIEW_QUALITY = 88
NAME_BYTES = 90


def load_photo(path: str | None, max_side: int | None) -> Image.Image:
    """The photo at the size it will be painted; moving a slider reads no file. Raises ImageError."""
    if not path:
        raise ImageError("Choose a photo first.")
    return _scaled(path, changed(path), max_side)


def before_preview(path: str, max_side: int | None) -> Path:
    """A JPEG of the photo as it is compared with the result; made once, in Gradio's cache, where it is cleaned up."""
    side = min(max_side or PREVIEW_SIDE, PREVIEW_SIDE)
    since = changed(path)
    key = hashlib.sha256(f"{path} {since} {side}".encode()).hexdigest()
    preview = Path(get_upload_folder()) / key / "photo.jpg"
    if preview.is_file():
        os.utime(preview)
    else:
        preview.parent.mkdir(parents=True, exist_ok=True)
        images.save_image(_scaled(path, since, side), preview)
    return preview


def preview_jpeg(painted: Image.Image) -> bytes:
    """The result as a JPEG for the screen; what is see-through becomes white."""
    buffer = io.BytesIO()
    images.on_white(images.limit_side(painted, PREVIEW_SIDE)).save(buffer, "JPEG", quality=PREVIEW_QUALITY)
    return buffer.getvalue()


def save_download(painted: Image.Image, photo: str, styles: str, settings: Mapping[str, object]) -> str:
    """A lossless PNG in Gradio's cache, named after the photo and its styles; its settings are in the file."""
    target = new_download(f"{short(Path(photo).stem)}-{short(styles)}.png")
    images.save_image(painted, target, settings=settings)
    return str(target)


def new_download(name: str) -> Path:
    """Where to write a file that is downloaded, in Gradio's cache."""
    folder = Path(get_upload_folder()) / uuid.uuid4().hex
    folder.mkdir(parents=True)
    return folder / name


def short(name: str) -> str:
    """As much of a name as two of them may take in a file's name."""
    return name.encode()[:NAME_BYTES].decode(errors="ignore")


def changed(path: str) -> int:
    """When the file changed last. Raises ImageError if it was cleaned up."""
    try:
        return Path(path).stat().st_mtime_ns
    except OSError as error:
        raise ImageError("The picture is no longer on the server; upload it again.") from error


@lru_cache(maxsize=2)
def _opened(path: str, changed: int) -> Image.Image:
    return images.open_image(path)


@lru_cache(maxsize=4)
def _scaled(path: str, changed: int, max_side: int | None) -> Image.Image:
    return images.limit_side(_opened(path, changed), max_side)
