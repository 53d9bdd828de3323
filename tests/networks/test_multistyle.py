"""MultiStyleNet: styles and the photo itself, mixed."""

import pytest
import torch

from styletransfer.networks import MultiStyleNet, TransformConfig


@pytest.fixture
def network(make_network) -> MultiStyleNet:
    return make_network(TransformConfig(4, norm="conditional"), 3)


def test_the_identity_gives_the_photo_exactly(network):
    image = torch.rand(2, 3, 17, 23)
    assert torch.equal(network(image, torch.tensor([[1.0, 0, 0, 0]])), image)


def test_a_mix_by_hand(network):
    image, mix = torch.rand(2, 3, 20, 24), torch.tensor([[0.2, 0.5, 0, 0.3], [0.0, 0, 1, 0]])
    painted = network(image, mix)
    for row in range(2):
        affine = sum(share * network.affine[i] for i, share in enumerate(mix[row]))
        network_part = network.transform(image[row : row + 1], affine[None])
        expected = mix[row, 0] * image[row] + (1 - mix[row, 0]) * network_part[0]
        torch.testing.assert_close(painted[row], expected, rtol=1e-4, atol=1e-4)


def test_styles_differ_and_one_mix_serves_a_batch(network):
    image, eye = torch.rand(1, 3, 20, 24).repeat(2, 1, 1, 1), torch.eye(4)
    first, second = network(image, eye[1:3])
    assert (first - second).abs().max() > 0.05
    torch.testing.assert_close(network(image, eye[1:2])[1], first, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_a_network_that_owns_its_norms_is_one_style(make_network, norm):
    network, image = make_network(TransformConfig(4, norm=norm)), torch.rand(1, 3, 16, 20)
    assert network.affine.numel() == 0
    expected = 0.3 * image + 0.7 * network.transform(image)
    torch.testing.assert_close(network(image, torch.tensor([[0.3, 0.7]])), expected)
