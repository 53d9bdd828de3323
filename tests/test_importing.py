"""Networks of pytorch/examples: the same pictures, and nothing but tensors read."""

import pickle

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from styletransfer.checkpoints import Style, load_fixed, save_fixed
from styletransfer.errors import CheckpointError
from styletransfer.importing import import_network
from styletransfer.networks import TransformConfig
from styletransfer.stylizers import FixedStylizer


def transformer_net(state: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """fast_neural_style's network, written out: (1,3,H,W) in 0..255 -> the same, not clamped."""

    def conv(x, name, stride=1):
        weight = state[f"{name}.conv2d.weight"]
        pad = weight.shape[2] // 2
        return F.conv2d(F.pad(x, (pad, pad, pad, pad), mode="reflect"), weight, state[f"{name}.conv2d.bias"], stride)

    def norm(x, name):
        return F.instance_norm(x, weight=state[f"{name}.weight"], bias=state[f"{name}.bias"], eps=1e-5)

    y = torch.relu(norm(conv(x, "conv1"), "in1"))
    y = torch.relu(norm(conv(y, "conv2", 2), "in2"))
    y = torch.relu(norm(conv(y, "conv3", 2), "in3"))
    for number in range(1, 6):
        inner = torch.relu(norm(conv(y, f"res{number}.conv1"), f"res{number}.in1"))
        y = y + norm(conv(inner, f"res{number}.conv2"), f"res{number}.in2")
    y = torch.relu(norm(conv(F.interpolate(y, scale_factor=2, mode="nearest"), "deconv1"), "in4"))
    y = torch.relu(norm(conv(F.interpolate(y, scale_factor=2, mode="nearest"), "deconv2"), "in5"))
    return conv(y, "deconv3")


def spotted(make_picture) -> Image.Image:
    """A smooth picture with one bright spot: what is far from the mean must not be clamped."""
    pixels = np.array(make_picture(64, 48)) // 3
    pixels[20:23, 30:33] = 255
    return Image.fromarray(pixels)


def deprecated(state):
    norms = [key.removesuffix(".weight") for key in state if ".conv2d." not in key and key.endswith("weight")]
    return {f"{name}.{kind}": torch.zeros(3) for name in norms for kind in ("running_mean", "running_var")}


@pytest.mark.parametrize("old", [False, True], ids=["now", "before PyTorch 0.4"])
def test_the_same_pixels(tmp_path, make_picture, make_theirs, old):
    state, photo = make_theirs(), spotted(make_picture)
    torch.save(state | (deprecated(state) if old else {}), tmp_path / "candy.pth")
    pixels = torch.from_numpy(np.array(photo)).permute(2, 0, 1)[None].float()
    with torch.no_grad():
        expected = transformer_net(state, pixels)
        network = import_network(tmp_path / "candy.pth")
        torch.testing.assert_close(255 * network(pixels / 255), expected, rtol=1e-4, atol=0.02)
    save_fixed(network, [Style("candy")], tmp_path / "candy.safetensors", dtype=torch.float32)
    stylizer = FixedStylizer.from_pretrained(tmp_path / "candy.safetensors")
    painted = np.asarray(stylizer(photo, style="candy"), np.float32)
    shown = expected.clamp(0, 255)[0].permute(1, 2, 0).numpy()
    tolerance = 3 if "bf16" in stylizer.backend or "16" in stylizer.backend else 0.6
    assert np.abs(painted - shown).mean() < tolerance


def test_clamping_would_show(make_picture, make_theirs):
    """The picture of the test above does reach beyond what our own networks clamp."""
    state = make_theirs()
    pixels = torch.from_numpy(np.array(spotted(make_picture))).permute(2, 0, 1)[None].float()
    weight = state["conv1.conv2d.weight"]
    response = F.conv2d(F.pad(pixels, (4, 4, 4, 4), mode="reflect"), weight, state["conv1.conv2d.bias"])
    assert F.instance_norm(response).abs().max() > 5


def test_shape_and_width_survive_the_file(tmp_path, make_theirs):
    torch.save(make_theirs(6), tmp_path / "wide.pth")
    save_fixed(import_network(tmp_path / "wide.pth"), [Style("wide")], tmp_path / "wide.safetensors")
    network, styles = load_fixed(tmp_path / "wide.safetensors")
    assert network.transform.config == TransformConfig(base=6, clamped=False)
    assert styles == [Style("wide")]


class Bomb:
    def __reduce__(self):
        return exec, ("raise SystemExit('unpickled')",)


def test_what_is_refused(tmp_path, make_theirs):
    state = make_theirs()
    path = tmp_path / "bad.pth"
    contents = {
        "nothing else is read": Bomb(),
        "holds no state dict": ["a list"],
        "has no tensor conv1.conv2d.weight": {key: value for key, value in state.items() if key != "conv1.conv2d.weight"},
        "an unknown tensor extra": state | {"extra": torch.zeros(1)},
        "other sizes": state | {"conv2.conv2d.weight": torch.zeros(8, 4, 5, 5)},
    }
    for part, content in contents.items():
        torch.save(content, path)
        with pytest.raises(CheckpointError, match=part):
            import_network(path)
    for junk in (b"", b"junk", pickle.dumps(Bomb())):
        path.write_bytes(junk)
        with pytest.raises(CheckpointError, match=r"bad\.pth is no file of tensors"):
            import_network(path)
    with pytest.raises(CheckpointError, match=r"no file .*none\.pth"):
        import_network(tmp_path / "none.pth")
