"""Descent on a picture, one measurement of the loss at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from styletransfer.stylizers.iterative.canvas import Canvas
from styletransfer.stylizers.iterative.config import IterativeConfig
from styletransfer.stylizers.iterative.objective import Losses

HISTORY_BYTES, MIN_HISTORY = 512 << 20, 4  # what L-BFGS may remember of large pictures

Objective = Callable[[Tensor], Losses]


@dataclass(frozen=True)
class Iterate:
    """After a step: the best picture so far (1,3,H,W) and the losses of this step."""

    picture: Tensor
    content: float
    style: float
    total: float

    @property
    def is_finite(self) -> bool:
        return math.isfinite(self.total)


def minimize(objective: Objective, start: Tensor, steps: int, config: IterativeConfig) -> Iterator[Iterate]:
    """Optimise ``start`` (1,3,H,W); yields once per measurement. What is not finite ends it, with the last good picture."""
    canvas = Canvas(start)
    optimizer = make_optimizer(canvas.levels, config)
    keeper = Average(config.ema_decay) if config.optimizer == "adam" else Best()
    kept = start
    for _ in range(steps):
        picture, losses = _step(objective, canvas, optimizer)
        content, style, total = (float(term.detach()) for term in (losses.content, losses.style, losses.total))
        if math.isfinite(total):
            kept = keeper(picture, total)
        yield Iterate(kept, content, style, total)
        if not math.isfinite(total):
            return


def _step(objective: Objective, canvas: Canvas, optimizer: torch.optim.Optimizer) -> tuple[Tensor, Losses]:
    """One step; the picture before it, and its losses."""
    measured: list[tuple[Tensor, Losses]] = []

    def closure() -> Tensor:
        optimizer.zero_grad()
        picture = canvas.picture()
        losses = objective(picture)
        measured.append((picture.detach(), losses))
        # Times the number of values: L-BFGS ignores steps whose gradients are as small as those of a mean.
        scaled = losses.total * picture.numel()
        scaled.backward()
        return scaled.detach()

    optimizer.step(closure)
    return measured[0]


def make_optimizer(parameters: list[Tensor], config: IterativeConfig) -> torch.optim.Optimizer:
    """L-BFGS without line search, one measurement per step, never content with what it reached; or Adam."""
    if config.optimizer == "adam":
        return torch.optim.Adam(parameters, config.learning_rate, betas=(0.9, 0.99))
    pair = 2 * sum(parameter.numel() * parameter.element_size() for parameter in parameters)
    history = max(MIN_HISTORY, min(config.history, HISTORY_BYTES // pair))
    return torch.optim.LBFGS(parameters, max_iter=1, history_size=history, tolerance_grad=0, tolerance_change=0)


class Best:
    """Keeps the picture with the lowest loss."""

    def __init__(self) -> None:
        self.picture, self.total = torch.empty(0), math.inf

    def __call__(self, picture: Tensor, total: float) -> Tensor:
        if total < self.total:
            self.picture, self.total = picture, total
        return self.picture


class Average:
    """Exponential moving average of the pictures, free of the start's weight (Kingma and Ba 2015, section 3)."""

    def __init__(self, decay: float) -> None:
        self.decay, self.weight, self.sum = decay, 0.0, torch.zeros(())

    def __call__(self, picture: Tensor, total: float) -> Tensor:
        self.weight = self.decay * self.weight + 1 - self.decay
        self.sum = self.decay * self.sum + (1 - self.decay) * picture
        return self.sum / self.weight
