"""The recipe of MetaNet: any picture as a style (Shen et al. 2018)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from pytorch_optimizer import SOAP
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from tqdm import tqdm

from styletransfer.checkpoints import save_meta
from styletransfer.encoders import Encoder
from styletransfer.images import to_tensor
from styletransfer.networks import STATISTICS_LAYERS, MetaConfig, MetaNet, channel_statistics, palette
from styletransfer.training.data import PictureSampler, held_out, list_pictures, load_square, preview_photos
from styletransfer.training.loop import Batch, Forward
from styletransfer.training.perceptual import LossConfig, PerceptualLoss, StyleTargets
from styletransfer.training.previews import grid

STRENGTH_SHARE = 0.15  # of the samples are painted at a random strength
PREVIEW_STYLES = 5
FADE_IN_STEPS, COPY_WEIGHT = 200, 10.0  # as in training.fixed: learn to copy first
# Learning rates relative to the shared filters'. Every hidden number touches all weights of a layer.
HIDDEN_RATE, FILTER_RATE, AFFINE_RATE = 0.2, 0.1, 1.0
PRECONDITION_EVERY, PRECONDITION_SIZE = 10, 1024


@dataclass(frozen=True)
class MetaTrainingConfig:
    """Sizes in pixels. The paintings are seen as squares of the ``style_sizes``, each at one of them: strokes large and small.

    ``style_every``: steps for which a style is kept, ``styles_per_batch``: 0 gives every picture of a batch its own;
    as published, they are 20 and 1.
    """

    network: MetaConfig = field(default_factory=MetaConfig)
    image_size: int = 256
    style_sizes: tuple[int, ...] = (512, 320)
    style_every: int = 1
    styles_per_batch: int = 0
    fade_in: bool = True
    seed: int = 0
    loss: LossConfig = field(default_factory=LossConfig)


class MetaRecipe:
    """Trains a MetaNet on photos and paintings; see :class:`styletransfer.training.loop.Recipe`.

    ``cache``: a safetensors file for what was measured of the paintings, which takes minutes; made anew when they change.
    """

    def __init__(
        self, photos: Path, paintings: Path, encoder: Encoder, config: MetaTrainingConfig, batch_size: int, cache: Path
    ) -> None:
        self.config, self.batch_size, self.cache = config, batch_size, cache
        paths = list_pictures(photos)
        self.sampler = PictureSampler(paths, config.image_size, config.seed)
        found = list_pictures(paintings)
        self.paintings = [path for path in found if not held_out(path)]
        aside = [path for path in found if held_out(path)] or found
        self.preview_photos = preview_photos(paths, config.image_size)
        self.preview_styles = preview_photos(aside, config.style_sizes[0], PREVIEW_STYLES)
        torch.manual_seed(config.seed)
        self.network = MetaNet(config.network)
        self.loss = PerceptualLoss(encoder, config.loss)

    def to(self, device: torch.device, dtype: torch.dtype) -> None:
        self.loss.to(device, dtype)
        self.styles = self._measured()
        if self.config.network.form == "modulated" and not self.network.basis.any():
            self.network.fit_statistics(self.styles["statistics"].float().to(device))

    def _measured(self) -> Batch:
        """What :meth:`_measure` finds, from the cache where it is of the same paintings, sizes and encoder."""
        key = self._fingerprint()
        with suppress(OSError, SafetensorError), safe_open(self.cache, "pt") as file:
            if file.metadata() == {"key": key}:
                return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        styles = self._measure()
        self.cache.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.cache.with_suffix(".tmp")
        save_file(styles, temporary, {"key": key})
        temporary.replace(self.cache)
        return styles

    def _fingerprint(self) -> str:
        files = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in self.paintings]
        digest = hashlib.sha256(repr((files, self.config.style_sizes, self.config.loss.style_layers)).encode())
        for value in self.loss.encoder.state_dict().values():
            digest.update(value.float().cpu().numpy().tobytes())
        return digest.hexdigest()

    def _measure(self) -> Batch:
        """All that is asked of every painting: a row each. Matrices are kept in bf16: a thousand take a gigabyte."""
        rows: dict[str, list[Tensor]] = {}
        sizes = self.config.style_sizes
        for i, path in enumerate(tqdm(self.paintings, desc="Looking at the paintings", dynamic_ncols=True)):
            image = to_tensor(load_square(path, sizes[i % len(sizes)])).to(self.loss.directions.device)
            for name, value in self._style(image).items():
                rows.setdefault(name, []).append(value.cpu().to(torch.bfloat16 if value.ndim == 3 else torch.float32))
        return {name: torch.cat(values) for name, values in rows.items()}

    @torch.no_grad()
    def _style(self, image: Tensor) -> Batch:
        """What a MetaNet is given of style pictures (N,3,H,W), and what is asked of the result."""
        layers = dict.fromkeys((*STATISTICS_LAYERS, *self.config.loss.style_layers))
        features = self.loss.encoder(image.to(self.loss.dtype), layers)
        targets = self.loss.targets_from(image, features)
        statistics = channel_statistics({layer: features[layer] for layer in STATISTICS_LAYERS})
        return {"statistics": statistics, "palette": palette(image), "colors": targets.colors} | targets.grams

    def optimizer(self, weight_decay: float) -> torch.optim.Optimizer:
        """SOAP, which pays most for the shared filters; the generator's wide matrices are preconditioned on their short side."""
        network = self.network
        heads = {filters: [p for head in network.heads_of(filters) for p in head.parameters()] for filters in (True, False)}
        groups = [
            {"params": [p for p in network.transform.parameters() if p.requires_grad], "scale": 1.0},
            {"params": list(network.hidden.parameters()), "scale": HIDDEN_RATE},
            {"params": heads[True], "scale": FILTER_RATE},
            {"params": heads[False], "scale": AFFINE_RATE},
        ]
        return SOAP(
            groups, betas=(0.9, 0.95), weight_decay=weight_decay,
            precondition_frequency=PRECONDITION_EVERY, max_precondition_dim=PRECONDITION_SIZE,
        )  # fmt: skip

    def batch(self, step: int) -> Batch:
        fade = torch.tensor(min(1.0, step / FADE_IN_STEPS) if self.config.fade_in else 1.0)
        rng = np.random.default_rng((self.config.seed, step, 1))
        strength = np.where(rng.random(self.batch_size) < STRENGTH_SHARE, rng.random(self.batch_size), 1.0)
        chosen = torch.from_numpy(self._choose(step))
        styles = {name: values[chosen].float() for name, values in self.styles.items()}
        images = {"image": self.sampler.batch(step, self.batch_size)}
        return images | styles | {"strength": torch.from_numpy(strength).float(), "fade": fade}

    def _choose(self, step: int) -> np.ndarray:
        """Indices of the styles of one step: (batch,), every style equally often."""
        count, total = self.config.styles_per_batch or self.batch_size, len(self.styles["statistics"])
        first = step // self.config.style_every * count
        epochs, positions = np.divmod(np.arange(first, first + count), total)
        orders = {e: np.random.default_rng((self.config.seed, int(e), 2)).permutation(total) for e in set(epochs)}
        return np.resize([orders[e][p] for e, p in zip(epochs, positions, strict=True)], self.batch_size)

    def losses(self, forward: Forward, batch: Batch) -> dict[str, Tensor]:
        image = batch["image"].to(self.loss.dtype, memory_format=torch.channels_last)
        self._weaken(image, batch)
        painted = forward(image, batch["statistics"], batch["palette"])
        grams = {layer: batch[layer] for layer in self.config.loss.style_layers}
        terms = self.loss(painted, image, StyleTargets(grams, batch["colors"]))
        fade = batch["fade"]
        copy = COPY_WEIGHT * (painted.float() - image.float()).abs().mean()
        return terms | {name: fade * terms[name] for name in ("style", "color")} | {"copy": (1 - fade) * copy}

    def _weaken(self, image: Tensor, batch: Batch) -> None:
        """Where the strength is below 1, move what is given and asked towards the photo's own."""
        rows = (batch["strength"] < 1).nonzero().flatten()
        if not len(rows):
            return
        for name, own in self._style(image[rows]).items():
            share = batch["strength"][rows].view(-1, *[1] * (own.ndim - 1))
            batch[name][rows] = torch.lerp(own.float(), batch[name][rows], share)

    @torch.no_grad()
    def preview(self, network: nn.Module) -> Image.Image:
        device = self.loss.directions.device
        style = self._style(self.preview_styles.to(device))
        rows = []
        for photo in self.preview_photos.to(device):
            photos = photo[None].expand(len(self.preview_styles), -1, -1, -1)
            rows.append(torch.cat([photo[None], network(photos, style["statistics"], style["palette"])]))
        return grid(rows)

    def export(self, network: nn.Module, path: Path, notes: Mapping[str, Any]) -> None:
        save_meta(network, path, notes)
