"""The picture as what is optimised: a pyramid of changes to it.

Pixels would do, but neighbouring ones go together in pictures; told so, the optimiser reaches large forms sooner (Olah,
Mordvintsev and Schubert 2017, "Feature Visualization", preconditioning).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

LEVELS = 5
COARSER = 0.65  # the share of a level's weight that the next coarser one has


class Canvas:
    """``start`` (1,3,H,W) plus what is painted on it; :attr:`levels` are the parameters."""

    def __init__(self, start: Tensor) -> None:
        self.start = start
        sizes = [[max(1, side >> level) for side in start.shape[-2:]] for level in range(LEVELS)]
        self.levels = [torch.zeros(1, 3, *size, device=start.device, requires_grad=True) for size in sizes]

    def picture(self) -> Tensor:
        """(1,3,H,W), not clamped."""
        painted = self.levels[-1]
        for finer in reversed(self.levels[:-1]):
            painted = finer + COARSER * F.interpolate(painted, finer.shape[-2:], mode="bilinear")
        return self.start + painted
