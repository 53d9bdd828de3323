"""What a stylizer tells its caller while it works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """``step`` of ``total`` is done."""

    step: int
    total: int


OnProgress = Callable[[Progress], None]
