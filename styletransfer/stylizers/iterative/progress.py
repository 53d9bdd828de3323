"""What an iterative run tells after every step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from PIL import Image

# Whether at full size -> the finished picture
Render = Callable[[bool], Image.Image]


@dataclass(frozen=True)
class IterativeProgress:
    """``step`` of ``total`` is done, at the scale of ``scale`` pixels (longest side).

    The losses are those of this step; the pictures are the best ones of this scale so far. ``warnings`` are sentences for
    people, the same ones from when they arose to the end.
    """

    step: int
    total: int
    scale: int
    content_loss: float
    style_loss: float
    total_loss: float
    seconds_left: float
    warnings: tuple[str, ...]
    render: Render

    @cached_property
    def preview(self) -> Image.Image:
        """The picture at the size that is being worked at."""
        return self.render(False)

    @cached_property
    def result(self) -> Image.Image:
        """The picture at the full size: RGB, or RGBA where the photo has transparency."""
        return self.render(True)
