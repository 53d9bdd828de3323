"""Perceptual encoders: a picture in, named feature maps out.

Layers are named as in the papers: ``reluK_I`` is the output of the ReLU after the I-th convolution of block K.
Normalisation is part of the encoder; callers give RGB in 0..1.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from styletransfer.errors import CheckpointError, StyleTransferError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
BLOCK_CONVS = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
COMPACT_CONVS = (2, 2, 4, 4, 1)  # VGG-19 up to relu5_1, the deepest layer any method here uses
BLOCK_CHANNELS = (64, 128, 256, 512, 512)
HEAD_LAYERS = tuple(f"relu{block}_1" for block in range(1, 6))

Pooling = Literal["max", "avg"]
Reduce = Callable[[str, Tensor], Tensor]


class Encoder(nn.Module):
    """The convolutional part of a VGG network (Simonyan and Zisserman 2015).

    ``width_divisor`` 1 is VGG itself, zero-padded as torchvision's. With ``heads`` the network is narrower and a 1x1
    convolution + ReLU on every ``reluK_1`` expands it to VGG's own channels; only those expanded layers can be asked for.
    """

    def __init__(
        self, block_convs: tuple[int, ...], *, width_divisor: int = 1, heads: bool = False,
        padding: Literal["zeros", "reflect"] = "zeros", pooling: Pooling = "max",
    ) -> None:  # fmt: skip
        super().__init__()
        self.pooling = pooling
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1), persistent=False)
        self.convs = nn.ModuleDict()
        self.heads = nn.ModuleDict()
        channels_in = 3
        for block, (count, full) in enumerate(zip(block_convs, BLOCK_CHANNELS, strict=True), start=1):
            channels = full // width_divisor
            for index in range(1, count + 1):
                self.convs[f"conv{block}_{index}"] = nn.Conv2d(channels_in, channels, 3, padding=1, padding_mode=padding)
                channels_in = channels
            if heads:
                self.heads[f"relu{block}_1"] = nn.Conv2d(channels, full, 1)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the feature maps this encoder has, shallow to deep."""
        return tuple(self.heads) or tuple(name.replace("conv", "relu") for name in self.convs)

    def forward(self, image: Tensor, layers: Iterable[str], reduce: Reduce | None = None) -> dict[str, Tensor]:
        """``image`` (N,3,H,W) RGB in 0..1 -> {layer: (N,C,h,w)}; stops at the deepest layer asked for.

        With ``reduce`` each feature map is handed to it and replaced by its answer; then no expanded map is kept for the
        gradient, but computed again: less memory for more time. Raises StyleTransferError for a layer this encoder does not
        have.
        """
        wanted = self.check_layers(layers)
        found: dict[str, Tensor] = {}
        for layer, _, x in self.responses(image):
            if layer in wanted:
                again = functools.partial(checkpoint, self._reduced, use_reentrant=False)
                found[layer] = again(layer, x, reduce) if reduce else self._expand(layer, x)
                if len(found) == len(wanted):
                    break
        return found

    def _expand(self, layer: str, x: Tensor) -> Tensor:
        return self.heads[layer](x).relu_() if layer in self.heads else x

    def _reduced(self, layer: str, x: Tensor, reduce: Reduce) -> Tensor:
        return reduce(layer, self._expand(layer, x))

    def check_layers(self, layers: Iterable[str]) -> set[str]:
        """The layers, without repeats. Raises StyleTransferError for one this encoder does not have."""
        wanted = set(layers)
        if unknown := wanted - set(self.layers):
            raise StyleTransferError(f"The encoder has no layer {min(unknown)}; it has {', '.join(self.layers)}.")
        return wanted

    def responses(self, image: Tensor) -> Iterator[tuple[str, Tensor, Tensor]]:
        """What every convolution answers, in turn, before and after the ReLU that gives it its name; no head expands it."""
        x = (image - self.mean.to(image.dtype)) / self.std.to(image.dtype)
        for name, conv in self.convs.items():
            if name.endswith("_1") and name != "conv1_1":
                x = F.max_pool2d(x, 2) if self.pooling == "max" else F.avg_pool2d(x, 2)
            response = conv(x)
            x = F.relu(response)
            yield name.replace("conv", "relu"), response, x


def compact_vgg(pooling: Pooling = "max") -> Encoder:
    """CompactVGG: VGG-19's layout at a quarter of the width, with heads to VGG-19's channels. Untrained."""
    return Encoder(COMPACT_CONVS, width_divisor=4, heads=True, padding="reflect", pooling=pooling)


def freeze(encoder: Encoder) -> Encoder:
    """Switch to evaluation and stop gradients to the weights: an encoder only ever measures."""
    return encoder.eval().requires_grad_(False)


def load_torchvision(path: Path, architecture: Literal["vgg16", "vgg19"], pooling: Pooling = "max") -> Encoder:
    """VGG-16 or VGG-19 from a safetensors file with torchvision's keys ``features.N.weight|bias``."""
    encoder = Encoder(BLOCK_CONVS[architecture], pooling=pooling)
    position, state = 0, {}
    with safe_open(path, framework="pt") as file:
        for name in encoder.convs:
            if name.endswith("_1") and name != "conv1_1":
                position += 1  # the pooling layer
            for kind in ("weight", "bias"):
                state[f"convs.{name}.{kind}"] = file.get_tensor(f"features.{position}.{kind}")
            position += 2  # the convolution and its ReLU
    encoder.load_state_dict(state)
    return freeze(encoder)


def load_compact(path: Path, pooling: Pooling = "max") -> Encoder:
    """CompactVGG from a safetensors file: ours, or a pruned VGG-19 of Wang et al. 2020 (keys ``convK_I``, ``expandK_1``)."""
    encoder = compact_vgg(pooling)
    try:
        state = load_file(path)
        if "normalize.weight" in state:
            state = _from_pruned(state)
        encoder.load_state_dict({name: tensor.float() for name, tensor in state.items()})
    except FileNotFoundError as error:
        raise CheckpointError(f"There is no weights file {path}; check the path.") from error
    except (SafetensorError, OSError, KeyError, RuntimeError) as error:
        raise CheckpointError(f"{Path(path).name} holds no CompactVGG weights; give an encoder file of this project.") from error
    return freeze(encoder)


def _from_pruned(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename, and fold its normalisation (a 1x1 convolution on RGB in 0..1) and ours into the first convolution."""
    renamed = {
        f"convs.{key}" if key.startswith("conv") else f"heads.relu{key.removeprefix('expand')}": value
        for key, value in state.items()
        if not key.startswith("normalize")
    }
    mean, std = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
    matrix, offset = state["normalize.weight"][:, :, 0, 0], state["normalize.bias"]
    weight = renamed["convs.conv1_1.weight"]
    shift = matrix @ mean + offset
    renamed["convs.conv1_1.bias"] = renamed["convs.conv1_1.bias"] + torch.einsum("oikl,i->o", weight, shift)
    renamed["convs.conv1_1.weight"] = torch.einsum("oikl,ij->ojkl", weight, matrix * std)
    return renamed
