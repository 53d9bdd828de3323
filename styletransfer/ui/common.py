"""What the tabs share: how far their settings go, the photo, the result and the controls below it."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from html import escape
from typing import Any

import gradio as gr
from PIL import Image

from styletransfer.errors import StyleTransferError
from styletransfer.ui.components import BeforeAfter, FreeRadio, FreeSlider, PhotoInput
from styletransfer.ui.models import fixed_styles

SIDES = [("512", 512), ("1024", 1024), ("2048", 2048), ("Original", 0)]
DEFAULT_SIDE = 1024
SMALLEST_SIDE, LARGEST_SIDE = 64, 16384
NARROW = {"min_width": 140, "placeholder": "Drop or click"}
HINT = "Choose a photo to begin."
QUIET = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}  # events that only move the page
# The link is made by hand, because a DownloadButton only offers a file that is there before it is clicked.
SAVE_FILE = "(file) => { const a = document.createElement('a'); a.href = file.url; a.download = file.orig_name; a.click(); }"


def clamp(value: Any, low: float, high: float, name: str) -> float:
    """The number within its bounds. Raises StyleTransferError for what is no number."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if math.isnan(number):
        raise StyleTransferError(f"{name} must be a number from {low:g} to {high:g}.")
    return min(max(number, low), high)


def clamp_strength(value: Any) -> float:
    return clamp(value, 0, 1, "The strength")


def clamp_side(value: Any) -> int | None:
    """The longest side in pixels; None, the photo's own, for 0."""
    return int(clamp(value, SMALLEST_SIDE, LARGEST_SIDE, "The longest side")) if value else None


def describe(styles: Collection[tuple[str, float]], painted: Image.Image, seconds: float, backend: str) -> str:
    """The line under a result; the shares of the styles are told where there are several."""
    names = (name + (f" {share:.0%}" if len(styles) > 1 else "") for name, share in styles)
    facts = " + ".join(names), f"{painted.width} × {painted.height}", f"{1000 * seconds:.0f} ms", backend
    return escape(" · ".join(facts))


def painting(caption: gr.HTML) -> dict[str, Any]:
    """How events that paint are queued, all tabs together, and where they say that they are at it."""
    return {"concurrency_id": "paint", "concurrency_limit": 2, "show_progress": "minimal", "show_progress_on": caption}


def first(files: list[str]) -> str | None:
    return files[0] if files else None


def fill_when_opened(tab: gr.Tab, offers: Sequence[tuple[gr.Image, list[str]]]) -> None:
    """Put the first of its files into each input when the tab is opened: nothing is painted for visitors who do not."""
    pictures, firsts = [picture for picture, _ in offers], [first(files) for _, files in offers]
    shown = firsts if len(firsts) > 1 else firsts[0]
    tab.select(lambda *chosen: gr.skip() if any(chosen) else shown, pictures, pictures, **QUIET)


def build_picture(tab: str, name: str, label: str, webcam: bool = False, **options: Any) -> PhotoInput:
    """An input for a picture; ``options`` are those of gr.Image."""
    sources = ["upload", "clipboard", *(["webcam"] if webcam else [])]
    look = {"height": 260, "buttons": [], "elem_id": f"{tab}-{name}", "elem_classes": "photo"}
    return PhotoInput(label=label, sources=sources, **look | options)


def build_photo_and_style(tab: str, photos: list[str], paintings: list[str]) -> tuple[PhotoInput, PhotoInput]:
    """The photo and the style picture, and those we offer."""
    with gr.Row():
        photo = build_picture(tab, "photo", "Photo", webcam=True, **NARROW)
        style = build_picture(tab, "style", "Style", **NARROW)
    for label, files, picture in (("Photos to try", photos, photo), ("Styles to try", paintings, style)):
        if files:
            gr.Examples(
                [[path] for path in files], picture, label=label, elem_id=f"{picture.elem_id}-examples",
                examples_per_page=len(files), api_visibility="private",
            )  # fmt: skip
    return photo, style


def build_result(tab: str) -> tuple[gr.ImageSlider, gr.HTML, gr.Button, gr.DownloadButton]:
    """The comparison, the line under it, the button to download, and the hidden one that holds what is downloaded."""
    result = BeforeAfter(
        label="Before and after", buttons=["fullscreen"], max_height=480, slider_position=35, elem_id=f"{tab}-result"
    )
    with gr.Row(elem_classes="under-result"):
        caption = gr.HTML(HINT, elem_id=f"{tab}-caption", elem_classes="caption")
        download = gr.Button("Download PNG", variant="primary", size="md", elem_id=f"{tab}-download", scale=0, min_width=150)
        file = gr.DownloadButton(visible="hidden")
    return result, caption, download, file


def build_styles(tab: str) -> gr.Radio:
    """The trained styles as tiles."""
    styles = fixed_styles()
    return FreeRadio(
        [(style.caption, name) for name, style in styles.items()],
        value=next(iter(styles)), label="Style", elem_classes="styles", elem_id=f"{tab}-style",
    )  # fmt: skip


def build_strength(tab: str) -> gr.Slider:
    return FreeSlider(0, 1, value=1, step=0.01, label="Strength", elem_id=f"{tab}-strength", min_width=240)


def build_color_and_side(tab: str) -> tuple[gr.Checkbox, gr.Radio]:
    """Whether to keep the colours, and the longest side."""
    with gr.Row():
        side = FreeRadio(SIDES, value=DEFAULT_SIDE, label="Longest side in pixels", elem_id=f"{tab}-side", scale=2, min_width=340)
        color = gr.Checkbox(label="Keep the photo's colours", elem_id=f"{tab}-color")
    return color, side
