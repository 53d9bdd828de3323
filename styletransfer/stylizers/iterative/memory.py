"""How large a picture this machine can optimise, known before it starts."""

from __future__ import annotations

import math

from styletransfer.encoders import Encoder
from styletransfer.stylizers.iterative.config import IterativeConfig

RESERVE = 0.8  # of the free memory; the rest is for what others do meanwhile
PIXEL_COPIES = 12  # of the picture in fp32: gradient, photo, best picture, their PIL forms


def bytes_needed(encoder: Encoder, config: IterativeConfig, pixels: int) -> int:
    """Peak memory of optimising a picture of so many pixels, the encoder's weights not counted.

    Every activation is kept for the gradient. Where the largest one is worked on there are three more of it.
    """
    width = next(encoder.parameters()).element_size()
    kept, largest = _values_per_pixel(encoder)
    vectors = 2 * config.history + 6 if config.optimizer == "lbfgs" else 6
    return int(pixels * (width * (kept + 3 * largest) + 4 * 3 * (PIXEL_COPIES + vectors)))


def _values_per_pixel(encoder: Encoder) -> tuple[float, float]:
    """What the encoder keeps for each pixel of the picture, and the largest of its feature maps."""
    maps = []
    for name, conv in (*encoder.convs.items(), *encoder.heads.items()):
        block = int(name.removeprefix("conv").removeprefix("relu")[0])
        maps.append(conv.out_channels / 4 ** (block - 1))
    return sum(maps), max(maps)


def largest_pixels(encoder: Encoder, config: IterativeConfig, free: int) -> int:
    """How many pixels a picture may have that fits into ``free`` bytes."""
    return math.floor(RESERVE * free / bytes_needed(encoder, config, 1_000_000) * 1_000_000)
