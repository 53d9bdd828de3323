"""Camera frames, painted one after the other without shimmer."""

from __future__ import annotations

import pickle
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from styletransfer.networks import TransformNet
from styletransfer.runtime import Painter, StyleParameters, choose_torch_backend

Frame = NDArray[np.uint8]  # (H,W,3)
STILL = 6  # steps of 1/255: where a neighbourhood changes by less, the change is taken for noise of the sensor
NEIGHBOURHOOD = (5, 5)
STILL_SHARE = 0.25  # of a new frame, where the picture is still
STATISTICS_SHARE = 0.1  # of a new frame in the instance norm statistics, while the picture is still
CUT = 30  # mean change, in steps of 1/255, from which on a frame shows another scene


@dataclass(frozen=True)
class LiveStyle:
    """A style ready to paint frames."""

    painter: Painter
    parameters: StyleParameters


def to_bytes(style: LiveStyle) -> bytes:
    """A style for a process forked from this one, which makes a painter of its own :func:`from_bytes`.

    The painter here has a lock, and threads, that are of no use there.
    """
    network = style.painter.network
    return pickle.dumps((network.config, network.state_dict(), style.parameters))


def from_bytes(sent: bytes) -> LiveStyle:
    """What :func:`to_bytes` was given, painted by PyTorch, on the GPU if there is one. Only for bytes of our own."""
    config, state, parameters = pickle.loads(sent)
    network = TransformNet(config)
    network.load_state_dict(state)
    return LiveStyle(Painter(network, parameters, choose_torch_backend(network, parameters)), parameters)


class Camera:
    """The frames of one camera. It remembers the last ones, so every visitor needs one of their own."""

    def __init__(self) -> None:
        self._steady: NDArray[np.float32] | None = None
        self._statistics: Tensor | None = None
        self._style: LiveStyle | None = None

    def __call__(self, frame: Frame, style: LiveStyle) -> Frame:
        """Paint a frame (H,W,3). Its size and the style may change at any time.

        Noise is averaged away where the picture is still, and the statistics of the instance norms follow the picture
        slowly: both would shimmer, as the network amplifies small changes.
        """
        if self._style and style.painter is not self._style.painter:
            self._statistics = None  # those of another network
        steady, change = self._calm(frame)
        share = min(1.0, STATISTICS_SHARE + change / CUT) if style is self._style else 1.0
        painted, self._statistics = style.painter.frame(steady[None], style.parameters, self._statistics, share)
        self._style = style
        return painted[0]

    def _calm(self, frame: Frame) -> tuple[Frame, float]:
        """The frame without noise where it is still, and how much it changed on average, in steps of 1/255."""
        if self._steady is None or self._steady.shape != frame.shape:
            self._steady, self._style = frame.astype(np.float32), None
            return frame, 0.0
        difference = cv2.blur(cv2.absdiff(frame, cv2.convertScaleAbs(self._steady)), NEIGHBOURHOOD)
        cv2.accumulateWeighted(frame, self._steady, STILL_SHARE)
        red, green, blue = cv2.split(difference)
        moving = cv2.compare(cv2.max(cv2.max(red, green), blue), STILL, cv2.CMP_GT)
        cv2.copyTo(frame.astype(np.float32), moving, self._steady)
        change = sum(cv2.mean(difference, moving)) / 3 * cv2.countNonZero(moving) / moving.size
        return cv2.convertScaleAbs(self._steady), change


def fit_frame(frame: Frame, width: int, height: int, mirror: bool = False) -> Frame:
    """The middle of a frame with another aspect ratio, resized to (height, width, 3), and turned left to right if asked."""
    rows, columns = frame.shape[:2]
    scale = max(width / columns, height / rows)
    inner_width, inner_height = min(columns, round(width / scale)), min(rows, round(height / scale))
    left, top = (columns - inner_width) // 2, (rows - inner_height) // 2
    frame = frame[top : top + inner_height, left : left + inner_width]
    if frame.shape[:2] != (height, width):
        frame = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return cv2.flip(frame, 1) if mirror else np.ascontiguousarray(frame)
