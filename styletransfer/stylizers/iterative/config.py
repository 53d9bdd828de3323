"""All that can be set of an iterative run. The command line and the page take their defaults from here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from styletransfer.encoders import HEAD_LAYERS
from styletransfer.errors import StyleError
from styletransfer.stylizers.mixing import check_strength

Optimizer = Literal["lbfgs", "adam"]
PreserveColor = Literal["off", "luminance", "match"]
PHOTO, NOISE, META = "photo", "noise", "meta"
MAX_STEPS = 10_000
SMALLEST_SIDE, LARGEST_SIDE = 32, 8192
STROKE_SIZES = (0.25, 4.0)


@dataclass(frozen=True)
class IterativeConfig:
    """How to optimise a picture. Raises StyleError for values that cannot be used.

    ``size``: longest side of the result in pixels, None for the photo's own; never enlarges. ``steps``: how often the loss
    is measured, over all scales. ``init``: "photo", "noise", "meta" (MetaNet's result) or the name of a fixed style.
    ``coarsest``: longest side of the first scale in pixels. ``strength`` 0 (the photo) to 1 (style alone) shares out what
    content and style count, at every size alike. ``stroke_size``: how large the style picture is seen, next to the photo.
    ``preserve_color``: "luminance" paints in grey and keeps the photo's chroma; "match" gives the style picture the mean and
    covariance of the photo's colours first. ``content_layers`` empty: the encoder's own choice. ``style_layer_weights``: one
    number per layer. ``learning_rate`` and ``ema_decay`` are Adam's; ``history`` is how many steps L-BFGS remembers.
    """

    size: int | None = None
    steps: int = 300
    init: str = PHOTO
    optimizer: Optimizer = "lbfgs"
    coarsest: int = 224
    strength: float = 0.5
    stroke_size: float = 1.0
    preserve_color: PreserveColor = "off"
    content_weight: float = 1.0
    style_weight: float = 10.0
    tv_weight: float = 3.0
    range_weight: float = 1.0
    content_layers: tuple[str, ...] = ()
    style_layers: tuple[str, ...] = HEAD_LAYERS
    style_layer_weights: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0, 1.0)
    learning_rate: float = 0.02
    ema_decay: float = 0.95
    history: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        check_strength(self.strength)
        _check("The number of steps", self.steps, 1, MAX_STEPS)
        _check("The size in pixels", self.size or SMALLEST_SIDE, SMALLEST_SIDE, LARGEST_SIDE)
        _check("The coarsest size in pixels", self.coarsest, SMALLEST_SIDE, LARGEST_SIDE)
        _check("The stroke size", self.stroke_size, *STROKE_SIZES)
        _check("The history", self.history, 1, 100)
        _check("The learning rate", self.learning_rate, 1e-4, 1)
        _check("The decay of the average", self.ema_decay, 0, 0.999)
        for name in ("content_weight", "style_weight", "tv_weight", "range_weight"):
            _check(f"The {name.replace('_', ' ')}", getattr(self, name), 0, 1e6)
        for weight in self.style_layer_weights:
            _check("The weight of a style layer", weight, 0, 1e6)
        _check_choice("optimizer", self.optimizer, get_args(Optimizer))
        _check_choice("way to keep colours", self.preserve_color, get_args(PreserveColor))
        if not self.style_layers or len(self.style_layers) != len(self.style_layer_weights):
            raise StyleError(f"{len(self.style_layers)} style layers need as many weights, not {len(self.style_layer_weights)}.")


def _check(name: str, value: float, low: float, high: float) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise StyleError(f"{name} is {value:g}; give a number from {low:g} to {high:g}.")


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise StyleError(f'There is no {name} "{value}"; choose among {", ".join(choices)}.')


PRESETS = {
    "fast": IterativeConfig(size=512, steps=50, init=META, coarsest=256),
    "balanced": IterativeConfig(size=640, steps=150),
    "best": IterativeConfig(size=768, steps=300),
}
