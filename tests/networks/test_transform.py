"""TransformNet in all its forms: sizes, conditional norms, and statistics folded into plain scales."""

import pytest
import torch

from styletransfer.networks import TransformConfig, TransformNet, paint_with_statistics

FORMS = [
    TransformConfig(4, norm, upsampling, output)
    for norm in ("instance", "batch", "conditional")
    for upsampling in ("nearest", "transposed")
    for output in ("linear", "tanh")
]


def affine_for(network: TransformNet, count: int = 1) -> torch.Tensor | None:
    if network.config.norm != "conditional":
        return None
    return torch.randn(count, 2, 50 * network.config.base)


@pytest.mark.parametrize("config", FORMS, ids=str)
def test_every_form_keeps_the_size_and_trains(config):
    network = TransformNet(config)
    painted = network(torch.rand(2, 3, 17, 23), affine_for(network, 2))
    assert painted.shape == (2, 3, 17, 23)
    painted.square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (5, 3), (16, 16), (17, 23), (33, 64)])
def test_any_size_is_kept(size):
    network = TransformNet(TransformConfig(4))
    painted = network(torch.rand(1, 3, *size))
    assert painted.shape == (1, 3, *size)
    assert painted.isfinite().all()


def test_right_and_bottom_padding_does_not_move_the_picture():
    """Padded to 20x24 by hand and painted, the visible part is the same."""
    network, image = TransformNet(TransformConfig(4)), torch.rand(1, 3, 17, 23)
    padded = torch.nn.functional.pad(image, (0, 1, 0, 3), mode="reflect")
    torch.testing.assert_close(network(image), network(padded)[..., :17, :23])


def test_tanh_output_stays_in_johnsons_range():
    network = TransformNet(TransformConfig(4, output="tanh"))
    with torch.no_grad():
        network.output.conv.weight *= 100
    painted = network(torch.rand(1, 3, 32, 32))
    assert 0.5 - 150 / 255 - 1e-6 <= painted.min() < 0
    assert 1 < painted.max() <= 0.5 + 150 / 255 + 1e-6


def test_linear_output_is_the_last_convolution():
    network = TransformNet(TransformConfig(4))
    with torch.no_grad():
        network.output.conv.weight.zero_()
        network.output.conv.bias.copy_(torch.tensor([-3.0, 0.5, 7]))
    assert network(torch.rand(1, 3, 16, 16)).mean(dim=(0, 2, 3)).tolist() == pytest.approx([-3, 0.5, 7])


@pytest.mark.parametrize("base", [4, 8])
def test_norms_have_fifty_times_the_base_channels(base):
    network = TransformNet(TransformConfig(base, norm="conditional"))
    assert len(network.norm_channels) == 15
    assert sum(network.norm_channels) == 50 * base
    assert not any("norm" in name for name, _ in network.named_parameters())


def test_parameter_count_of_the_paper():
    """Johnson's network with base 32 and 3x3 nearest upsampling: 1.68 million, as the design says."""
    assert round(sum(p.numel() for p in TransformNet().parameters()) / 1e6, 2) == 1.68


def test_a_batch_with_an_affine_each_equals_one_by_one():
    network, images = TransformNet(TransformConfig(4, norm="conditional")), torch.rand(3, 3, 20, 24)
    affine = affine_for(network, 3)
    batch = network(images, affine)
    for i in range(3):
        torch.testing.assert_close(batch[i : i + 1], network(images[i : i + 1], affine[i : i + 1]), rtol=1e-4, atol=1e-4)
    shared = network(images, affine[:1])
    torch.testing.assert_close(shared[:1], batch[:1], rtol=1e-4, atol=1e-4)
    assert (shared[1:] - batch[1:]).abs().max() > 0.1


def test_given_gammas_equal_owned_ones():
    own = TransformNet(TransformConfig(4, norm="instance"))
    with torch.no_grad():
        for name, parameter in own.named_parameters():
            if "norm" in name:
                parameter.normal_()
    conditional = TransformNet(TransformConfig(4, norm="conditional"))
    conditional.load_state_dict({key: value for key, value in own.state_dict().items() if "norm" not in key})
    norms = [module for module in own.modules() if hasattr(module, "channels")]
    affine = torch.stack([torch.cat([n.weight for n in norms]), torch.cat([n.bias for n in norms])])[None]
    image = torch.rand(1, 3, 20, 24)
    torch.testing.assert_close(conditional(image, affine), own(image), rtol=1e-4, atol=1e-5)


