"""Losses against plain loops in float64, their gradients, and what they must not depend on."""

import itertools

import cv2
import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from styletransfer import losses


def gram_by_hand(features: np.ndarray) -> np.ndarray:
    n, c, h, w = features.shape
    result = np.zeros((n, c, c))
    for k, i, j, y, x in itertools.product(range(n), range(c), range(c), range(h), range(w)):
        result[k, i, j] += features[k, i, y, x] * features[k, j, y, x] / (h * w)
    return result


def content_by_hand(features: np.ndarray, target: np.ndarray) -> float:
    ratios = [np.mean((f - t) ** 2) / np.mean((t - t.mean()) ** 2) for f, t in zip(features, target, strict=True)]
    return float(np.mean(ratios))


def test_gram_by_hand():
    features = torch.randn(2, 3, 4, 5)
    np.testing.assert_allclose(losses.gram(features), gram_by_hand(features.double().numpy()), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_gram_gradient_is_that_of_its_formula(dtype):
    features = torch.randn(2, 3, 4, 5).to(dtype).requires_grad_()
    weights = torch.randn(2, 3, 3)
    (found,) = torch.autograd.grad((losses.gram(features) * weights).sum(), features)
    plain = features.detach().double().requires_grad_()
    formula = torch.einsum("nihw,njhw->nij", plain, plain) / 20
    (expected,) = torch.autograd.grad((formula * weights).sum(), plain)
    assert losses.gram(features).dtype == torch.float32
    assert found.dtype == dtype
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=1e-6 if dtype == torch.float32 else 1e-2)


