"""What is optimised: how far a picture is from the photo's content and from the style (Gatys et al. 2016, eq. 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from styletransfer import losses
from styletransfer.encoders import Encoder
from styletransfer.stylizers.iterative.config import IterativeConfig

LARGE_PIXELS = 1_000_000  # above, feature maps are computed again for the gradient instead of kept


@dataclass(frozen=True)
class Losses:
    """The terms, each free of scale and size, and their weighted sum; scalars."""

    content: Tensor
    style: Tensor
    total: Tensor


def weighted_gram(features: Tensor, mask: Tensor | None) -> Tensor:
    """The Gram matrix per position, counting positions as much as ``mask`` (1,1,H,W) is white (Gatys et al. 2017, eq. 4)."""
    if mask is None:
        return losses.gram(features)
    share = F.interpolate(mask, features.shape[-2:], mode="area").to(features.dtype)
    return losses.gram(features * share.sqrt()) / share.float().mean().clamp(min=1e-6)


def spread(photo: Tensor, style: Tensor) -> Tensor:
    """What errors of content are compared with, from the variances of a layer: the geometric mean of both, at least the photo's.

    By the photo's alone, a style of more contrast than the photo would count as error and be held off.
    """
    return (photo * torch.maximum(photo, style)).sqrt() + losses.EPS


@dataclass(frozen=True)
class StyleTargets:
    """Of style pictures: the Gram matrices {layer: (1,C,C)}, and the variances of content layers {layer: (1,)}."""

    grams: Mapping[str, Tensor]
    variances: Mapping[str, Tensor]


@torch.no_grad()
def style_targets(encoder: Encoder, styles: Sequence[tuple[Tensor, float]], config: IterativeConfig) -> StyleTargets:
    """What style pictures (1,3,H,W) ask for, averaged by their shares, which sum to 1."""
    grams: dict[str, Tensor] = {}
    variances: dict[str, Tensor] = {}
    for picture, share in styles:
        features = encoder(picture, {*config.content_layers, *config.style_layers})
        for layer in config.style_layers:
            grams[layer] = grams.get(layer, 0) + share * losses.gram(features[layer])
        for layer in config.content_layers:
            variances[layer] = variances.get(layer, 0) + share * losses.variance(features[layer])
    return StyleTargets(grams, variances)


class Objective:
    """Measures pictures (1,3,H,W) of one size against a photo and a style; what can be computed beforehand is computed once.

    Pixels and terms are fp32; the encoder may compute in bf16.
    """

    def __init__(
        self, encoder: Encoder, config: IterativeConfig, photo: Tensor, style: StyleTargets, mask: Tensor | None = None
    ) -> None:
        self.encoder, self.config, self.grams, self.mask = encoder, config, style.grams, mask
        self.dtype = next(encoder.parameters()).dtype
        self.photo = photo
        self.layers = {*config.content_layers, *config.style_layers}
        with torch.no_grad():
            self.content = encoder(photo.to(self.dtype, memory_format=torch.channels_last), config.content_layers)
            self.spreads = {
                layer: spread(losses.variance(features), style.variances[layer]) for layer, features in self.content.items()
            }
        weights = torch.tensor(config.style_layer_weights)
        self.shares = dict(zip(config.style_layers, (weights / weights.sum().clamp(min=1e-12)).tolist(), strict=True))

    def compose(self, image: Tensor) -> Tensor:
        """The picture within the mask, the photo outside."""
        return image if self.mask is None else torch.lerp(self.photo, image, self.mask)

    def __call__(self, image: Tensor) -> Losses:
        config = self.config
        composed = self.compose(image)
        pixels = composed.to(self.dtype, memory_format=torch.channels_last)
        if image.shape[-2] * image.shape[-1] > LARGE_PIXELS:
            terms = self.encoder(pixels, self.layers, self._measure)
        else:
            terms = {layer: self._measure(layer, features) for layer, features in self.encoder(pixels, self.layers).items()}
        content, style = sum(terms.values())
        total = (
            2 * (1 - config.strength) * config.content_weight * content
            + 2 * config.strength * config.style_weight * style
            + config.tv_weight * losses.total_variation(composed)
            + config.range_weight * losses.out_of_range(image)
        )
        return Losses(content, style, total)

    def _measure(self, layer: str, features: Tensor) -> Tensor:
        """What a layer adds to content and style loss (2,)."""
        content = style = features.new_zeros((), dtype=torch.float32)
        if layer in self.content:
            error = losses.squared_error(features, self.content[layer])
            content = (error / self.spreads[layer]).mean() / len(self.content)
        if layer in self.shares:
            style = self.shares[layer] * losses.gram_loss(weighted_gram(features, self.mask), self.grams[layer])
        return torch.stack([content, style])
