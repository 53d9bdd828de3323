"""Styles and mixes of styles, as people write them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

from styletransfer.errors import StyleError

Mix = Mapping[str, float]
T = TypeVar("T")
MAX_STYLES = 4


def parse_mix(text: str) -> dict[str, float]:
    """``"a"`` -> {a: 1}; ``"a:0.6,b:0.4"`` -> {a: 0.6, b: 0.4}. Raises StyleError for what cannot be read."""
    mix: dict[str, float] = {}
    for part in text.split(","):
        name, _, weight = (piece.strip() for piece in part.partition(":"))
        if not name:
            raise StyleError(f'"{text}" is not a style; write a name, or a mix such as a:0.6,b:0.4.')
        try:
            mix[name] = mix.get(name, 0.0) + (float(weight) if weight else 1.0)
        except ValueError as error:
            raise StyleError(f'The weight "{weight}" of style {name} is not a number.') from error
    return mix


def normalize_mix(style: str | Mix, names: Collection[str]) -> dict[str, float]:
    """A style name, a text for :func:`parse_mix`, or weights -> weights that sum to 1.

    Raises StyleError for an unknown style, a weight that is negative or not finite, or weights that sum to 0.
    """
    mix = parse_mix(style) if isinstance(style, str) else dict(style)
    for name, weight in mix.items():
        if name not in names:
            raise StyleError(f'There is no style "{name}"; choose among {", ".join(names)}.')
        if not (math.isfinite(weight) and weight >= 0):
            raise StyleError(f"The weight of style {name} is {weight:g}; give a number of 0 or more.")
    total = sum(mix.values())
    if total <= 0:
        raise StyleError("The weights of the styles sum to 0; give at least one of them a weight.")
    return {name: weight / total for name, weight in mix.items()}


def share_out(styles: Sequence[tuple[T, float]]) -> list[tuple[T, float]]:
    """Up to four styles with weights -> those that count, with shares that sum to 1. Raises StyleError."""
    if not 1 <= len(styles) <= MAX_STYLES:
        raise StyleError(f"{len(styles)} styles cannot be mixed; give one to {MAX_STYLES}.")
    for _, weight in styles:
        if not (math.isfinite(weight) and weight >= 0):
            raise StyleError(f"The weight of a style is {weight:g}; give a number of 0 or more.")
    total = sum(weight for _, weight in styles)
    if total <= 0:
        raise StyleError("The weights of the styles sum to 0; give at least one of them a weight.")
    return [(style, weight / total) for style, weight in styles if weight > 0]


def check_strength(strength: float) -> float:
    """Raises StyleError unless 0 <= strength <= 1."""
    if not 0 <= strength <= 1:
        raise StyleError(f"Strength is {strength:g}; give a number from 0 (the photo) to 1 (all style).")
    return float(strength)
