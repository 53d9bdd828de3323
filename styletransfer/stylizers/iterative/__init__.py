"""Optimising the picture itself: slow, and the best there is."""

from styletransfer.stylizers.iterative.config import IterativeConfig
from styletransfer.stylizers.iterative.progress import IterativeProgress
from styletransfer.stylizers.iterative.stylizer import IterativeStylizer

__all__ = ["IterativeConfig", "IterativeProgress", "IterativeStylizer"]
