"""Downloads from the Hub: they run in the background, and the page says how far they are."""

from __future__ import annotations

import threading
from collections.abc import Collection
from concurrent.futures import Future, ThreadPoolExecutor, wait
from html import escape
from pathlib import Path
from typing import TypeVar

import gradio as gr

from styletransfer import hub
from styletransfer.checkpoints import HUB_ENCODERS, manifest
from styletransfer.errors import CheckpointError
from styletransfer.hub import Transfer

T = TypeVar("T")
TICK_SECONDS = 1.0
PATIENCE_SECONDS = 3.0  # enough to look at a file that is there, or to hear that it cannot be had

_fetching: dict[str, Future[Path]] = {}
_lock = threading.Lock()


def require_encoder(name: str) -> None:
    """Return if the weights of an encoder are here; else see that they are on their way.

    A visitor who asks for a large encoder does not keep a place in the queue until half a gigabyte has come. Raises
    CheckpointError, which says how far it is, or why it cannot be had.
    """
    if name not in HUB_ENCODERS:
        return
    with _lock:
        if name not in _fetching:
            _fetching[name] = ThreadPoolExecutor(max_workers=1).submit(hub.fetch, HUB_ENCODERS[name])
        future = _fetching[name]
    wait([future], PATIENCE_SECONDS)
    if not future.done():
        raise CheckpointError(f"{progress() or name} is on its way. Try again in a while, or use CompactVGG until then.")
    if error := future.exception():
        _fetching.pop(name, None)  # the next visitor tries again
        raise error


def loaded(future: Future[T], *checkpoints: str) -> T:
    """What is being loaded from these checkpoints of the manifest.

    While one is downloaded nobody waits for it, as others in the queue would have to wait, too. Raises CheckpointError.
    """
    files = {manifest()[name]["file"] for name in checkpoints}
    while not future.done():
        if line := progress(files):
            raise CheckpointError(f"{line} is on its way. Try again in a while.")
        wait([future], TICK_SECONDS)
    return future.result()


def progress(files: Collection[str] = ()) -> str:
    """How far the downloads of these files, or of all, are, in a line; "" if there are none."""
    return " · ".join(_describe(transfer) for transfer in hub.transfers() if not files or transfer.file.name in files)


def _describe(transfer: Transfer) -> str:
    size = f" ({transfer.done / 1e6:.0f} of {transfer.total / 1e6:.0f} MB)" if transfer.total else ""
    return f"{transfer.file}{size}"


def build(app: gr.Blocks) -> None:
    """Add the line that is there while something is downloaded. Pages that are opened meanwhile keep asking."""
    note = gr.Markdown(visible=False, elem_id="downloads", elem_classes="caption")
    timer = gr.Timer(TICK_SECONDS, active=False)
    for event in (app.load, timer.tick):
        event(_show, None, [note, timer], queue=False, show_progress="hidden", api_visibility="private")


def _show() -> tuple[gr.Markdown, gr.Timer]:
    line = progress()
    return gr.Markdown(f"Fetching {escape(line)}", visible=bool(line)), gr.Timer(active=bool(line))
