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
from pytorch_optimizer import SOAP
from torch import Tensor, nn

from styletransfer import losses
from styletransfer.checkpoints import save_encoder
from styletransfer.encoders import HEAD_LAYERS, Encoder, compact_vgg
from styletransfer.images import to_tensor
from styletransfer.training.data import PictureSampler, held_out, list_pictures, load_square, preview_photos
from styletransfer.training.loop import Batch, Forward
from styletransfer.training.previews import grid

DISTURBED_SHARE = 0.1
LEAK = 0.3
DIRAC_NOISE = 0.5
PRECONDITION_EVERY = 10


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
        torch.manual_seed(config.seed)
        encoder = compact_vgg()
        for conv in encoder.convs.values():
            if conv.in_channels == conv.out_channels:
                nn.init.dirac_(conv.weight)
                conv.weight.data += DIRAC_NOISE * torch.randn_like(conv.weight) / conv.weight[0].numel() ** 0.5
        _initialize(encoder, self.sampler.batch(0, 16))
        self.network = _Student(encoder)
        self.preview_images = preview_photos(paths, 128)
        with torch.no_grad():
            answers = _responses(teacher, self.sampler.batch(0, 16))
        self.scales = {name: float(answer.relu().square().mean().sqrt()) for name, answer in answers.items()}

    def to(self, device: torch.device, dtype: torch.dtype) -> None:
        self.teacher = self.teacher.to(device, dtype).to(memory_format=torch.channels_last)
        self.dtype = dtype

    def optimizer(self, weight_decay: float) -> torch.optim.Optimizer:
        """SOAP (Vyas et al. 2024): neighbouring pixels are so alike that Adam, blind to correlations, takes ten times the steps.

        The learning rate is relative to the size of each layer's weights, which differ tenfold.
        """
        convs = (*self.network.encoder.convs.values(), *self.network.encoder.heads.values())
        sizes = [float(conv.weight.detach().square().mean().sqrt()) for conv in convs]
        groups = [{"params": list(conv.parameters()), "scale": size} for conv, size in zip(convs, sizes, strict=True)]
        return SOAP(groups, betas=(0.9, 0.95), weight_decay=weight_decay, precondition_frequency=PRECONDITION_EVERY)

    def batch(self, step: int) -> Batch:
        generator = torch.Generator().manual_seed(self.config.seed * 1_000_003 + step)
        images = self.sampler.batch(step, self.batch_size)
        disturbed = int(self.batch_size * DISTURBED_SHARE)
        images[:disturbed] = _disturb(images[:disturbed], generator)
        return {"image": images}

    def losses(self, forward: Forward, batch: Batch) -> dict[str, Tensor]:
        """Per layer and picture: the relative error of the features, their angle at every position (flat regions, where
        features are faint, count like others), and the relative error of the Gram matrix.

        The error is taken through a leaky ReLU: a channel that starts silent would get no gradient through a ReLU.
        """
        image = batch["image"].to(self.dtype, memory_format=torch.channels_last)
        with torch.no_grad():
            targets = _responses(self.teacher, image)
        terms = {}
        for layer, response in forward(image).items():
            response, target = response.float(), targets[layer].float() / self.scales[layer]
            ours, theirs = F.leaky_relu(response, LEAK), F.leaky_relu(target, LEAK)
            error = (ours - theirs).square().mean(dim=(1, 2, 3)) / theirs.square().mean(dim=(1, 2, 3))
            angle = 1 - F.cosine_similarity(F.relu(response), F.relu(target), dim=1).mean(dim=(1, 2))
            grams = losses.gram_error(losses.gram(F.relu(response)), losses.gram(F.relu(target)))
            terms[layer] = (error + angle + self.config.gram_weight * grams).mean()
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

    @torch.no_grad()
    def export(self, network: nn.Module, path: Path, notes: Mapping[str, Any]) -> None:
        encoder = deepcopy(network.encoder)
        for layer, head in encoder.heads.items():
            head.weight *= self.scales[layer]
            head.bias *= self.scales[layer]
        save_encoder(encoder, path, notes)


class _Student(nn.Module):
    """The encoder as it is trained: its layers before their ReLU."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        return _responses(self.encoder, image)


def _responses(encoder: Encoder, image: Tensor) -> dict[str, Tensor]:
    """The ``reluK_1`` in VGG-19's channels, before their ReLU."""
    answers: dict[str, Tensor] = {}
    for layer, response, x in encoder.responses(image):
        if layer in HEAD_LAYERS:
            answers[layer] = encoder.heads[layer](x) if encoder.heads else response
    return answers


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
