"""The recipe of the multi-style network: Johnson et al. 2016 with conditional instance norm (Dumoulin et al. 2017)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from pytorch_optimizer import SOAP
from torch import Tensor, nn

from styletransfer.checkpoints import Style, save_fixed
from styletransfer.encoders import Encoder
from styletransfer.networks import MultiStyleNet, TransformConfig
from styletransfer.training.data import PictureSampler, list_pictures, load_square, preview_photos
from styletransfer.training.loop import Batch, Forward
from styletransfer.training.perceptual import LossConfig, PerceptualLoss, StyleTargets
from styletransfer.training.previews import grid

# Of the samples, these shares are painted at a random strength, and in a mix of two styles; the rest in one pure style.
STRENGTH_SHARE, MIX_SHARE = 0.25, 0.1
# At first the network learns to copy; the styles fade in over these steps. Thrown at the styles untrained, it
# finds dark blobs that please the Gram matrices, and keeps them.
FADE_IN_STEPS = 400
COPY_WEIGHT = 10.0
# Each style's own numbers are trained by a sixteenth of the samples and have all of its character to learn.
STYLE_RATE = 8.0
PRECONDITION_EVERY = 10


@dataclass(frozen=True)
class FixedConfig:
    """Sizes in pixels. Style pictures are resized to squares: the strokes are those of a picture of ``style_size``.

    ``fade_in``: learn to copy first, for a network that starts untrained.
    """

    base: int = 16
    image_size: int = 256
    style_size: int = 512
    fade_in: bool = True
    seed: int = 0
    loss: LossConfig = field(default_factory=LossConfig)


class FixedRecipe:
    """Trains a MultiStyleNet on photos and style pictures; see :class:`styletransfer.training.loop.Recipe`."""

    def __init__(
        self, photos: Path, styles: Mapping[Path, Style], encoder: Encoder, config: FixedConfig, batch_size: int
    ) -> None:
        self.config, self.styles, self.batch_size = config, list(styles.values()), batch_size
        self.style_pictures = [load_square(path, config.style_size) for path in styles]
        paths = list_pictures(photos)
        self.sampler = PictureSampler(paths, config.image_size, config.seed)
        self.preview_photos = preview_photos(paths, config.image_size)
        torch.manual_seed(config.seed)
        self.network = MultiStyleNet(len(styles), TransformConfig(base=config.base, norm="conditional"))
        self.loss = PerceptualLoss(encoder, config.loss)

    def to(self, device: torch.device, dtype: torch.dtype) -> None:
        self.loss.to(device, dtype)
        self.targets = self.loss.style_targets(self.style_pictures)

    def optimizer(self, weight_decay: float) -> torch.optim.Optimizer:
        """SOAP for the shared weights: at the same step its losses are a seventh below Adam's. Adam for the styles' numbers."""
        shared = {"params": list(self.network.transform.parameters()), "scale": 1.0}
        styles = {"params": [self.network.affine], "scale": STYLE_RATE, "max_precondition_dim": 1}
        return SOAP([shared, styles], betas=(0.9, 0.95), weight_decay=weight_decay, precondition_frequency=PRECONDITION_EVERY)

    def batch(self, step: int) -> Batch:
        fade = torch.tensor(min(1.0, step / FADE_IN_STEPS) if self.config.fade_in else 1.0)
        return {"image": self.sampler.batch(step, self.batch_size), "mix": self._mixes(step), "fade": fade}

    def _mixes(self, step: int) -> Tensor:
        """(batch,1+styles): every style equally often; some at a random strength, some mixed with another."""
        rng = np.random.default_rng((self.config.seed, step, 1))
        styles = len(self.styles)
        mixes = np.zeros((self.batch_size, 1 + styles), dtype=np.float32)
        for row, mix in enumerate(mixes):
            epoch, position = divmod(step * self.batch_size + row, styles)
            style = 1 + np.random.default_rng((self.config.seed, epoch, 2)).permutation(styles)[position]
            kind, share = rng.random(), rng.random()
            other = 0 if kind < STRENGTH_SHARE else 1 + rng.integers(styles)
            share = share if kind < STRENGTH_SHARE + MIX_SHARE else 1.0
            mix[style] += share
            mix[other] += 1 - share
        return torch.from_numpy(mixes)

    def losses(self, forward: Forward, batch: Batch) -> dict[str, Tensor]:
        mix, fade = batch["mix"], batch["fade"]
        image = batch["image"].to(self.loss.dtype, memory_format=torch.channels_last)
        painted = forward(image, mix)
        terms = self.loss(painted, image, self._mixed_targets(image, mix))
        copy = COPY_WEIGHT * (painted.float() - image.float()).abs().mean()
        faded = {name: fade * terms[name] for name in ("style", "color")}
        return terms | faded | {"copy": (1 - fade) * copy}

    @torch.no_grad()
    def _mixed_targets(self, image: Tensor, mix: Tensor) -> StyleTargets:
        """Every sample's targets: its styles' and, for the identity's share, its photo's own, in the shares of the mix."""
        shares = mix[:, 1:]
        grams = {k: torch.einsum("ns,scd->ncd", shares, g) for k, g in self.targets.grams.items()}
        colors = torch.einsum("ns,spd->npd", shares, self.targets.colors)
        rows = mix[:, 0].nonzero().flatten()
        if len(rows):
            own, share = self.loss.targets(image[rows]), mix[rows, :1, None]
            for layer, matrix in own.grams.items():
                grams[layer][rows] += share * matrix
            colors[rows] += share * own.colors
        return StyleTargets(grams, colors)

    @torch.no_grad()
    def preview(self, network: nn.Module) -> Image.Image:
        photos = self.preview_photos.to(network.affine.device)
        mixes = torch.eye(1 + len(self.styles), device=photos.device)
        return grid([torch.cat([network(photo[None], mix[None]) for mix in mixes]) for photo in photos])

    def export(self, network: nn.Module, path: Path, notes: Mapping[str, Any]) -> None:
        save_fixed(network, self.styles, path, notes)
