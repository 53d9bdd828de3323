"""FixedStylizer: what people get for what they give."""

import pickle

import numpy as np
import pytest
import torch
from PIL import Image

from styletransfer import FixedStylizer
from styletransfer.checkpoints import load_fixed, save_fixed
from styletransfer.errors import ImageError, StyleError
from styletransfer.networks import TransformConfig
from styletransfer.runtime import painter
from styletransfer.stylizers import Progress


@pytest.fixture(scope="module")
def stylizer(checkpoint) -> FixedStylizer:
    return FixedStylizer.from_pretrained(checkpoint)


def difference(a: Image.Image, b: Image.Image) -> np.ndarray:
    return np.abs(np.asarray(a, dtype=float) - np.asarray(b, dtype=float))


def lab(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("LAB"), dtype=np.uint8).astype(np.int8)


def test_it_lists_its_styles_and_says_how_it_computes(stylizer):
    assert list(stylizer.styles) == ["wave", "night", "kiss"]
    assert stylizer.styles["wave"].label == "The Great Wave"
    assert stylizer.styles["kiss"].label == "Kiss"
    assert stylizer.backend


def test_it_paints_what_the_network_paints(stylizer, checkpoint, photo):
    network, _ = load_fixed(checkpoint)
    x = torch.from_numpy(np.array(photo.crop((0, 0, 60, 44)))).permute(2, 0, 1)[None] / 255
    with torch.no_grad():
        painted = network(x, torch.tensor([[0.3, 0, 0.7 * 0.25, 0.7 * 0.75]])).clamp(0, 1)
    expected = (painted[0] * 255).permute(1, 2, 0).numpy()
    result = stylizer(photo.crop((0, 0, 60, 44)), style="night:1,kiss:3", strength=0.7)
    assert difference(result, expected).mean() <= 3
    assert difference(result, photo.crop((0, 0, 60, 44))).mean() > 10


@pytest.mark.parametrize("size", [(1, 1), (300, 5), (23, 17)])
def test_every_size_is_kept(stylizer, size):
    result = stylizer(Image.new("RGB", size, "teal"), style="wave")
    assert (result.size, result.mode) == (size, "RGB")


@pytest.mark.parametrize("preserve_color", [False, True])
def test_strength_0_gives_the_photo(stylizer, photo, preserve_color):
    result = stylizer(photo, style="wave", strength=0, preserve_color=preserve_color)
    assert difference(result, photo).max() <= (1 if preserve_color else 0)
    assert result is not photo


def test_strength_leads_from_the_photo_to_the_style(stylizer, photo):
    distances = [difference(stylizer(photo, style="wave", strength=s), photo).mean() for s in (0, 0.1, 0.5, 1)]
    assert distances == sorted(distances)
    assert distances[1] < 0.3 * distances[3]


@pytest.mark.parametrize("style", ["wave:0.5,wave:0.5", "wave:7", {"wave": 1, "night": 0}])
def test_a_mix_of_a_style_with_itself_is_the_style(stylizer, photo, style):
    assert difference(stylizer(photo, style=style), stylizer(photo, style="wave")).max() == 0


def test_a_mix_lies_between_its_styles(stylizer, photo):
    wave, night, mix = (stylizer(photo, style=style) for style in ("wave", "night", "wave:1,night:1"))
    assert min(difference(mix, wave).mean(), difference(mix, night).mean()) > 1
    assert max(difference(mix, wave).mean(), difference(mix, night).mean()) < difference(wave, night).mean()


def test_array_path_and_picture_are_the_same(stylizer, photo, tmp_path):
    photo.save(tmp_path / "photo.png")
    expected = stylizer(photo, style="kiss")
    for image in (np.asarray(photo), tmp_path / "photo.png", str(tmp_path / "photo.png")):
        assert difference(stylizer(image, style="kiss"), expected).max() == 0


@pytest.mark.parametrize("strength", [0, 1])
def test_transparency_is_kept(stylizer, photo, strength):
    alpha = Image.linear_gradient("L").resize(photo.size)
    see_through = photo.copy()
    see_through.putalpha(alpha)
    result = stylizer(see_through, style="wave", strength=strength)
    assert result.mode == "RGBA"
    assert difference(result.getchannel("A"), alpha).max() == 0
    assert difference(result.convert("RGB"), stylizer(photo, style="wave", strength=strength)).max() == 0


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "LA"])
def test_other_modes_are_painted(stylizer, photo, mode):
    assert stylizer(photo.convert(mode), style="wave").size == photo.size


