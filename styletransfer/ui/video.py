"""The Video tab: a clip painted with its sound; one frame first, then the whole."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from styletransfer.devices import zero_gpu
from styletransfer.errors import StyleError, VideoError
from styletransfer.stylizers.live import LiveStyle, from_bytes, to_bytes
from styletransfer.ui import common, watching
from styletransfer.ui.choice import TRAINED, build_choice
from styletransfer.ui.components import BeforeAfter, ClipInput, ClipOutput, FreeRadio
from styletransfer.ui.errors import plain_errors
from styletransfer.ui.examples import example_paintings
from styletransfer.ui.gpu import LONGEST, RESERVE, TIME_IS_UP, Signal, on_gpu, time_is_up
from styletransfer.ui.models import fixed_stylizer, meta_stylizer, style_code
from styletransfer.ui.photos import changed, new_download, preview_jpeg, short
from styletransfer.ui.runs import begin_run, end_run, stop_run
from styletransfer.video import Clip, Cut, VideoOptions, VideoProgress, convert, first_frame, open_clip

# What visitors may ask for; a public Space has many of them and two processors.
PUBLIC = "SPACE_ID" in os.environ
LONGEST_SECONDS = float(os.environ.get("STYLETRANSFER_VIDEO_SECONDS", 30 if PUBLIC else 3600))
LARGEST_SIDE = int(os.environ.get("STYLETRANSFER_VIDEO_SIDE", 960 if PUBLIC else 3840))
SIDES = [(str(side), side) for side in (480, 640, 960, 1280)] + [("Original", 0)]
DEFAULT_SIDE = 640
HINT = "Choose a clip to begin."
SHOW_SECONDS = 0.3  # between two looks at the progress
OVERHEAD = 1.6  # decoding, motion and encoding, on top of painting
GPU_FRAME, GPU_MEGAPIXEL = 0.03, 0.1  # seconds for a frame, with a GPU: the rest is done by a processor, slower than most
Shown = tuple[Any, ...]


@dataclass(frozen=True)
class Settings:
    """How to paint: the name of a trained style or the file of a picture, and what of the clip."""

    trained: bool
    style: str
    strength: float
    cut: Cut

    @classmethod
    def of(cls, kind: Any, picture: str | None, style: Any, strength: Any, side: Any) -> Settings:
        """From what a browser sends. Raises StyleTransferError."""
        trained = kind == TRAINED
        if not trained and not picture:
            raise StyleError("Choose a picture to paint like.")
        largest = min(common.clamp_side(side) or LARGEST_SIDE, LARGEST_SIDE)
        cut = Cut(duration=LONGEST_SECONDS, max_side=largest)
        return cls(trained, str(style if trained else picture), common.clamp_strength(strength), cut)

    def affordable(self, clip: Clip) -> Settings:
        """As much of the clip as a GPU that is lent has time for."""
        if not zero_gpu():
            return self
        frames = (LONGEST - RESERVE) / frame_seconds(clip, self.cut)
        return replace(self, cut=replace(self.cut, duration=min(self.cut.duration, frames / float(self.cut.rate(clip)))))

    def live(self, clip: Clip) -> LiveStyle:
        """The style, ready for the clip. Raises StyleError and ImageError."""
        if self.trained:
            return fixed_stylizer().live(self.style, self.strength)
        meta = meta_stylizer()
        scene = meta.encode(first_frame(clip, self.cut)) if self.strength < 1 else None
        return meta.live(style_code(self.style, changed(self.style), 1.0), self.strength, scene)


def frame_seconds(clip: Clip, cut: Cut) -> float:
    """How long a frame takes with a GPU, at most."""
    return GPU_FRAME + GPU_MEGAPIXEL * math.prod(cut.size(clip)) / 1e6


def gpu_seconds(clip: Clip, cut: Cut, *_: Any) -> float:
    """How long a GPU is needed for a clip, at most."""
    seconds = cut.duration if clip.seconds is None else cut.seconds(clip)
    return frame_seconds(clip, cut) * seconds * float(cut.rate(clip))


def _open(path: str | None, *controls: Any) -> tuple[Clip, Settings]:
    """The clip, and what is to be done to it. Raises StyleTransferError."""
    settings = Settings.of(*controls)
    if not path:
        raise VideoError("Choose a clip first.")
    clip = _opened(path, changed(path))
    return clip, settings.affordable(clip)


@lru_cache(maxsize=8)
def _opened(path: str, changed: int) -> Clip:
    return open_clip(path)


@lru_cache(maxsize=8)
def _first_frame(clip: Clip, max_side: int, changed: int) -> Path:
    """The first frame as a JPEG in Gradio's cache."""
    path = new_download("frame.jpg")
    Image.fromarray(first_frame(clip, Cut(max_side=max_side))).save(path, quality=90)
    return path


