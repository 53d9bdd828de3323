"""ZeroGPU: a GPU that a Space gets for the length of a call. Everywhere else this does nothing.

A call on ZeroGPU runs in a forked process, costs a visitor's daily minutes, and is cut off after the time it asked for. So only
the slow methods ask for it; what must be quick, and the camera, paints on the processor there.
"""

from __future__ import annotations

import functools
import inspect
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

import torch

from styletransfer.devices import zero_gpu
from styletransfer.errors import StyleTransferError
from styletransfer.ui.photos import new_download

P = ParamSpec("P")
R = TypeVar("R")
SHORTEST, LONGEST = 10, 120  # seconds


def on_gpu(seconds: Callable[P, float]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator for event handlers, plain functions or generators, that need the GPU for about ``seconds(*args)``.

    It goes on top of ``plain_errors``: of all errors only gr.Error finds its way out of the other process. Arguments and
    results have to be picklable, and what the handler changes in this process's memory is lost.
    """
    spaces = sys.modules.get("spaces")  # app.py imports it before all else, where it is installed
    if spaces is None:
        return lambda handler: handler

    def duration(*args: P.args, **kwargs: P.kwargs) -> int:
        try:
            return math.ceil(min(max(SHORTEST, seconds(*args, **kwargs)), LONGEST))
        except StyleTransferError:
            return SHORTEST  # the handler will say what is wrong

    return lambda handler: spaces.GPU(_in_one_thread(handler) if zero_gpu() else handler, duration=duration)


def _in_one_thread(handler: Callable[P, R]) -> Callable[P, R]:
    """The handler for a forked process: PyTorch's threads on the processor are not there, and waiting for them never ends."""
    if inspect.isgeneratorfunction(handler):

        @functools.wraps(handler)
        def stepwise(*args: P.args, **kwargs: P.kwargs) -> R:
            torch.set_num_threads(1)
            yield from handler(*args, **kwargs)

        return stepwise

    @functools.wraps(handler)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        torch.set_num_threads(1)
        return handler(*args, **kwargs)

    return wrapped


@dataclass(frozen=True)
class Signal:
    """What ``threading.Event`` is within one process, also for a handler in another: a file that is there once it is set."""

    path: Path

    @classmethod
    def new(cls) -> Signal:
        return cls(new_download("signal"))

    def set(self) -> None:
        self.path.touch()

    def is_set(self) -> bool:
        return self.path.exists()
