"""Stylizers: picture in, picture out. They know no screen; progress goes to a callback."""

from styletransfer.stylizers.collection import StyleCollection
from styletransfer.stylizers.fixed import FixedStylizer
from styletransfer.stylizers.iterative import IterativeConfig, IterativeProgress, IterativeStylizer
from styletransfer.stylizers.meta import GeneratedStyle, MetaStylizer, StyleCode
from styletransfer.stylizers.mixing import parse_mix
from styletransfer.stylizers.progress import Progress

__all__ = [
    "FixedStylizer",
    "GeneratedStyle",
    "IterativeConfig",
    "IterativeProgress",
    "IterativeStylizer",
    "MetaStylizer",
    "Progress",
    "StyleCode",
    "StyleCollection",
    "parse_mix",
]
