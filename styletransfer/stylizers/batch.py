"""Many photos in one style, several at once where they have the same size."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from styletransfer import images
from styletransfer.runtime.painter import WHOLE_PIXELS
from styletransfer.stylizers.collection import StyleCollection
from styletransfer.stylizers.fixed import FixedStylizer
from styletransfer.stylizers.meta import GeneratedStyle, MetaStylizer, StyleCode

PaintBatch = Callable[[Sequence[Image.Image]], list[Image.Image]]


def batch_painter(
    stylizer: FixedStylizer | StyleCollection | MetaStylizer, style: str | StyleCode | GeneratedStyle, strength: float = 1.0,
    preserve_color: bool = False,
) -> PaintBatch:  # fmt: skip
    """A function that paints photos of one size, RGB or RGBA, as ``stylizer`` paints each of them. Raises StyleError."""
    # Of a generated style that is weaker than 1 every photo has its own network.
    same_network = not isinstance(stylizer, MetaStylizer) or isinstance(style, GeneratedStyle) or strength == 1
    live = stylizer.live(style, strength)

    def paint(photos: Sequence[Image.Image]) -> list[Image.Image]:
        if len(photos) == 1 or not same_network or photos[0].width * photos[0].height * len(photos) > WHOLE_PIXELS:
            return [stylizer(photo, style=style, strength=strength, preserve_color=preserve_color) for photo in photos]
        split = [images.split_alpha(photo) for photo in photos]
        painted, _ = live.painter.frame(np.stack([np.asarray(rgb) for rgb, _ in split]), live.parameters, None, 1.0)
        results = [Image.fromarray(each) for each in painted]
        if preserve_color:
            results = [images.keep_color(result, rgb) for result, (rgb, _) in zip(results, split, strict=True)]
        return [images.restore_alpha(result, alpha) for result, (_, alpha) in zip(results, split, strict=True)]

    return paint
