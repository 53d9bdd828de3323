"""Channel statistics by way of OpenVINO against PyTorch."""

import numpy as np
import pytest
import torch

from styletransfer.encoders import Encoder, compact_vgg
from styletransfer.networks import STATISTICS_LAYERS
from styletransfer.runtime import statistics
from styletransfer.runtime.statistics import choose_measure

PLAIN = Encoder((1, 1, 1, 1, 1), width_divisor=8)


def pixels(count: int = 1, height: int = 64, width: int = 80) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, height, width, 3), np.uint8)


@pytest.mark.parametrize(("encoder", "layers"), [(compact_vgg(), STATISTICS_LAYERS), (PLAIN, ("relu1_1", "relu2_1"))])
@pytest.mark.parametrize("size", [(1, 64, 80), (2, 65, 70)])
def test_openvino_finds_what_pytorch_finds(encoder, layers, size):
    measure = statistics._openvino_measure(encoder, layers, "f32")
    expected = statistics._torch_measure(encoder, layers)(pixels(*size))
    torch.testing.assert_close(measure(pixels(*size)), expected, rtol=1e-3, atol=1e-4)


def test_the_choice_agrees_with_pytorch():
    encoder = compact_vgg()
    expected = statistics._torch_measure(encoder, STATISTICS_LAYERS)(pixels())
    found = choose_measure(encoder, STATISTICS_LAYERS)(pixels())
    assert found.shape == (1, 1920)
    assert (found - expected).abs().mean() <= statistics.TOLERANCE * expected.abs().mean()


def raising(*_):
    raise RuntimeError("no such instruction")


@pytest.mark.parametrize(
    ("instead", "message"),
    [(raising, "no such instruction"), (lambda *_: lambda pixels: torch.ones(1, 1920), "differ from fp32 by")],
)
def test_trouble_leaves_pytorch(instead, message, monkeypatch, caplog):
    encoder = compact_vgg()
    monkeypatch.setattr(statistics, "_openvino_measure", instead)
    found = choose_measure(encoder, STATISTICS_LAYERS)(pixels())
    assert torch.equal(found, statistics._torch_measure(encoder, STATISTICS_LAYERS)(pixels()))
    assert message in caplog.text
