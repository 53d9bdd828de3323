"""What goes wrong, said to the visitor in one sentence."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import gradio as gr

from styletransfer.errors import StyleTransferError

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")
UNEXPECTED = "Something went wrong on our side. Please try again, or try another photo."


def plain_errors(function: Callable[P, R]) -> Callable[P, R]:
    """Decorator for event handlers: our own errors reach the visitor, the unforeseen ones only the log."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except StyleTransferError as error:
            raise gr.Error(str(error), print_exception=False) from error
        except Exception as error:
            log.exception("%s failed", function.__name__)
            raise gr.Error(UNEXPECTED, print_exception=False) from error

    return wrapped
