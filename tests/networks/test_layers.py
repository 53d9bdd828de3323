"""Layers: the hand-written instance norm against PyTorch's, and padding."""

import pytest
import torch
import torch.nn.functional as F

from styletransfer.networks.layers import BatchNorm, ConvLayer, InstanceNorm, NearestUpsampleConv, TransposedConv, pad_to_multiple
from styletransfer.networks.layers import standardize as our_standardize


@pytest.fixture(params=["training", "no_grad"])
def standardize(request):
    """Both ways it computes."""
    return our_standardize if request.param == "training" else torch.no_grad()(our_standardize)


def test_standardize_is_instance_norm(standardize):
    x = torch.randn(3, 5, 7, 9) * 4 + 3
    torch.testing.assert_close(standardize(x), F.instance_norm(x), rtol=1e-5, atol=1e-5)
    x = x.contiguous(memory_format=torch.channels_last)
    assert standardize(x).is_contiguous(memory_format=torch.channels_last)


def test_standardize_leaves_its_input_alone(standardize):
    x = torch.randn(1, 2, 4, 4)
    before = x.clone()
    standardize(x)
    assert torch.equal(x, before)


@pytest.mark.parametrize("level", [0.0, 1.0, 1000.0])
def test_a_constant_picture_stays_finite(standardize, level):
    x = torch.full((1, 2, 6, 5), level, requires_grad=True)
    y = standardize(x)
    assert y.isfinite().all()
    assert y.abs().max() < 1
    if y.requires_grad:
        (gradient,) = torch.autograd.grad((y * torch.randn_like(y)).sum(), x)
        assert gradient.isfinite().all()


def test_standardize_gradient_is_that_of_instance_norm():
    x = (torch.randn(2, 3, 5, 6) * 2 + 1).requires_grad_()
    weights = torch.randn(2, 3, 5, 6)
    (found,) = torch.autograd.grad((our_standardize(x) * weights).sum(), x)
    (expected,) = torch.autograd.grad((F.instance_norm(x) * weights).sum(), x)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_standardize_in_bf16():
    x = torch.randn(2, 3, 32, 32)
    y = our_standardize(x.bfloat16())
    assert y.dtype == torch.bfloat16
    torch.testing.assert_close(y.float(), F.instance_norm(x), rtol=0, atol=0.05)


def test_instance_norm_with_its_own_affine():
    norm = InstanceNorm(3, affine=True)
    torch.nn.init.normal_(norm.weight)
    torch.nn.init.normal_(norm.bias)
    x = torch.randn(2, 3, 5, 6)
    expected = F.instance_norm(x, weight=norm.weight, bias=norm.bias)
    torch.testing.assert_close(norm(x), expected, rtol=1e-4, atol=1e-5)


def test_instance_norm_with_an_affine_per_picture():
    norm, x, affine = InstanceNorm(3, affine=False), torch.randn(2, 3, 5, 6), torch.randn(2, 2, 3)
    expected = torch.cat([F.instance_norm(x[i : i + 1], weight=affine[i, 0], bias=affine[i, 1]) for i in range(2)])
    torch.testing.assert_close(norm(x, affine), expected, rtol=1e-4, atol=1e-5)


def test_instance_norm_with_given_statistics():
    norm, x = InstanceNorm(3, affine=False), 3 * torch.randn(2, 3, 5, 6)
    mean, deviation, gamma, beta = torch.rand(4, 3, 1, 1) + 0.2
    affine, statistics = torch.stack([gamma, beta]).view(1, 2, 3), torch.stack([mean, deviation]).view(1, 2, 3)
    torch.testing.assert_close(norm(x, affine, statistics), ((x - mean) / deviation).clamp(-4, 4) * gamma + beta)


def test_instance_norm_clamps_spikes():
    """One bright pixel on black stands at 9.95 standard deviations; it may come out at 4."""
    x = torch.zeros(1, 1, 10, 10)
    x[..., 3, 3] = 1.0
    found = InstanceNorm(1, affine=True)(x)
    assert found.max().item() == pytest.approx(4.0)
    assert found.min().item() == pytest.approx(-(1 / 99**0.5), rel=1e-3)
    assert InstanceNorm(1, affine=True, clamped=False)(x).max().item() == pytest.approx(9.945, rel=1e-3)


def test_batch_norm_is_pytorchs():
    ours, plain = BatchNorm(3), torch.nn.BatchNorm2d(3)
    for _ in range(2):
        x = torch.randn(4, 3, 5, 5) * 2 + 1
        torch.testing.assert_close(ours(x), plain(x))
    torch.testing.assert_close(ours.eval()(x), plain.eval()(x))


@pytest.mark.parametrize(
    ("layer", "size"),
    [
        (ConvLayer(2, 4, 3), (12, 16)), (ConvLayer(2, 4, 9), (12, 16)), (ConvLayer(2, 4, 3, stride=2), (6, 8)),
        (NearestUpsampleConv(2, 4), (24, 32)), (TransposedConv(2, 4), (24, 32)),
    ],
)  # fmt: skip
def test_sizes_of_convolutions(layer, size):
    assert layer(torch.rand(1, 2, 12, 16)).shape == (1, 4, *size)


def test_convolution_reflects_at_the_border():
    layer, x = ConvLayer(1, 1, 3), torch.rand(1, 1, 5, 5)
    expected = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), layer.conv.weight, layer.conv.bias)
    torch.testing.assert_close(layer(x), expected)


@pytest.mark.parametrize(
    ("size", "padded"),
    [((1, 1), (16, 16)), ((5, 300), (16, 300)), ((17, 23), (20, 24)), ((16, 32), (16, 32)), ((8, 9), (16, 16))],
)
def test_padding_continues_right_and_bottom(size, padded):
    image = torch.rand(1, 3, *size)
    result = pad_to_multiple(image)
    assert result.shape == (1, 3, *padded)
    assert torch.equal(result[:, :, : size[0], : size[1]], image)
    if padded[0] > size[0]:
        reflected = padded[0] - size[0] < size[0]
        assert torch.equal(result[:, :, size[0], : size[1]], image[:, :, size[0] - 2 if reflected else size[0] - 1])
