"""Gradio components whose values our own code checks, and a before/after view that is quick enough for a moving slider.

Gradio's own components open, refuse or convert values before an event handler sees them; ours hand them over as they
are, so that every wrong value ends in a sentence of ours. ``is_template`` lets them use their parent's front end.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components.imageslider import SliderData
from gradio.data_classes import FileData, ImageData


class PhotoInput(gr.Image):
    """An image upload whose value is the uploaded file itself, with its EXIF, alpha and size, unopened."""

    is_template = True

    def preprocess(self, payload: ImageData | None) -> str | None:
        return payload.path if payload else None


class ClipInput(gr.Video):
    """A video upload whose value is the uploaded file itself, unopened."""

    is_template = True

    def preprocess(self, payload: FileData | None) -> str | None:
        return payload.path if payload else None


class ClipOutput(gr.Video):
    """A player of files that browsers play as they are."""

    is_template = True

    def postprocess(self, value: str | Path | None) -> FileData | None:
        return FileData(path=str(value), orig_name=Path(value).name, mime_type="video/mp4") if value else None


class FileInput(gr.UploadButton):
    """A button to upload a file, whose value is the file itself, of any kind."""

    is_template = True

    def preprocess(self, payload: FileData | None) -> str | None:
        return payload.path if payload else None


class FreeSlider(gr.Slider):
    """A slider that lets API callers send any number."""

    is_template = True

    def preprocess(self, payload: Any) -> Any:
        return payload


class FreeRadio(gr.Radio):
    """Radio buttons that let API callers send any value."""

    is_template = True

    def preprocess(self, payload: Any) -> Any:
        return payload


class FreeDropdown(gr.Dropdown):
    """A dropdown that lets API callers send any value."""

    is_template = True

    def preprocess(self, payload: Any) -> Any:
        return payload


class LiveImage(gr.Image):
    """Shows one data URL after the other: a file for every frame would be slower and fill the disk."""

    is_template = True

    def postprocess(self, value: str | None) -> ImageData | None:
        return ImageData(url=value, orig_name="painted.jpg", mime_type="image/jpeg") if value else None


class BeforeAfter(gr.ImageSlider):
    """Shows a picture file against JPEG bytes.

    The bytes travel within the answer: a file would cost the browser one more request for every step of a slider, and
    the server's disk one more file.
    """

    is_template = True

    def postprocess(self, value: tuple[Path, bytes] | None) -> SliderData | None:
        if value is None:
            return None
        before, after = value
        url = "data:image/jpeg;base64," + base64.b64encode(after).decode()
        return SliderData(
            root=(
                ImageData(path=str(before), orig_name=before.name, mime_type="image/jpeg"),
                ImageData(url=url, orig_name="painted.jpg", mime_type="image/jpeg"),
            )
        )
