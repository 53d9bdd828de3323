"""The Arbitrary tab: a photo in the style of any picture, of a mix of up to four, or of a style that was saved."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from styletransfer.errors import StyleError
from styletransfer.stylizers import GeneratedStyle, StyleCode
from styletransfer.stylizers.meta import STROKE_SIZES
from styletransfer.stylizers.mixing import MAX_STYLES
from styletransfer.ui import common
from styletransfer.ui.components import FileInput, FreeSlider
from styletransfer.ui.errors import plain_errors
from styletransfer.ui.examples import example_paintings, example_photos
from styletransfer.ui.models import loading_meta, meta_stylizer, style_code
from styletransfer.ui.photos import before_preview, changed, load_photo, new_download, preview_jpeg, save_download, short

STYLE_HINT = "Choose a style picture to begin."
STYLE_SUFFIX = ".safetensors"
LOADED = "Painting with the saved style {}; the style pictures are not used."


@dataclass(frozen=True)
class Choice:
    """The files of the styles with their shares, which sum to 1, and how large their strokes are."""

    styles: tuple[tuple[str, float], ...]
    stroke_size: float

    @classmethod
    def of(cls, pictures: Sequence[str | None], weights: Sequence[Any], saved: str | None, stroke_size: Any) -> Choice:
        """From what a browser or an API caller sends: numbers are clamped, a saved style comes before pictures."""
        low, high = STROKE_SIZES
        stroke_size = common.clamp(stroke_size, low, high, "The stroke size")
        if saved and Path(saved).suffix != STYLE_SUFFIX:
            raise StyleError(f"{Path(saved).name} is not a saved style; choose a {STYLE_SUFFIX} file that was saved here.")
        if saved:
            return cls(((saved, 1.0),), stroke_size)
        weighed = [
            (picture, common.clamp(weight, 0, 1, f"The weight of style {number}"))
            for number, (picture, weight) in enumerate(zip(pictures, weights, strict=True), 1)
            if picture
        ]
        if not weighed:
            raise StyleError("Choose a style picture first.")
        total = sum(weight for _, weight in weighed)
        if not total:
            raise StyleError("All styles have the weight 0; give at least one of them more.")
        return cls(tuple((picture, weight / total) for picture, weight in weighed if weight), stroke_size)

    @property
    def slug(self) -> str:
        """The styles in a file's name."""
        return short("-".join(Path(path).stem for path, _ in self.styles))

    def code(self) -> StyleCode | GeneratedStyle:
        """The mix of the styles. Raises ImageError and CheckpointError."""
        codes = [(style_code(path, changed(path), self.stroke_size), share) for path, share in self.styles]
        return meta_stylizer().mix(codes, self.stroke_size)


def _title(path: str) -> str:
    """What people call a style: the name of its file."""
    return Path(path).stem.replace("_", " ")


@lru_cache(maxsize=4)
def _scene(photo: str, changed: int, max_side: int | None) -> StyleCode:
    """The photo as a style of its own, towards which a lower strength leads."""
    return meta_stylizer().encode(load_photo(photo, max_side))


@dataclass(frozen=True)
class Settings:
    """How to paint, within bounds."""

    choice: Choice
    strength: float
    preserve_color: bool
    max_side: int | None

    @classmethod
    def of(cls, *values: Any) -> Settings:
        """From the values of all controls but the photo, in the order of ``stylize_arbitrary``."""
        pictures, weights, rest = values[:MAX_STYLES], values[MAX_STYLES : 2 * MAX_STYLES], values[2 * MAX_STYLES :]
        saved, strength, stroke_size, preserve_color, max_side = rest
        return cls(
            Choice.of(pictures, weights, saved, stroke_size),
            common.clamp_strength(strength),
            bool(preserve_color),
            common.clamp_side(max_side),
        )

    @property
    def metadata(self) -> dict[str, Any]:
        """What a result remembers of how it was made."""
        return {
            "method": "arbitrary",
            "style": [[Path(path).name, share] for path, share in self.choice.styles],
            "strength": self.strength,
            "stroke_size": self.choice.stroke_size,
            "preserve_color": self.preserve_color,
            "max_side": self.max_side,
        }


