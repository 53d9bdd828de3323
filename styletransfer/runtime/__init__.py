"""The inference layer: one TransformNet -> the fastest callable this machine has that agrees with fp32."""

from styletransfer.runtime.backends import Pixels, choose_backend
from styletransfer.runtime.painter import Painter

__all__ = ["Painter", "Pixels", "choose_backend"]
