"""Stages that work at the same time, each a little ahead of the next: what waits between them is bounded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")
K = TypeVar("K")


def ahead(items: Generator[T, None, None], size: int) -> Iterator[T]:
    """The same items, made by a thread that is at most ``size`` of them ahead.

    An exception of the generator is raised here. When this one is closed the generator is closed, too.
    """
    made: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()
    room, closed = threading.Semaphore(size), threading.Event()

    def work() -> None:
        error: BaseException | None = StopIteration()
        try:
            while room.acquire() and not closed.is_set():
                made.put((next(items), None))
        except BaseException as raised:  # handed to whom it concerns
            error = raised
        finally:
            items.close()
            made.put((None, error))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            item, error = made.get()
            if isinstance(error, StopIteration):
                return
            if error:
                raise error
            room.release()
            yield item
    finally:
        closed.set()
        room.release()
        thread.join()


def batched(items: Iterable[T], size: int, key: Callable[[T], K]) -> Iterator[list[T]]:
    """Lists of up to ``size`` neighbours with the same ``key``."""
    batch: list[T] = []
    for item in items:
        if batch and (len(batch) == size or key(item) != key(batch[0])):
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch
