"""The training loop with a toy recipe: resume, EMA, schedule, clipping, log, and how it ends when it must."""

import json
from copy import deepcopy
from dataclasses import dataclass, replace

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn

from styletransfer.errors import TrainingError
from styletransfer.training import loop
from styletransfer.training.loop import LoopConfig, train

pytestmark = pytest.mark.usefixtures("on_cpu")


@dataclass(frozen=True)
class ToyConfig:
    seed: int = 0


class Toy(nn.Module):
    """With what the real networks have: convolutions, a free parameter, running statistics, a counter."""

    def __init__(self, channels: int = 4) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, channels, 3), nn.BatchNorm2d(channels)
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, image):
        return self.norm(self.conv(image)) * self.scale


class ToyRecipe:
    """``events`` {step: exception or loss} happen when a step's losses are asked for; ``seen`` keeps the weights before it."""

    def __init__(self, events=None, channels: int = 4) -> None:
        torch.manual_seed(0)
        self.network, self.config, self.events, self.seen = Toy(channels), ToyConfig(), events or {}, []

    def optimizer(self, weight_decay):
        convolution = {"params": list(self.network.conv.parameters()), "scale": 1.0}
        others = {"params": [*self.network.norm.parameters(), self.network.scale], "scale": 8.0}
        return torch.optim.AdamW([convolution, others], weight_decay=weight_decay)

    def to(self, device, dtype):
        self.dtype = dtype

    def batch(self, step):
        return {"image": torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(step)), "step": torch.tensor(step)}

    def losses(self, forward, batch):
        self.seen.append(deepcopy(self.network.state_dict()))
        event = self.events.get(int(batch["step"]), 1.0)
        if isinstance(event, BaseException):
            raise event
        painted = forward(batch["image"]).float()
        return {"square": event * (painted - 1).square().mean(), "mean": painted.mean().abs()}

    def preview(self, network):
        return Image.new("RGB", (8, 8), "teal")

    def export(self, network, path, notes):
        save_file({key: value.contiguous() for key, value in network.state_dict().items()}, path, {"notes": json.dumps(notes)})


@pytest.fixture
def config(tmp_path) -> LoopConfig:
    return LoopConfig(tmp_path / "run", steps=6, precision="fp32", save_every=2, preview_every=4)


def last(config: LoopConfig) -> dict:
    return torch.load(config.out / "last.pt", weights_only=True)


def logged(config: LoopConfig) -> list[dict]:
    return [json.loads(line) for line in (config.out / "log.jsonl").read_text().splitlines()]


def assert_same(a, b):
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        for key in a:
            assert_same(a[key], b[key])
    elif isinstance(a, torch.Tensor):
        assert torch.equal(a, b)
    elif isinstance(a, list):
        for one, other in zip(a, b, strict=True):
            assert_same(one, other)
    else:
        assert a == b


