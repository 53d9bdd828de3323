"""Coarse to fine: which sizes are worked at, and how many steps each gets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from styletransfer.stylizers.iterative.config import SMALLEST_SIDE

RATIO = math.sqrt(2)
FINER = 0.8  # of the steps at a scale are done at the next finer one, where each costs twice as much


@dataclass(frozen=True)
class Scale:
    """``width`` x ``height`` pixels, and the ``steps`` done there."""

    width: int
    height: int
    steps: int

    @property
    def side(self) -> int:
        return max(self.width, self.height)

    @property
    def work(self) -> int:
        """What all its steps cost."""
        return self.steps * self.width * self.height


def fit(size: tuple[int, int], scale: float) -> tuple[int, int]:
    """The size times ``scale``, at least what the encoder's five blocks can look at."""
    width, height = (max(SMALLEST_SIDE, round(side * scale)) for side in size)
    return width, height


def plan_scales(size: tuple[int, int], steps: int, coarsest: int) -> list[Scale]:
    """Scales up to ``size`` (width, height), each sqrt(2) finer than the last; ``steps`` in all."""
    finer = math.log(max(size) / coarsest, RATIO)
    count = min(steps, 1 + max(0, math.floor(finer + 1e-9)))
    sizes = [fit(size, RATIO**-level) for level in reversed(range(count))]
    return [Scale(*sides, share) for sides, share in zip(sizes, _shares(steps, count), strict=True)]


def _shares(steps: int, count: int) -> Sequence[int]:
    """Whole numbers that sum to ``steps``, falling by ``FINER``; none is 0."""
    weights = [FINER**level for level in range(count)]
    ends = [max(level + 1, round(steps * sum(weights[: level + 1]) / sum(weights))) for level in range(count)]
    ends = [min(end, steps - (count - 1 - level)) for level, end in enumerate(ends)]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]
