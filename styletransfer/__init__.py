"""Neural style transfer: fixed styles and any picture as a style in one pass, as a library, a command line and a web demo."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from styletransfer.stylizers import FixedStylizer, IterativeConfig, IterativeStylizer, MetaStylizer

__version__ = "0.1.0"
__all__ = ["FixedStylizer", "IterativeConfig", "IterativeStylizer", "MetaStylizer", "__version__"]


def __getattr__(name: str) -> Any:
    """Load stylizers, and torch with them, when they are first asked for: ``--help`` should not wait for torch."""
    if name in __all__:
        return getattr(import_module("styletransfer.stylizers"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
