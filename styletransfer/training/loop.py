"""The one training loop: resume, EMA, gradient clipping, precision, log, previews."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from PIL import Image
from torch import Tensor, nn
from torch.func import functional_call
from tqdm import tqdm

from styletransfer.devices import keeping_freed_memory, training_device, training_dtype
from styletransfer.errors import TrainingError
from styletransfer.training.data import prefetched
from styletransfer.training.distributed import averaged, is_main, part, process_group, with_averaged_gradients, world_size

log = logging.getLogger(__name__)

Batch = dict[str, Tensor]
Forward = Callable[..., Any]
WARMUP_STEPS = 100


@dataclass(frozen=True)
class LoopConfig:
    """How to train. ``precision`` "auto" is bf16 where the processor has it, else fp32."""

    out: Path
    steps: int
    batch_size: int = 4
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    clip_norm: float = 1.0
    ema_decay: float = 0.999
    precision: str = "auto"
    seed: int = 0
    save_every: int = 250
    preview_every: int = 500


class Recipe(Protocol):
    """What is trained, on what, and how it is judged."""

    network: nn.Module
    config: Any  # a dataclass

    def optimizer(self, weight_decay: float) -> torch.optim.Optimizer:
        """An optimiser of the network whose groups have a ``scale``, a factor on the learning rate."""

    def to(self, device: torch.device, dtype: torch.dtype) -> None:
        """Move the fixed parts (encoders, targets) to where and how the training computes; called before all else."""

    def batch(self, step: int) -> Batch:
        """The data of one step, a function of the step alone. Called from a background thread."""

    def losses(self, forward: Forward, batch: Batch) -> dict[str, Tensor]:
        """Weighted loss terms, to be summed. ``forward`` is the network in the training precision."""

    def preview(self, network: nn.Module) -> Image.Image:
        """A picture by which a person judges the progress."""

    def export(self, network: nn.Module, path: Path, notes: Mapping[str, Any]) -> None:
        """Write the finished weights, with ``notes`` on how they came to be."""


def train(recipe: Recipe, config: LoopConfig) -> Path:
    """Train until ``config.steps``, going on from ``config.out/last.pt`` if it is there. Returns the exported weights.

    Writes to ``config.out``: ``last.pt`` (all of the state), ``log.jsonl`` (a line per 10 steps), ``preview_*.jpg``,
    and ``network.safetensors`` (the EMA weights). Started by ``torchrun``, each process takes its part of every batch. Raises
    TrainingError when a loss is not finite.
    """
    if config.batch_size % world_size():
        raise TrainingError(f"A batch of {config.batch_size} cannot be shared by {world_size()} processes; give a multiple.")
    with process_group(training_device()) as device, keeping_freed_memory():
        return _train(recipe, config, device)


def _train(recipe: Recipe, config: LoopConfig, device: torch.device) -> Path:
    config.out.mkdir(parents=True, exist_ok=True)
    dtype = training_dtype(device, config.precision)
    torch.manual_seed(config.seed)
    recipe.to(device, dtype)
    run = _Run(recipe, config, device)
    run.resume()
    forward = _cast_forward(run.network, dtype)
    losses_of = with_averaged_gradients(run.network, lambda batch: recipe.losses(forward, batch))
    steps = range(run.step, config.steps)
    bar = tqdm(total=config.steps, initial=run.step, unit="step", dynamic_ncols=True, disable=not is_main())
    try:
        for batch in prefetched(recipe.batch, steps):
            batch = {name: value.to(device) for name, value in part(batch, config.batch_size).items()}
            losses = losses_of(batch)
            run.update(losses)
            bar.update()
            bar.set_postfix({name: f"{value.item():.3f}" for name, value in losses.items()}, refresh=False)
    except KeyboardInterrupt:
        log.warning("Stopped at step %d; the same command goes on from here.", run.step)
    finally:
        bar.close()
    path = config.out / "network.safetensors"
    if is_main():
        run.save()
        notes = {"steps": run.step, "recipe": asdict(recipe.config), "loop": asdict(config) | {"out": config.out.name}}
        recipe.export(run.ema, path, notes)
    return path


def _cast_forward(network: nn.Module, dtype: torch.dtype) -> Forward:
    """The network with its weights cast once per call; autocast would cast at every layer, and copy.

    Only convolutions and linear layers are cast: norm layers keep fp32 statistics, gammas and betas.
    """
    if dtype == torch.float32:
        return network
    products = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
    narrow = {
        f"{name}.{key}"
        for name, module in network.named_modules()
        if isinstance(module, products)
        for key, _ in module.named_parameters()
    }
    parameters = dict(network.named_parameters())

    def forward(image: Tensor, *args: Any) -> Any:
        cast = {name: value.to(dtype) if name in narrow else value for name, value in parameters.items()}
        return functional_call(network, cast, (image.to(dtype), *args))

    return forward


class _Run:
    """The changing state of a training: weights, their running average, the optimiser, the step."""

    def __init__(self, recipe: Recipe, config: LoopConfig, device: torch.device) -> None:
        self.recipe, self.config = recipe, config
        self.network = recipe.network.to(device).to(memory_format=torch.channels_last)
        self.ema = deepcopy(self.network).requires_grad_(False)
        self.optimizer = recipe.optimizer(config.weight_decay)
        self.step = 0
        self.checkpoint = config.out / "last.pt"
        self.log_path = config.out / "log.jsonl"
        self.started = time.monotonic()

    def resume(self) -> None:
        """Go on from the last checkpoint, if there is one; log lines written after it are dropped."""
        if not self.checkpoint.exists():
            if is_main():
                self.log_path.unlink(missing_ok=True)
            return
        try:
            state = torch.load(self.checkpoint, weights_only=True, map_location="cpu")
            self.network.load_state_dict(state["network"])
            self.ema.load_state_dict(state["ema"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.step = state["step"]
        except Exception as error:  # on damaged files torch.load raises nearly anything
            raise TrainingError(
                f"{self.checkpoint} is damaged or belongs to another network; choose another output folder."
            ) from error
        if not is_main():
            return
        lines = self.log_path.read_text().splitlines() if self.log_path.exists() else []
        kept = [line for line in lines if json.loads(line)["step"] <= self.step]
        self.log_path.write_text("".join(f"{line}\n" for line in kept))
        log.info("Going on from step %d", self.step)

    def save(self) -> None:
        """Write the state under a temporary name, then rename: a kill leaves the old one or the new one."""
        state = {
            "network": self.network.state_dict(), "ema": self.ema.state_dict(),
            "optimizer": self.optimizer.state_dict(), "step": self.step,
            "config": {key: str(value) for key, value in asdict(self.config).items()},
        }  # fmt: skip
        temporary = self.checkpoint.with_suffix(".tmp")
        torch.save(state, temporary)
        temporary.replace(self.checkpoint)

    def update(self, losses: dict[str, Tensor]) -> None:
        """One optimiser step. A loss or gradient that is not finite ends the training before it reaches the weights."""
        total = sum(losses.values())
        self.optimizer.zero_grad()
        total.backward()
        losses = averaged(losses)
        total = sum(losses.values())
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.config.clip_norm).item()
        if not (math.isfinite(total.item()) and math.isfinite(norm)):
            raise TrainingError(self._divergence(losses))
        rate = _learning_rate(self.step, self.config)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["scale"]
        self.optimizer.step()
        self.step += 1
        self._average()
        if is_main():
            self._report(losses, rate, norm)

    def _divergence(self, losses: dict[str, Tensor]) -> str:
        terms = ", ".join(f"{name} {value.item():g}" for name, value in losses.items())
        kept = f"The last good state is {self.checkpoint}." if self.checkpoint.exists() else "Nothing was saved yet."
        return f"The loss or its gradient is not finite at step {self.step + 1} ({terms}); lower the learning rate. {kept}"

    @torch.no_grad()
    def _average(self) -> None:
        """EMA of the weights, short at first so that the random start is soon forgotten."""
        decay = min(self.config.ema_decay, (1 + self.step) / (10 + self.step))
        for average, value in zip(self.ema.state_dict().values(), self.network.state_dict().values(), strict=True):
            if value.is_floating_point():
                average.lerp_(value, 1 - decay)
            else:
                average.copy_(value)

    def _report(self, losses: dict[str, Tensor], rate: float, norm: float) -> None:
        last = self.step == self.config.steps
        if self.step % 10 == 0 or last:
            line = {"step": self.step, "seconds": round(time.monotonic() - self.started, 1), "lr": rate, "grad": norm}
            line |= {name: value.item() for name, value in losses.items()}
            with self.log_path.open("a") as file:
                file.write(json.dumps(line) + "\n")
        if self.step % self.config.preview_every == 0 or last:
            self.recipe.preview(self.ema).save(self.config.out / f"preview_{self.step:06d}.jpg", quality=90)
        if self.step % self.config.save_every == 0 or last:
            self.save()


def _learning_rate(step: int, config: LoopConfig) -> float:
    """Linear warm-up, then a half cosine down to 2 % at the last step."""
    warmup = min(WARMUP_STEPS, config.steps // 10 + 1)
    if step < warmup:
        return config.learning_rate * (step + 1) / warmup
    progress = (step - warmup) / max(1, config.steps - warmup)
    return config.learning_rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))
