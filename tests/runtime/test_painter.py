"""Painter: any size, padding, tiles that do not show, many threads."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from styletransfer.networks import TransformConfig, paint_with_statistics
from styletransfer.runtime import Painter, StyleParameters, painter
from styletransfer.runtime.backends import TorchBackend


def pixels(height: int, width: int, number: int = 0) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 256, (1, height, width, 3), np.uint8)


def tensor(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(values).permute(0, 3, 1, 2).float() / 255


def difference(a: np.ndarray, b: np.ndarray) -> int:
    return int(np.abs(a.astype(int) - b).max())


@pytest.fixture
def small_tiles(monkeypatch):
    """Everything is large."""
    monkeypatch.setattr(painter, "WHOLE_PIXELS", 0)
    monkeypatch.setattr(painter, "TILE_SIDE", 64)
    monkeypatch.setattr(painter, "SAMPLE_SIDE", 32)
    monkeypatch.setattr(painter, "SAMPLE_GRID", 2)


@pytest.fixture
def paint(network, style):
    """A painter in fp32."""
    return Painter(network.transform, style, TorchBackend(network.transform, torch.device("cpu"), torch.float32))


@pytest.mark.parametrize("size", [(1, 1), (5, 300), (17, 23), (64, 48)])
def test_every_size_is_the_network_on_a_padded_picture(paint, network, style, size):
    photo = pixels(*size)
    height, width = (max(16, side + -side % 4) for side in size)
    padded = np.pad(photo, ((0, 0), (0, height - size[0]), (0, width - size[1]), (0, 0)), "symmetric")
    with torch.no_grad():
        expected = 0.3 * tensor(padded) + 0.7 * network.transform(tensor(padded), style.affine)
    expected = (expected.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()[:, : size[0], : size[1]]
    painted = paint(photo, replace(style, identity=0.3))
    assert painted.shape == photo.shape and painted.dtype == np.uint8
    assert difference(painted, expected) <= 1


@pytest.mark.parametrize(
    ("norm", "size"),
    [
        ("conditional", (131, 203)),
        ("conditional", (5, 300)),
        ("conditional", (64, 64)),
        ("instance", (70, 90)),
        ("batch", (70, 90)),
    ],
)
def test_tiles_equal_the_whole_picture(make_network, small_tiles, monkeypatch, norm, size):
    """With statistics measured on the whole picture the tiles are the whole picture."""
    network, photo = make_network(TransformConfig(4, norm=norm)), pixels(*size)
    style = StyleParameters(network.affine.detach()[1:2])
    paint = Painter(network.transform, style, TorchBackend(network.transform, torch.device("cpu"), torch.float32))
    monkeypatch.setattr(painter, "_samples", tensor)
    tiled = paint(photo, style)
    monkeypatch.setattr(painter, "WHOLE_PIXELS", 10**6)
    assert difference(tiled, paint(photo, style)) <= 1


def test_tiles_share_the_statistics_of_the_samples(paint, network, style, small_tiles):
    photo = pixels(160, 200)
    nothing = torch.zeros(1, 2, 200)
    _, statistics = paint_with_statistics(network.transform, painter._samples(photo), style.affine, nothing, 1.0, {}, True)
    expected, _ = paint.backend(photo, style, statistics, 0.0)
    assert difference(paint(photo, style), expected) <= 1


@pytest.mark.parametrize("norm", ["conditional", "instance", "batch"])
def test_tiles_with_the_backend_of_this_machine(make_network, small_tiles, monkeypatch, norm):
    network, photo = make_network(TransformConfig(4, norm=norm)), pixels(50, 90)
    style = StyleParameters(network.affine.detach()[1:2])
    paint = Painter(network.transform, style)
    monkeypatch.setattr(painter, "_samples", tensor)
    tiled = paint(photo, style)
    monkeypatch.setattr(painter, "WHOLE_PIXELS", 10**6)
    assert np.abs(tiled.astype(int) - paint(photo, style)).mean() < 3


@pytest.mark.parametrize("size", [(1024, 1028), (2052, 1500), (16, 3000)])
def test_tiles_cover_every_pixel_once_with_margins(size):
    seen, block = np.zeros((1, *size), int), np.arange(size[0] * size[1]).reshape(1, *size)
    for inner, outer, crop in painter._tiles(*size):
        seen[inner] += 1
        assert block[outer].shape == block[next(painter._tiles(*size))[1]].shape
        assert np.array_equal(block[outer][crop], block[inner])
        for side, into, around in zip(size, inner[1:], outer[1:], strict=True):
            assert around.start % 4 == 0 and (around.stop - around.start) % 4 == 0
            assert around.start == 0 or into.start - around.start >= 58
            assert around.stop == side or around.stop - into.stop >= 58
    assert (seen == 1).all()


@pytest.mark.parametrize(("size", "piece"), [((600, 800), (256, 256)), ((200, 13000), (200, 256)), ((3000, 16), (256, 16))])
def test_samples_are_spread_over_the_picture(size, piece, monkeypatch):
    monkeypatch.setattr(painter, "SAMPLE_SIDE", 256)
    monkeypatch.setattr(painter, "SAMPLE_GRID", 5)
    photo = pixels(*size)
    samples = painter._samples(photo)
    assert samples.shape == (25, 3, *piece)
    assert torch.equal(samples[0], tensor(photo[:, : piece[0], : piece[1]])[0])
    assert torch.equal(samples[-1], tensor(photo[:, -piece[0] :, -piece[1] :])[0])


def test_frames_of_any_size_are_painted_in_batches(network, style):
    paint = Painter(network.transform, style)
    frames = np.concatenate([pixels(33, 50, number) for number in range(3)])
    painted, used = paint.frame(frames, style, None, 1.0)
    assert painted.shape == frames.shape and used.shape[0] == 3
    for frame, each in zip(frames, painted, strict=True):
        assert np.abs(paint(frame[None], style)[0].astype(int) - each).max() <= 1


def test_progress_of_tiles(paint, style, small_tiles):
    calls = []
    paint(pixels(100, 130), style, on_tile=lambda *call: calls.append(call))
    assert calls == [(n, 6) for n in range(1, 7)]


def test_a_small_picture_has_no_tiles(paint, style):
    calls = []
    paint(pixels(20, 20), style, on_tile=lambda *call: calls.append(call))
    assert calls == []


@pytest.mark.parametrize("large", [False, True])
def test_threads_do_not_disturb_each_other(network, style, large, request):
    if large:
        request.getfixturevalue("small_tiles")
    paint = Painter(network.transform, style)
    photos = [pixels(50, 80, number) for number in range(6)]
    expected = [paint(photo, style) for photo in photos]
    with ThreadPoolExecutor(4) as pool:
        painted = list(pool.map(lambda photo: paint(photo, style), photos))
    for one, other in zip(painted, expected, strict=True):
        assert np.array_equal(one, other)
