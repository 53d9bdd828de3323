"""ZeroGPU: a GPU that a Space gets for the length of a call. Everywhere else this does nothing.

A call on ZeroGPU runs in a forked process, costs a visitor's daily minutes, and is cut off after the time it asked for. So only
the slow methods ask for it; what must be quick, and the camera, paints on the processor there.

The other process has none of the threads of this one, what they had locked stays locked there, and from one call to the next it
lives on without hearing of what happens here. So all that OpenVINO does is done before it is asked, and handed over.
"""

from __future__ import annotations

import functools
import inspect
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

import cv2
import torch

from styletransfer.devices import zero_gpu
from styletransfer.ui.photos import new_download

P = ParamSpec("P")
R = TypeVar("R")
SHORTEST, LONGEST = 10, 120  # seconds: to work at least, and to ask for at most
RESERVE = 10  # seconds on top of the work: to begin, and to save what is done
TIME_IS_UP = "The time on the GPU was over before the end; this is what was done. A smaller size takes less time."

_end = math.inf  # of the time to work in this process


def on_gpu(seconds: Callable[P, float]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator for functions or generators that work on the GPU for at most ``seconds(*args)``.

    It goes on top of ``plain_errors``: of all errors only gr.Error finds its way out of the other process. Arguments and
    results have to be picklable, and what is changed in this process's memory is lost. Who may take longer than it is given
    looks at :func:`time_is_up`.
    """
    spaces = sys.modules.get("spaces")  # app.py imports it before all else, where it is installed
    if spaces is None:
        return lambda handler: handler

    def duration(*args: P.args, **kwargs: P.kwargs) -> int:
        return math.ceil(min(RESERVE + max(SHORTEST, seconds(*args, **kwargs)), LONGEST))

    return lambda handler: spaces.GPU(_forked(handler, duration) if zero_gpu() else handler, duration=duration)


def _forked(handler: Callable[P, R], duration: Callable[P, int]) -> Callable[P, R]:
    """The handler for the other process."""
    if inspect.isgeneratorfunction(handler):

        @functools.wraps(handler)
        def stepwise(*args: P.args, **kwargs: P.kwargs) -> R:
            _prepare(duration(*args, **kwargs))
            yield from handler(*args, **kwargs)

        return stepwise

    @functools.wraps(handler)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        _prepare(duration(*args, **kwargs))
        return handler(*args, **kwargs)

    return wrapped


def _prepare(seconds: int) -> None:
    """Wait for no threads that are not here, and know when to end."""
    global _end
    torch.set_num_threads(1)
    cv2.setNumThreads(0)  # none; 1 would end the others first, and wait for it
    _end = time.monotonic() + seconds - RESERVE


def time_is_up() -> bool:
    """Whether the time that was asked for is nearly over: who goes on is cut off. Without ZeroGPU it never is."""
    return time.monotonic() > _end


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
