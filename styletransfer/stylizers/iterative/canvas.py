"""The picture as what is optimised: a pyramid of changes to it, in colours that vary independently.

Pixels would do, but neighbouring ones and their channels go together in pictures; told so, the optimiser reaches large forms
sooner and leaves no coloured noise (Olah, Mordvintsev and Schubert 2017, "Feature Visualization", preconditioning).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

LEVELS = 4
# Square root of the covariance of ImageNet's colours, its longest column 1 (Olah et al. 2017): light, then two chromas.
COLORS = ((0.56, 0.19, 0.04), (0.58, 0.0, -0.11), (0.58, -0.19, 0.06))


class Canvas:
    """``start`` (1,3,H,W) plus what is painted on it; :attr:`levels` are the parameters."""

    def __init__(self, start: Tensor) -> None:
        self.start = start
        sizes = [[max(1, side >> level) for side in start.shape[-2:]] for level in range(LEVELS)]
        self.levels = [torch.zeros(1, 3, *size, device=start.device, requires_grad=True) for size in sizes]
        self.colors = torch.tensor(COLORS, device=start.device)

    def picture(self) -> Tensor:
        """(1,3,H,W), not clamped."""
        size = self.start.shape[-2:]
        painted = self.levels[0] + sum(F.interpolate(level, size, mode="bilinear") for level in self.levels[1:])
        return self.start + torch.einsum("nchw,rc->nrhw", painted, self.colors)