def _paint(photo: str | None, settings: Settings) -> tuple[Image.Image, float]:
    """The result, and the seconds that painting took."""
    picture, stylizer = load_photo(photo, settings.max_side), meta_stylizer()
    start = time.perf_counter()
    style = settings.choice.code()
    scene = _scene(str(photo), changed(str(photo)), settings.max_side) if 0 < settings.strength < 1 else None
    painted = stylizer(picture, style=style, strength=settings.strength, preserve_color=settings.preserve_color, scene=scene)
    return painted, time.perf_counter() - start


@plain_errors
def preview_arbitrary(photo: str | None, *values: Any) -> tuple[tuple[Path, bytes] | None, str]:
    """Before and after for the page, and a line about it."""
    if photo is None:
        return None, common.HINT
    if not any(values[:MAX_STYLES]) and not values[2 * MAX_STYLES]:
        return None, STYLE_HINT
    settings = Settings.of(*values)
    painted, seconds = _paint(photo, settings)
    shares = [(_title(path), share) for path, share in settings.choice.styles]
    caption = common.describe(shares, painted, seconds, meta_stylizer().backend)
    return (before_preview(photo, settings.max_side), preview_jpeg(painted)), caption


@plain_errors
def stylize_arbitrary(
    photo: str | None, style: str | None = None, style_2: str | None = None, style_3: str | None = None,
    style_4: str | None = None, weight: Any = 1, weight_2: Any = 1, weight_3: Any = 1, weight_4: Any = 1,
    saved_style: str | None = None, strength: Any = 1, stroke_size: Any = 1, preserve_color: Any = False,
    max_side: Any = common.DEFAULT_SIDE,
) -> str:  # fmt: skip
    """Paint a photo in the style of any picture and return a PNG; its settings are in the file as metadata.

    Parameters:
        photo: The photo, a picture file.
        style: The style, a picture file.
        style_2: A second style to mix in, or nothing; likewise style_3 and style_4.
        weight: The weight of the style in the mix, from 0 to 1; likewise weight_2, weight_3 and weight_4.
        saved_style: A file that /save_style made, to paint with instead of the pictures.
        strength: From 0, the photo itself, to 1, all style.
        stroke_size: From 0.5, fine, to 2, large; a saved style keeps its own.
        preserve_color: Whether to keep the photo's colours.
        max_side: The longest side of the result in pixels; 0 for the photo's own size. Never enlarges.
    Returns:
        The painted picture as a PNG file, with transparency where the photo has some.
    """
    settings = Settings.of(
        style, style_2, style_3, style_4, weight, weight_2, weight_3, weight_4,
        saved_style, strength, stroke_size, preserve_color, max_side,
    )  # fmt: skip
    painted, _ = _paint(photo, settings)
    return save_download(painted, str(photo), settings.choice.slug, settings.metadata)


@plain_errors
def save_style(
    style: str | None = None, style_2: str | None = None, style_3: str | None = None, style_4: str | None = None,
    weight: Any = 1, weight_2: Any = 1, weight_3: Any = 1, weight_4: Any = 1,
    saved_style: str | None = None, stroke_size: Any = 1,
) -> str:  # fmt: skip
    """Make a network of a style, or of a mix, that paints without the pictures: a file for this page and the command line.

    Parameters:
        style: The style, a picture file.
        style_2: A second style to mix in, or nothing; likewise style_3 and style_4.
        weight: The weight of the style in the mix, from 0 to 1; likewise weight_2, weight_3 and weight_4.
        saved_style: A file that was saved before, to save again instead of the pictures.
        stroke_size: From 0.5, fine, to 2, large.
    Returns:
        The style as a .safetensors file.
    """
    choice = Choice.of(
        (style, style_2, style_3, style_4), (weight, weight_2, weight_3, weight_4), saved_style, stroke_size
    )  # fmt: skip
    target = new_download(choice.slug + STYLE_SUFFIX)
    meta_stylizer().save_style(choice.code(), target, " + ".join(_title(path) for path, _ in choice.styles))
    return str(target)


