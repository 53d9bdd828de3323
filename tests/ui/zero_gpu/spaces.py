"""Stands in for the ``spaces`` package of a ZeroGPU Space, and insists on its rules."""

from __future__ import annotations

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

context = multiprocessing.get_context("fork")
decorated: list[str] = []


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


def _run(task: Callable, duration: Any, args: tuple, kwargs: dict) -> Iterator[Any]:
    seconds = duration(*args, **kwargs) if callable(duration) else duration
    if not 0 < seconds <= 120:
        raise ValueError(f"{seconds} s are asked for")
    arguments, given = context.Pipe()
    results, sending = context.Pipe()
    process = context.Process(target=_worker, args=(task, arguments, sending), daemon=True)
    process.start()
    given.send((args, kwargs))
    end = time.monotonic() + seconds
    try:
        while True:
            if not results.poll(max(0.0, end - time.monotonic())):
                raise TimeoutError("GPU task aborted")
            kind, value = results.recv()
            if kind == "end":
                return
            if kind == "error":
                raise value
            yield value
    finally:
        process.kill()
        process.join()


def _worker(task: Callable, arguments: Any, sending: Any) -> None:
    args, kwargs = arguments.recv()
    try:
        if inspect.isgeneratorfunction(task):
            for value in task(*args, **kwargs):
                sending.send(("value", value))
        else:
            sending.send(("value", task(*args, **kwargs)))
        sending.send(("end", None))
    except Exception as error:
        import gradio

        # Only gr.Error keeps its words.
        sending.send(("error", error if isinstance(error, gradio.Error) else RuntimeError(type(error).__name__)))