@pytest.mark.parametrize(("max_side", "size"), [(None, (61, 46)), (100, (61, 46)), (30, (30, 23)), (1, (1, 1))])
def test_max_side_limits_the_result(stylizer, photo, max_side, size):
    assert stylizer(photo, style="wave", max_side=max_side).size == size


@pytest.mark.parametrize("max_side", [0, -5])
def test_max_side_must_leave_a_picture(stylizer, photo, max_side):
    with pytest.raises(ImageError, match=str(max_side)):
        stylizer(photo, style="wave", max_side=max_side)


def test_preserve_color_keeps_chroma(stylizer):
    """Of a photo without strong colours, so that nothing is clipped."""
    columns = np.linspace(100, 150, 48)
    photo = Image.fromarray(np.stack([np.tile(columns, (40, 1)) + shift for shift in (12, 0, -8)], -1).astype(np.uint8))
    plain, kept = (stylizer(photo, style="wave", preserve_color=keep) for keep in (False, True))
    # At the edge of sRGB a colour's lightness in Pillow's LAB (D50) is not that in OpenCV's (D65).
    clipped = (np.asarray(plain) % 255 == 0).any(axis=2)
    middle = (lab(plain)[..., 0].view(np.uint8) > 50) & (lab(plain)[..., 0].view(np.uint8) < 200) & ~clipped
    assert middle.mean() > 0.2
    assert np.abs(lab(kept)[middle].astype(int) - lab(photo)[middle])[:, 1:].max() <= 3
    assert np.abs(lab(plain)[middle].astype(int) - lab(photo)[middle])[:, 1:].max() > 10
    light = [lab(picture)[..., 0].view(np.uint8).astype(int) for picture in (plain, kept)]
    assert np.abs(light[0] - light[1])[middle].max() <= 3


@pytest.mark.parametrize(("options", "error"), [
    ({"style": "nobody"}, StyleError), ({"style": "wave", "strength": float("nan")}, StyleError),
    ({"style": "wave", "strength": 1.5}, StyleError), ({"style": ""}, StyleError),
])  # fmt: skip
def test_bad_styles_and_strengths(stylizer, photo, options, error):
    with pytest.raises(error):
        stylizer(photo, **options)


def test_a_missing_photo_is_said(stylizer, tmp_path):
    with pytest.raises(ImageError, match=r"none\.jpg"):
        stylizer(tmp_path / "none.jpg", style="wave")


def test_it_paints_the_same_in_another_process(stylizer, photo):
    travelled = pickle.loads(pickle.dumps(stylizer))
    assert travelled.styles == stylizer.styles
    assert difference(travelled(photo, style="night"), stylizer(photo, style="night")).max() == 0


def test_progress_of_a_large_picture(stylizer, monkeypatch):
    monkeypatch.setattr(painter, "WHOLE_PIXELS", 0)
    monkeypatch.setattr(painter, "TILE_SIDE", 32)
    seen = []
    stylizer(Image.new("RGB", (64, 33), "teal"), style="wave", on_progress=seen.append)
    assert seen == [Progress(step, 4) for step in (1, 2, 3, 4)]


@pytest.mark.parametrize("norm", ["instance", "batch"])
@pytest.mark.parametrize("large", [False, True])
def test_single_style_checkpoints_paint_too(make_network, styles, photo, tmp_path, monkeypatch, norm, large):
    network = make_network(TransformConfig(4, norm=norm))
    save_fixed(network.transform, styles[:1], tmp_path / "single.safetensors")
    if large:
        monkeypatch.setattr(painter, "WHOLE_PIXELS", 0)
    result = FixedStylizer.from_pretrained(tmp_path / "single.safetensors")(photo, style="wave")
    with torch.no_grad():
        expected = network.transform(torch.from_numpy(np.array(photo)).permute(2, 0, 1)[None] / 255)[0].clamp(0, 1)
    assert difference(result, expected.permute(1, 2, 0) * 255).mean() <= 6
