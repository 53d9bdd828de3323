"""The recipe of the classic network for one style (Johnson et al. 2016), with the choices people make in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from styletransfer.checkpoints import Style, save_fixed
from styletransfer.encoders import Encoder
from styletransfer.networks import TransformConfig, TransformNet
from styletransfer.training.data import PictureSampler, list_pictures, load_square, preview_photos
from styletransfer.training.loop import Batch, Forward
from styletransfer.training.perceptual import LossConfig, PerceptualLoss, StyleTargets
from styletransfer.training.previews import grid


@dataclass(frozen=True)
class SingleConfig:
    """Sizes in pixels; ``network`` has the choice of norm, upsampling and output."""

    network: TransformConfig = field(default_factory=TransformConfig)
    image_size: int = 256
    style_size: int = 512
    seed: int = 0
    loss: LossConfig = field(default_factory=LossConfig)


class SingleRecipe:
    """Trains a TransformNet on photos and one style picture; see :class:`styletransfer.training.loop.Recipe`."""

    def __init__(
        self, photos: Path, style_picture: Path, style: Style, encoder: Encoder, config: SingleConfig, batch_size: int
    ) -> None:
        self.config, self.style, self.batch_size = config, style, batch_size
        self.style_picture = load_square(style_picture, config.style_size)
        paths = list_pictures(photos)
        self.sampler = PictureSampler(paths, config.image_size, config.seed)
        self.preview_photos = preview_photos(paths, config.image_size)
        torch.manual_seed(config.seed)
        self.network = TransformNet(config.network)
        self.loss = PerceptualLoss(encoder, config.loss)

    def to(self, device: torch.device, dtype: torch.dtype) -> None:
        self.loss.to(device, dtype)
        self.targets = self.loss.style_targets([self.style_picture])

    def optimizer(self, weight_decay: float) -> torch.optim.Optimizer:
        return torch.optim.AdamW([{"params": list(self.network.parameters()), "scale": 1.0}], weight_decay=weight_decay)

    def batch(self, step: int) -> Batch:
        return {"image": self.sampler.batch(step, self.batch_size)}

    def losses(self, forward: Forward, batch: Batch) -> dict[str, Tensor]:
        image = batch["image"].to(self.loss.dtype, memory_format=torch.channels_last)
        colors = self.targets.colors.expand(len(image), -1, -1)
        return self.loss(forward(image), image, StyleTargets(self.targets.grams, colors))

    @torch.no_grad()
    def preview(self, network: nn.Module) -> Image.Image:
        training = network.training
        photos = self.preview_photos.to(next(network.parameters()).device)
        painted = network.eval()(photos)
        network.train(training)
        return grid([photos, painted])

    def export(self, network: nn.Module, path: Path, notes: Mapping[str, Any]) -> None:
        save_fixed(network, [self.style], path, notes)
