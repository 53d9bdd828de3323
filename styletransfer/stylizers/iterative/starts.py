"""Where the optimisation starts: noise, or what a fast method paints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import torch
from PIL import Image
from torch import Tensor

from styletransfer import images
from styletransfer.stylizers.fixed import FixedStylizer, ImageLike, open_photo
from styletransfer.stylizers.iterative.colors import match_colors
from styletransfer.stylizers.iterative.config import META, NOISE, PHOTO, IterativeConfig
from styletransfer.stylizers.meta import MetaStylizer
from styletransfer.stylizers.mixing import share_out

StyleLike = ImageLike | Sequence[tuple[ImageLike, float]]
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


def open_styles(style: StyleLike, photo: Image.Image, config: IterativeConfig) -> WeightedStyles:
    """The style pictures of a run, with shares that sum to 1, in the photo's colours if they are to match.

    Raises ImageError and StyleError.
    """
    shares = share_out(style if isinstance(style, list | tuple) else [(style, 1.0)])
    styles = [(images.split_alpha(images.load(picture))[0], share) for picture, share in shares]
    return [(match_colors(picture, photo), share) for picture, share in styles] if config.preserve_color == "match" else styles


def paint_start(image: ImageLike, style: StyleLike, config: IterativeConfig, warm_start: WarmStart) -> Image.Image | None:
    """The picture that a run starts from, for those who paint it before and elsewhere; None if it is no fast result.

    Raises ImageError, StyleError and CheckpointError.
    """
    if config.init in (PHOTO, NOISE) or config.strength == 0:
        return None
    photo, _ = open_photo(image, config.size)
    return warm_start(photo, open_styles(style, photo, config), config.init)
