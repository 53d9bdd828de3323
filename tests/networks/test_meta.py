"""MetaNet: what it is given, what it generates, and that it paints with what it generates."""

import numpy as np
import pytest
import torch

from styletransfer.networks import (
    MetaConfig,
    MetaNet,
    TransformNet,
    channel_statistics,
    pack,
    palette,
    unpack,
)

SMALL = MetaConfig(base=4, hidden=8, components=16)
PUBLISHED = MetaConfig(base=4, hidden=8, form="published")


def fitted(config: MetaConfig) -> MetaNet:
    network = MetaNet(config)
    if config.form == "modulated":
        network.fit_statistics(torch.rand(40, 1920))
    return network


def test_channel_statistics_by_hand():
    a, b = torch.rand(2, 3, 4, 5), torch.rand(2, 2, 2, 2)
    rows = channel_statistics({"a": a, "b": b})
    assert rows.shape == (2, 10)
    assert torch.allclose(rows[:, :3], a.mean((2, 3))) and torch.allclose(rows[:, 6:8], b.mean((2, 3)))
    assert torch.allclose(rows[:, 3:6], a.var((2, 3), correction=0).sqrt(), atol=1e-3)


def test_statistics_of_a_plain_picture_have_a_gradient():
    x = torch.full((1, 3, 4, 4), 0.5, requires_grad=True)
    channel_statistics({"x": x}).sum().backward()
    assert torch.isfinite(x.grad).all()


def test_a_palette_gives_noise_the_colours_of_the_picture():
    image = torch.rand(1, 3, 40, 40) @ torch.rand(40, 40) / 20
    colors = image[0].flatten(1).numpy()
    root, mean = palette(image)[0].split([3, 1], dim=1)
    assert np.allclose(mean[:, 0], colors.mean(1), atol=1e-4)
    assert np.allclose(root @ root.T, np.cov(colors, bias=True), atol=1e-4)


def test_brightness_comes_with_the_first_column():
    """In a grey picture the other columns carry next to nothing."""
    root = palette(torch.rand(1, 1, 16, 16).expand(1, 3, 16, 16))[0, :, :3]
    assert root[:, 0].min() > 0.1 and root[:, 1:].abs().max() < 0.01


@pytest.mark.parametrize(("form", "base", "millions"), [("published", 8, 16.9), ("published", 16, 57)])
def test_the_published_sizes(form, base, millions):
    with torch.device("meta"):
        network = MetaNet(MetaConfig(base=base, hidden=128, form=form))
    assert sum(p.numel() for p in network.parameters()) / 1e6 == pytest.approx(millions, rel=0.02)


@pytest.mark.parametrize("config", [SMALL, PUBLISHED], ids=["modulated", "published"])
def test_generates_the_inner_convolutions(config):
    network = fitted(config)
    weights = network.generate(torch.rand(3, 1920), palette(torch.rand(3, 3, 8, 8)))
    own = dict(network.transform.named_parameters())
    assert all(value.shape == (3, *own[name].shape) for name, value in weights.items())
    filters = [name for name in weights if own[name].ndim == 4 and "palette" not in name]
    assert len(filters) == 14
    assert not any(name.startswith(("output.", "encoder.0.conv")) for name in weights)


def test_filters_have_unit_length():
    weights = fitted(SMALL).generate(torch.rand(2, 1920), palette(torch.rand(2, 3, 8, 8)))
    lengths = weights["residuals.2.conv.conv.weight"].square().sum((2, 3, 4)).sqrt()
    assert torch.allclose(lengths, torch.ones_like(lengths), atol=1e-3)


@pytest.mark.parametrize("config", [SMALL, PUBLISHED], ids=["modulated", "published"])
def test_each_picture_is_painted_by_its_own_network(config):
    network, images, statistics = fitted(config).eval(), torch.rand(2, 3, 32, 40), torch.rand(2, 1920)
    palettes = palette(torch.rand(2, 3, 8, 8))
    with torch.no_grad():
        painted, weights = network(images, statistics, palettes), network.generate(statistics, palettes)
        for i in range(2):
            one = TransformNet(config.transform)
            one.load_state_dict(unpack(one, pack(network.transform, {name: value[i] for name, value in weights.items()})))
            assert torch.allclose(one(images[i : i + 1]), painted[i : i + 1], atol=1e-4)
    assert not torch.allclose(painted[0], painted[1])


def test_the_output_has_the_colours_of_the_palette():
    """Mean exactly; covariance as far as the output's channels are uncorrelated, which they learn."""
    network, style = fitted(SMALL), torch.rand(1, 3, 16, 16) * torch.tensor([0.2, 0.5, 0.9]).view(1, 3, 1, 1)
    with torch.no_grad():
        painted = network(torch.rand(1, 3, 64, 64), torch.rand(1, 1920), palette(style))
    assert torch.allclose(painted.mean((2, 3)), style.mean((2, 3)), atol=0.02)


def test_all_that_is_trained_gets_a_gradient():
    network = fitted(SMALL)
    network(torch.rand(2, 3, 32, 32), torch.rand(2, 1920), palette(torch.rand(2, 3, 8, 8))).square().mean().backward()
    for name, parameter in network.named_parameters():
        if "palette" not in name:  # always replaced by the style's
            assert parameter.grad is not None, name


def test_principal_components_are_scaled_to_about_one():
    network, statistics = MetaNet(SMALL), torch.randn(60, 1920) * torch.linspace(0.1, 9, 1920) + 5
    network.fit_statistics(statistics)
    components = (statistics - network.mean) @ network.basis
    assert components.mean(0).abs().max() < 1e-2
    assert components.std(0).min() > 0.8 and components.std(0).max() < 1.01


def test_fewer_pictures_than_components():
    network = MetaNet(SMALL)
    network.fit_statistics(torch.rand(5, 1920))
    assert torch.isfinite(network.basis).all()
