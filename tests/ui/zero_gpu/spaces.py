"""Stands in for the ``spaces`` package of a ZeroGPU Space, and insists on its rules."""

from __future__ import annotations

import contextlib
import functools
import inspect
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

if "torch" in sys.modules or "styletransfer" in sys.modules:
    raise RuntimeError("import spaces before everything that could touch CUDA")

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map_only

context = multiprocessing.get_context("fork")
decorated: list[str] = []
idle: dict[Callable, Worker] = {}  # a process is kept for the next call: it does not know what happened here since it began


class Emulation(TorchFunctionMode):
    """What the main thread computes passes through here, so that models can be placed without a GPU.

    One thing is noticed of it: shapes are plain tuples.
    """

    def __torch_function__(self, function: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        return tree_map_only(torch.Tensor, lambda tensor: tensor, function(*args, **(kwargs or {})))


emulation = Emulation()
emulation.__enter__()


def GPU(task: Callable | None = None, *, duration: Any = 60) -> Callable:
    """Run ``task`` in a forked process; what it is given and what it returns is pickled; it ends when its time is over."""
    if task is None:
        return functools.partial(GPU, duration=duration)
    if inspect.iscoroutinefunction(task) or inspect.isasyncgenfunction(task):
        raise NotImplementedError
    note(task)
    answers = functools.partial(_run, task, duration)
    if inspect.isgeneratorfunction(task):

        @functools.wraps(task)
        def generator(*args: Any, **kwargs: Any) -> Iterator[Any]:
            yield from answers(args, kwargs)

        return generator

    @functools.wraps(task)
    def function(*args: Any, **kwargs: Any) -> Any:
        return list(answers(args, kwargs))[-1]

    return function


def note(task: Callable) -> None:
    """Tell the test what was decorated."""
    decorated.append(task.__qualname__)
    if log := os.environ.get("SPACES_STUB_LOG"):
        with Path(log).open("a") as file:
            file.write(task.__qualname__ + "\n")


class Worker:
    """A forked process that runs one function, again and again."""

    def __init__(self, task: Callable) -> None:
        self.mine, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(task, theirs, self.mine), daemon=True)
        self.process.start()
        theirs.close()

    def end(self) -> None:
        self.process.kill()
        self.process.join()


def _run(task: Callable, duration: Any, args: tuple, kwargs: dict) -> Iterator[Any]:
    seconds = duration(*args, **kwargs) if callable(duration) else duration
    if not 0 < seconds <= 120:
        raise ValueError(f"{seconds} s are asked for")
    worker = idle.pop(task, None) or Worker(task)
    end = time.monotonic() + seconds
    try:
        worker.mine.send((args, kwargs))
        while True:
            if not worker.mine.poll(max(0.0, end - time.monotonic())):
                raise TimeoutError("GPU task aborted")
            kind, value = worker.mine.recv()
            if kind == "end":
                idle[task] = worker
                return
            if kind == "error":
                raise value
            yield value
    finally:
        if idle.get(task) is not worker:
            worker.end()


def _work(task: Callable, mine: Any, theirs: Any) -> None:
    theirs.close()  # else it would never see that the other end is closed
    with contextlib.suppress(RuntimeError):
        emulation.__exit__(None, None, None)  # here there is a GPU; if it was not the main thread that forked, it is off
    with contextlib.suppress(EOFError):
        while True:
            args, kwargs = mine.recv()
            _answer(task, args, kwargs, mine)


def _answer(task: Callable, args: tuple, kwargs: dict, pipe: Any) -> None:
    try:
        if inspect.isgeneratorfunction(task):
            for value in task(*args, **kwargs):
                pipe.send(("value", value))
        else:
            pipe.send(("value", task(*args, **kwargs)))
        pipe.send(("end", None))
    except Exception as error:
        import gradio

        # Only gr.Error keeps its words.
        pipe.send(("error", error if isinstance(error, gradio.Error) else RuntimeError(type(error).__name__)))
