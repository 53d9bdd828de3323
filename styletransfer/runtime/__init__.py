"""The inference layer: networks -> the fastest callables this machine has that agree with fp32."""

import sys

from styletransfer.runtime.backends import Pixels, StyleParameters, choose_backend, choose_torch_backend, probe_picture
from styletransfer.runtime.painter import Painter
from styletransfer.runtime.statistics import choose_measure

# Where OpenVINO finds this package it reports over the network whenever it is imported; without it, it does not.
sys.modules.setdefault("openvino_telemetry", None)

__all__ = [
    "Painter",
    "Pixels",
    "StyleParameters",
    "choose_backend",
    "choose_measure",
    "choose_torch_backend",
    "probe_picture",
]
