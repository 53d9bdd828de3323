"""The pictures the app offers: example photos and style pictures, and a thumbnail for every style."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"


def example_photos() -> list[str]:
    """Files of the example photos, the one shown first at the head."""
    return _pictures("photos")


def example_paintings() -> list[str]:
    """Files of the example style pictures, the one shown first at the head."""
    return _pictures("paintings")


def _pictures(folder: str) -> list[str]:
    return [str(path) for path in sorted((EXAMPLES / folder).glob("*.jpg"))]


def thumbnail_css() -> str:
    """Rules that paint the buttons of a style choice (class ``styles``) with their thumbnails."""
    return "\n".join(
        f'.styles input[value="{path.stem}"] {{ --thumbnail: url("gradio_api/file={quote(str(path))}") }}'
        for path in sorted((EXAMPLES / "styles").glob("*.jpg"))
    )
