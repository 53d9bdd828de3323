"""Two processes under torchrun train as one does with the whole batch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from styletransfer.errors import TrainingError
from styletransfer.networks import TransformConfig, TransformNet
from styletransfer.training.distributed import part
from styletransfer.training.loop import LoopConfig, train

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch
import torch
from PIL import Image
from styletransfer.networks import TransformConfig, TransformNet
from styletransfer.training.loop import LoopConfig, train

@dataclass(frozen=True)
class Config:
    seed: int = 0

class Recipe:
    def __init__(self):
        torch.manual_seed(0)
        self.network, self.config = TransformNet(TransformConfig(base=4)), Config()
    def optimizer(self, weight_decay):
        return torch.optim.AdamW([{"params": list(self.network.parameters()), "scale": 1.0}])
    def to(self, device, dtype):
        pass
    def batch(self, step):
        generator = torch.Generator().manual_seed(step)
        return {"image": torch.rand(4, 3, 16, 16, generator=generator), "fade": torch.tensor(0.5)}
    def losses(self, forward, batch):
        painted = forward(batch["image"])
        return {"copy": (painted - batch["image"]).square().mean(), "bright": batch["fade"] * painted.square().mean()}
    def preview(self, network):
        return Image.new("RGB", (8, 8))
    def export(self, network, path, notes):
        torch.save(network.state_dict(), path)

with patch("styletransfer.training.loop.training_device", lambda: torch.device("cpu")):
    torch.set_num_threads(1)
    train(Recipe(), LoopConfig(Path(sys.argv[1]), steps=30, batch_size=4, precision="fp32", learning_rate=1e-3))
"""


def run(folder: Path, *launcher: str) -> tuple[list[dict], dict]:
    program = folder / "program.py"
    program.write_text(PROGRAM)
    out = folder / f"out{len(launcher)}"
    command = [sys.executable, *launcher, str(program), str(out)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return lines, torch.load(out / "network.safetensors", weights_only=True)


def test_two_processes_have_the_loss_curve_of_one_with_twice_the_batch(tmp_path):
    (alone, weights), (together, shared) = run(tmp_path), run(
        tmp_path, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"
    )  # fmt: skip
    assert [line["step"] for line in together] == [line["step"] for line in alone] == [10, 20, 30]
    for one, both in zip(alone, together, strict=True):
        for name in ("copy", "bright", "grad"):
            assert both[name] == pytest.approx(one[name], rel=5e-3)
    assert alone[-1]["copy"] < 0.98 * alone[0]["copy"]
    network, image, painted = TransformNet(TransformConfig(base=4)), torch.rand(1, 3, 16, 16), []
    for state in (weights, shared):  # single biases before a norm are free to wander
        network.load_state_dict(state)
        painted.append(network(image).detach())
    assert (painted[0] - painted[1]).abs().mean() < 0.01


def test_each_process_takes_its_part(monkeypatch):
    batch = {"image": torch.arange(6).view(6, 1), "fade": torch.tensor(0.5), "other": torch.arange(4)}
    assert part(batch, 6)["image"].tolist() == batch["image"].tolist()
    monkeypatch.setenv("WORLD_SIZE", "3")
    monkeypatch.setenv("RANK", "1")
    mine = part(batch, 6)
    assert mine["image"].flatten().tolist() == [2, 3] and mine["fade"] == 0.5 and len(mine["other"]) == 4


def test_a_batch_that_cannot_be_shared_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(TrainingError, match="3 processes"):
        train(None, LoopConfig(tmp_path, steps=1, batch_size=4))
