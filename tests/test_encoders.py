"""Encoders: their layers, their numbers against a forward written out by hand, and the files they come from."""

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn
from torchvision.models.vgg import cfgs, make_layers

from styletransfer.checkpoints import save_encoder
from styletransfer.encoders import BLOCK_CONVS, HEAD_LAYERS, Encoder, compact_vgg, load_compact, load_torchvision
from styletransfer.errors import CheckpointError, StyleTransferError

VGG16 = "1_1 1_2 P 2_1 2_2 P 3_1 3_2 3_3 P 4_1 4_2 4_3 P 5_1 5_2 5_3"
VGG19 = "1_1 1_2 P 2_1 2_2 P 3_1 3_2 3_3 3_4 P 4_1 4_2 4_3 4_4 P 5_1 5_2 5_3 5_4"
COMPACT = VGG19[: VGG19.index("5_1") + 3]
MEAN, STD = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
# torchvision's numbers of the ReLUs
RELUS = {
    "vgg16": {"relu1_1": 1, "relu2_2": 8, "relu3_3": 15, "relu4_1": 18, "relu5_3": 29},
    "vgg19": {"relu1_1": 1, "relu2_2": 8, "relu3_1": 11, "relu4_1": 20, "relu5_4": 35},
}


def by_hand(weights, plan, image, *, padding="constant", pool=F.max_pool2d):
    """{relu name: features} from weights named convK_I."""
    found = {}
    for step in plan.split():
        if step == "P":
            image = pool(image, 2)
            continue
        padded = F.pad(image, (1, 1, 1, 1), mode=padding)
        image = F.conv2d(padded, weights[f"conv{step}.weight"], weights[f"conv{step}.bias"]).clamp(min=0)
        found[f"relu{step}"] = image
    return found


def heads_by_hand(weights, prefix, features):
    """The expanded reluK_1 from weights named ``prefix``K_1."""
    return {
        f"relu{k}_1": F.conv2d(features[f"relu{k}_1"], weights[f"{prefix}{k}_1.weight"], weights[f"{prefix}{k}_1.bias"]).clamp(0)
        for k in range(1, 6)
    }


def normalized(image):
    return (image - MEAN.view(3, 1, 1)) / STD.view(3, 1, 1)


def assert_same_features(found, expected):
    assert set(found) == set(expected)
    for layer, features in expected.items():
        assert features.abs().max() > 0
        torch.testing.assert_close(found[layer], features, rtol=1e-4, atol=float(1e-5 * features.abs().max()))


@pytest.mark.parametrize(("name", "plan"), [("vgg16", VGG16), ("vgg19", VGG19)])
@pytest.mark.parametrize(("pooling", "pool"), [("max", F.max_pool2d), ("avg", F.avg_pool2d)])
def test_vgg_computes_what_the_paper_says(name, plan, pooling, pool):
    encoder = Encoder(BLOCK_CONVS[name], width_divisor=16, pooling=pooling)
    image = torch.rand(2, 3, 37, 33)
    assert encoder.layers == tuple(f"relu{step}" for step in plan.split() if step != "P")
    with torch.no_grad():
        expected = by_hand(dict(encoder.convs.named_parameters()), plan, normalized(image), pool=pool)
        assert_same_features(encoder(image, encoder.layers), expected)


def test_compact_computes_vgg19_with_reflection_and_heads():
    encoder = compact_vgg()
    image = torch.rand(1, 3, 48, 33)
    assert encoder.layers == HEAD_LAYERS
    with torch.no_grad():
        trunk = by_hand(dict(encoder.convs.named_parameters()), COMPACT, normalized(image), padding="reflect")
        expected = heads_by_hand(dict(encoder.heads.named_parameters()), "relu", trunk)
        assert_same_features(encoder(image, HEAD_LAYERS), expected)


def test_shapes_are_vgg19s():
    features = compact_vgg()(torch.rand(2, 3, 67, 80), HEAD_LAYERS)
    shapes = [tuple(features[layer].shape) for layer in HEAD_LAYERS]
    assert shapes == [(2, 64, 67, 80), (2, 128, 33, 40), (2, 256, 16, 20), (2, 512, 8, 10), (2, 512, 4, 5)]


@pytest.mark.parametrize("heads", [False, True])
def test_stops_at_the_deepest_layer_asked_for(heads):
    encoder = Encoder((2, 2, 4, 4, 1), width_divisor=16, heads=heads)
    ran = []
    for name, conv in encoder.convs.items():
        conv.register_forward_hook(lambda *_, name=name: ran.append(name))
    found = encoder(torch.rand(1, 3, 32, 32), ["relu3_1", "relu1_1", "relu3_1"])
    assert set(found) == {"relu1_1", "relu3_1"}
    assert ran == ["conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1"]


