"""Long runs of one visitor: begun by one button, ended early by another."""

from __future__ import annotations

from typing import Any

import gradio as gr

from styletransfer.ui.gpu import Signal


def begin_run() -> tuple[Any, ...]:
    """The run's own signal to stop, the buttons Run and Stop, and what is said meanwhile."""
    return Signal.new(), gr.Button(interactive=False), gr.Button(visible=True, interactive=True), "Starting …"


def stop_run(stop: Signal | None) -> gr.Button:
    """Tell this visitor's run to end with what it has."""
    if stop:
        stop.set()
    return gr.Button(interactive=False)


def end_run() -> tuple[gr.Button, gr.Button]:
    """The buttons Run and Stop when nothing runs."""
    return gr.Button(interactive=True), gr.Button(visible=False)