@plain_errors
def preview_clip(path: str | None, *controls: Any) -> Shown:
    """The first frame before and after, what the whole will cost, and whether it can be run."""
    if path is None:
        return gr.skip(), HINT, gr.Button(interactive=False)
    clip, settings = _open(path, *controls)
    frame, style = first_frame(clip, settings.cut), settings.live(clip)
    painted, _ = style.painter.frame(frame[None], style.parameters, None, 1.0)  # makes ready for this size
    start = time.perf_counter()
    style.painter.frame(frame[None], style.parameters, None, 1.0)
    each = frame_seconds(clip, settings.cut) if zero_gpu() else OVERHEAD * (time.perf_counter() - start)
    before = _first_frame(clip, settings.cut.max_side, changed(path))
    shown = before, preview_jpeg(Image.fromarray(painted[0]))
    return shown, cost(clip, settings, each), gr.Button(interactive=True)


def cost(clip: Clip, settings: Settings, each: float) -> str:
    """What a run means, told before it starts; ``each``: seconds for a frame."""
    seconds, (width, height) = settings.cut.seconds(clip), settings.cut.size(clip)
    facts = [f"{width} × {height}"]
    if seconds is not None:
        frames = max(1, round(seconds * settings.cut.rate(clip)))
        facts += [f"{frames} frame{'s' * (frames > 1)}", f"about {watching.duration(frames * each)} to paint"]
    if clip.seconds is None or clip.seconds > settings.cut.duration:
        facts.append(f"only the first {watching.duration(settings.cut.duration)} are painted here")
    return escape(" · ".join(facts))


def status(progress: VideoProgress, stopped: bool | None = None) -> str:
    """A bar, and a line under it; ``stopped`` is None while it runs."""
    total = progress.total or progress.frames
    left = "" if progress.seconds_left is None else f"{watching.duration(progress.seconds_left)} left"
    rest = left if stopped is None else "stopped; this is what was done" if stopped else "done"
    facts = f"Frame {progress.frames} of {progress.total or '?'}", f"{progress.fps:.1f} fps", rest
    bar = f'<progress max="{total}" value="{progress.frames if stopped is None else total}" aria-label="Progress"></progress>'
    return bar + "<span>" + escape(" · ".join(fact for fact in facts if fact)) + "</span>"


@plain_errors
def paint_clip(path: str | None, stop: Signal | None, *controls: Any) -> Iterator[Shown]:
    """The run as the page shows it: status, and at the end the player and the file."""
    clip, settings = _open(path, *controls)
    name = settings.style if settings.trained else Path(settings.style).stem
    target = new_download(f"{short(clip.path.stem)}-{short(name)}.mp4")
    style = settings.live(clip)
    run = (
        paint_on_gpu(clip, settings.cut, to_bytes(style), target, stop)
        if zero_gpu()
        else paint(clip, settings.cut, style, target, stop)
    )
    with closing(run):
        for progress in run:
            yield status(progress), gr.skip(), gr.skip()
    stopped = progress.total != progress.frames
    if stopped and not (stop and stop.is_set()):
        gr.Warning(TIME_IS_UP)
    yield status(progress, stopped), ClipOutput(str(target), visible=True), gr.DownloadButton(value=str(target), interactive=True)