@pytest.mark.parametrize(("heads", "layer"), [(False, "relu3_5"), (False, "conv1_1"), (True, "relu1_2")])
def test_unknown_layer_is_named(heads, layer):
    encoder = Encoder((2, 2, 4, 4, 1), width_divisor=16, heads=heads)
    with pytest.raises(StyleTransferError, match=f"no layer {layer}; it has relu1_1"):
        encoder(torch.rand(1, 3, 32, 32), ["relu1_1", layer])


@pytest.mark.parametrize(("name", "letter"), [("vgg16", "D"), ("vgg19", "E")])
def test_torchvision_weights_give_torchvisions_features(name, letter, tmp_path):
    features = make_layers(cfgs[letter])
    path = tmp_path / "model.safetensors"
    save_file({f"features.{key}": value for key, value in features.state_dict().items()}, path)
    encoder = load_torchvision(path, name)
    assert not any(p.requires_grad for p in encoder.parameters())
    assert not encoder.training
    image = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        expected = {layer: features[: last + 1](normalized(image)) for layer, last in RELUS[name].items()}
        assert_same_features(encoder(image, RELUS[name]), expected)


def test_pruned_vgg_gives_its_own_features(tmp_path):
    """Its normalisation, BGR * 255 - mean, ends up in the first convolution; the result must not change."""
    student, weights = compact_vgg(), {}
    for name, conv in student.convs.items():
        nn.init.kaiming_normal_(conv.weight)
        weights |= {f"{name}.weight": conv.weight.detach(), f"{name}.bias": conv.bias.detach()}
    for name, head in student.heads.items():
        expand = name.replace("relu", "expand")
        weights |= {f"{expand}.weight": head.weight.detach(), f"{expand}.bias": head.bias.detach()}
    weights["conv1_1.weight"] = weights["conv1_1.weight"] / 255
    weights["normalize.weight"] = 255 * torch.eye(3).flip(0)[:, :, None, None]
    weights["normalize.bias"] = -torch.tensor([103.939, 116.779, 123.68])
    save_file({key: value.contiguous() for key, value in weights.items()}, tmp_path / "pruned.safetensors")

    image = torch.rand(1, 3, 40, 32)
    start = F.conv2d(image, weights["normalize.weight"], weights["normalize.bias"])
    expected = heads_by_hand(weights, "expand", by_hand(weights, COMPACT, start, padding="reflect"))
    assert_same_features(load_compact(tmp_path / "pruned.safetensors")(image, HEAD_LAYERS), expected)


def test_saved_compact_encoder_comes_back(tmp_path):
    encoder = compact_vgg().half().float()  # it is saved in fp16
    save_encoder(encoder, tmp_path / "encoder.safetensors")
    loaded = load_compact(tmp_path / "encoder.safetensors", pooling="avg")
    assert loaded.pooling == "avg"
    for key, value in encoder.state_dict().items():
        assert torch.equal(loaded.state_dict()[key], value)


@pytest.mark.parametrize("content", ["another", "part of a pruned one", "junk", None])
def test_files_that_are_no_encoder_are_refused(content, tmp_path):
    path = tmp_path / "wrong.safetensors"
    if content == "junk":
        path.write_bytes(b"no safetensors")
    elif content is not None:
        save_file({"normalize.weight" if "pruned" in content else "conv": torch.zeros(3, 3, 1, 1)}, path)
    with pytest.raises(CheckpointError, match=r"wrong\.safetensors"):
        load_compact(path)


@pytest.mark.parametrize("heads", [False, True])
def test_reduced_features_have_the_same_values_and_gradients(heads):
    encoder = Encoder((2, 2, 1, 1, 1), width_divisor=16, heads=heads, padding="reflect")
    image = torch.rand(1, 3, 32, 32, requires_grad=True)
    layers = ["relu1_1", "relu3_1"]
    plain = {layer: features.square().mean() for layer, features in encoder(image, layers).items()}
    reduced = encoder(image, layers, lambda layer, features: features.square().mean())
    assert {k: float(v) for k, v in reduced.items()} == pytest.approx({k: float(v) for k, v in plain.items()})
    expected, found = (torch.autograd.grad(sum(terms.values()), image)[0] for terms in (plain, reduced))
    torch.testing.assert_close(found, expected)
