"""What goes wrong, said to the visitor in one sentence."""

from __future__ import annotations

import contextlib
import functools
import inspect
import logging
from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

import gradio as gr

from styletransfer.errors import StyleTransferError

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")
UNEXPECTED = "Something went wrong on our side. Please try again, or try another photo."


def plain_errors(function: Callable[P, R]) -> Callable[P, R]:
    """Decorator for event handlers: our own errors reach the visitor, the unforeseen ones only the log."""
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def stepwise(*args: P.args, **kwargs: P.kwargs) -> R:
            with _in_plain_words(function.__name__):
                yield from function(*args, **kwargs)

        return stepwise

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        with _in_plain_words(function.__name__):
            return function(*args, **kwargs)

    return wrapped


@contextlib.contextmanager
def _in_plain_words(name: str) -> Iterator[None]:
    try:
        yield
    except gr.Error:  # plain already
        raise
    except StyleTransferError as error:
        raise gr.Error(str(error), print_exception=False) from error
    except Exception as error:
        log.exception("%s failed", name)
        raise gr.Error(UNEXPECTED, print_exception=False) from error
