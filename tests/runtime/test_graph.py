"""The OpenVINO graph against PyTorch, for every form of the network."""

import numpy as np
import pytest
import torch

from styletransfer.networks import TransformConfig
from styletransfer.runtime.backends import TOLERANCE, OpenVinoBackend, StyleParameters, TorchBackend, openvino_precision
from styletransfer.runtime.graph import _cell_taps

FORMS = [
    TransformConfig(4, norm, upsampling, output)
    for norm in ("instance", "batch", "conditional")
    for upsampling in ("nearest", "transposed")
    for output in ("linear", "tanh")
]


SPOT = TransformConfig(4, clamped=False)


def pixels(count: int = 1, height: int = 48, width: int = 36) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, height, width, 3), np.uint8)


def difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.abs(a.astype(int) - b)


def test_a_network_that_is_not_clamped(make_network):
    """A bright spot on black is where it shows."""
    photo = np.zeros((1, 48, 36, 3), np.uint8)
    photo[:, 20:22, 20:22] = 255
    network = make_network(SPOT)
    style = StyleParameters(network.affine.detach()[1:2])
    expected = TorchBackend(network.transform, torch.device("cpu"), torch.float32)(photo, style)[0]
    assert difference(OpenVinoBackend(network.transform, "f32")(photo, style)[0], expected).max() <= 1
    clamped = make_network(TransformConfig(4)).transform
    clamped.load_state_dict(network.transform.state_dict())
    assert difference(OpenVinoBackend(clamped, "f32")(photo, style)[0], expected).max() > 10


@pytest.mark.parametrize("config", FORMS, ids=str)
def test_f32_agrees_with_pytorch(make_network, config):
    network = make_network(config)
    affine, photo, other = network.affine.detach()[1:2], pixels(), pixels(height=16)
    ours = OpenVinoBackend(network.transform, "f32")
    reference = TorchBackend(network.transform, torch.device("cpu"), torch.float32)
    _, before = reference(other, StyleParameters(affine))
    for identity, share in ((0.0, 1.0), (0.3, 1.0), (0.3, 0.2), (0.3, 0.0)):
        style = StyleParameters(affine, identity=identity)
        painted, used = ours(photo, style, before, share)
        expected, expected_used = reference(photo, style, before, share)
        assert painted.dtype == np.uint8 and painted.shape == photo.shape
        assert difference(painted, expected).max() <= 1
        assert expected.std() > 5 and difference(expected, photo).mean() > 10  # something was painted
        torch.testing.assert_close(used, expected_used, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("kernel", "stride", "upsample", "in_cell", "out_cell"), [
    (9, 1, 1, 1, 2), (3, 2, 1, 2, 1), (3, 2, 1, 1, 1), (3, 1, 1, 1, 1), (3, 1, 2, 1, 2), (9, 1, 1, 2, 4), (5, 1, 1, 2, 2),
])  # fmt: skip
def test_a_convolution_on_cells_is_one_on_pixels(kernel, stride, upsample, in_cell, out_cell):
    """Along a row, away from its ends."""
    rng = np.random.default_rng(0)
    pixels, taps = rng.random(64), rng.random(kernel)
    row, before, after, cell_stride = _cell_taps(kernel, stride, upsample, in_cell, out_cell)
    size, filters = before + after + cell_stride, np.einsum("pqct,t->pqc", row, taps)
    cells = pixels.reshape(-1, in_cell)
    for i in range(6, 10):
        window = cells[i * cell_stride - before : i * cell_stride - before + size]
        for p in range(out_cell):
            reads = [(stride * (out_cell * i + p) + t - kernel // 2) // upsample for t in range(kernel)]
            assert (filters[p] * window.T).sum() == pytest.approx(sum(taps[t] * pixels[k] for t, k in enumerate(reads)))


@pytest.mark.parametrize("identity", [0.0, 0.3, 1.0])
def test_identity_is_the_photos_share(make_network, identity):
    network = make_network(TransformConfig(4, norm="conditional"))
    style, photo = StyleParameters(network.affine.detach()[1:2], identity=identity), pixels()
    for backend in (
        OpenVinoBackend(network.transform, "f32"),
        TorchBackend(network.transform, torch.device("cpu"), torch.float32),
    ):
        with torch.no_grad():
            x = torch.from_numpy(photo).permute(0, 3, 1, 2) / 255
            expected = identity * x + (1 - identity) * network.transform(x, style.affine)
        expected = (expected.clamp(0, 1) * 255).round().permute(0, 2, 3, 1).numpy()
        assert difference(backend(photo, style)[0], expected).max() <= (0 if identity == 1 else 1)


def test_sizes_and_batches(make_network):
    network = make_network(TransformConfig(4, norm="conditional"), 2)
    ours = OpenVinoBackend(network.transform, "f32")
    reference = TorchBackend(network.transform, torch.device("cpu"), torch.float32)
    for row, photo in enumerate((pixels(1, 16, 16), pixels(2, 40, 64), pixels(2, 20, 24))):
        style = StyleParameters(network.affine.detach()[row : row + 1])
        for i in range(len(photo)):
            assert difference(ours(photo, style)[0][i], reference(photo[i : i + 1], style)[0][0]).max() <= 1


@pytest.mark.skipif(openvino_precision() != "bf16", reason="this processor has no bf16")
@pytest.mark.parametrize("norm", ["instance", "conditional"])
def test_bf16_is_within_the_tolerance(make_network, norm):
    network = make_network(TransformConfig(4, norm=norm))
    style, photo = StyleParameters(network.affine.detach()[1:2]), pixels(1, 96, 96)
    expected, _ = TorchBackend(network.transform, torch.device("cpu"), torch.float32)(photo, style)
    assert difference(OpenVinoBackend(network.transform, "bf16")(photo, style)[0], expected).mean() <= TOLERANCE