def build() -> None:
    """Add the tab to the page."""
    loading_meta()
    photos, paintings = example_photos(), example_paintings()
    with gr.Tab("Arbitrary", id="arbitrary") as tab, gr.Row():
        with gr.Column(scale=5, min_width=300):
            photo, style = common.build_photo_and_style("arbitrary", photos, paintings)
        with gr.Column(scale=7, min_width=300):
            result, caption, download, file = common.build_result("arbitrary")
            settings = _build_settings()
            more, weights = _build_mix()
            saved, removed, save = _build_saved()
    pictures = [photo, style, *more]
    common.fill_when_opened(tab, [(photo, photos), (style, paintings)])
    controls = [*pictures, *weights, saved, *settings]
    paint = common.painting(caption)
    preview = {
        "fn": preview_arbitrary, "inputs": controls, "outputs": [result, caption],
        "trigger_mode": "always_last", "api_visibility": "private", **paint,
    }  # fmt: skip
    changes = *(picture.change for picture in pictures), saved.upload, *(control.input for control in (*weights, *settings))
    gr.on(list(changes), **preview)
    removed.then(**preview)
    strokes = settings[1]
    downloaded = download.click(stylize_arbitrary, controls, file, api_name="stylize_arbitrary", **paint)
    kept = save.click(save_style, [style, *more, *weights, saved, strokes], file, api_name="save_style", **paint)
    for made in (downloaded, kept):
        made.success(None, file, js=common.SAVE_FILE)


def _build_mix() -> tuple[list[gr.Image], list[gr.Slider]]:
    """The style pictures beside the main one, and the weights of all."""
    pictures, weights = [], []
    with gr.Accordion("Mix in more styles", open=False, elem_id="arbitrary-mix"):
        weights.append(_build_weight(1, "Weight of the first style"))
        with gr.Row():
            for number in range(2, MAX_STYLES + 1):
                with gr.Column(min_width=140):
                    pictures.append(
                        common.build_picture("arbitrary", f"style-{number}", f"Style {number}", height=150, **common.NARROW)
                    )
                    weights.append(_build_weight(number, f"Weight {number}"))
    return pictures, weights


def _build_weight(number: int, label: str) -> gr.Slider:
    return FreeSlider(0, 1, value=1, step=0.01, label=label, elem_id=f"arbitrary-weight-{number}", min_width=140)


def _build_saved() -> tuple[FileInput, gr.events.Dependency, gr.Button]:
    """The file of a saved style, which replaces the pictures until it is removed; its removal; the button to save one."""
    with gr.Row():
        save = gr.Button("Save this style", size="md", elem_id="arbitrary-save", min_width=140)
        saved = FileInput("Load a saved style", file_types=[STYLE_SUFFIX], size="md", elem_id="arbitrary-saved", min_width=140)
    with gr.Row(visible=False, elem_id="arbitrary-loaded", elem_classes="under-result") as row:
        note = gr.HTML(elem_classes="caption")
        remove = gr.Button("Use the pictures", size="sm", scale=0, min_width=140, elem_id="arbitrary-remove")
    saved.upload(_say_what_is_loaded, saved, [row, note], **common.QUIET)
    # An upload button tells nobody that its file was taken away.
    removed = remove.click(lambda: (None, gr.Row(visible=False)), None, [saved, row], **common.QUIET)
    return saved, removed, save


def _say_what_is_loaded(saved: str) -> tuple[gr.Row, str]:
    return gr.Row(visible=True), LOADED.format(escape(_title(saved)))


def _build_settings() -> list[gr.components.Component]:
    """Strength, stroke size, whether to keep the colours, and the longest side."""
    low, high = STROKE_SIZES
    with gr.Row():
        strength = common.build_strength("arbitrary")
        strokes = FreeSlider(
            low, high, value=1, step=0.1, label="Stroke size, fine to large", elem_id="arbitrary-strokes", min_width=240
        )
    return [strength, strokes, *common.build_color_and_side("arbitrary")]
