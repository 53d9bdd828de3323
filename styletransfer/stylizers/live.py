"""Stand-in until the lead's engine is merged."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from torch import Tensor

from styletransfer.runtime import Painter


@dataclass(frozen=True)
class LiveStyle:
    painter: Painter
    affine: Tensor
    identity: float
    weights: Tensor | None = None


class Camera:
    def __call__(self, frame: np.ndarray, style: LiveStyle) -> np.ndarray:
        return style.painter(frame[None], style.affine, style.identity, None, style.weights)[0]


def fit_frame(frame: np.ndarray, width: int, height: int, mirror: bool) -> np.ndarray:
    high, wide = frame.shape[:2]
    scale = max(width / wide, height / high)
    cut_w, cut_h = min(wide, round(width / scale)), min(high, round(height / scale))
    left, top = (wide - cut_w) // 2, (high - cut_h) // 2
    frame = cv2.resize(frame[top : top + cut_h, left : left + cut_w], (width, height), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(frame[:, ::-1]) if mirror else frame