@on_gpu(gpu_seconds)
@plain_errors
def paint_on_gpu(clip: Clip, cut: Cut, style: bytes, target: Path, stop: Signal | None) -> Iterator[VideoProgress]:
    """See :func:`paint`; in a process where OpenVINO cannot be used."""
    yield from paint(clip, cut, from_bytes(style), target, stop)


def paint(clip: Clip, cut: Cut, style: LiveStyle, target: Path, stop: Signal | None) -> Iterator[VideoProgress]:
    """Write the painted clip; how far it is now and then, and at the end, where ``total`` is ``frames`` if all are done."""
    due = watching.Pace(SHOW_SECONDS)
    with closing(convert(clip, target, style, VideoOptions(cut=cut))) as run:
        for progress in run:
            if time_is_up() or (stop and stop.is_set()):
                break
            if due():
                yield progress
        else:
            progress = replace(progress, total=progress.frames)
    yield progress


def begin() -> Shown:
    """A new run of this visitor: its own signal to stop, and a page that waits for it."""
    return *begin_run(), ClipOutput(None, visible=False), gr.DownloadButton(interactive=False)


def build() -> None:
    """Add the tab to the page."""
    paintings = example_paintings()
    with gr.Tab("Video", id="video") as tab, gr.Row():
        with gr.Column(scale=5, min_width=300):
            clip = ClipInput(label="Clip", sources=["upload", "webcam"], height=300, elem_id="video-clip", buttons=[])
            kind, picture, style = build_choice("video")
        with gr.Column(scale=7, min_width=300):
            first, caption, strength, side = _build_first_frame()
            run, stop, download, player = _build_run()
            signal = gr.State(None)  # in the tab: beside it, it would be counted as one
    common.fill_when_opened(tab, [(picture, paintings)])
    controls = [kind, picture, style, strength, side]
    gr.on(
        [clip.change, picture.change, *(control.input for control in (kind, style, strength, side))],
        preview_clip, [clip, *controls], [first, caption, run], trigger_mode="always_last", api_visibility="private",
        **common.painting(caption),
    )  # fmt: skip
    begun = run.click(begin, None, [signal, run, stop, caption, player, download], **common.QUIET)
    painted = begun.then(
        paint_clip, [clip, signal, *controls], [caption, player, download], show_progress="hidden",
        api_visibility="private", concurrency_id="video", concurrency_limit=1,
    )  # fmt: skip
    painted.success(end_run, None, [run, stop], **common.QUIET)
    painted.failure(lambda: (*end_run(), HINT), None, [run, stop, caption], **common.QUIET)
    stop.click(stop_run, signal, stop, **common.QUIET)


def _build_first_frame() -> tuple[gr.ImageSlider, gr.HTML, gr.Slider, gr.Radio]:
    first = BeforeAfter(
        label="The first frame, before and after", buttons=["fullscreen"], max_height=420, slider_position=35,
        elem_id="video-first",
    )  # fmt: skip
    caption = gr.HTML(HINT, elem_id="video-caption", elem_classes="caption run-status")
    strength = common.build_strength("video")
    side = FreeRadio(SIDES, value=DEFAULT_SIDE, label="Longest side in pixels", elem_id="video-side", min_width=300)
    return first, caption, strength, side


def _build_run() -> tuple[gr.Button, gr.Button, gr.DownloadButton, gr.Video]:
    with gr.Row():
        run = gr.Button("Paint the clip", variant="primary", size="md", interactive=False, elem_id="video-run", min_width=140)
        stop = gr.Button("Stop", size="md", visible=False, elem_id="video-stop", min_width=140)
        download = gr.DownloadButton("Download MP4", size="md", interactive=False, elem_id="video-download", min_width=140)
    player = ClipOutput(label="Painted clip", interactive=False, visible=False, elem_id="video-result", buttons=[])
    return run, stop, download, player
