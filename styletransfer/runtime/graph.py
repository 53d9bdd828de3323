"""TransformNet as an OpenVINO graph, layer by layer.

Built by hand rather than by OpenVINO's PyTorch converter: that takes seconds at every start, this milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import openvino as ov
import torch
from openvino import opset13 as ops
from torch import nn

from styletransfer.networks.layers import CLAMP, NORM_EPS, BatchNorm, ConvLayer, NearestUpsampleConv
from styletransfer.networks.transform import TANH_SCALE, Block, Residual, TransformNet

NCHW_TO_NHWC, NHWC_TO_NCHW = [0, 2, 3, 1], [0, 3, 1, 2]
Parts = Iterator[tuple[ov.Node, ...]]
Tensors = Callable[[torch.Tensor], ov.Node]


def build_graph(network: TransformNet, normalize: bool, generated: bool = False) -> ov.Model:
    """The graph of ``network`` from pixels to pixels.

    Inputs: pixels uint8 (N,H,W,3), H and W multiples of 4 and at least 16; affine float (N|1,2,K), K = 0 if the network
    owns its norms, or (1,4,K) with statistics if ``normalize`` is False; identity float (), the photo's own share of the
    result. If ``generated``, the weights are a fourth input (P,) as of :func:`networks.pack`, so that one compiled graph
    serves all networks of this shape. Output: uint8 (N,H,W,3).
    """
    weights = ops.parameter([sum(p.numel() for p in network.parameters())], np.float32, name="weights") if generated else None
    tensors = _tensors(network, weights)
    given = network.norm_channels if network.config.norm == "conditional" or not normalize else []
    pixels = ops.parameter([-1, -1, -1, 3], np.uint8, name="pixels")
    rows = 2 if normalize else 4
    affine = ops.parameter([-1, rows, sum(given)], np.float32, name="affine")
    identity = ops.parameter([], np.float32, name="identity")
    photo = ops.transpose(ops.multiply(ops.convert(pixels, "f32"), _const(1 / 255)), NHWC_TO_NCHW)
    parts = _affine_parts(affine, rows, given)
    x = photo
    for block in (*network.encoder, *network.residuals, *network.decoder):
        layer = _residual if isinstance(block, Residual) else _block
        x = layer(x, block, parts, normalize, tensors)
    x = _conv(x, network.output, tensors)
    if network.config.output == "tanh":
        x = ops.add(ops.multiply(ops.tanh(x), _const(TANH_SCALE)), _const(0.5))
    if network.config.output == "palette":
        x = _norm(x, network.output_norm, parts, normalize, tensors)
        x = ops.convolution(x, tensors(network.palette.weight), [1, 1], [0, 0], [0, 0], [1, 1])
        x = ops.add(x, _per_channel(tensors(network.palette.bias)))
    x = ops.add(ops.multiply(photo, identity), ops.multiply(x, ops.subtract(_const(1.0), identity)))
    x = ops.round(ops.clamp(ops.multiply(x, _const(255.0)), 0.0, 255.0), "half_to_even")
    inputs = [pixels, affine, identity, *([weights] if generated else [])]
    return ov.Model([ops.convert(ops.transpose(x, NCHW_TO_NHWC), "u8")], inputs, "TransformNet")


def _tensors(network: TransformNet, weights: ov.Node | None) -> Tensors:
    """Where a tensor of the network is found in the graph: a constant, or its piece of ``weights``."""
    if weights is None:
        return _const
    parameters = list(network.parameters())
    lengths = ops.constant(np.array([p.numel() for p in parameters], dtype=np.int64))
    pieces = ops.variadic_split(weights, ops.constant(0), lengths)
    shapes = [ops.constant(np.array(p.shape, dtype=np.int64)) for p in parameters]
    nodes = {id(p): ops.reshape(pieces.output(i), shapes[i], False) for i, p in enumerate(parameters)}
    return lambda tensor: nodes[id(tensor)]


def _per_channel(vector: ov.Node) -> ov.Node:
    """(C,) -> (1,C,1,1)."""
    return ops.unsqueeze(vector, ops.constant([0, 2, 3]))


def _const(value: float | np.ndarray | torch.Tensor) -> ov.Node:
    if isinstance(value, torch.Tensor):
        value = value.detach().float().numpy()
    return ops.constant(np.asarray(value, dtype=np.float32))


def _affine_parts(affine: ov.Node, rows: int, channels: list[int]) -> Parts:
    """The rows (N|1,C,1,1) of ``affine`` for every norm layer that is given them, in turn."""
    if not channels:
        return
    lengths = ops.constant(np.array(channels, dtype=np.int64))
    split = ops.split(affine, ops.constant(1), rows)
    layers = [
        ops.variadic_split(ops.unsqueeze(split.output(i), ops.constant([3, 4])), ops.constant(2), lengths) for i in range(rows)
    ]
    for i in range(len(channels)):
        yield tuple(ops.squeeze(row.output(i), ops.constant([1])) for row in layers)


def _block(x: ov.Node, block: Block, parts: Parts, normalize: bool, tensors: Tensors) -> ov.Node:
    return ops.relu(_norm(_conv(x, block.conv, tensors), block.norm, parts, normalize, tensors))


def _residual(x: ov.Node, layer: Residual, parts: Parts, normalize: bool, tensors: Tensors) -> ov.Node:
    inner = _block(x, layer.block, parts, normalize, tensors)
    return ops.add(x, _norm(_conv(inner, layer.conv, tensors), layer.norm, parts, normalize, tensors))


def _conv(x: ov.Node, layer: nn.Module, tensors: Tensors) -> ov.Node:
    if isinstance(layer, NearestUpsampleConv):
        scales = ops.constant(np.array([2, 2], dtype=np.float32))
        x = ops.interpolate(
            x, scales, "nearest", "scales", axes=ops.constant([2, 3]),
            coordinate_transformation_mode="asymmetric", nearest_mode="floor",
        )  # fmt: skip
        layer = layer.layer
    conv = layer.conv
    weight, bias = tensors(conv.weight), _per_channel(tensors(conv.bias))
    if isinstance(layer, ConvLayer):
        pad = ops.constant([0, 0, conv.kernel_size[0] // 2, conv.kernel_size[0] // 2])
        x = ops.pad(x, pad, pad, "reflect")
        return ops.add(ops.convolution(x, weight, list(conv.stride), [0, 0], [0, 0], [1, 1]), bias)
    y = ops.convolution_backprop_data(
        x, weight, list(conv.stride), pads_begin=[1, 1], pads_end=[1, 1], dilations=[1, 1], output_padding=[1, 1]
    )
    return ops.add(y, bias)


def _norm(x: ov.Node, norm: nn.Module, parts: Parts, normalize: bool, tensors: Tensors) -> ov.Node:
    if isinstance(norm, BatchNorm):
        scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
        shift = norm.bias - norm.running_mean * scale
        return ops.add(ops.multiply(x, _per_channel(_const(scale))), _per_channel(_const(shift)))
    if normalize:
        gamma, beta = next(parts) if norm.weight is None else (_per_channel(tensors(p)) for p in (norm.weight, norm.bias))
        z = ops.mvn(x, ops.constant([2, 3]), True, NORM_EPS, "inside_sqrt")
    else:
        scale, shift, gamma, beta = next(parts)
        z = ops.add(ops.multiply(x, scale), shift)
    return ops.add(ops.multiply(ops.clamp(z, -CLAMP, CLAMP), gamma), beta)
