"""TransformNet: the image transformation network of Johnson et al. 2016, in the forms this project uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call

from styletransfer.networks.layers import (
    NORM_EPS,
    BatchNorm,
    ConvLayer,
    InstanceNorm,
    NearestUpsampleConv,
    TransposedConv,
    pad_to_multiple,
)

RESIDUAL_BLOCKS = 5
Given = Iterator[Tensor | None]  # what the norm layers are given, one after the other
TANH_SCALE = 150 / 255  # Johnson's output layer: 150 * tanh around mid grey, in units of 255


@dataclass(frozen=True)
class TransformConfig:
    """The shape of a TransformNet.

    ``norm``: "instance" and "batch" own their gamma and beta; "conditional" is given them with every call.
    ``output``: "linear" lets the colours run free, "tanh" squashes them into 0.5 +- 150/255 as Johnson did, "palette"
    standardises the three output channels and maps them to colours linearly, so that a style can set their mean and covariance.
    ``clamped``: see :class:`InstanceNorm`; networks of other projects are not.
    """

    base: int = 32
    norm: Literal["instance", "batch", "conditional"] = "instance"
    upsampling: Literal["nearest", "transposed"] = "nearest"
    output: Literal["linear", "tanh", "palette"] = "linear"
    clamped: bool = True


def _norm(config: TransformConfig, channels: int) -> nn.Module:
    if config.norm == "batch":
        return BatchNorm(channels)
    return InstanceNorm(channels, config.norm == "instance", config.clamped)


class Block(nn.Module):
    """A convolution of any kind, its norm, and a ReLU."""

    def __init__(self, conv: nn.Module, norm: nn.Module) -> None:
        super().__init__()
        self.conv, self.norm = conv, norm

    def forward(self, x: Tensor, affine: Given, statistics: Given) -> Tensor:
        return torch.relu(self.norm(self.conv(x), next(affine), next(statistics)))


class Residual(nn.Module):
    """Two 3x3 convolutions around a shortcut; no ReLU after the addition (Gross and Wilber 2016)."""

    def __init__(self, config: TransformConfig, channels: int) -> None:
        super().__init__()
        self.block = Block(ConvLayer(channels, channels, 3), _norm(config, channels))
        self.conv, self.norm = ConvLayer(channels, channels, 3), _norm(config, channels)

    def forward(self, x: Tensor, affine: Given, statistics: Given) -> Tensor:
        return x + self.norm(self.conv(self.block(x, affine, statistics)), next(affine), next(statistics))


class TransformNet(nn.Module):
    """conv 9x9, two stride-2 convolutions, five residual blocks, two upsamplings, conv 9x9.

    Departs from Johnson et al. 2016 in reflection padding throughout (zero padding paints frames), residual blocks
    that keep their size, and, by default, instance norm, nearest upsampling and a linear output.
    """

    def __init__(self, config: TransformConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or TransformConfig()
        b = config.base
        up = NearestUpsampleConv if config.upsampling == "nearest" else TransposedConv
        self.encoder = nn.ModuleList(
            [
                Block(ConvLayer(3, b, 9), _norm(config, b)),
                Block(ConvLayer(b, 2 * b, 3, stride=2), _norm(config, 2 * b)),
                Block(ConvLayer(2 * b, 4 * b, 3, stride=2), _norm(config, 4 * b)),
            ]
        )
        self.residuals = nn.ModuleList(Residual(config, 4 * b) for _ in range(RESIDUAL_BLOCKS))
        self.decoder = nn.ModuleList([Block(up(4 * b, 2 * b), _norm(config, 2 * b)), Block(up(2 * b, b), _norm(config, b))])
        self.output = ConvLayer(b, 3, 9)
        if config.output == "palette":
            self.output_norm = _norm(config, 3)
            self.palette = nn.Conv2d(3, 3, 1)

    @property
    def norm_channels(self) -> list[int]:
        """Channels of the instance norm layers, in the order of the forward pass."""
        return [module.channels for module in self.modules() if isinstance(module, InstanceNorm)]

    def forward(self, image: Tensor, affine: Tensor | None = None, statistics: Tensor | None = None) -> Tensor:
        """Paint pictures.

        ``image`` (N,3,H,W) in 0..1, any H and W; ``affine`` (N,2,K) or (1,2,K) for "conditional": gamma and beta of
        all norm layers one after the other, K = 50 * base. ``statistics`` (1,2,K): their means and deviations, instead of
        each picture's own (:func:`paint_with_statistics`). Returns (N,3,H,W), about 0..1 but not clamped.
        """
        height, width = image.shape[-2:]
        affines, given = (repeat(None) if x is None else iter(x.split(self.norm_channels, dim=2)) for x in (affine, statistics))
        x = pad_to_multiple(image)
        for block in (*self.encoder, *self.residuals, *self.decoder):
            x = block(x, affines, given)
        x = self.output(x)
        if self.config.output == "tanh":
            x = 0.5 + TANH_SCALE * torch.tanh(x)
        if self.config.output == "palette":
            x = self.palette(self.output_norm(x, next(affines), next(given)))
        return x[..., :height, :width]


def pack(network: TransformNet, state: Mapping[str, Tensor] | None = None) -> Tensor:
    """All parameters of a TransformNet, or others in their place, one after the other: (P,) in fp32."""
    state = dict(network.named_parameters()) | dict(state or {})
    return torch.cat([state[name].detach().float().flatten() for name, _ in network.named_parameters()])


def unpack(network: TransformNet, packed: Tensor) -> dict[str, Tensor]:
    """The reverse of :func:`pack`: (P,) -> {name: tensor} for a network of this shape."""
    parameters = list(network.named_parameters())
    parts = packed.split([parameter.numel() for _, parameter in parameters])
    return {name: part.view_as(parameter) for (name, parameter), part in zip(parameters, parts, strict=True)}


@torch.no_grad()
def paint_with_statistics(
    network: TransformNet, image: Tensor, affine: Tensor, statistics: Tensor, share: float, state: Mapping[str, Tensor],
    together: bool = False,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Paint with statistics that remember: ``share`` of them from these pictures, the rest as given.

    ``image`` (N,3,H,W) in 0..1; ``affine`` (1,2,K) gammas and betas, (1,2,0) for a network that owns them; ``statistics``
    (1,2,K) means and deviations of all instance norm layers; ``state``: parameters in place of the network's own;
    ``together``: the pictures are pieces of one and have their statistics in common. Returns the painted pictures and the
    statistics they were painted with, (N,2,K), or (1,2,K) if ``together``.
    """
    pixels = (0, 2, 3) if together else (2, 3)
    given = iter(statistics.split(network.norm_channels, dim=2)) if network.norm_channels else iter(())
    used: list[Tensor] = []

    def remember(norm: InstanceNorm, inputs: tuple[Tensor, Tensor | None, None]) -> tuple[Tensor, Tensor | None, Tensor]:
        x, own_affine, _ = inputs
        mean_before, deviation_before = next(given).to(x.dtype).unbind(1)
        mean = torch.lerp(mean_before, x.mean(dim=pixels), share)
        deviation = ((x - mean[:, :, None, None]).square().mean(dim=pixels) + NORM_EPS).sqrt()
        used.append(torch.stack([mean, torch.lerp(deviation_before, deviation, share)], dim=1))
        return x, own_affine, used[-1]

    handles = [m.register_forward_pre_hook(remember) for m in network.modules() if isinstance(m, InstanceNorm)]
    try:
        painted = functional_call(network, dict(state), (image, affine if affine.shape[-1] else None))
    finally:
        for handle in handles:
            handle.remove()
    return painted, torch.cat(used, dim=2) if used else statistics
