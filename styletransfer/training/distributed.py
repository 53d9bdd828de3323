"""Training in several processes: each takes its part of every batch, and their gradients are averaged (PyTorch DDP)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

TIMEOUT = timedelta(minutes=10)  # for a process to come to the same step


def world_size() -> int:
    """How many processes ``torchrun`` started; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", 1))


def is_main() -> bool:
    """Whether this process writes the files."""
    return int(os.environ.get("RANK", 0)) == 0


@contextlib.contextmanager
def process_group(device: torch.device) -> Iterator[torch.device]:
    """Join the others, if there are some. Yields the device of this process."""
    if world_size() == 1:
        yield device
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=TIMEOUT)
    try:
        yield device
    finally:
        dist.destroy_process_group()


def part(batch: dict[str, Tensor], size: int) -> dict[str, Tensor]:
    """This process's part of a batch of ``size``; what belongs to all of it (a number, say) is everyone's."""
    each, rank = size // world_size(), int(os.environ.get("RANK", 0))
    return {
        name: value[rank * each : (rank + 1) * each] if value.ndim and len(value) == size else value
        for name, value in batch.items()
    }


class _Losses(nn.Module):
    """The losses as a module, which is what DDP wraps."""

    def __init__(self, network: nn.Module, losses: Callable[[dict[str, Tensor]], dict[str, Tensor]]) -> None:
        super().__init__()
        self.network, self.losses = network, losses

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        return self.losses(batch)


def with_averaged_gradients(network: nn.Module, losses: Callable[..., Any]) -> Callable[..., Any]:
    """``losses(batch)``, whose gradients are those of all processes together once they reach the weights."""
    if world_size() == 1:
        return losses
    # A recipe may leave weights out for some steps: those of a style that no picture of the batch has.
    return DistributedDataParallel(_Losses(network, losses), find_unused_parameters=True)


@torch.no_grad()
def averaged(losses: dict[str, Tensor]) -> dict[str, Tensor]:
    """The loss terms over all processes."""
    if world_size() == 1:
        return losses
    values = torch.stack([value.detach().float() for value in losses.values()])
    dist.all_reduce(values)
    return dict(zip(losses, (values / world_size()).unbind(), strict=True))
