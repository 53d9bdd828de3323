"""The networks behind the page, loaded once per process."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache

from styletransfer.checkpoints import Style
from styletransfer.stylizers import MetaStylizer, StyleCollection
from styletransfer.stylizers.collection import known_styles


@cache
def fixed_styles() -> dict[str, Style]:
    """The styles of the bundled network and of the weights folder, as they were when the page was built."""
    return known_styles()


@cache
def loading_fixed() -> Future[StyleCollection]:
    """The networks of fixed styles, on their way: the first call starts a thread that loads the bundled one."""
    return ThreadPoolExecutor(max_workers=1).submit(StyleCollection.from_pretrained)


def fixed_stylizer() -> StyleCollection:
    """The networks of fixed styles. Raises CheckpointError if the bundled one cannot be loaded."""
    return loading_fixed().result()


@cache
def loading_meta() -> Future[MetaStylizer]:
    """The network that makes networks, on its way: the first call starts a thread that loads it."""
    return ThreadPoolExecutor(max_workers=1).submit(MetaStylizer.from_pretrained)


def meta_stylizer() -> MetaStylizer:
    """The network that makes networks. Raises CheckpointError if it cannot be loaded."""
    return loading_meta().result()
