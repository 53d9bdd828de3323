"""Stages that work ahead: order, bounds, errors, and that closing closes all."""

import threading
import time

import pytest

from styletransfer.pipeline import ahead, batched


def numbers(made, closed, count=100):
    try:
        for number in range(count):
            made.append(number)
            yield number
    finally:
        closed.append(True)


def test_all_items_in_order():
    made, closed = [], []
    assert list(ahead(numbers(made, closed), 3)) == list(range(100))
    assert closed == [True]


def test_no_more_than_asked_for_wait():
    made, closed = [], []
    stage = ahead(numbers(made, closed), 3)
    for taken in range(1, 5):
        next(stage)
        time.sleep(0.05)
        assert len(made) <= taken + 3
    stage.close()
    assert closed == [True] and len(made) <= 7


def test_the_work_is_done_by_another_thread():
    names = []

    def work():
        names.append(threading.current_thread().name)
        yield 1

    assert list(ahead(work(), 1)) == [1]
    assert names != [threading.current_thread().name]


def test_errors_come_after_what_was_made_before():
    def work():
        yield 1
        raise ValueError("broken")

    stage = ahead(work(), 4)
    assert next(stage) == 1
    with pytest.raises(ValueError, match="broken"):
        next(stage)


def test_closing_leaves_no_thread():
    before = threading.active_count()
    stage = ahead(ahead(numbers([], []), 2), 2)
    next(stage)
    stage.close()
    deadline = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before


def test_batches_are_neighbours_with_the_same_key():
    assert list(batched("aaabbbbbc", 3, lambda letter: letter)) == [list("aaa"), list("bbb"), list("bb"), ["c"]]
    assert list(batched([], 3, id)) == []
