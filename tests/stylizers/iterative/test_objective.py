"""The objective against formulas written out by hand, and its gradient against finite differences."""

import dataclasses

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from styletransfer.stylizers.iterative import IterativeConfig
from styletransfer.stylizers.iterative.objective import Objective, spread, style_targets, weighted_gram

CONFIG = IterativeConfig(
    content_layers=("relu3_1",),
    style_layers=("relu1_1", "relu3_1"),
    style_layer_weights=(1.0, 3.0),
    strength=0.8,
    content_weight=2.0,
    style_weight=5.0,
    tv_weight=0.7,
    range_weight=0.3,
)


@pytest.fixture
def pictures():
    """A picture with some values out of range, a photo and a style picture."""
    picture, photo, style = torch.rand(3, 1, 3, 32, 40)
    return picture * 1.2 - 0.1, photo, style


def gram_by_hand(features, weights=None):
    flat = features[0].flatten(1).double()
    weights = torch.ones(flat.shape[1]).double() if weights is None else weights.flatten().double()
    return (flat * weights) @ flat.T / weights.sum()


def test_terms_and_their_sum_by_hand(encoder, pictures):
    picture, photo, style = pictures
    found = Objective(encoder, CONFIG, photo, style_targets(encoder, [(style, 1.0)], CONFIG))(picture)

    features, wanted, styled = (encoder(p, CONFIG.style_layers) for p in (picture, photo, style))
    deep = wanted["relu3_1"].double()
    variances = [(f - f.mean()).square().mean() for f in (deep, styled["relu3_1"].double())]
    content = (features["relu3_1"] - deep).square().mean() / (variances[0] * max(variances)).sqrt()
    distances = {}
    for layer in CONFIG.style_layers:
        target = gram_by_hand(styled[layer])
        distances[layer] = (gram_by_hand(features[layer]) - target).norm() / target.norm()
    style_term = 0.25 * distances["relu1_1"] + 0.75 * distances["relu3_1"]
    rows, columns = (picture.diff(dim=dim).abs().mean() for dim in (2, 3))
    outside = ((-picture).clamp(min=0) + (picture - 1).clamp(min=0)).mean()
    total = 2 * 0.2 * 2 * content + 2 * 0.8 * 5 * style_term + 0.7 * (rows + columns) + 0.3 * outside

    assert float(found.content) == pytest.approx(float(content), rel=1e-4)
    assert float(found.style) == pytest.approx(float(style_term), rel=1e-4)
    assert float(found.total) == pytest.approx(float(total), rel=1e-4)


@pytest.mark.parametrize("masked", [False, True])
def test_gradient_against_finite_differences(encoder, pictures, masked):
    encoder = encoder.double()
    picture, photo, style = (p.double() for p in pictures)
    mask = torch.rand(1, 1, 32, 40).double() if masked else None
    objective = Objective(encoder, CONFIG, photo, style_targets(encoder, [(style, 1.0)], CONFIG), mask)
    picture.requires_grad_()
    (gradient,) = torch.autograd.grad(objective(picture).total, picture)
    direction, step = torch.randn_like(picture), 1e-5
    with torch.no_grad():
        difference = (objective(picture + step * direction).total - objective(picture - step * direction).total) / (2 * step)
    assert float((gradient * direction).sum()) == pytest.approx(float(difference), rel=1e-2)


def test_the_photo_has_no_content_loss_and_the_style_no_style_loss(encoder, pictures):
    _, photo, style = pictures
    targets = style_targets(encoder, [(style, 1.0)], CONFIG)
    assert float(Objective(encoder, CONFIG, photo, targets)(photo).content) == 0
    assert float(Objective(encoder, CONFIG, photo, targets)(style).style) < 1e-3


def test_several_styles_are_averaged_by_their_shares(encoder, pictures):
    _, one, other = pictures
    mixed = style_targets(encoder, [(one, 0.25), (other, 0.75)], CONFIG)
    a, b = (encoder(p, ["relu3_1"])["relu3_1"] for p in (one, other))
    expected = 0.25 * gram_by_hand(a) + 0.75 * gram_by_hand(b)
    torch.testing.assert_close(mixed.grams["relu3_1"][0].double(), expected, rtol=1e-4, atol=1e-5)
    assert float(mixed.variances["relu3_1"]) == pytest.approx(float(0.25 * a.var() + 0.75 * b.var()), rel=1e-3)


def test_a_style_of_more_contrast_is_not_held_off_and_a_calm_one_not_pressed():
    photo = torch.tensor([4.0])
    assert [float(spread(photo, torch.tensor([style]))) for style in (16.0, 1.0)] == pytest.approx([8, 4])


def test_a_mask_weighs_positions(encoder, pictures):
    features = torch.rand(1, 6, 8, 10)
    mask = torch.rand(1, 1, 32, 40)
    weights = F.avg_pool2d(mask, 4)
    torch.testing.assert_close(weighted_gram(features, mask)[0].double(), gram_by_hand(features, weights), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(weighted_gram(features, torch.ones(1, 1, 32, 40)), weighted_gram(features, None))


def test_outside_the_mask_nothing_pulls(encoder, pictures):
    picture, photo, style = pictures
    mask = torch.zeros(1, 1, 32, 40)
    mask[..., :20] = 1
    config = dataclasses.replace(CONFIG, range_weight=0.0)
    objective = Objective(encoder, config, photo, style_targets(encoder, [(style, 1.0)], CONFIG), mask)
    torch.testing.assert_close(objective.compose(picture)[..., 20:], photo[..., 20:])
    picture.requires_grad_()
    objective(picture).total.backward()
    assert picture.grad[..., 20:].abs().max() == 0 < picture.grad[..., :20].abs().max()


@pytest.mark.parametrize(("strength", "term"), [(0.0, "content"), (1.0, "style")])
def test_strength_shares_out(encoder, pictures, strength, term):
    picture, photo, style = pictures
    config = IterativeConfig(
        content_layers=("relu3_1",), strength=strength, content_weight=1, style_weight=1, tv_weight=0, range_weight=0
    )
    found = Objective(encoder, config, photo, style_targets(encoder, [(style, 1.0)], config))(picture)
    assert float(found.total) == pytest.approx(2 * float(getattr(found, term)), rel=1e-5)


def test_losses_mean_the_same_at_every_size(encoder):
    coarse = torch.from_numpy(np.random.default_rng(0).random((1, 3, 6, 8), np.float32))
    found = []
    for side in (96, 192):
        picture, photo, style = (
            F.interpolate(c, (side, side), mode="bicubic").clamp(0, 1) for c in (coarse, 1 - coarse, coarse.flip(1))
        )
        targets = style_targets(encoder, [(style, 1.0)], CONFIG)
        found.append(Objective(encoder, CONFIG, photo, targets)(picture))
    for a, b in ((found[0].content, found[1].content), (found[0].style, found[1].style)):
        assert float(a) == pytest.approx(float(b), rel=0.25)


def test_large_pictures_are_measured_alike(encoder, pictures, monkeypatch):
    picture, photo, style = pictures
    objective = Objective(encoder, CONFIG, photo, style_targets(encoder, [(style, 1.0)], CONFIG))
    found = []
    for largest in (10**9, 10):
        monkeypatch.setattr("styletransfer.stylizers.iterative.objective.LARGE_PIXELS", largest)
        image = picture.clone().requires_grad_()
        losses = objective(image)
        losses.total.backward()
        found.append((losses.total.detach(), image.grad))
    torch.testing.assert_close(found[0], found[1])
