"""TransformNet as an OpenVINO graph, layer by layer.

Built by hand rather than by OpenVINO's PyTorch converter: that takes seconds at every start, this milliseconds; and this
computes the layers of full resolution on *cells*. They have few channels and many pixels, where vector units are half
empty; 2x2 pixels taken as one cell have four times the channels at half the resolution, and every convolution on pixels is
a convolution on cells with its taps put elsewhere. The result is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import openvino as ov
import torch
from numpy.typing import NDArray
from openvino import opset13 as ops
from torch import nn

from styletransfer.networks.layers import CLAMP, NORM_EPS, BatchNorm, NearestUpsampleConv, TransposedConv
from styletransfer.networks.transform import TANH_SCALE, Block, Residual, TransformNet

NCHW_TO_NHWC, NHWC_TO_NCHW = [0, 2, 3, 1], [0, 3, 1, 2]
CELL, OUTPUT_CELL = 2, 4  # pixels: sides of the cells within the network, and of what its last convolution gives
Tensors = Callable[[torch.Tensor], ov.Node]


def build_graph(network: TransformNet, shape: tuple[int, int, int], generated: bool = False) -> ov.Model:
    """The graph of ``network`` from pixels to pixels, for one ``shape`` (N,H,W): H and W multiples of 4 and at least 16.

    Inputs: pixels uint8 (N,H,W,3); affine float (1,2,K), K = 0 if the network owns its norms; identity float (), the
    photo's own share of the result; statistics float (1,2,S) of the instance norm layers, and share float (): how much of
    each picture's own is in those used, see :func:`networks.paint_with_statistics`. If ``generated``, the weights are one
    more input (P,) as of :func:`networks.pack`, so that one graph serves all networks of this shape.
    Outputs: uint8 (N,H,W,3), and the statistics used (N,2,S).
    """
    count, height, width = shape
    pixels = ops.parameter([count, height, width, 3], np.uint8, name="pixels")
    given = network.norm_channels if network.config.norm == "conditional" else []
    affine = ops.parameter([1, 2, sum(given)], np.float32, name="affine")
    identity = ops.parameter([], np.float32, name="identity")
    statistics = ops.parameter([1, 2, sum(network.norm_channels)], np.float32, name="statistics")
    share = ops.parameter([], np.float32, name="share")
    weights = ops.parameter([sum(p.numel() for p in network.parameters())], np.float32, name="weights") if generated else None
    builder = _Builder(
        _tensors(network, weights),
        _rows(affine, given),
        _rows(statistics, network.norm_channels),
        ops.unsqueeze(share, _ints([0])),
    )
    photo = ops.multiply(ops.convert(pixels, "f32"), _const(1 / 255))
    painted = builder.network(ops.transpose(photo, NHWC_TO_NCHW), network)
    x = ops.add(ops.multiply(photo, identity), ops.multiply(painted, ops.subtract(_const(1.0), identity)))
    x = ops.round(ops.clamp(ops.multiply(x, _const(255.0)), 0.0, 255.0), "half_to_even")
    used = ops.concat(builder.used, 2) if builder.used else statistics
    inputs = [pixels, affine, identity, statistics, share, *([weights] if generated else [])]
    return ov.Model([ops.convert(x, "u8"), used], inputs, "TransformNet")


def _tensors(network: TransformNet, weights: ov.Node | None) -> Tensors:
    """Where a tensor of the network is found in the graph: a constant, or its piece of ``weights``."""
    if weights is None:
        return _const
    parameters = list(network.parameters())
    pieces = ops.variadic_split(weights, _ints(0), _ints([p.numel() for p in parameters]))
    nodes = {id(p): ops.reshape(pieces.output(i), _ints(p.shape), False) for i, p in enumerate(parameters)}
    return lambda tensor: nodes[id(tensor)]


def _const(value: float | NDArray | torch.Tensor) -> ov.Node:
    if isinstance(value, torch.Tensor):
        value = value.detach().float().numpy()
    return ops.constant(np.asarray(value, dtype=np.float32))


def _ints(values: int | list[int] | torch.Size) -> ov.Node:
    return ops.constant(np.asarray(values, dtype=np.int64))


def _rows(parts: ov.Node, channels: list[int]) -> Iterator[tuple[ov.Node, ov.Node]]:
    """The two rows (1,C) for every norm layer, in turn."""
    if not channels:
        return
    rows = ops.split(parts, _ints(1), 2)
    layers = [ops.variadic_split(rows.output(i), _ints(2), _ints(channels)) for i in range(2)]
    for i in range(len(channels)):
        yield tuple(ops.squeeze(row.output(i), _ints([1])) for row in layers)


@dataclass
class _Builder:
    """What the layers are made of, and the statistics that the norm layers used, each (N,2,C)."""

    tensors: Tensors
    affine: Iterator[tuple[ov.Node, ov.Node]]
    statistics: Iterator[tuple[ov.Node, ov.Node]]
    share: ov.Node  # (1,)
    used: list[ov.Node] = field(default_factory=list)

    def network(self, photo: ov.Node, network: TransformNet) -> ov.Node:
        """(N,3,H,W) -> (N,H,W,3)."""
        first, second, *deeper = network.encoder
        x = self.block(self.block(photo, first, 1, CELL), second, CELL)
        for block in deeper:
            x = self.block(x, block)
        for residual in network.residuals:
            x = self.residual(x, residual)
        *inner, last = network.decoder
        for block in inner:
            x = ops.depth_to_space(self.block(x, block, 1, 2), "blocks_first", 2)
        x = ops.depth_to_space(self.block(x, last, 1, CELL), "blocks_first", CELL)
        x, bias = self.conv(x, network.output, 1, OUTPUT_CELL), self.bias(network.output)
        if network.config.output == "palette":
            x = self.norm(x, network.output_norm, bias, OUTPUT_CELL)
            x, bias = self.taps(x, network.palette, 1, 1, OUTPUT_CELL, OUTPUT_CELL), self.tensors(network.palette.bias)
        x = ops.add(x, _per_channel(bias, OUTPUT_CELL**2))
        if network.config.output == "tanh":
            x = ops.add(ops.multiply(ops.tanh(x), _const(TANH_SCALE)), _const(0.5))
        return _pixels(x, OUTPUT_CELL)

    def block(self, x: ov.Node, block: Block, in_cell: int = 1, out_cell: int = 1) -> ov.Node:
        x = self.conv(x, block.conv, in_cell, out_cell)
        return ops.relu(self.norm(x, block.norm, self.bias(block.conv), out_cell))

    def residual(self, x: ov.Node, layer: Residual) -> ov.Node:
        inner = self.block(x, layer.block)
        return ops.add(x, self.norm(self.conv(inner, layer.conv), layer.norm, self.bias(layer.conv)))

    def bias(self, layer: nn.Module) -> ov.Node:
        conv = layer.layer.conv if isinstance(layer, NearestUpsampleConv) else layer.conv
        return self.tensors(conv.bias)

    def conv(self, x: ov.Node, layer: nn.Module, in_cell: int = 1, out_cell: int = 1) -> ov.Node:
        """Without its bias, which the norm behind it takes into account: adding it would pass over all pixels once more."""
        if isinstance(layer, TransposedConv):
            return self.transposed(x, layer.conv, out_cell)
        upsample = 2 if isinstance(layer, NearestUpsampleConv) else 1
        conv = layer.layer.conv if upsample == 2 else layer.conv
        return self.taps(x, conv, conv.stride[0], upsample, in_cell, out_cell)

    def taps(self, x: ov.Node, conv: nn.Conv2d, stride: int, upsample: int, in_cell: int, out_cell: int) -> ov.Node:
        """Nearest upsampling, reflection padding and a convolution, from cells to cells."""
        row, before, after, cell_stride = _cell_taps(conv.kernel_size[0], stride, upsample, in_cell, out_cell)
        x = _pad(x, before, after, in_cell, upsample)
        weight = self.tensors(conv.weight)
        if upsample * in_cell * out_cell > 1:
            weight = _cell_weight(weight, row)
        return ops.convolution(x, weight, [cell_stride] * 2, [0, 0], [0, 0], [1, 1])

    def transposed(self, x: ov.Node, conv: nn.ConvTranspose2d, out_cell: int) -> ov.Node:
        y = ops.convolution_backprop_data(
            x, self.tensors(conv.weight), [2, 2], pads_begin=[1, 1], pads_end=[1, 1], dilations=[1, 1], output_padding=[1, 1]
        )
        return ops.space_to_depth(y, "blocks_first", out_cell) if out_cell > 1 else y

    def norm(self, x: ov.Node, norm: nn.Module, bias: ov.Node, cell: int = 1) -> ov.Node:
        """The norm of ``x`` + ``bias``."""
        if isinstance(norm, BatchNorm):
            scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
            shift = ops.add(_const(norm.bias - norm.running_mean * scale), ops.multiply(bias, _const(scale)))
            return ops.add(ops.multiply(x, _per_channel(_const(scale), cell**2)), _per_channel(shift, cell**2))
        gamma, beta = next(self.affine) if norm.weight is None else (self.tensors(p) for p in (norm.weight, norm.bias))
        mean_before, deviation_before = next(self.statistics)
        own, square = (_over_phases(part, norm.channels, cell) for part in mean_and_square(x))
        variance, own = variance_of(own, square), ops.add(own, bias)
        mean = self._blend(mean_before, own)
        off = ops.subtract(own, mean)
        variance = ops.add(variance, ops.multiply(off, off))  # around the mean that is used
        deviation = self._blend(deviation_before, ops.sqrt(ops.add(variance, _const(NORM_EPS))))
        self.used.append(ops.concat([ops.unsqueeze(mean, _ints([1])), ops.unsqueeze(deviation, _ints([1]))], 1))
        centered = ops.subtract(x, _per_channel(ops.subtract(mean, bias), cell**2))
        z = ops.divide(centered, _per_channel(deviation, cell**2))
        if norm.clamped:
            z = ops.clamp(z, -CLAMP, CLAMP)
        return ops.add(ops.multiply(z, _per_channel(gamma, cell**2)), _per_channel(beta, cell**2))

    def _blend(self, before: ov.Node, now: ov.Node) -> ov.Node:
        return ops.add(before, ops.multiply(ops.subtract(now, before), self.share))


def _per_channel(vector: ov.Node, phases: int = 1) -> ov.Node:
    """(C,) or (N,C) -> (N|1, phases * C, 1, 1)."""
    rank = len(vector.get_output_partial_shape(0))
    if phases > 1:
        vector = ops.tile(vector, _ints([*[1] * (rank - 1), phases]))
    return ops.unsqueeze(vector, _ints([2, 3] if rank == 2 else [0, 2, 3]))


def mean_and_square(x: ov.Node) -> tuple[ov.Node, ov.Node]:
    """Mean and mean square over all places: (N,C,h,w) -> two of (N,C).

    The latter by the length of the layer, which is found without writing its squares.
    """
    length = ops.reduce_l2(x, _ints([2, 3]), False)
    places = ops.reduce_prod(ops.gather(ops.shape_of(x), _ints([2, 3]), _ints(0)), _ints(0), False)
    return ops.reduce_mean(x, _ints([2, 3]), False), ops.divide(ops.multiply(length, length), ops.convert(places, "f32"))


def variance_of(mean: ov.Node, square: ov.Node) -> ov.Node:
    """From mean and mean square; of a plain layer it could round to below 0."""
    return ops.relu(ops.subtract(square, ops.multiply(mean, mean)))


def _over_phases(means: ov.Node, channels: int, cell: int) -> ov.Node:
    """(N, cell**2 * C) -> (N,C)."""
    if cell == 1:
        return means
    return ops.reduce_mean(ops.reshape(means, _ints([0, cell**2, channels]), True), _ints([1]), False)


def _pixels(x: ov.Node, cell: int) -> ov.Node:
    """From cells to pixels: (N, cell**2 * C, h, w) -> (N, cell * h, cell * w, C)."""
    count, channels, height, width = x.shape
    x = ops.reshape(ops.transpose(x, NCHW_TO_NHWC), _ints([count, height, width, cell, channels // cell]), False)
    x = ops.transpose(x, [0, 1, 3, 2, 4])
    return ops.reshape(x, _ints([count, cell * height, cell * width, channels // cell**2]), False)


def _cell_weight(weight: ov.Node, row: NDArray) -> ov.Node:
    """A filter on pixels (O,I,k,k) -> the same on cells (out_cell**2 * O, in_cell**2 * I, size, size); see _cell_taps."""
    out, channels, kernel, _ = weight.shape
    out_cell, in_cell, size, _ = row.shape
    matrix = np.einsum("pqct,rsdu->prqscdtu", row, row).reshape(-1, kernel**2)
    weight = ops.matmul(ops.reshape(weight, _ints([out * channels, kernel**2]), False), _const(matrix), False, True)
    weight = ops.reshape(weight, _ints([out, channels, out_cell**2, in_cell**2, size, size]), False)
    weight = ops.transpose(weight, _ints([2, 0, 3, 1, 4, 5]))
    return ops.reshape(weight, _ints([out_cell**2 * out, in_cell**2 * channels, size, size]), False)


def _cell_taps(kernel: int, stride: int, upsample: int, in_cell: int, out_cell: int) -> tuple[NDArray, int, int, int]:
    """How a convolution along a row of pixels becomes one along a row of cells.

    Returns where each tap goes (out_cell, in_cell, size, kernel): from which place in a cell to which place in one, and
    to which of the filter's cells; the cells to pad with before and after, and the stride in cells; size = before + after +
    stride. Pixel ``out_cell * i + p`` of the result reads pixel ``(stride * (out_cell * i + p) + t - kernel // 2) // upsample``
    with tap ``t``.
    """
    cell_stride = stride * out_cell // (upsample * in_cell)
    reads = {(p, t): divmod((stride * p + t - kernel // 2) // upsample, in_cell) for p in range(out_cell) for t in range(kernel)}
    first, last = min(c for c, _ in reads.values()), max(c for c, _ in reads.values())
    before, after = -first, max(last - cell_stride + 1, 0)
    row = np.zeros((out_cell, in_cell, before + after + cell_stride, kernel))
    for (p, t), (c, q) in reads.items():
        row[p, q, c - first, t] += 1
    return row, before, after, cell_stride


def _pad(x: ov.Node, before: int, after: int, in_cell: int, upsample: int) -> ov.Node:
    """Pad so that the pixels are reflected at the border; cells only for filters of 3x3."""
    if not before and not after:
        return x
    # One pixel beyond the border is the one behind it: after upsampling, or within a cell, the border itself.
    mode = "edge" if upsample > 1 or in_cell > 1 else "reflect"
    return ops.pad(x, _ints([0, 0, before, before]), _ints([0, 0, after, after]), mode)
