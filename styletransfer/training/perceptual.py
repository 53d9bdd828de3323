"""The perceptual loss both feed-forward recipes share (Johnson et al. 2016): content, style, colour, smoothness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from styletransfer import losses
from styletransfer.encoders import HEAD_LAYERS, Encoder
from styletransfer.images import to_tensor

COLOR_DIRECTIONS = 32


@dataclass(frozen=True)
class LossConfig:
    """Layers of the encoder, and weights. Every term is free of scale, so the weights compare with each other.

    ``color_weight`` weighs the distance of the palettes, which Gatys and Johnson leave to the Gram matrices.
    """

    content_layers: tuple[str, ...] = ("relu4_1",)
    style_layers: tuple[str, ...] = HEAD_LAYERS
    content_weight: float = 1.0
    style_weight: float = 3.0
    color_weight: float = 5.0
    tv_weight: float = 0.1


@dataclass
class StyleTargets:
    """What pictures are to have in common with their style: Gram matrices {layer: (N,C,C)}, colours (N,P,D)."""

    grams: dict[str, Tensor]
    colors: Tensor


class PerceptualLoss:
    """Measures painted pictures against their photos and styles, in the precision the training computes in."""

    def __init__(self, encoder: Encoder, config: LossConfig) -> None:
        self.encoder, self.config = encoder, config
        self.directions = losses.color_directions(COLOR_DIRECTIONS)
        self.layers = (*config.content_layers, *config.style_layers)
        self.dtype = torch.float32

    def to(self, device: torch.device, dtype: torch.dtype) -> None:
        self.encoder = self.encoder.to(device, dtype).to(memory_format=torch.channels_last)
        self.directions, self.dtype = self.directions.to(device), dtype

    @torch.no_grad()
    def targets(self, image: Tensor) -> StyleTargets:
        """The style of pictures (N,3,H,W) in 0..1."""
        return self.targets_from(image, self.encoder(image.to(self.dtype), self.config.style_layers))

    def targets_from(self, image: Tensor, features: Mapping[str, Tensor]) -> StyleTargets:
        """The same, from features that are there already."""
        grams = {layer: losses.gram(features[layer]) for layer in self.config.style_layers}
        return StyleTargets(grams, losses.color_quantiles(image, self.directions))

    def style_targets(self, pictures: Sequence[Image.Image]) -> StyleTargets:
        """The targets of style pictures of any sizes, in their order."""
        each = [self.targets(to_tensor(picture).to(self.directions.device)) for picture in pictures]
        grams = {layer: torch.cat([t.grams[layer] for t in each]) for layer in self.config.style_layers}
        return StyleTargets(grams, torch.cat([t.colors for t in each]))

    def __call__(self, painted: Tensor, image: Tensor, targets: StyleTargets) -> dict[str, Tensor]:
        """Weighted terms for ``painted`` (N,3,H,W), made from the photos ``image`` (N,3,H,W), both in 0..1."""
        config = self.config
        features = self.encoder(painted, self.layers)
        with torch.no_grad():
            wanted = self.encoder(image, config.content_layers)
        content = [losses.content_loss(features[k], wanted[k]) for k in config.content_layers]
        style = [losses.gram_loss(losses.gram(features[k]), targets.grams[k]) for k in config.style_layers]
        color = losses.color_loss(losses.color_quantiles(painted, self.directions), targets.colors)
        return {
            "content": config.content_weight * torch.stack(content).mean(),
            "style": config.style_weight * torch.stack(style).mean(),
            "color": config.color_weight * color,
            "tv": config.tv_weight * losses.total_variation(painted.float()),
            "range": losses.out_of_range(painted.float()),
        }
