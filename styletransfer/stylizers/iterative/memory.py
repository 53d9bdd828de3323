"""How large a picture this machine can optimise, known before it starts."""

from __future__ import annotations

import math

from torch import nn

from styletransfer.encoders import Encoder
from styletransfer.stylizers.iterative.config import SMALLEST_SIDE, IterativeConfig
from styletransfer.stylizers.iterative.optimization import HISTORY_BYTES

RESERVE = 0.8  # of the free memory; the rest is for what others do meanwhile
VECTORS = 24  # the picture in fp32 so many times: canvas, its gradient and direction, photo, best picture, their PIL forms


def bytes_needed(encoder: Encoder, config: IterativeConfig, pixels: int) -> int:
    """Peak memory of optimising a picture of so many pixels, the encoder's weights not counted.

    The trunk's activations are kept for the gradient; where the largest feature map is worked on there are three more of it.
    """
    width = next(encoder.parameters()).element_size()
    kept = sum(_values_per_pixel(encoder.convs))
    largest = max(*_values_per_pixel(encoder.convs), *_values_per_pixel(encoder.heads))
    history = HISTORY_BYTES if config.optimizer == "lbfgs" else 0
    return history + int(pixels * (width * (2 * kept + 3 * largest) + 4 * 3 * VECTORS))


def _values_per_pixel(convs: nn.ModuleDict) -> list[float]:
    """How large the feature maps are for each pixel of the picture."""
    blocks = {name: int(name.removeprefix("conv").removeprefix("relu")[0]) for name in convs}
    return [convs[name].out_channels / 4 ** (block - 1) for name, block in blocks.items()]


def largest_pixels(encoder: Encoder, config: IterativeConfig, free: int) -> int:
    """How many pixels a picture may have that fits into ``free`` bytes."""
    least = bytes_needed(encoder, config, 0)
    each = (bytes_needed(encoder, config, 1_000_000) - least) / 1_000_000
    return max(SMALLEST_SIDE**2, math.floor((RESERVE * free - least) / each))
