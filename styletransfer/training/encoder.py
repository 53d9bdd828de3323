"""The recipe of CompactVGG: distillation from a larger encoder with VGG-19's channels (Hinton et al. 2015, on features)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from styletransfer import losses
from styletransfer.checkpoints import save_encoder
from styletransfer.encoders import HEAD_LAYERS, Encoder, compact_vgg
from styletransfer.images import to_tensor
from styletransfer.training.data import PictureSampler, held_out, list_pictures, load_square, preview_photos
from styletransfer.training.loop import Batch, Forward
from styletransfer.training.previews import grid

DISTURBED_SHARE = 0.3
LEAK = 0.3


@dataclass(frozen=True)
class EncoderConfig:
    """``gram_weight`` weighs the relative Gram error against the relative error of the features themselves."""

    image_size: int = 112
    gram_weight: float = 0.5
    seed: int = 0


class EncoderRecipe:
    """Trains a CompactVGG to give the teacher's feature maps; see :class:`styletransfer.training.loop.Recipe`.

    The student learns every feature map divided by its typical size; ``export`` multiplies that into the heads.
    """

    def __init__(self, teacher: Encoder, folders: Sequence[Path], config: EncoderConfig, batch_size: int) -> None:
        self.teacher, self.config, self.batch_size = teacher, config, batch_size
        paths = [path for folder in folders for path in list_pictures(folder) if not held_out(path)]
        self.sampler = PictureSampler(paths, config.image_size, config.seed)
        encoder = compact_vgg()
        _initialize(encoder, self.sampler.batch(0, 16))
        self.network = _Student(encoder)
        self.preview_images = preview_photos(paths, 128)
        with torch.no_grad():
            features = teacher(self.sampler.batch(0, 16), HEAD_LAYERS)
        self.scales = {layer: float(f.square().mean().sqrt()) for layer, f in features.items()}

    def to(self, device: torch.device, dtype: torch.dtype) -> None:
        self.teacher = self.teacher.to(device, dtype).to(memory_format=torch.channels_last)
        self.dtype = dtype

    def parameter_groups(self) -> list[dict[str, Any]]:
        """The learning rate is relative to the size of each layer's weights, which differ tenfold."""
        convs = (*self.network.encoder.convs.values(), *self.network.encoder.heads.values())
        return [
            {"params": list(conv.parameters()), "scale": float(conv.weight.detach().square().mean().sqrt())} for conv in convs
        ]

    def batch(self, step: int) -> Batch:
        generator = torch.Generator().manual_seed(self.config.seed * 1_000_003 + step)
        images = self.sampler.batch(step, self.batch_size)
        disturbed = int(self.batch_size * DISTURBED_SHARE)
        images[:disturbed] = _disturb(images[:disturbed], generator)
        return {"image": images}

    def losses(self, forward: Forward, batch: Batch) -> dict[str, Tensor]:
        """Relative errors of the expanded features and of their Gram matrices, layer by layer.

        Features are compared through a leaky ReLU: a channel that starts silent would get no gradient through a ReLU.
        """
        image = batch["image"].to(self.dtype, memory_format=torch.channels_last)
        with torch.no_grad():
            targets = _responses(self.teacher, image)
        terms = {}
        for layer, response in forward(image).items():
            target = targets[layer] / self.scales[layer]
            ours, theirs = (F.leaky_relu(x.float(), LEAK) for x in (response, target))
            error = F.mse_loss(ours, theirs) / theirs.square().mean()
            grams = losses.gram_error(losses.gram(F.relu(response)), losses.gram(F.relu(target))).mean()
            terms[layer] = error + self.config.gram_weight * grams
        return terms

    @torch.no_grad()
    def preview(self, network: nn.Module) -> Image.Image:
        """Mean activation of every layer, teacher above student."""
        images = self.preview_images.to(next(network.parameters()).device)
        rows = []
        for encoder in (self.teacher.float(), network.encoder):
            maps = [features.mean(1, keepdim=True) for features in encoder(images, HEAD_LAYERS).values()]
            maps = [F.interpolate(m / m.amax(dim=(1, 2, 3), keepdim=True), images.shape[-2:]) for m in maps]
            rows.append(torch.cat(maps).expand(-1, 3, -1, -1))
        self.teacher.to(self.dtype)
        return grid(rows)

    def export(self, network: nn.Module, path: Path, notes: Mapping[str, Any]) -> None:
        encoder = deepcopy(network.encoder)
        for layer, head in encoder.heads.items():
            head.weight *= self.scales[layer]
            head.bias *= self.scales[layer]
        save_encoder(encoder, path, notes)


