"""The inference layer: networks -> the fastest callables this machine has that agree with fp32."""

from styletransfer.runtime.backends import Pixels, StyleParameters, choose_backend, choose_torch_backend, probe_picture
from styletransfer.runtime.painter import Painter
from styletransfer.runtime.statistics import choose_measure

__all__ = [
    "Painter",
    "Pixels",
    "StyleParameters",
    "choose_backend",
    "choose_measure",
    "choose_torch_backend",
    "probe_picture",
]