@pytest.mark.parametrize("how", ["crash", "stop"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_resumed_training_is_the_uninterrupted_one_bit_for_bit(config, tmp_path, how, precision):
    config = replace(config, precision=precision)
    whole = replace(config, out=tmp_path / "whole")
    train(ToyRecipe(), whole)
    if how == "crash":
        with pytest.raises(RuntimeError, match="power"):
            train(ToyRecipe({3: RuntimeError("power")}), config)
        assert last(config)["step"] == 2
    else:
        train(ToyRecipe({3: KeyboardInterrupt()}), config)
        assert last(config)["step"] == 3
    resumed = ToyRecipe()
    nn.init.zeros_(resumed.network.conv.weight)  # what counts is the checkpoint
    path = train(resumed, config)
    for key in ("network", "ema", "optimizer", "step"):
        assert_same(last(config)[key], last(whole)[key])
    assert_same(load_file(path), load_file(whole.out / "network.safetensors"))
    assert not torch.equal(last(whole)["network"]["conv.weight"], ToyRecipe().network.conv.weight)


def test_a_finished_training_is_only_exported_again(config):
    path = train(ToyRecipe(), config)
    before = load_file(path)
    path.unlink()
    again = ToyRecipe()
    assert_same(load_file(train(again, config)), before)
    assert again.seen == []


def test_export_gets_the_average_and_notes(config):
    path = train(ToyRecipe(), config)
    assert path == config.out / "network.safetensors"
    assert_same(load_file(path), last(config)["ema"])
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        notes = json.loads(file.metadata()["notes"])
    assert notes["steps"] == 6
    assert notes["recipe"] == {"seed": 0}
    assert notes["loop"]["out"] == "run" and notes["loop"]["learning_rate"] == 1e-3


@pytest.mark.parametrize("decay", [0.3, 0.999])
def test_the_average_by_hand(config, decay):
    config = replace(config, ema_decay=decay)
    recipe = ToyRecipe()
    train(recipe, config)
    average = recipe.seen[0]
    for step, state in enumerate([*recipe.seen[1:], recipe.network.state_dict()], start=1):
        share = min(decay, (1 + step) / (10 + step))
        average = {key: share * average[key].double() + (1 - share) * state[key].double() for key in state}
    state = last(config)["ema"]
    for key in ("conv.weight", "scale", "norm.running_var"):
        torch.testing.assert_close(state[key].double(), average[key], rtol=1e-5, atol=1e-7)
    assert int(state["norm.num_batches_tracked"]) == 6


def test_learning_rate_warms_up_and_falls_as_a_cosine(tmp_path):
    config = LoopConfig(tmp_path, steps=2000, learning_rate=0.5)
    rates = [loop._learning_rate(step, config) for step in range(2001)]
    assert rates[:100] == pytest.approx([0.5 * (step + 1) / 100 for step in range(100)])
    assert max(rates) == rates[100] == 0.5
    assert rates[100:] == sorted(rates[100:], reverse=True)
    assert rates[1050] == pytest.approx(0.5 * 0.51)
    assert rates[2000] == pytest.approx(0.5 * 0.02)


@pytest.mark.parametrize("steps", [1, 2, 10])
def test_learning_rate_of_short_trainings(tmp_path, steps):
    config = LoopConfig(tmp_path, steps=steps)
    rates = [loop._learning_rate(step, config) for step in range(steps)]
    assert all(0.02 * config.learning_rate <= rate <= config.learning_rate for rate in rates)
    assert max(rates) == config.learning_rate


def test_groups_have_their_own_rates(config):
    config = replace(config, weight_decay=0.25)
    train(ToyRecipe(), config)
    groups = last(config)["optimizer"]["param_groups"]
    assert [group["lr"] for group in groups] == pytest.approx([loop._learning_rate(5, config) * scale for scale in (1, 8)])
    assert [group["weight_decay"] for group in groups] == [0.25, 0.25]


def test_gradients_are_clipped(config):
    recipe = ToyRecipe(dict.fromkeys(range(6), 1e6))
    train(recipe, replace(config, clip_norm=0.01))
    norm = torch.stack([p.grad.norm() for p in recipe.network.parameters()]).norm()
    assert float(norm) == pytest.approx(0.01, rel=1e-2)
    assert logged(config)[-1]["grad"] > 1000  # the log has it as it was


def test_log_has_a_line_per_ten_steps_and_none_twice(config):
    config = replace(config, steps=25, save_every=8)
    with pytest.raises(RuntimeError, match="power"):
        train(ToyRecipe({13: RuntimeError("power")}), config)
    assert [line["step"] for line in logged(config)] == [10]
    assert last(config)["step"] == 8
    train(ToyRecipe(), config)
    lines = logged(config)
    assert [line["step"] for line in lines] == [10, 20, 25]
    assert set(lines[0]) == {"step", "seconds", "lr", "grad", "square", "mean"}
    assert lines[0]["lr"] == pytest.approx(loop._learning_rate(9, config))
    assert lines[-1]["square"] < lines[0]["square"]


def test_a_log_without_a_checkpoint_is_started_anew(config):
    config.out.mkdir()
    (config.out / "log.jsonl").write_text('{"step": 10}\n')
    train(ToyRecipe(), config)
    assert [line["step"] for line in logged(config)] == [6]


def test_previews_are_written(config):
    train(ToyRecipe(), config)
    names = sorted(path.name for path in config.out.glob("*.jpg"))
    assert names == ["preview_000004.jpg", "preview_000006.jpg"]
    with Image.open(config.out / names[0]) as preview:
        assert preview.size == (8, 8)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_ends_it_with_the_last_good_state(config, value):
    with pytest.raises(TrainingError, match=r"not finite at step 4 .*square (nan|inf).*last\.pt"):
        train(ToyRecipe({3: value}), replace(config, save_every=1))
    state = last(config)
    assert state["step"] == 3
    assert all(tensor.isfinite().all() for tensor in state["network"].values())
    assert not (config.out / "network.safetensors").exists()


def test_a_gradient_that_is_not_finite_ends_it_too(config):
    class Spike(ToyRecipe):
        def losses(self, forward, batch):
            terms = super().losses(forward, batch)
            zero = 0 * self.network.scale.sum()
            return terms | {"spike": zero.sqrt() if int(batch["step"]) == 2 else zero}

    with pytest.raises(TrainingError, match=r"gradient is not finite at step 3 .*Nothing was saved yet"):
        train(Spike(), replace(config, save_every=100))


def test_stopping_by_hand_saves_and_exports(config):
    path = train(ToyRecipe({5: KeyboardInterrupt()}), replace(config, save_every=100))
    assert last(config)["step"] == 5
    assert_same(load_file(path), last(config)["ema"])


@pytest.mark.parametrize("content", ["another network", "not of a training", "junk", "cut short"])
def test_a_checkpoint_of_something_else_is_refused(config, content):
    config.out.mkdir()
    path = config.out / "last.pt"
    if content == "another network":
        train(ToyRecipe(channels=5), config)
    elif content == "not of a training":
        torch.save({"weight": torch.ones(3)}, path)
    elif content == "junk":
        path.write_bytes(b"junk")
    else:
        train(ToyRecipe(), config)
        path.write_bytes(path.read_bytes()[:1000])
    before = path.read_bytes()
    with pytest.raises(TrainingError, match=r"last\.pt .*choose another output folder"):
        train(ToyRecipe(), config)
    assert path.read_bytes() == before


def test_bf16_casts_products_and_nothing_else():
    network, image = Toy().eval(), torch.rand(1, 3, 8, 8)
    forward = loop._cast_forward(network, torch.bfloat16)
    expected = network.norm(nn.functional.conv2d(image.bfloat16(), network.conv.weight.bfloat16(), network.conv.bias.bfloat16()))
    painted = forward(image)
    torch.testing.assert_close(painted, expected * network.scale, rtol=0, atol=0, check_dtype=False)
    painted.float().square().sum().backward()
    assert {p.grad.dtype for p in network.parameters()} == {torch.float32}
    assert loop._cast_forward(network, torch.float32) is network
