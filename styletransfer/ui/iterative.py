"""The Iterative tab: the picture itself is optimised, and everybody can watch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from styletransfer import hub
from styletransfer.checkpoints import HUB_ENCODERS
from styletransfer.errors import StyleTransferError
from styletransfer.stylizers import IterativeConfig, IterativeProgress
from styletransfer.stylizers.iterative import PRESETS, paint_start
from styletransfer.stylizers.iterative.config import META, NOISE, PHOTO, STROKE_SIZES
from styletransfer.ui import common, watching
from styletransfer.ui.components import BeforeAfter, FreeDropdown, FreeRadio, FreeSlider
from styletransfer.ui.downloads import require_encoder
from styletransfer.ui.errors import plain_errors
from styletransfer.ui.examples import example_paintings, example_photos
from styletransfer.ui.gpu import TIME_IS_UP, Signal, on_gpu, time_is_up
from styletransfer.ui.models import fixed_styles, iterative_stylizer, place_iterative, warm_start
from styletransfer.ui.photos import before_preview, load_photo, new_download, preview_jpeg, save_download, short
from styletransfer.ui.runs import begin_run, end_run, stop_run

HINT = "Choose a photo and a style, then press Run."
SHOW_SECONDS = 0.7  # between two previews
SMALLEST_SIDE, LARGEST_SIDE, MOST_STEPS = 64, 2048, 1000
DEFAULT_PRESET = "balanced"
START = PRESETS[DEFAULT_PRESET]
PRESET_LABELS = [("Fast preview", "fast"), ("Balanced", "balanced"), ("Best", "best")]
ENCODERS = [
    ("Automatic", "auto"),
    ("CompactVGG, bundled", "compact"),
    ("VGG-19, from the Hub", "vgg19"),
    ("VGG-16, from the Hub", "vgg16"),
]
POOLINGS = [("Maximum", "max"), ("Average", "avg")]
OPTIMIZERS = [("L-BFGS", "lbfgs"), ("Adam", "adam")]
COLORS = [("The style's", "off"), ("The photo's, painted in grey", "luminance"), ("The style recoloured like the photo", "match")]
PRESET_FIELDS = ("size", "steps", "init", "coarsest")
GPU_STEP = 0.05  # seconds for a step at 512 x 512; guessed for VGG-19
Shown = tuple[Any, ...]


@dataclass(frozen=True)
class Settings:
    """The pictures and how to paint, within bounds."""

    styles: tuple[tuple[str, float], ...]
    mask: str | None
    encoder: str
    pooling: str
    config: IterativeConfig

    @classmethod
    def of(
        cls, style: Any, strength: Any, stroke_size: Any, size: Any, steps: Any, init: Any, coarsest: Any, optimizer: Any,
        preserve_color: Any, second_style: Any, share: Any, mask: Any, encoder: Any, pooling: Any, content_weight: Any,
        style_weight: Any, tv_weight: Any, seed: Any,
    ) -> Settings:  # fmt: skip
        """From what a browser or an API caller sends: numbers are clamped, names checked here or by the engine."""
        if not style:
            raise StyleTransferError("Choose a style picture first.")
        share = common.clamp(share, 0, 1, "The share of the second style") if second_style else 0.0
        config = IterativeConfig(
            size=int(common.clamp(size, SMALLEST_SIDE, LARGEST_SIDE, "The longest side")),
            steps=int(common.clamp(steps, 1, MOST_STEPS, "The number of steps")),
            init=str(init),
            coarsest=int(common.clamp(coarsest, SMALLEST_SIDE, LARGEST_SIDE, "The coarsest side")),
            optimizer=str(optimizer),
            strength=common.clamp_strength(strength),
            stroke_size=common.clamp(stroke_size, *STROKE_SIZES, "The stroke size"),
            preserve_color=str(preserve_color),
            content_weight=common.clamp(content_weight, 0, 100, "The weight of the content"),
            style_weight=common.clamp(style_weight, 0, 100, "The weight of the style"),
            tv_weight=common.clamp(tv_weight, 0, 100, "The weight of the smoothness"),
            seed=int(common.clamp(seed, 0, 2**31, "The seed")),
        )
        styles = ((style, 1 - share), *([(second_style, share)] if share else []))
        encoder, pooling = _one_of(ENCODERS, encoder, "encoder"), _one_of(POOLINGS, pooling, "pooling")
        return cls(tuple(pair for pair in styles if pair[1]), mask, encoder, pooling, config)

    def prepare(self, photo: str | None) -> Image.Image | None:
        """What is done before a GPU is asked for: fetch the weights, and paint the picture to start from if it is a fast result.

        Raises ImageError, StyleError and CheckpointError.
        """
        picture = load_photo(photo, self.config.size)
        if self.encoder in HUB_ENCODERS:
            hub.fetch(HUB_ENCODERS[self.encoder])
        return paint_start(picture, list(self.styles), self.config, warm_start)

    def steps(self, photo: str, start: Image.Image | None) -> Iterator[IterativeProgress]:
        """The run. Raises ImageError, StyleError and CheckpointError."""
        picture = load_photo(photo, self.config.size)
        stylizer = iterative_stylizer(self.encoder, self.pooling)
        return stylizer.stylize(picture, style=list(self.styles), mask=self.mask, config=self.config, start=start)

    def save(self, last: IterativeProgress, photo: str) -> str:
        """The result as a PNG that remembers how it was made."""
        styles = [[Path(path).name, share] for path, share in self.styles]
        settings = {"method": "iterative", "style": styles, "encoder": self.encoder, "pooling": self.pooling}
        settings |= asdict(self.config) | {"steps_done": last.step}
        return save_download(last.result, photo, "-".join(Path(path).stem for path, _ in self.styles), settings)


def _one_of(choices: list[tuple[str, str]], value: Any, name: str) -> str:
    if value not in [choice for _, choice in choices]:
        raise StyleTransferError(f'There is no {name} "{value}"; choose among {", ".join(choice for _, choice in choices)}.')
    return str(value)


@dataclass(frozen=True)
class Look:
    """What is to be seen of a run after a step; the last one has the PNG, the film and sentences for people."""

    before: Path
    after: bytes
    status: str
    plot: str
    result: str | None = None
    film: str | None = None
    warnings: tuple[str, ...] = ()


def gpu_seconds(settings: Settings, *_: Any) -> float:
    """How long a GPU works at a run, at most."""
    return GPU_STEP * settings.config.steps * (settings.config.size / 512) ** 2


@plain_errors
def watch(photo: str | None, stop: Signal | None, *values: Any) -> Iterator[Shown]:
    """The run as the page shows it: before and after, status, losses, and at the end the PNG and the film."""
    settings = Settings.of(*values)
    for look in optimize_watched(settings, photo, settings.prepare(photo), stop):
        for warning in look.warnings:
            gr.Warning(warning)
        download = gr.DownloadButton(value=look.result, interactive=True) if look.result else gr.skip()
        film = gr.Image(look.film, visible=True) if look.film else gr.skip()
        yield (look.before, look.after), look.status, look.plot, download, film


@on_gpu(gpu_seconds)
@plain_errors
def optimize_watched(settings: Settings, photo: str, start: Image.Image | None, stop: Signal | None) -> Iterator[Look]:
    """The run, looked at now and then and at the end."""
    film, due = watching.Film(settings.config.steps), watching.Pace(SHOW_SECONDS)
    content: list[float] = []
    style: list[float] = []

    def look(progress: IterativeProgress, picture: Image.Image, stopped: bool = False) -> Look:
        before, plot = before_preview(photo, settings.config.size), watching.loss_plot(content, style, progress.total)
        return Look(before, preview_jpeg(picture), watching.status(progress, stopped), plot)

    for progress in settings.steps(photo, start):
        content.append(progress.content_loss)
        style.append(progress.style_loss)
        film.add(progress)
        late = time_is_up()
        if progress.step == progress.total or late or (stop and stop.is_set()):
            break
        if due():
            yield look(progress, progress.preview)
    stopped = progress.step < progress.total
    target = new_download(f"{short(Path(photo).stem)}-time-lapse.webp")
    target.write_bytes(film.finish(progress.result))
    yield replace(
        look(progress, progress.result, stopped), result=settings.save(progress, photo), film=str(target),
        warnings=(*progress.warnings, *([TIME_IS_UP] if late and stopped else [])),
    )  # fmt: skip


@plain_errors
def stylize_iterative(
    photo: str | None, style: str | None = None, strength: Any = START.strength, stroke_size: Any = START.stroke_size,
    size: Any = START.size, steps: Any = START.steps, init: Any = START.init, coarsest: Any = START.coarsest,
    optimizer: Any = START.optimizer, preserve_color: Any = START.preserve_color, second_style: str | None = None,
    share: Any = 0.5, mask: str | None = None, encoder: Any = "auto", pooling: Any = "max",
    content_weight: Any = START.content_weight, style_weight: Any = START.style_weight, tv_weight: Any = START.tv_weight,
    seed: Any = START.seed,
) -> str:  # fmt: skip
    """Optimise a photo in the style of a picture and return a PNG; its settings are in the file as metadata. Takes minutes.

    Parameters:
        photo: The photo, a picture file.
        style: The style, a picture file.
        strength: From 0, the photo itself, to 1, the style's texture alone.
        stroke_size: From 0.25, fine, to 4, large.
        size: The longest side of the result in pixels; never enlarges.
        steps: How many steps to take.
        init: Where to start: photo, noise, meta or the name of a style that /styles lists.
        coarsest: The longest side of the first scale in pixels.
        optimizer: lbfgs or adam.
        preserve_color: off, luminance or match.
        second_style: A second style to mix in, or nothing.
        share: The share of the second style, from 0 to 1.
        mask: A picture, white where the style goes, or nothing.
        encoder: auto, compact, vgg19 or vgg16.
        pooling: max or avg.
        content_weight: The weight of the content, from 0 to 100; likewise style_weight and tv_weight, the smoothness.
        seed: The seed of the noise.
    Returns:
        The painted picture as a PNG file, with transparency where the photo has some.
    """
    settings = Settings.of(
        style, strength, stroke_size, size, steps, init, coarsest, optimizer, preserve_color,
        second_style, share, mask, encoder, pooling, content_weight, style_weight, tv_weight, seed,
    )  # fmt: skip
    return optimize(settings, photo, settings.prepare(photo))


@on_gpu(gpu_seconds)
@plain_errors
def optimize(settings: Settings, photo: str, start: Image.Image | None) -> str:
    """The run to its end; the PNG."""
    for last in settings.steps(photo, start):  # noqa: B007
        if time_is_up():
            break
    return settings.save(last, photo)


@plain_errors
def begin(encoder: Any) -> Shown:
    """A new run of this visitor: its own signal to stop, and a page that waits for it."""
    require_encoder(str(encoder))
    return *begin_run(), gr.DownloadButton(interactive=False), gr.Image(None, visible=False)


def apply_preset(preset: Any) -> list[Any]:
    """What a preset says of the controls under Advanced."""
    return [getattr(PRESETS[_one_of(PRESET_LABELS, preset, "preset")], name) for name in PRESET_FIELDS]


def build() -> None:
    """Add the tab to the page."""
    place_iterative()
    photos, paintings = example_photos(), example_paintings()
    with gr.Tab("Iterative", id="iterative") as tab, gr.Row():
        with gr.Column(scale=5, min_width=300):
            photo, style = common.build_photo_and_style("iterative", photos, paintings)
        with gr.Column(scale=7, min_width=300):
            preset, strength, strokes, run, stop = _build_run()
            result, status, plot, download, film = _build_result()
            advanced = _build_advanced()
            endpoint = gr.Button(visible=False)
            signal = gr.State(None)  # in the tab: beside it, it would be counted as one
    common.fill_when_opened(tab, [(photo, photos), (style, paintings)])
    (encoder,) = (control for control in advanced if control.elem_id == "iterative-encoder")
    controls = [style, strength, strokes, *advanced]
    queued = {"concurrency_id": "iterate", "concurrency_limit": 2}
    preset.input(apply_preset, preset, advanced[: len(PRESET_FIELDS)], **common.QUIET)
    begun = run.click(begin, encoder, [signal, run, stop, status, download, film], **common.QUIET)
    watched = begun.success(
        watch, [photo, signal, *controls], [result, status, plot, download, film],
        show_progress="minimal", show_progress_on=status, api_visibility="private", **queued,
    )  # fmt: skip
    watched.success(end_run, None, [run, stop], **common.QUIET)
    watched.failure(lambda: (*end_run(), HINT), None, [run, stop, status], **common.QUIET)
    stop.click(stop_run, signal, stop, **common.QUIET)
    endpoint.click(stylize_iterative, [photo, *controls], download, api_name="stylize_iterative", **queued)


def _build_run() -> tuple[gr.Radio, gr.Slider, gr.Slider, gr.Button, gr.Button]:
    with gr.Row():
        preset = FreeRadio(PRESET_LABELS, value=DEFAULT_PRESET, label="Preset", elem_id="iterative-preset", min_width=300)
    with gr.Row():
        strength = FreeSlider(0, 1, value=0.5, step=0.01, label="Strength", elem_id="iterative-strength", min_width=240)
        strokes = FreeSlider(
            *STROKE_SIZES, value=1, step=0.05, label="Stroke size, fine to large", elem_id="iterative-strokes", min_width=240
        )
    with gr.Row():
        run = gr.Button("Run", variant="primary", size="md", elem_id="iterative-run", min_width=140)
        stop = gr.Button("Stop", size="md", visible=False, elem_id="iterative-stop", min_width=140)
    return preset, strength, strokes, run, stop


def _build_result() -> tuple[gr.ImageSlider, gr.HTML, gr.HTML, gr.DownloadButton, gr.Image]:
    status = gr.HTML(HINT, elem_id="iterative-status", elem_classes="caption run-status")
    result = BeforeAfter(
        label="Before and after", buttons=["fullscreen"], max_height=480, slider_position=15, elem_id="iterative-result"
    )
    plot = gr.HTML(elem_id="iterative-losses")
    download = gr.DownloadButton("Download PNG", variant="primary", size="md", interactive=False, elem_id="iterative-download")
    film = gr.Image(
        label="How it came to be", visible=False, interactive=False, buttons=["download"], height=260, elem_id="iterative-film"
    )
    return result, status, plot, download, film


def _build_advanced() -> list[gr.components.Component]:
    """All further controls, in the order of ``Settings.of``; those that presets set come first."""
    starts = [("The photo", PHOTO), ("Noise", NOISE), ("The fast result of the Arbitrary tab", META)]
    starts += [(f"The fast result in the style {style.label}", name) for name, style in fixed_styles().items()]

    def slider(low: float, high: float, name: str, label: str, step: float) -> gr.Slider:
        return FreeSlider(
            low, high, value=getattr(START, name), step=step, label=label, elem_id=f"iterative-{name}", min_width=240
        )

    with gr.Accordion("Advanced", open=False, elem_id="iterative-advanced"):
        with gr.Row():
            size = slider(SMALLEST_SIDE, LARGEST_SIDE, "size", "Longest side in pixels", 32)
            steps = slider(1, MOST_STEPS, "steps", "Steps", 1)
        with gr.Row():
            init = FreeDropdown(starts, value=START.init, label="Start from", elem_id="iterative-init", min_width=240)
            coarsest = slider(SMALLEST_SIDE, LARGEST_SIDE, "coarsest", "Longest side of the first, coarsest scale", 32)
        with gr.Row():
            colors = FreeDropdown(COLORS, value="off", label="Colours", elem_id="iterative-color", min_width=240)
            optimizer = FreeRadio(OPTIMIZERS, value="lbfgs", label="Optimiser", elem_id="iterative-optimizer", min_width=240)
        with gr.Row():
            encoder = FreeDropdown(ENCODERS, value="auto", label="Encoder", elem_id="iterative-encoder", min_width=240)
            pooling = FreeRadio(POOLINGS, value="max", label="Pooling", elem_id="iterative-pooling", min_width=240)
        with gr.Row():
            second = common.build_picture("iterative", "style-2", "Second style", height=150, **common.NARROW)
            mask = common.build_picture("iterative", "mask", "Mask: white where the style goes", height=150, **common.NARROW)
        share = FreeSlider(0, 1, value=0.5, step=0.01, label="Share of the second style", elem_id="iterative-share")
        with gr.Row():
            weights = [
                slider(0, 100, f"{name}_weight", f"Weight of the {label}", 0.1)
                for name, label in (("content", "content"), ("style", "style"), ("tv", "smoothness"))
            ]
        seed = gr.Number(0, label="Seed of the noise", precision=0, elem_id="iterative-seed")
    return [size, steps, init, coarsest, optimizer, colors, second, share, mask, encoder, pooling, *weights, seed]