class _Student(nn.Module):
    """The encoder as it is trained: what all heads answer before their ReLU."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        return _responses(self.encoder, image)


def _responses(encoder: Encoder, image: Tensor) -> dict[str, Tensor]:
    """What every head answers before its ReLU."""
    return {layer: encoder.heads[layer](x) for layer, x in encoder.trunk(image) if layer in encoder.heads}


@torch.no_grad()
def _initialize(encoder: Encoder, image: Tensor) -> None:
    """Scale and shift every convolution so that it answers ``image`` with mean 0 and variance 1 (Krahenbuhl et al. 2016)."""

    def fit(conv: nn.Conv2d, inputs: tuple[Tensor], output: Tensor) -> Tensor:
        var, mean = torch.var_mean(output, dim=(0, 2, 3), keepdim=True)
        scale = torch.rsqrt(var + losses.EPS)
        conv.weight *= scale.view(-1, 1, 1, 1)
        conv.bias.copy_(((conv.bias.view_as(mean[0]) - mean[0]) * scale[0]).flatten())
        return (output - mean) * scale

    convs = (*encoder.convs.values(), *encoder.heads.values())
    handles = [conv.register_forward_hook(fit) for conv in convs]
    encoder(image, HEAD_LAYERS)
    for handle in handles:
        handle.remove()


def _disturb(images: Tensor, generator: torch.Generator) -> Tensor:
    """Pictures as an optimiser makes them on its way: odd colours, flat or harsh contrast, noise."""

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(shape, generator=generator)

    n = len(images)
    images = (images - 0.5) * uniform(0.2, 2.0, n, 3, 1, 1) + 0.5 + uniform(-0.3, 0.3, n, 3, 1, 1)
    noise = torch.randn(images.shape, generator=generator) * uniform(0, 0.2, n, 1, 1, 1)
    return (images + noise).clamp(0, 1)


@dataclass(frozen=True)
class Agreement:
    """How well a student's expanded features of one layer match the teacher's."""

    cosine: float
    gram_error: float


@torch.no_grad()
def agreement(student: Encoder, teacher: Encoder, pictures: Iterable[Path], size: int = 512) -> dict[str, Agreement]:
    """Mean cosine similarity over positions (of their channel vectors), and mean |G - T|^2 / |T|^2, per layer."""
    cosines: dict[str, list[float]] = {layer: [] for layer in HEAD_LAYERS}
    errors: dict[str, list[float]] = {layer: [] for layer in HEAD_LAYERS}
    for path in pictures:
        image = to_tensor(load_square(path, size))
        ours, theirs = student(image, HEAD_LAYERS), teacher(image, HEAD_LAYERS)
        for layer in HEAD_LAYERS:
            cosines[layer].append(float(F.cosine_similarity(ours[layer], theirs[layer], dim=1).mean()))
            errors[layer].append(float(losses.gram_error(losses.gram(ours[layer]), losses.gram(theirs[layer]))))
    mean = {layer: (sum(cosines[layer]) / len(cosines[layer]), sum(errors[layer]) / len(errors[layer])) for layer in HEAD_LAYERS}
    return {layer: Agreement(*values) for layer, values in mean.items()}
