"""What is seen of an iterative run while it goes on: how far it is, its losses as curves, and a film of it at the end."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Sequence
from html import escape

from PIL import Image

from styletransfer import images
from styletransfer.stylizers import IterativeProgress

PLOT_WIDTH, PLOT_HEIGHT, PLOT_MARGIN = 600, 150, 8
FILM_SIDE, FILM_FRAMES, FILM_SECONDS, LAST_SECONDS = 384, 32, 4.0, 1.5
FRAME_QUALITY = 80


def status(progress: IterativeProgress, stopped: bool = False) -> str:
    """A bar, and a line under it."""
    if stopped:
        rest = "stopped"
    elif progress.step == progress.total:
        rest = "done"
    else:
        rest = f"{duration(progress.seconds_left)} left"
    facts = (
        f"Step {progress.step} of {progress.total}", f"{progress.scale} px", f"content {progress.content_loss:.3f}",
        f"style {progress.style_loss:.3f}", rest,
    )  # fmt: skip
    bar = f'<progress max="{progress.total}" value="{progress.step}" aria-label="Progress"></progress>'
    return bar + "<span>" + escape(" · ".join(facts)) + "</span>"


def duration(seconds: float) -> str:
    """``75`` -> ``1 min 15 s``."""
    minutes, rest = divmod(math.ceil(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def loss_plot(content: Sequence[float], style: Sequence[float], total: int) -> str:
    """Both losses over the steps as curves (SVG), each from 0 to its own largest value."""
    curves = "".join(
        f'<polyline class="{name}" points="{_points(values, total)}"><title>{name}</title></polyline>'
        for name, values in (("content", content), ("style", style))
    )
    ends = zip(("content", "style"), (content, style), strict=True)
    legend = "".join(f'<span class="{name}">{name} loss {values[-1]:.3f}</span>' for name, values in ends)
    return (
        f'<div class="losses"><svg viewBox="0 0 {PLOT_WIDTH} {PLOT_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="Content and style loss over the steps">{curves}</svg><div>{legend}</div></div>'
    )


def _points(values: Sequence[float], total: int) -> str:
    finite = [value if math.isfinite(value) else 0.0 for value in values]
    # The first steps of a scale can overshoot far; a curve that shows them shows nothing else.
    top = max(sorted(finite)[: math.ceil(0.95 * len(finite))]) or 1.0
    height = PLOT_HEIGHT - 2 * PLOT_MARGIN
    return " ".join(
        f"{PLOT_WIDTH * step / max(1, total - 1):.1f},{PLOT_MARGIN + height * (1 - min(1.0, value / top)):.1f}"
        for step, value in enumerate(finite)
    )


class Film:
    """Collects small frames evenly spread over a run, for an animated WebP, which every browser plays."""

    def __init__(self, total: int) -> None:
        self._every = max(1, total // FILM_FRAMES)
        self._frames: list[Image.Image] = []

    def add(self, progress: IterativeProgress) -> None:
        """Keep this picture if it is its turn."""
        if progress.step % self._every == 0 or progress.step == 1:
            self._frames.append(self._small(progress.preview))

    def finish(self, last: Image.Image) -> bytes:
        """The film, which rests on the last picture."""
        final = self._small(last)
        frames = [frame.resize(final.size) for frame in self._frames]
        each = round(1000 * FILM_SECONDS / max(1, len(frames)))
        buffer = io.BytesIO()
        first, *others = [*frames, final]
        first.save(
            buffer, "WEBP", save_all=True, append_images=others, loop=0, quality=FRAME_QUALITY, method=0,
            duration=[each] * len(frames) + [round(1000 * LAST_SECONDS)],
        )  # fmt: skip
        return buffer.getvalue()

    @staticmethod
    def _small(picture: Image.Image) -> Image.Image:
        return images.limit_side(images.on_white(picture), FILM_SIDE)


class Pace:
    """Says when it is time to show something again."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._last = seconds, -math.inf

    def __call__(self) -> bool:
        now = time.monotonic()
        if now - self._last < self._seconds:
            return False
        self._last = now
        return True