def nothing_before(network: TransformNet) -> torch.Tensor:
    return torch.zeros(1, 2, sum(network.norm_channels))


def with_statistics(network, image, statistics=None, share=1.0, affine=None, together=False):
    before = nothing_before(network) if statistics is None else statistics
    given = torch.zeros(1, 2, 0) if affine is None else affine
    return paint_with_statistics(network, image, given, before, share, {}, together)


@pytest.mark.parametrize("norm", ["conditional", "instance"])
def test_painting_tells_the_statistics_used(norm):
    network, image = TransformNet(TransformConfig(4, norm=norm)).eval(), torch.rand(1, 3, 40, 36)
    affine = affine_for(network)
    with torch.no_grad():
        expected = network(image, affine)
        painted, used = with_statistics(network, image, affine=affine)
        first = network.encoder[0].conv(image)
        assert used.shape == (1, 2, 200)
        torch.testing.assert_close(used[0, 0, :4], first.mean(dim=(0, 2, 3)))
        torch.testing.assert_close(used[0, 1, :4], (first.var(dim=(0, 2, 3), correction=0) + 1e-5).sqrt())
        torch.testing.assert_close(painted, expected, rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(network(image, affine, used), expected, rtol=1e-3, atol=1e-4)
        assert (network(0.5 * image, affine, used) - network(0.5 * image, affine)).abs().max() > 0.01
        torch.testing.assert_close(network(image, affine), expected)  # no hook is left behind


def test_statistics_remember_their_share():
    network, image, other = TransformNet(TransformConfig(4)).eval(), torch.rand(1, 3, 24, 24), torch.rand(1, 3, 24, 24) ** 3
    _, before = with_statistics(network, image)
    painted, kept = with_statistics(network, other, before, 0.0)
    torch.testing.assert_close(kept, before)
    with torch.no_grad():
        torch.testing.assert_close(painted, network(other, None, before))
        first = network.encoder[0].conv(other)
    _, used = with_statistics(network, other, before, 0.25)
    mean = 0.75 * before[0, 0, :4] + 0.25 * first.mean(dim=(0, 2, 3))
    around = ((first - mean.view(1, 4, 1, 1)).square().mean(dim=(0, 2, 3)) + 1e-5).sqrt()
    torch.testing.assert_close(used[0, :, :4], torch.stack([mean, 0.75 * before[0, 1, :4] + 0.25 * around]))


def test_every_picture_of_a_batch_has_its_own_statistics():
    network, images = TransformNet(TransformConfig(4)).eval(), torch.rand(2, 3, 24, 24) ** torch.tensor([1, 3]).view(2, 1, 1, 1)
    _, before = with_statistics(network, torch.rand(1, 3, 24, 24))
    both, used = with_statistics(network, images, before, 0.25)
    for image, painted, own in zip(images, both, used, strict=True):
        alone = with_statistics(network, image[None], before, 0.25)
        torch.testing.assert_close((painted, own), (alone[0][0], alone[1][0]))


def test_statistics_take_pieces_as_one_picture():
    """In the first layer two halves have the statistics of the whole, if reflection shows each about what the other has."""
    network, left = TransformNet(TransformConfig(4)).eval(), torch.rand(1, 3, 32, 32)
    _, whole = with_statistics(network, torch.cat([left, left.flip(3)], dim=3))
    _, pieces = with_statistics(network, torch.cat([left, left.flip(3)]), together=True)
    torch.testing.assert_close(pieces[..., :4], whole[..., :4], rtol=0.05, atol=0.05)


def test_parameters_in_place_of_the_networks_own():
    network, image = TransformNet(TransformConfig(4)).eval(), torch.rand(1, 3, 24, 24)
    state = {"output.conv.bias": network.output.conv.bias + 1}
    painted, _ = paint_with_statistics(network, image, torch.zeros(1, 2, 0), nothing_before(network), 1.0, state)
    torch.testing.assert_close(painted, with_statistics(network, image)[0] + 1)


def test_batch_norm_has_no_statistics_of_pictures():
    network, image = TransformNet(TransformConfig(4, norm="batch")).eval(), torch.rand(1, 3, 16, 16)
    painted, used = with_statistics(network, image)
    assert used.shape == (1, 2, 0)
    with torch.no_grad():
        torch.testing.assert_close(painted, network(image))
