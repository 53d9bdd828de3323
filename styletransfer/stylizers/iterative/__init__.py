"""Optimising the picture itself: slow, and the best there is."""

from styletransfer.stylizers.iterative.config import PRESETS, IterativeConfig
from styletransfer.stylizers.iterative.progress import IterativeProgress
from styletransfer.stylizers.iterative.starts import fast_result, paint_start
from styletransfer.stylizers.iterative.stylizer import IterativeStylizer

__all__ = ["PRESETS", "IterativeConfig", "IterativeProgress", "IterativeStylizer", "fast_result", "paint_start"]
