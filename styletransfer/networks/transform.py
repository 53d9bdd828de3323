"""TransformNet: the image transformation network of Johnson et al. 2016, in the forms this project uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Literal

import torch
from torch import Tensor, nn

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
TANH_SCALE = 150 / 255  # Johnson's output layer: 150 * tanh around mid grey, in units of 255


@dataclass(frozen=True)
class TransformConfig:
    """The shape of a TransformNet.

    ``norm``: "instance" and "batch" own their gamma and beta; "conditional" is given them with every call.
    ``output``: "linear" lets the colours run free, "tanh" squashes them into 0.5 +- 150/255 as Johnson did, "palette"
    standardises the three output channels and maps them to colours linearly, so that a style can set their mean and covariance.
    """

    base: int = 32
    norm: Literal["instance", "batch", "conditional"] = "instance"
    upsampling: Literal["nearest", "transposed"] = "nearest"
    output: Literal["linear", "tanh", "palette"] = "linear"


def _norm(config: TransformConfig, channels: int) -> nn.Module:
    if config.norm == "batch":
        return BatchNorm(channels)
    return InstanceNorm(channels, affine=config.norm == "instance")


class Block(nn.Module):
    """A convolution of any kind, its norm, and a ReLU."""

    def __init__(self, conv: nn.Module, norm: nn.Module) -> None:
        super().__init__()
        self.conv, self.norm = conv, norm

    def forward(self, x: Tensor, affine: Iterator[Tensor | None], normalize: bool) -> Tensor:
        return torch.relu(self.norm(self.conv(x), next(affine), normalize))


class Residual(nn.Module):
    """Two 3x3 convolutions around a shortcut; no ReLU after the addition (Gross and Wilber 2016)."""

    def __init__(self, config: TransformConfig, channels: int) -> None:
        super().__init__()
        self.block = Block(ConvLayer(channels, channels, 3), _norm(config, channels))
        self.conv, self.norm = ConvLayer(channels, channels, 3), _norm(config, channels)

    def forward(self, x: Tensor, affine: Iterator[Tensor | None], normalize: bool) -> Tensor:
        return x + self.norm(self.conv(self.block(x, affine, normalize)), next(affine), normalize)


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

    def forward(self, image: Tensor, affine: Tensor | None = None, normalize: bool = True) -> Tensor:
        """Paint pictures.

        ``image`` (N,3,H,W) in 0..1, any H and W; ``affine`` (N,2,K) or (1,2,K) for "conditional": gamma and beta of
        all norm layers one after the other, K = 50 * base. ``normalize`` False takes the statistics of the
        picture from ``affine`` (1,4,K), too (:func:`fold_statistics`). Returns (N,3,H,W), about 0..1 but not clamped.
        """
        height, width = image.shape[-2:]
        parts = repeat(None) if affine is None else iter(affine.split(self.norm_channels, dim=2))
        x = pad_to_multiple(image)
        for block in (*self.encoder, *self.residuals, *self.decoder):
            x = block(x, parts, normalize)
        x = self.output(x)
        if self.config.output == "tanh":
            x = 0.5 + TANH_SCALE * torch.tanh(x)
        if self.config.output == "palette":
            x = self.palette(self.output_norm(x, next(parts), normalize))
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
def fold_statistics(network: TransformNet, samples: Tensor, affine: Tensor) -> Tensor:
    """The instance norm of a whole picture with its statistics fixed, measured on samples of it.

    ``samples`` (N,3,h,w) in 0..1: pieces of one picture, taken together as one; ``affine`` (1,2,K) gammas and betas,
    (1,2,0) for a network that owns them. Returns (1,4,K) for ``network(image, folded, normalize=False)``, which then
    treats every piece of the picture alike: the scales and shifts that standardise, then gammas and betas; with K = 0
    where there is no instance norm.
    """
    folded: list[Tensor] = []

    def fold(norm: InstanceNorm, inputs: tuple[Tensor, Tensor | None, bool]) -> tuple[Tensor, Tensor, bool]:
        x, given, normalize = inputs
        gamma, beta = (norm.weight[None], norm.bias[None]) if given is None else given.unbind(1)
        var, mean = torch.var_mean(x, dim=(0, 2, 3), correction=0)
        scale = torch.rsqrt(var + NORM_EPS)[None]
        folded.append(torch.stack([scale, -mean * scale, gamma, beta], dim=1))
        return x, folded[-1], normalize

    handles = [m.register_forward_pre_hook(fold) for m in network.modules() if isinstance(m, InstanceNorm)]
    try:
        network(samples, affine if affine.shape[-1] else None, normalize=False)
    finally:
        for handle in handles:
            handle.remove()
    return torch.cat(folded, dim=2) if folded else affine.new_zeros(1, 4, 0)
