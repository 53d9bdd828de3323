"""The OpenVINO graph against PyTorch, for every form of the network."""

import numpy as np
import pytest
import torch

from styletransfer.networks import TransformConfig, fold_statistics
from styletransfer.runtime.backends import TOLERANCE, OpenVinoBackend, TorchBackend, _openvino_precision

FORMS = [
    TransformConfig(4, norm, upsampling, output)
    for norm in ("instance", "batch", "conditional")
    for upsampling in ("nearest", "transposed")
    for output in ("linear", "tanh")
]


def pixels(count: int = 1, height: int = 48, width: int = 36) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, height, width, 3), np.uint8)


def difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.abs(a.astype(int) - b)


@pytest.mark.parametrize("config", FORMS, ids=str)
def test_f32_agrees_with_pytorch(make_network, config):
    network = make_network(config)
    affine, photo = network.affine.detach()[1:2], pixels()
    folded = fold_statistics(network.transform, torch.from_numpy(photo).permute(0, 3, 1, 2).float() / 255, affine)
    ours = OpenVinoBackend(network.transform, "f32")
    reference = TorchBackend(network.transform, torch.device("cpu"), torch.float32)
    for given, identity, normalize in ((affine, 0.0, True), (affine, 0.3, True), (folded, 0.3, False)):
        painted = ours(photo, given, identity, normalize)
        expected = reference(photo, given, identity, normalize)
        assert painted.dtype == np.uint8 and painted.shape == photo.shape
        assert difference(painted, expected).max() <= 1
        assert expected.std() > 5 and difference(expected, photo).mean() > 10  # something was painted
    whole = ours(photo, affine, 0.3, True)
    assert difference(painted, whole).max() <= 1  # the folded graph on the picture it was folded for


@pytest.mark.parametrize("identity", [0.0, 0.3, 1.0])
def test_identity_is_the_photos_share(make_network, identity):
    network = make_network(TransformConfig(4, norm="conditional"))
    affine, photo = network.affine.detach()[1:2], pixels()
    for backend in (
        OpenVinoBackend(network.transform, "f32"),
        TorchBackend(network.transform, torch.device("cpu"), torch.float32),
    ):
        with torch.no_grad():
            x = torch.from_numpy(photo).permute(0, 3, 1, 2) / 255
            expected = identity * x + (1 - identity) * network.transform(x, affine)
        expected = (expected.clamp(0, 1) * 255).round().permute(0, 2, 3, 1).numpy()
        assert difference(backend(photo, affine, identity, True), expected).max() <= (0 if identity == 1 else 1)


def test_one_graph_serves_all_sizes_and_batches(make_network):
    network = make_network(TransformConfig(4, norm="conditional"), 2)
    ours = OpenVinoBackend(network.transform, "f32")
    reference = TorchBackend(network.transform, torch.device("cpu"), torch.float32)
    for photo, rows in ((pixels(1, 16, 16), slice(1, 2)), (pixels(2, 40, 64), slice(1, 3)), (pixels(2, 20, 24), slice(2, 3))):
        affine = network.affine.detach()[rows]
        assert difference(ours(photo, affine, 0.0, True), reference(photo, affine, 0.0, True)).max() <= 1


@pytest.mark.skipif(_openvino_precision() != "bf16", reason="this processor has no bf16")
@pytest.mark.parametrize("norm", ["instance", "conditional"])
def test_bf16_is_within_the_tolerance(make_network, norm):
    network = make_network(TransformConfig(4, norm=norm))
    affine, photo = network.affine.detach()[1:2], pixels(1, 96, 96)
    expected = TorchBackend(network.transform, torch.device("cpu"), torch.float32)(photo, affine, 0.0, True)
    assert difference(OpenVinoBackend(network.transform, "bf16")(photo, affine, 0.0, True), expected).mean() <= TOLERANCE
