"""The channel statistics of pictures by the fastest way this machine has: an encoder as an OpenVINO graph, or PyTorch."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from styletransfer.encoders import IMAGENET_MEAN, IMAGENET_STD, Encoder
from styletransfer.networks import channel_statistics
from styletransfer.networks.meta import EPS
from styletransfer.runtime.backends import Pixels, openvino_precision, probe_picture

log = logging.getLogger(__name__)

Measure = Callable[[Pixels], Tensor]
TOLERANCE = 0.02  # of the mean size of the statistics
# The expanded maps of the shallow layers are the largest by far. Looked at in as many places as the third has pixels,
# their statistics differ by 0.1 % at 512 pixels.
HEAD_STRIDES = {"relu1_1": 4, "relu2_1": 2}


def choose_measure(encoder: Encoder, layers: Sequence[str]) -> Measure:
    """The fastest function from pixels uint8 (N,H,W,3) to :func:`networks.channel_statistics` of ``layers`` in fp32.

    We depart from it in that the shallow layers are looked at in fewer places, see ``HEAD_STRIDES``.
    """
    reference = _torch_measure(encoder, layers)
    probe = probe_picture()
    expected = reference(probe)
    try:
        measure = _openvino_measure(encoder, layers, openvino_precision())
        difference = ((measure(probe) - expected).abs().mean() / expected.abs().mean()).item()
    except (ImportError, RuntimeError) as error:
        log.warning("A faster way to look at pictures does not work here: %s", error)
        return reference
    if difference <= TOLERANCE:
        return measure
    log.warning("OpenVINO's statistics of pictures differ from fp32 by %.0f %% and are not used", 100 * difference)
    return reference


def _torch_measure(encoder: Encoder, layers: Sequence[str]) -> Measure:
    @torch.inference_mode()
    def measure(pixels: Pixels) -> Tensor:
        image = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
        features = encoder(image, layers)
        for layer in set(layers) & set(encoder.heads):
            stride = HEAD_STRIDES.get(layer, 1)
            features[layer] = features[layer][:, :, ::stride, ::stride]
        return channel_statistics(features)

    return measure


def _openvino_measure(encoder: Encoder, layers: Sequence[str], precision: str) -> Measure:
    import openvino as ov

    options = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
    compiled = ov.Core().compile_model(_build_graph(encoder, layers), "CPU", options)

    def measure(pixels: Pixels) -> Tensor:
        # A request of its own for every picture: styles are looked at from several threads.
        statistics = compiled.create_infer_request().infer([np.ascontiguousarray(pixels)], share_inputs=True)[0]
        return torch.from_numpy(statistics)

    return measure


def _build_graph(encoder: Encoder, layers: Sequence[str]):
    """``encoder`` up to the deepest of ``layers``, for pictures of any size: uint8 (N,H,W,3) -> (N, 2 * channels)."""
    import openvino as ov
    from openvino import opset13 as ops

    from styletransfer.runtime.graph import mean_and_square, variance_of

    def ints(values):
        return ops.constant(np.asarray(values, dtype=np.int64))

    def per_channel(values):
        return ops.constant(np.asarray(values, dtype=np.float32).reshape(1, -1, 1, 1))

    def convolve(x, conv: nn.Conv2d, stride: int = 1):
        side = conv.kernel_size[0] // 2
        if side and conv.padding_mode == "reflect":
            x = ops.pad(x, ints([0, 0, side, side]), ints([0, 0, side, side]), "reflect")
        zeros = [0 if conv.padding_mode == "reflect" else side] * 2
        y = ops.convolution(x, ops.constant(conv.weight.detach().float().numpy()), [stride] * 2, zeros, zeros, [1, 1])
        return ops.relu(ops.add(y, per_channel(conv.bias.detach().float())))

    pixels = ops.parameter([-1, -1, -1, 3], np.uint8, name="pixels")
    x = ops.multiply(ops.convert(ops.transpose(pixels, ints([0, 3, 1, 2])), "f32"), per_channel([1 / 255] * 3))
    x = ops.divide(ops.subtract(x, per_channel(IMAGENET_MEAN)), per_channel(IMAGENET_STD))
    rows = []
    for name, conv in encoder.convs.items():
        if name.endswith("_1") and name != "conv1_1":
            x = ops.max_pool(x, [2, 2], [1, 1], [0, 0], [0, 0], [2, 2], index_element_type="i64").output(0)
        x = convolve(x, conv)
        layer = name.replace("conv", "relu")
        if layer in layers:
            y = convolve(x, encoder.heads[layer], HEAD_STRIDES.get(layer, 1)) if layer in encoder.heads else x
            mean, square = mean_and_square(y)
            rows += [mean, ops.sqrt(ops.add(variance_of(mean, square), ops.constant(np.float32(EPS))))]
        if len(rows) == 2 * len(layers):
            break
    return ov.Model([ops.concat(rows, 1)], [pixels], "statistics")
