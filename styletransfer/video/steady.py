"""Frames painted one after the other without flicker.

A network amplifies small changes: grain, and where a brush stroke falls on the grid of its convolutions. Two remedies, both
after Ruder, Dosovitskiy and Brox 2016, "Artistic style transfer for videos", without their optimisation: the statistics of
the instance norms follow the clip slowly, and every painted frame is mixed with the one before, moved along with the picture
(optical flow), wherever the flow can be trusted. Where something new comes into sight the frame is painted anew.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from styletransfer.errors import VideoError
from styletransfer.stylizers.live import LiveStyle
from styletransfer.video.clip import Frame

FLOW_SIDE = 480  # pixels: motion is looked for in frames of this longest side
SLIP, SLIP_SHARE = 0.5, 0.01  # pixels squared, and of the motion squared: how far the flow to and fro may miss (Ruder, eq. 5)
NOISE = 12.0  # steps of 1/255 between a frame and the one before it, moved: from here on it is another thing
TRUST = np.exp(-np.square(np.arange(256, dtype=np.float32) / NOISE))  # in a place that differs so much
GRAIN = 1.0  # pixels: a blur that takes the grain away before motion is looked for
NEIGHBOURHOOD = (5, 5)
NEAR = np.ones((5, 5), np.uint8)
SAME_SCENE = 0.25  # of the picture that has to be found again, or it is another scene


@dataclass(frozen=True)
class Steadiness:
    """How much is kept of what was, 0..1: of the ``picture``, and of the ``statistics``. 0: every frame for itself."""

    picture: float = 0.85
    statistics: float = 0.9

    def __post_init__(self) -> None:
        """Raises VideoError for what lies outside 0..1."""
        for value in (self.picture, self.statistics):
            if not 0 <= value <= 1:
                raise VideoError(f"Steadiness is {value:g}; give a number from 0 (each frame for itself) to 1.")


@dataclass(frozen=True)
class Motion:
    """From a frame back to the one before: ``flow`` (h,w,2) in its own pixels, and ``trust`` (h,w) in it, 0..1."""

    flow: NDArray[np.float32]
    trust: NDArray[np.float32]


@dataclass(frozen=True)
class Seen:
    """A frame, its time, the number of its scene, and the motion that led to it: None at the first of a scene."""

    frame: Frame
    seconds: float
    scene: int
    motion: Motion | None


def watch(frames: Iterable[tuple[Frame, float]], steadiness: Steadiness) -> Generator[Seen, None, None]:
    """Look for the motion between frames; cuts are found where there is little of the last one in the next."""
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    before, scene = None, 0
    for frame, seconds in frames:
        now, motion = _small(frame), None
        if before is not None and (steadiness.picture or steadiness.statistics):
            found = find_motion(before, now, flow)
            motion = found if found.trust.mean() >= SAME_SCENE else None
            scene += motion is None
        yield Seen(frame, seconds, scene, motion)
        before = now


def find_motion(before: Frame, now: Frame, flow: cv2.DISOpticalFlow) -> Motion:
    """The motion between two frames of one size, (H,W,3)."""
    grey_before, grey_now = (cv2.GaussianBlur(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), (0, 0), GRAIN) for frame in (before, now))
    back, forth = flow.calc(grey_now, grey_before, None), flow.calc(grey_before, grey_now, None)
    height, width = grey_now.shape
    source = _grid(height, width) + back
    # Outside of the frame before there is nothing to be found: there the flow to and fro shall miss.
    returned = cv2.remap(forth, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(1e3, 1e3))
    miss = _square_length(back + returned)
    lost = miss > SLIP + SLIP_SHARE * (_square_length(back) + _square_length(returned))
    # Where nothing can be followed, such as in a clear sky, things mostly stand still; if not, they are unlike.
    back *= ~lost[:, :, None]
    moved = cv2.remap(before, _grid(height, width) + back, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    red, green, blue = cv2.split(cv2.blur(cv2.absdiff(now, moved), NEIGHBOURHOOD))
    return Motion(back, TRUST[cv2.max(cv2.max(red, green), blue)])


def _square_length(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    x, y = cv2.split(vectors)
    return x * x + y * y


class SteadyPainter:
    """Paints the frames of one clip, in their order."""

    def __init__(self, style: LiveStyle, steadiness: Steadiness) -> None:
        self._style, self._steadiness = style, steadiness
        self._statistics: Tensor | None = None
        self._painted: Frame | None = None

    def __call__(self, batch: list[Seen], size: int) -> Iterator[Frame]:
        """Paint up to ``size`` neighbours of one scene."""
        cut = batch[0].motion is None
        share = 1.0 if cut else 1 - self._steadiness.statistics
        pixels = np.stack([seen.frame for seen in batch])
        # A network is prepared for each number of frames: a batch that is not full is filled up.
        pixels = np.pad(pixels, ((0, size - len(batch)), (0, 0), (0, 0), (0, 0)), "edge")
        painted, used = self._style.painter.frame(pixels, self._style.parameters, self._statistics, share)
        self._remember(used[: len(batch)], share)
        for seen, frame in zip(batch, painted, strict=False):
            self._painted = self._blend(frame, seen.motion)
            yield self._painted

    def _remember(self, used: Tensor, share: float) -> None:
        """The statistics after a batch, as if its frames had come one by one."""
        mean = used.mean(dim=0, keepdim=True)
        if self._statistics is None or share in (0.0, 1.0):
            self._statistics = mean
            return
        whole = (1 - (1 - share) ** len(used)) / share
        self._statistics = self._statistics + whole * (mean - self._statistics)

    def _blend(self, painted: Frame, motion: Motion | None) -> Frame:
        """The painted frame, mixed with the one before where that is known to show the same."""
        if motion is None or not self._steadiness.picture:
            return painted
        height, width = painted.shape[:2]
        scale = width / motion.flow.shape[1], height / motion.flow.shape[0]
        flow = cv2.resize(motion.flow, (width, height)) * np.float32(scale)
        moved = cv2.remap(self._painted, _grid(height, width) + flow, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        # Halos that the style paints around a thing stay behind when it moves on: only colours that are near now may stay
        # (neighbourhood clamping, Karis 2014).
        moved = cv2.min(cv2.max(moved, cv2.erode(painted, NEAR)), cv2.dilate(painted, NEAR))
        kept = cv2.resize(motion.trust, (width, height)) * np.float32(self._steadiness.picture)
        return cv2.blendLinear(moved, painted, kept, 1 - kept)


def _small(frame: Frame) -> Frame:
    height, width = frame.shape[:2]
    scale = min(1.0, FLOW_SIDE / max(height, width))
    # DIS works on patches and fails on pictures smaller than a few of them.
    size = max(16, round(width * scale)), max(16, round(height * scale))
    return frame if size == (width, height) else cv2.resize(frame, size, interpolation=cv2.INTER_AREA)


@lru_cache(maxsize=4)
def _grid(height: int, width: int) -> NDArray[np.float32]:
    """Where each pixel is: (height, width, 2) with x and y."""
    return np.dstack(np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)))
