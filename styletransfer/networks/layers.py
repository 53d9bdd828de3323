"""Layers of the image transformation networks."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

NORM_EPS = 1e-5
CLAMP = 4.0  # standard deviations
SIZE_MULTIPLE = 4  # two stride-2 convolutions
MIN_SIDE = 16  # the smallest side every reflection padding of the network can handle


class ConvLayer(nn.Module):
    """Reflection padding, then a convolution: same size at stride 1, half of it at stride 2."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.pad = nn.ReflectionPad2d(kernel // 2)
        self.conv = nn.Conv2d(channels_in, channels_out, kernel, stride)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(self.pad(x))


class NearestUpsampleConv(nn.Module):
    """Nearest-neighbour x2, then a 3x3 convolution: no checkerboard (Odena et al. 2016)."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.layer = ConvLayer(channels_in, channels_out, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(F.interpolate(x, scale_factor=2, mode="nearest"))


class TransposedConv(nn.Module):
    """Fractionally strided 3x3 convolution, x2: the upsampling of Johnson et al. 2016."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose2d(channels_in, channels_out, 3, 2, padding=1, output_padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class _Standardize(torch.autograd.Function):
    """(x - mean) / std per picture and channel, with the closed form of its gradient.

    Means are matrix products with a row of 1/hw: they keep channels-last memory, sum in fp32, and cost a third of what
    ``var_mean`` and its autograd graph do on a CPU.
    """

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        y = x - _spatial_mean(x)
        scale = torch.rsqrt(_spatial_mean(y * y).float() + NORM_EPS).to(x.dtype)
        y.mul_(scale)
        ctx.save_for_backward(y, scale)
        return y

    @staticmethod
    def backward(ctx, grad: Tensor) -> Tensor:
        y, scale = ctx.saved_tensors
        return (grad - _spatial_mean(grad)).addcmul_(y, -_spatial_mean(grad * y)).mul_(scale)


def _spatial_mean(x: Tensor) -> Tensor:
    """(N,C,H,W) -> (N,C,1,1)."""
    n, c, h, w = x.shape
    row = torch.full((n, 1, h * w), 1 / (h * w), dtype=x.dtype, device=x.device)
    return torch.bmm(row, x.permute(0, 2, 3, 1).reshape(n, h * w, c)).view(n, c, 1, 1)


def standardize(x: Tensor) -> Tensor:
    """Instance normalisation without affine: (N,C,H,W) -> the same with mean 0 and variance 1 per picture and channel."""
    if torch.is_grad_enabled():
        return _Standardize.apply(x)
    var, mean = torch.var_mean(x, dim=(2, 3), correction=0, keepdim=True)
    return (x - mean) * torch.rsqrt(var + NORM_EPS)


class InstanceNorm(nn.Module):
    """Instance normalisation (Ulyanov et al. 2016) with its own gamma and beta, or with given ones.

    Not ``nn.InstanceNorm2d``: gamma and beta may differ from picture to picture of a batch (conditional instance norm,
    Dumoulin et al. 2017), and channels-last memory is kept. Standardised values are clamped to +-4: networks with
    instance norm learn to hide a spike somewhere in a picture that bends its statistics, and the spike shows as a blob
    (Karras et al. 2020, section 2). Networks that were trained without that are not ``clamped``.
    """

    def __init__(self, channels: int, affine: bool, clamped: bool = True) -> None:
        super().__init__()
        self.channels, self.clamped = channels, clamped
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(channels)) if affine else None

    def forward(self, x: Tensor, affine: Tensor | None = None, statistics: Tensor | None = None) -> Tensor:
        """``x`` (N,C,H,W); ``affine`` (N,2,C) or (1,2,C): gamma and beta, needed when the layer owns none.

        ``statistics`` (N,2,C) or (1,2,C): means and deviations to standardise with, instead of each picture's own.
        """
        gamma, beta = (self._per_channel(row, x) for row in ((self.weight, self.bias) if affine is None else affine.unbind(1)))
        if statistics is None:
            z = standardize(x)
        else:
            mean, deviation = (self._per_channel(row, x) for row in statistics.unbind(1))
            z = (x - mean) / deviation
        if self.clamped:
            z = F.hardtanh(z, -CLAMP, CLAMP)  # clamp, with a cheaper gradient
        return torch.addcmul(beta, z, gamma)

    def _per_channel(self, row: Tensor, x: Tensor) -> Tensor:
        return row.to(x.dtype).view(-1, self.channels, 1, 1)


class BatchNorm(nn.BatchNorm2d):
    """Batch normalisation with the call signature of :class:`InstanceNorm` (Johnson et al. 2016)."""

    def forward(self, x: Tensor, affine: None = None, statistics: None = None) -> Tensor:
        return super().forward(x)


def pad_to_multiple(image: Tensor) -> Tensor:
    """Pad right and bottom so that both sides are multiples of 4 and at least 16, by reflection where possible.

    ``image`` (N,C,H,W) -> (N,C,H',W'). A side too short to be reflected is continued by its last row or column.
    """
    for dim in (2, 3):
        side = image.shape[dim]
        target = max(MIN_SIDE, -(-side // SIZE_MULTIPLE) * SIZE_MULTIPLE)
        missing = target - side
        if missing:
            pad = (0, missing, 0, 0) if dim == 3 else (0, 0, 0, missing)
            image = F.pad(image, pad, mode="reflect" if missing < side else "replicate")
    return image
