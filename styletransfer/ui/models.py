"""The networks behind the page, loaded once per process."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, lru_cache

from styletransfer.checkpoints import Style, manifest
from styletransfer.stylizers import FixedStylizer, GeneratedStyle, MetaStylizer, StyleCode
from styletransfer.stylizers.meta import MAX_STYLES


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


@lru_cache(maxsize=4 * MAX_STYLES)
def style_code(path: str, changed: int, stroke_size: float) -> StyleCode | GeneratedStyle:
    """One style from its picture or its file; looking at a picture takes longer than painting in its style."""
    return meta_stylizer().mix([(path, 1.0)], stroke_size)