def test_content_loss_by_hand():
    features, target = torch.randn(3, 2, 4, 5), torch.randn(3, 2, 4, 5) * torch.tensor([1.0, 5, 0.2]).view(3, 1, 1, 1) + 2
    expected = content_by_hand(features.double().numpy(), target.double().numpy())
    assert float(losses.content_loss(features, target)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("targets", [1, 3])
def test_gram_losses_by_hand(targets):
    matrix, target = torch.randn(3, 4, 4), torch.randn(targets, 4, 4)
    a, b = matrix.double().numpy(), np.broadcast_to(target.double().numpy(), (3, 4, 4))
    errors = [np.sum((x - y) ** 2) / np.sum(y**2) for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(losses.gram_error(matrix, target), errors, rtol=1e-5)
    assert float(losses.gram_loss(matrix, target)) == pytest.approx(np.mean(np.sqrt(errors)), rel=1e-5)


def test_gram_loss_has_a_gradient_at_its_minimum():
    matrix = torch.randn(1, 3, 3).requires_grad_()
    (gradient,) = torch.autograd.grad(losses.gram_loss(matrix, matrix.detach()), matrix)
    assert gradient.isfinite().all()


def test_total_variation_by_hand():
    image = torch.rand(2, 3, 4, 5, dtype=torch.float64)
    rows = [
        abs(image[n, c, y + 1, x] - image[n, c, y, x]) for n in range(2) for c in range(3) for y in range(3) for x in range(5)
    ]
    columns = [
        abs(image[n, c, y, x + 1] - image[n, c, y, x]) for n in range(2) for c in range(3) for y in range(4) for x in range(4)
    ]
    assert float(losses.total_variation(image)) == pytest.approx(float(np.mean(rows) + np.mean(columns)))


def test_out_of_range_by_hand():
    image = torch.tensor([-0.5, 0.0, 0.3, 1.0, 1.25, 2.0]).view(1, 1, 2, 3)
    assert float(losses.out_of_range(image)) == pytest.approx((0.5 + 0.25 + 1) / 6)


@pytest.mark.parametrize("loss", [losses.content_loss, lambda f, t: losses.gram_loss(losses.gram(f), losses.gram(t))])
def test_gradients_against_finite_differences(loss):
    features, target, direction = (torch.randn(2, 3, 5, 4) for _ in range(3))
    features.requires_grad_()
    (gradient,) = torch.autograd.grad(loss(features, target), features)
    step = 1e-2
    with torch.no_grad():
        difference = (loss(features + step * direction, target) - loss(features - step * direction, target)) / (2 * step)
    assert float((gradient * direction).sum()) == pytest.approx(float(difference), rel=1e-2)


@pytest.mark.parametrize("loss", [losses.total_variation, losses.out_of_range, losses.lab])
def test_gradients_of_pixel_losses(loss):
    image = torch.rand(1, 3, 3, 4, dtype=torch.float64) * 1.4 - 0.2 if loss is not losses.lab else torch.rand(1, 3, 3, 4).double()
    assert gradcheck(loss, image.requires_grad_())


@pytest.mark.parametrize("loss", [losses.content_loss, lambda f, t: losses.gram_loss(losses.gram(f), losses.gram(t))])
def test_scale_and_size_do_not_count(loss):
    features, target = torch.randn(2, 3, 6, 6), torch.randn(2, 3, 6, 6)
    expected = float(loss(features, target))
    assert expected > 0.1
    assert float(loss(7 * features, 7 * target)) == pytest.approx(expected, rel=1e-4)
    assert float(loss(features.repeat(1, 1, 2, 3), target.repeat(1, 1, 2, 3))) == pytest.approx(expected, rel=1e-4)


def test_total_variation_does_not_count_pixels():
    def slope(height, width):
        return (0.01 * torch.arange(height)[:, None] + 0.03 * torch.arange(width)).expand(1, 3, -1, -1)

    assert float(losses.total_variation(slope(9, 7))) == pytest.approx(0.04, rel=1e-4)
    assert float(losses.total_variation(slope(18, 5))) == pytest.approx(0.04, rel=1e-4)


def test_lab_is_opencvs():
    dark = np.random.default_rng(0).random((20, 20, 3), np.float32) * 0.06
    rgb = np.concatenate([np.random.default_rng(1).random((40, 20, 3), np.float32), dark, np.zeros((1, 20, 3), np.float32)])
    expected = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB) / 100
    found = losses.lab(torch.from_numpy(rgb).permute(2, 0, 1)[None])[0].permute(1, 2, 0)
    np.testing.assert_allclose(found, expected, atol=5e-3)  # OpenCV interpolates in a table
    assert np.abs(found.numpy() - expected).mean() < 1e-3


@pytest.mark.parametrize(
    ("rgb", "lab"), [((1, 1, 1), (100, 0, 0)), ((1, 0, 0), (53.24, 80.09, 67.20)), ((0, 0, 1), (32.30, 79.19, -107.86))]
)
def test_lab_of_known_colors(rgb, lab):
    found = losses.lab(torch.tensor(rgb, dtype=torch.float64).view(1, 3, 1, 1)).flatten()
    np.testing.assert_allclose(100 * found, lab, atol=0.02)


def test_color_directions_are_unit_vectors_and_always_the_same():
    directions = losses.color_directions(8)
    torch.testing.assert_close(directions.norm(dim=0), torch.ones(8))
    torch.manual_seed(5)
    assert torch.equal(losses.color_directions(8), directions)


def test_color_quantiles_by_hand():
    image, directions = torch.rand(2, 3, 256, 128), losses.color_directions(4)
    found = losses.color_quantiles(image, directions)
    half = image.double().unflatten(3, (64, 2)).unflatten(2, (128, 2)).mean(dim=(3, 5))
    rows = np.linspace(0, 127, 64).astype(int)
    colors = losses.lab(half[:, :, rows]).permute(0, 2, 3, 1).reshape(2, 64 * 64, 3)
    expected = np.sort(colors.numpy() @ directions.double().numpy(), axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_color_loss_is_the_distance_of_the_palettes():
    directions = losses.color_directions(32)
    picture = torch.rand(1, 3, 128, 128)
    shuffled = picture.flatten(2).unflatten(2, (64, 2, 64, 2)).flip(2, 4).flatten(2).view_as(picture)  # blocks of 2x2 stay whole
    quantiles = losses.color_quantiles(picture, directions)
    assert float(losses.color_loss(quantiles, quantiles)) == 0
    assert float(losses.color_loss(losses.color_quantiles(shuffled, directions), quantiles)) == pytest.approx(0, abs=1e-6)

    plain = torch.zeros(1, 4096, 32)
    for outermost in (slice(-4, None), slice(4)):  # four points of a foreign colour
        blob = plain.clone()
        blob[:, outermost] = 1.0 if outermost.start else -1.0
        assert float(losses.color_loss(blob, plain)) == pytest.approx(4 / 4096 + 4 / 16)

    red, blue = (torch.tensor(color).view(1, 3, 1, 1) for color in ([0.8, 0.1, 0.1], [0.1, 0.1, 0.8]))
    difference = (losses.lab(red) - losses.lab(blue)).flatten() @ directions
    expected = 2 * difference.abs().mean()  # all colours, and the outermost ones
    found = losses.color_loss(*(losses.color_quantiles(c.expand(1, 3, 128, 128), directions) for c in (red, blue)))
    assert float(found) == pytest.approx(float(expected), rel=1e-4)
