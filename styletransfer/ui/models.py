"""The networks behind the page, loaded once per process."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, lru_cache, partial
from typing import TypeVar

from styletransfer.checkpoints import Style
from styletransfer.devices import zero_gpu
from styletransfer.errors import CheckpointError
from styletransfer.stylizers import GeneratedStyle, IterativeStylizer, MetaStylizer, StyleCode, StyleCollection
from styletransfer.stylizers.collection import known_styles
from styletransfer.stylizers.iterative import fast_result
from styletransfer.stylizers.mixing import MAX_STYLES
from styletransfer.ui.downloads import loaded

log = logging.getLogger(__name__)

T = TypeVar("T")


def start_loading(load: Callable[[], T]) -> Future[T]:
    """What ``load`` returns, on its way in a thread; what is wrong with it is in the log."""

    def logged() -> T:
        try:
            return load()
        except CheckpointError as error:
            log.warning("%s The rest of the page works without it.", error)
            raise

    return ThreadPoolExecutor(max_workers=1).submit(logged)


@cache
def fixed_styles() -> dict[str, Style]:
    """The styles of the bundled network and of the weights folder, as they were when the page was built."""
    return known_styles()


@cache
def loading_fixed() -> Future[StyleCollection]:
    """The networks of fixed styles, on their way: the first call starts a thread that loads the bundled one."""
    return start_loading(StyleCollection.from_pretrained)


def fixed_stylizer() -> StyleCollection:
    """The networks of fixed styles. Raises CheckpointError if the bundled one cannot be loaded."""
    return loaded(loading_fixed(), "fixed")


@cache
def loading_meta() -> Future[MetaStylizer]:
    """The network that makes networks, on its way: the first call starts a thread that loads it."""
    return start_loading(MetaStylizer.from_pretrained)


def meta_stylizer() -> MetaStylizer:
    """The network that makes networks. Raises CheckpointError if it cannot be loaded."""
    return loaded(loading_meta(), "meta", "encoder")


@lru_cache(maxsize=4 * MAX_STYLES)
def style_code(path: str, changed: int, stroke_size: float) -> StyleCode | GeneratedStyle:
    """One style from its picture or its file; looking at a picture takes longer than painting in its style."""
    return meta_stylizer().mix([(path, 1.0)], stroke_size)


@lru_cache(maxsize=2)
def iterative_stylizer(encoder: str, pooling: str) -> IterativeStylizer:
    """Optimises pictures. Raises CheckpointError."""
    return IterativeStylizer.from_pretrained(encoder, pooling)


def place_iterative() -> None:
    """On ZeroGPU load what most runs need: only the main thread may place models, before the first call forks."""
    if zero_gpu():
        with contextlib.suppress(CheckpointError):  # said when it is needed
            iterative_stylizer("auto", "max")


warm_start = partial(fast_result, meta=meta_stylizer, fixed=fixed_stylizer)  # with the networks above
