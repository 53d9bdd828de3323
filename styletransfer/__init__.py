"""Neural style transfer: fixed styles in one pass, as a library, a command line and a web demo."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from styletransfer.stylizers import FixedStylizer

__version__ = "0.1.0"
__all__ = ["FixedStylizer", "__version__"]


def __getattr__(name: str) -> Any:
    """Load stylizers, and torch with them, when they are first asked for: ``--help`` should not wait for torch."""
    if name == "FixedStylizer":
        return import_module("styletransfer.stylizers").FixedStylizer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
