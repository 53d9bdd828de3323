"""Backends: which one is chosen, and that PyTorch's own stands alone."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from styletransfer.networks import TransformConfig, TransformNet, pack
from styletransfer.runtime import backends
from styletransfer.runtime.backends import OpenVinoBackend, StyleParameters, TorchBackend, choose_backend, choose_torch_backend

CPU = torch.device("cpu")


class Fake:
    """Paints what PyTorch paints, ``off`` steps brighter."""

    def __init__(self, network, off: int) -> None:
        self.name, self.off, self.inner = f"off by {off}", off, TorchBackend(network, CPU, torch.float32)

    def __call__(self, *arguments):
        painted, used = self.inner(*arguments)
        return (painted.astype(int) // 2 + self.off).astype(np.uint8), used


def test_the_choice_agrees_with_pytorch(network, style):
    chosen, reference = choose_backend(network.transform, style), TorchBackend(network.transform, CPU, torch.float32)
    photo = np.random.default_rng(0).integers(0, 256, (1, 64, 48, 3), np.uint8)
    difference = chosen(photo, style)[0].astype(int) - reference(photo, style)[0]
    assert np.abs(difference).mean() <= backends.TOLERANCE
    if not torch.cuda.is_available():
        assert chosen.name.startswith("OpenVINO")


def test_for_a_forked_process_only_pytorch_is_tried(network, style, monkeypatch):
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    place = "cuda" if torch.cuda.is_available() else "cpu"
    assert choose_torch_backend(network.transform, style).name.startswith(f"PyTorch {place}")
    monkeypatch.setattr(backends.torch.cuda, "is_available", lambda: True)
    assert len(list(backends._gpu_candidates(network.transform))) == 1


def raising(error):
    def make():
        raise error

    return make


def broken(network):
    """Made without complaint, fails when used."""
    backend = Fake(network, 0)
    backend.inner = raising(RuntimeError("no such instruction"))
    backend.__class__ = type("Broken", (Fake,), {"__call__": lambda self, *_: self.inner()})
    return backend


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        (lambda network: raising(ImportError("no openvino")), "no openvino"),
        (lambda network: raising(RuntimeError("no driver")), "no driver"),
        (lambda network: lambda: broken(network), "no such instruction"),
        (lambda network: lambda: Fake(network, 50), "off by 50 differs from fp32"),
    ],
)
def test_a_backend_with_trouble_is_left_out(network, style, trouble, message, monkeypatch, caplog):
    good = TorchBackend(network.transform, CPU, torch.float32)
    makers = [trouble(network.transform)]
    monkeypatch.setattr(backends, "_candidates", lambda *_: iter(makers))
    assert choose_backend(network.transform, style).name == "PyTorch cpu float32"
    assert message in caplog.text
    makers.append(lambda: good)
    assert choose_backend(network.transform, style) is good


def test_the_first_that_agrees_is_taken(network, style, monkeypatch):
    first, second = (TorchBackend(network.transform, CPU, torch.float32) for _ in range(2))
    monkeypatch.setattr(backends, "_candidates", lambda *_: iter([lambda: first, lambda: second]))
    assert choose_backend(network.transform, style) is first


@pytest.mark.parametrize(("shift", "agrees"), [(2, True), (8, False)])
def test_the_tolerance_is_three_steps(network, style, shift, agrees, monkeypatch):
    class Shifted(TorchBackend):
        def __call__(self, *arguments):
            values, used = super().__call__(*arguments)
            return np.where(values > 127, values - np.uint8(shift), values + np.uint8(shift)), used

    backend = Shifted(network.transform, CPU, torch.float32)
    monkeypatch.setattr(backends, "_candidates", lambda *_: iter([lambda: backend]))
    assert (choose_backend(network.transform, style) is backend) == agrees


@pytest.mark.parametrize("share", [1.0, 0.0])
def test_generated_weights_come_with_every_call(share):
    """One compiled graph paints what each of two networks of its shape paints."""
    networks = [TransformNet(TransformConfig(base=4, output="palette")).eval().requires_grad_(False) for _ in range(2)]
    statistics, owned = torch.rand(1, 2, 203) + 0.5, torch.zeros(1, 2, 0)
    photo = np.random.default_rng(0).integers(0, 256, (1, 64, 48, 3), np.uint8)
    chosen = choose_backend(networks[0], StyleParameters(owned, pack(networks[0])))
    painted = [chosen(photo, StyleParameters(owned, pack(network)), statistics, share)[0] for network in networks]
    for network, picture in zip(networks, painted, strict=True):
        expected, _ = TorchBackend(network, CPU, torch.float32)(photo, StyleParameters(owned), statistics, share)
        assert np.abs(picture.astype(int) - expected).mean() <= backends.TOLERANCE
    assert np.abs(painted[0].astype(int) - painted[1]).mean() > 5


def test_graphs_of_other_sizes_make_room(network, style, monkeypatch):
    monkeypatch.setattr(backends, "GRAPH_PIXELS", 2 * 32 * 32)
    backend = OpenVinoBackend(network.transform, "f32")
    for height, kept in ((32, [32]), (16, [32, 16]), (32, [16, 32]), (20, [32, 20]), (80, [80])):
        backend(np.zeros((1, height, 32, 3), np.uint8), style)
        assert [shape[1] for shape in backend._graphs] == kept


def test_torch_backend_owns_its_weights(network, style):
    backend, photo = TorchBackend(network.transform, CPU, torch.float32), np.full((1, 16, 16, 3), 90, np.uint8)
    before, _ = backend(photo, style)
    with torch.no_grad():
        network.transform.output.conv.bias += 1
    assert np.array_equal(backend(photo, style)[0], before)


def test_torch_backend_in_bf16(network, style):
    backend = TorchBackend(network.transform, CPU, torch.bfloat16)
    photo = np.random.default_rng(0).integers(0, 256, (1, 64, 48, 3), np.uint8)
    expected, _ = TorchBackend(network.transform, CPU, torch.float32)(photo, style)
    assert backend.name == "PyTorch cpu bfloat16"
    assert np.abs(backend(photo, style)[0].astype(int) - expected).mean() <= backends.TOLERANCE


def test_the_probe_is_a_picture_and_always_the_same():
    probe = backends.probe_picture()
    assert probe.shape == (1, 96, 96, 3) and probe.dtype == np.uint8
    assert probe.std() > 30
    assert np.array_equal(probe, backends.probe_picture())


def test_openvino_reports_nothing_to_anybody():
    code = "import styletransfer.runtime, openvino, openvino.tools.ovc as ovc; print(type(ovc.telemetry).__module__)"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "openvino.tools.ovc.telemetry_stub"
