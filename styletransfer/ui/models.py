"""The networks behind the page, loaded once per process."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, lru_cache, partial

from styletransfer.checkpoints import Style, manifest
from styletransfer.stylizers import FixedStylizer, IterativeStylizer, MetaStylizer
from styletransfer.stylizers.iterative import fast_result


def fixed_styles() -> dict[str, Style]:
    """The styles of the bundled network by name, without loading it."""
    return {style["name"]: Style(**style) for style in manifest()["fixed"]["styles"]}


@cache
def loading_fixed() -> Future[FixedStylizer]:
    """The network of fixed styles, on its way: the first call starts a thread that loads it."""
    return ThreadPoolExecutor(max_workers=1).submit(FixedStylizer.from_pretrained)


def fixed_stylizer() -> FixedStylizer:
    """The network of fixed styles. Raises CheckpointError if it cannot be loaded."""
    return loading_fixed().result()


@cache
def loading_meta() -> Future[MetaStylizer]:
    """The network that makes networks, on its way: the first call starts a thread that loads it."""
    return ThreadPoolExecutor(max_workers=1).submit(MetaStylizer.from_pretrained)


def meta_stylizer() -> MetaStylizer:
    """The network that makes networks. Raises CheckpointError if it cannot be loaded."""
    return loading_meta().result()


@lru_cache(maxsize=2)
def iterative_stylizer(encoder: str, pooling: str) -> IterativeStylizer:
    """Optimises pictures; its warm starts are painted by the networks above. Raises CheckpointError."""
    warm_start = partial(fast_result, meta=meta_stylizer, fixed=fixed_stylizer)
    return IterativeStylizer.from_pretrained(encoder, pooling, warm_start)
