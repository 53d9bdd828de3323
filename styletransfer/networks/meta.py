"""MetaNet: from a style picture to the weights of a TransformNet in one pass (Shen, Yan, Zeng 2018)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from styletransfer.networks.layers import InstanceNorm
from styletransfer.networks.transform import TransformConfig, TransformNet

EPS = 1e-5
STATISTICS_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
STATISTICS = 1920  # mean and deviation of 64 + 128 + 256 + 512 channels
# Orthonormal: brightness, red against blue, green against both. Rows are axes.
OPPONENT = ((0.57735, 0.57735, 0.57735), (0.70711, 0.0, -0.70711), (-0.40825, 0.81650, -0.40825))


@dataclass(frozen=True)
class MetaConfig:
    """The shape of a MetaNet.

    ``hidden``: numbers between the statistics and each generated layer. ``form`` "published": weights and biases are
    generated as they are, instance norm has no gamma and beta. "modulated": what is generated is added to shared
    filters, which are then brought to unit length, and every instance norm gets a gamma and a beta; statistics enter
    by their ``components`` first principal components; and the output's colours have the mean and covariance of the
    style's. Filters before an instance norm are free of scale: as they are, Adam lets them grow until training diverges.
    """

    base: int = 8
    hidden: int = 64
    form: Literal["modulated", "published"] = "modulated"
    components: int = 384

    @property
    def transform(self) -> TransformConfig:
        """The shape of the networks that are generated."""
        return TransformConfig(base=self.base, output="palette" if self.form == "modulated" else "linear")


def channel_statistics(features: Mapping[str, Tensor]) -> Tensor:
    """Mean and standard deviation of every channel of every layer: {layer: (N,C,h,w)} -> (N, 2 * sum of C), in fp32."""
    rows = []
    for feature in features.values():
        var, mean = torch.var_mean(feature.float(), dim=(2, 3), correction=0)
        rows += [mean, (var + EPS).sqrt()]  # a plain picture has a deviation of 0, where the root has no gradient
    return torch.cat(rows, dim=1)


def palette(image: Tensor) -> Tensor:
    """Mean and covariance of a picture's colours, as a map from white noise to them: (N,3,H,W) in 0..1 -> (N,3,4).

    The first three columns are a root of the covariance whose first axis is brightness: what the first channel
    paints carries the colours that go with light and dark, the others what varies on its own. The fourth is the mean.
    """
    axes = torch.tensor(OPPONENT, device=image.device)
    colors = torch.einsum("xc,nchw->nxhw", axes, image.float()).flatten(2)
    mean = colors.mean(dim=2, keepdim=True)
    centered = colors - mean
    covariance = centered @ centered.transpose(1, 2) / colors.shape[2] + EPS * torch.eye(3, device=image.device)
    root = torch.linalg.cholesky(covariance)
    return torch.einsum("xc,nxy->ncy", axes, torch.cat([root, mean], dim=2))


class MetaNet(nn.Module):
    """Style statistics -> the weights of a TransformNet, whose first and last convolutions are trained alongside."""

    def __init__(self, config: MetaConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or MetaConfig()
        self.transform = TransformNet(config.transform)
        self._shapes = dict(_generated(self.transform, config.form))
        groups = list(dict.fromkeys(_group(name) for name in self._shapes))
        inputs = config.components if config.form == "modulated" else STATISTICS
        self.hidden = nn.Linear(inputs, len(groups) * config.hidden)
        self.heads = nn.ModuleDict()
        for name, shape in self._shapes.items():
            self.heads[_key(name)] = head = nn.Linear(config.hidden, shape.numel(), bias=config.form == "published")
            if config.form == "modulated":
                nn.init.normal_(head.weight, std=0.1 * shape[1:].numel() ** -0.5 * config.hidden**-0.5)
        self._slot = {name: groups.index(_group(name)) for name in self._shapes}
        if config.form == "modulated":
            self.register_buffer("mean", torch.zeros(STATISTICS))
            self.register_buffer("basis", torch.zeros(STATISTICS, config.components))
        else:
            self._start_published()

    def _start_published(self) -> None:
        """The norms of the published network scale nothing; its generated filters start out like drawn ones."""
        for module in self.transform.modules():
            if isinstance(module, InstanceNorm):
                module.requires_grad_(False)
        for name, shape in self._shapes.items():
            fan = shape[1:].numel() or 1
            nn.init.normal_(self.heads[_key(name)].bias, std=fan**-0.5 if len(shape) == 4 else 0.0)

    @torch.no_grad()
    def fit_statistics(self, statistics: Tensor) -> None:
        """Learn mean and principal components from the statistics (S,1920) of many style pictures.

        Components are scaled to about unit variance, faint ones less: they are mostly noise.
        """
        mean, std = statistics.mean(0), statistics.std(0) + EPS
        _, scale, axes = torch.linalg.svd((statistics - mean) / std, full_matrices=False)
        variance = scale.square() / max(1, len(statistics) - 1)
        basis = axes.T / (variance + 1).sqrt() / std[:, None]
        self.mean.copy_(mean)
        self.basis.zero_()[:, : basis.shape[1]] = basis[:, : self.config.components]

    def heads_of(self, filters: bool) -> list[nn.Linear]:
        """The linear layers that generate filters, or those that generate vectors: biases, gammas and betas."""
        return [self.heads[_key(name)] for name, shape in self._shapes.items() if (len(shape) == 4) == filters]

    def generate(self, statistics: Tensor, palettes: Tensor) -> dict[str, Tensor]:
        """The weights of N TransformNets.

        ``statistics`` (N,1920) of the style pictures (:func:`channel_statistics`), ``palettes`` (N,3,4) (:func:`palette`).
        Returns what differs from style to style: {name in the TransformNet's state dict: (N, *shape)}.
        """
        x = statistics
        modulated = self.config.form == "modulated"
        if modulated:
            x = (x - self.mean) @ self.basis
        hidden = F.relu(self.hidden(x.to(self.hidden.weight.dtype))).unflatten(1, (-1, self.config.hidden))
        shared = dict(self.transform.named_parameters())
        weights: dict[str, Tensor] = {}
        for name, shape in self._shapes.items():
            value = self.heads[_key(name)](hidden[:, self._slot[name]]).unflatten(1, shape)
            if modulated:
                value = shared[name] + value
            if modulated and len(shape) == 4:
                value = value / (value.square().sum(dim=(2, 3, 4), keepdim=True) + EPS).sqrt()
            weights[name] = value
        if modulated:
            weights["palette.weight"] = palettes[:, :, :3, None, None]
            weights["palette.bias"] = palettes[:, :, 3]
        return weights

    def forward(self, image: Tensor, statistics: Tensor, palettes: Tensor) -> Tensor:
        """Paint each of the pictures (N,3,H,W) in 0..1 in its own style; see :meth:`generate`."""
        weights = self.generate(statistics, palettes)
        own = dict(self.transform.named_parameters())
        painted = []
        for i in range(len(image)):
            state = own | {name: value[i].to(own[name].dtype) for name, value in weights.items()}
            painted.append(functional_call(self.transform, state, (image[i : i + 1],)))
        return torch.cat(painted)


def _generated(network: TransformNet, form: str) -> list[tuple[str, torch.Size]]:
    """Names and shapes of what is generated: all convolutions but the first and the last; for "modulated" every norm."""
    found = []
    for name, parameter in network.named_parameters():
        if name.startswith(("output", "palette")):
            continue
        is_norm = ".norm." in name
        inner = not name.startswith("encoder.0.")
        if form == "published" and not is_norm and inner:
            found.append((name, parameter.shape))
        if form == "modulated" and (is_norm or (inner and name.endswith("weight"))):
            found.append((name, parameter.shape))
    return found


def _group(name: str) -> str:
    """The block a parameter belongs to: its convolution and the norm behind it share their hidden numbers."""
    return name.replace(".layer.", ".").replace(".conv.conv.", ".conv.").split(".conv.")[0].split(".norm.")[0]


def _key(name: str) -> str:
    return name.replace(".", "-")  # a module's name must not have a dot
