"""The Fixed tab: a photo in one of the styles a network was trained for, or between two of them."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from styletransfer.ui import common
from styletransfer.ui.components import FreeDropdown, FreeSlider
from styletransfer.ui.errors import plain_errors
from styletransfer.ui.examples import example_photos
from styletransfer.ui.models import fixed_styles, fixed_stylizer, loading_fixed
from styletransfer.ui.photos import before_preview, load_photo, preview_jpeg, save_download

NO_STYLE = ""


@dataclass(frozen=True)
class Settings:
    """How to paint: the keyword arguments of a FixedStylizer, within bounds."""

    style: dict[str, float]
    strength: float
    preserve_color: bool
    max_side: int | None

    @classmethod
    def of(cls, style: Any, strength: Any, second_style: Any, mix: Any, preserve_color: Any, max_side: Any) -> Settings:
        """From what a browser or an API caller sends: numbers are clamped, styles are for the stylizer to check."""
        share = common.clamp(mix, 0, 1, "The share of the second style") if second_style else 0.0
        shares = {str(style): 1 - share}
        if second_style:
            shares[str(second_style)] = shares.get(str(second_style), 0.0) + share
        return cls(
            style={name: share for name, share in shares.items() if share},
            strength=common.clamp_strength(strength),
            preserve_color=bool(preserve_color),
            max_side=common.clamp_side(max_side),
        )


def _paint(photo: str | None, settings: Settings) -> tuple[Image.Image, float]:
    """The result, and the seconds that painting took."""
    picture, stylizer = load_photo(photo, settings.max_side), fixed_stylizer()
    start = time.perf_counter()
    return stylizer(picture, **asdict(settings)), time.perf_counter() - start


@plain_errors
def preview_fixed(
    photo: str | None, style: Any, strength: Any, second_style: Any, mix: Any, preserve_color: Any, max_side: Any
) -> tuple[tuple[Path, bytes] | None, str]:
    """Before and after for the page, and a line about it."""
    if photo is None:
        return None, common.HINT
    settings = Settings.of(style, strength, second_style, mix, preserve_color, max_side)
    painted, seconds = _paint(photo, settings)
    return (before_preview(photo, settings.max_side), preview_jpeg(painted)), _caption(settings, painted, seconds)


@plain_errors
def stylize_fixed(
    photo: str | None, style: Any, strength: Any, second_style: Any, mix: Any, preserve_color: Any, max_side: Any
) -> str:
    """Paint a photo in one of the trained styles and return a PNG; its settings are in the file as metadata.

    Parameters:
        photo: The photo, a picture file.
        style: The name of a style, one of those that /styles lists.
        strength: From 0, the photo itself, to 1, all style.
        second_style: The name of a second style to mix in, or "" for none.
        mix: The share of the second style, from 0 to 1.
        preserve_color: Whether to keep the photo's colours.
        max_side: The longest side of the result in pixels; 0 for the photo's own size. Never enlarges.
    Returns:
        The painted picture as a PNG file, with transparency where the photo has some.
    """
    settings = Settings.of(style, strength, second_style, mix, preserve_color, max_side)
    painted, _ = _paint(photo, settings)
    return save_download(painted, str(photo), "-".join(settings.style), {"method": "fixed", **asdict(settings)})


def list_styles() -> list[dict[str, str]]:
    """The styles /stylize_fixed knows: name, title, artist and year of each."""
    return [asdict(style) for style in fixed_styles().values()]


def _caption(settings: Settings, painted: Image.Image, seconds: float) -> str:
    styles = fixed_styles()
    shares = [(styles[name].label, share) for name, share in settings.style.items()]
    return common.describe(shares, painted, seconds, fixed_stylizer().backend)


def build(app: gr.Blocks) -> None:
    """Add the tab to ``app``."""
    loading_fixed()
    photos = example_photos()
    with gr.Tab("Fixed", id="fixed"), gr.Row():
        gr.api(list_styles, api_name="styles", queue=False)
        with gr.Column(scale=5, min_width=300):
            photo, style = _build_choices(photos)
        with gr.Column(scale=7, min_width=300):
            result, caption, download, file = common.build_result("fixed")
            settings = _build_settings()
    # The first photo comes when the page is open: a value from the start would be the API's default for a missing photo.
    app.load(lambda: common.first(photos), None, photo, **common.QUIET)
    controls = [photo, style, *settings]
    paint = common.painting(caption)
    gr.on(
        [photo.change, *(control.input for control in controls[1:])], preview_fixed, controls, [result, caption],
        trigger_mode="always_last", api_visibility="private", **paint,
    )  # fmt: skip
    saved = download.click(stylize_fixed, controls, file, api_name="stylize_fixed", **paint)
    saved.success(None, file, js=common.SAVE_FILE)


def _build_choices(photos: list[str]) -> tuple[gr.Image, gr.Radio]:
    photo = common.build_picture("fixed", "photo", "Photo", webcam=True)
    gr.Examples([[path] for path in photos], photo, label="Or try one of these", api_visibility="private")
    style = common.build_styles("fixed")
    return photo, style


def _build_settings() -> list[gr.components.Component]:
    """Strength, second style, its share, whether to keep the colours, and the longest side."""
    choices = [("None", NO_STYLE), *((style.credit, name) for name, style in fixed_styles().items())]
    strength = common.build_strength("fixed")
    with gr.Row():
        second = FreeDropdown(choices, value=NO_STYLE, label="Second style", elem_id="fixed-second", min_width=240)
        mix = FreeSlider(0, 1, value=0.5, step=0.01, label="Share of the second style", elem_id="fixed-mix", min_width=240)
    color, side = common.build_color_and_side("fixed")
    return [strength, second, mix, color, side]
