"""Stylizers: picture in, picture out. They know no screen; progress goes to a callback."""

from styletransfer.stylizers.fixed import FixedStylizer
from styletransfer.stylizers.mixing import parse_mix
from styletransfer.stylizers.progress import Progress

__all__ = ["FixedStylizer", "Progress", "parse_mix"]
