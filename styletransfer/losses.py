"""Losses on pictures and on feature maps. All are means: the same weight means the same at every size."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

EPS = 1e-8
COLOR_GRID = 64
COLOR_TAIL = 16  # of the grid's points, at either end
# linear sRGB -> XYZ over the D65 white point (IEC 61966-2-1)
RGB_TO_XYZ = ((0.433953, 0.376219, 0.189828), (0.212671, 0.715160, 0.072169), (0.017758, 0.109477, 0.872765))


class _Gram(torch.autograd.Function):
    """Channels-last matrix product; its gradient is one product more, where autograd's own would take two and a sum."""

    @staticmethod
    def forward(ctx, features: Tensor) -> Tensor:
        n, c, h, w = features.shape
        flat = features.permute(0, 2, 3, 1).reshape(n, h * w, c)
        ctx.save_for_backward(flat)
        ctx.size = h, w
        return torch.bmm(flat.transpose(1, 2), flat).float() / (h * w)

    @staticmethod
    def backward(ctx, grad: Tensor) -> Tensor:
        (flat,) = ctx.saved_tensors
        h, w = ctx.size
        grad = ((grad + grad.transpose(1, 2)) / (h * w)).to(flat.dtype)
        return torch.bmm(flat, grad).unflatten(1, (h, w)).permute(0, 3, 1, 2)


def gram(features: Tensor) -> Tensor:
    """Gram matrix per position in fp32 (Gatys et al. 2016, eq. 3, divided by h*w): (N,C,h,w) -> (N,C,C)."""
    return _Gram.apply(features)


class _SquaredError(torch.autograd.Function):
    """Mean squared error of every picture; where autograd would keep and pass through four arrays, one does."""

    @staticmethod
    def forward(ctx, features: Tensor, target: Tensor) -> Tensor:
        difference = features.to(torch.promote_types(features.dtype, torch.float32)) - target
        ctx.save_for_backward(difference)
        ctx.dtype = features.dtype
        return torch.linalg.vector_norm(difference, dim=(1, 2, 3)).square() / difference[0].numel()

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, None]:
        (difference,) = ctx.saved_tensors
        scale = 2 * grad / difference[0].numel()
        return (difference * scale.view(-1, 1, 1, 1)).to(ctx.dtype), None


def squared_error(features: Tensor, target: Tensor) -> Tensor:
    """Mean squared error of every picture (Gatys eq. 1 without its factor): (N,C,h,w) twice -> (N,)."""
    return _SquaredError.apply(features, target)


def variance(features: Tensor) -> Tensor:
    """Of every picture's features, in fp32 or better: (N,C,h,w) -> (N,)."""
    return features.to(torch.promote_types(features.dtype, torch.float32)).var(dim=(1, 2, 3), correction=0)


def content_loss(features: Tensor, target: Tensor) -> Tensor:
    """Mean squared error over the variance of the target, per picture (Gatys eq. 1, made free of the layer's scale)."""
    return (squared_error(features, target) / (variance(target) + EPS)).mean()


def gram_error(gram_matrix: Tensor, target: Tensor) -> Tensor:
    """|G - T|^2 / |T|^2 of every picture (Gatys eq. 4, made free of the layer's scale): (N,C,C), (N|1,C,C) -> (N,)."""
    target = target.float()
    error = (gram_matrix.float() - target).square().sum(dim=(1, 2))
    return error / (target.square().sum(dim=(1, 2)) + EPS)


def gram_loss(gram_matrix: Tensor, target: Tensor) -> Tensor:
    """|G - T| / |T|, averaged over pictures.

    Not squared, as Gatys has it: far from the target a square lets single pictures and styles drown all others.
    """
    return (gram_error(gram_matrix, target) + EPS).sqrt().mean()


def total_variation(image: Tensor) -> Tensor:
    """Mean absolute difference of neighbouring pixels, both directions (anisotropic)."""
    rows = (image[:, :, 1:] - image[:, :, :-1]).abs().mean()
    columns = (image[:, :, :, 1:] - image[:, :, :, :-1]).abs().mean()
    return rows + columns


def out_of_range(image: Tensor) -> Tensor:
    """Mean distance of the pixels to 0..1: keeps a linear output where a file can hold it."""
    return (image - image.clamp(0, 1)).abs().mean()


def lab(image: Tensor) -> Tensor:
    """sRGB in 0..1 -> CIELAB (D65), divided by 100: (N,3,H,W) -> (N,3,H,W)."""
    linear = torch.where(image > 0.04045, ((image.clamp(min=1e-4) + 0.055) / 1.055) ** 2.4, image / 12.92)
    xyz = torch.einsum("nchw,xc->nxhw", linear, image.new_tensor(RGB_TO_XYZ))
    f = torch.where(xyz > 0.008856, xyz.clamp(min=1e-4) ** (1 / 3), 7.787 * xyz + 16 / 116)
    x, y, z = f.unbind(1)
    return torch.stack([1.16 * y - 0.16, 5 * (x - y), 2 * (y - z)], dim=1)


def color_directions(count: int) -> Tensor:
    """(3, count) unit vectors in colour space, always the same."""
    generator = torch.Generator().manual_seed(0)
    return F.normalize(torch.randn(3, count, generator=generator), dim=0)


def color_quantiles(image: Tensor, directions: Tensor) -> Tensor:
    """Sorted projections of an image's CIELAB colours: (N,3,H,W), sides >= 128 -> (N, COLOR_GRID^2, directions).

    The colours are taken on a grid of COLOR_GRID^2 points of the picture at half its size, so that noise does not count.
    """
    half = F.avg_pool2d(image.float(), 2)
    rows, columns = (torch.linspace(0, side - 1, COLOR_GRID, device=image.device).long() for side in half.shape[-2:])
    points = lab(half[:, :, rows][..., columns]).flatten(2)
    return torch.einsum("ncp,cd->npd", points, directions).sort(dim=1).values


def color_loss(quantiles: Tensor, target: Tensor) -> Tensor:
    """Distance of two sets of colours: sliced Wasserstein-1 (Rabin et al. 2011), in hundreds of CIELAB units, plus how far
    the outermost colours lie outside the target's range. In the first, a small blob of a foreign colour would go unseen."""
    above = (quantiles[:, -COLOR_TAIL:] - target[:, -1:]).relu()
    below = (target[:, :1] - quantiles[:, :COLOR_TAIL]).relu()
    return (quantiles - target).abs().mean() + above.mean() + below.mean()
