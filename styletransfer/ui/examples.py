"""The pictures the app offers: example photos and style pictures, and a thumbnail for every style."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from PIL import Image, ImageOps

from styletransfer import images
from styletransfer.errors import CheckpointError
from styletransfer.stylizers.collection import bundled_styles, dropped_styles, paint_once

THUMBNAIL_SIDE, THUMBNAIL_QUALITY = 320, 80
EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"


def example_photos() -> list[str]:
    """Files of the example photos, the one shown first at the head."""
    return _pictures("photos", "astronaut")


def example_paintings() -> list[str]:
    """Files of the example style pictures, the one shown first at the head."""
    return _pictures("paintings", "woodblock_wave")


def _pictures(folder: str, first: str) -> list[str]:
    found = (EXAMPLES / folder).glob("*.jpg")
    return [str(path) for path in sorted(found, key=lambda path: (path.stem != first, path.name))]


def thumbnail_css() -> str:
    """Rules that paint the buttons of a style choice (class ``styles``) with their thumbnails."""
    bundled = {path.stem: f"gradio_api/file={quote(str(path))}" for path in sorted((EXAMPLES / "styles").glob("*.jpg"))}
    return "\n".join(
        f".styles input[value={json.dumps(name)}] {{ --thumbnail: url({json.dumps(url)}) }}"
        for name, url in (bundled | dict(_added_thumbnails())).items()
    )


def _added_thumbnails() -> Iterator[tuple[str, str]]:
    """Styles of the weights folder, each with the first example photo painted in it, as a data URL."""
    added = dropped_styles(bundled_styles())
    if not added or not example_photos():
        return
    photo = images.load(example_photos()[0])
    square = ImageOps.fit(photo, (THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    for name, (_, checkpoint) in added.items():
        buffer = io.BytesIO()
        try:
            paint_once(square, name, checkpoint).save(buffer, "JPEG", quality=THUMBNAIL_QUALITY)
        except CheckpointError:
            continue  # whoever chooses this style will be told
        yield name, "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
