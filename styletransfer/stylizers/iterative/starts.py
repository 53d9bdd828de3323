"""Where the optimisation starts: noise, or what a fast method paints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import torch
from PIL import Image
from torch import Tensor

from styletransfer.stylizers.fixed import FixedStylizer
from styletransfer.stylizers.iterative.config import META
from styletransfer.stylizers.meta import MetaStylizer

WeightedStyles = Sequence[tuple[Image.Image, float]]
# (photo, styles, init) -> a picture of the photo's size
WarmStart = Callable[[Image.Image, WeightedStyles, str], Image.Image]


def noise(height: int, width: int, seed: int) -> Tensor:
    """(1,3,H,W) around mid grey, the same for the same seed on every machine."""
    generator = torch.Generator().manual_seed(seed)
    return (0.5 + 0.15 * torch.randn(1, 3, height, width, generator=generator)).clamp(0, 1)


@cache
def _meta() -> MetaStylizer:
    return MetaStylizer.from_pretrained()


@cache
def _fixed() -> FixedStylizer:
    return FixedStylizer.from_pretrained()


def fast_result(
    photo: Image.Image,
    styles: WeightedStyles,
    init: str,
    meta: Callable[[], MetaStylizer] = _meta,
    fixed: Callable[[], FixedStylizer] = _fixed,
) -> Image.Image:
    """What MetaNet, for ``init`` "meta", or the fixed style of that name makes of the photo. Raises StyleError."""
    return meta()(photo, style=list(styles)) if init == META else fixed()(photo, style=init)
