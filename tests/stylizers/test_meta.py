"""MetaStylizer: any picture as a style, mixes, saved styles."""

import pickle

import numpy as np
import pytest
import torch
from PIL import Image

from styletransfer import FixedStylizer, MetaStylizer
from styletransfer.checkpoints import load_encoder, load_meta, save_fixed
from styletransfer.errors import CheckpointError, ImageError, StyleError, StyleTransferError
from styletransfer.images import to_tensor
from styletransfer.networks import STATISTICS_LAYERS, TransformConfig, channel_statistics, palette
from styletransfer.runtime import painter
from styletransfer.stylizers import Progress


@pytest.fixture(scope="module")
def stylizer(meta_checkpoint) -> MetaStylizer:
    return MetaStylizer.from_pretrained(meta_checkpoint)


@pytest.fixture(scope="module")
def pictures(make_picture) -> list[Image.Image]:
    return [make_picture(70, 50, number) for number in (5, 6, 7)]


def difference(a: Image.Image, b: Image.Image) -> float:
    return float(np.abs(np.asarray(a, dtype=float) - np.asarray(b, dtype=float)).mean())


def test_it_paints_what_the_networks_paint(stylizer, meta_checkpoint, photo, pictures):
    photo = photo.crop((0, 0, 60, 44))
    x = to_tensor(pictures[0].resize((606, 433), Image.Resampling.LANCZOS))  # 512 * 512 pixels
    with torch.no_grad():
        statistics = channel_statistics(load_encoder("compact")(x, STATISTICS_LAYERS))
        painted = load_meta(meta_checkpoint)(to_tensor(photo), statistics, palette(x)).clamp(0, 1)
    expected = (painted[0] * 255).permute(1, 2, 0).numpy()
    assert difference(stylizer(photo, style=pictures[0]), expected) <= 3
    assert difference(photo, expected) > 5


def test_a_style_may_be_a_file_an_array_or_a_code(stylizer, photo, pictures, tmp_path):
    pictures[0].save(tmp_path / "style.png")
    first, *others = (
        stylizer(photo, style=style)
        for style in (pictures[0], np.asarray(pictures[0]), tmp_path / "style.png", str(tmp_path / "style.png"),
                      stylizer.encode(pictures[0]))
    )  # fmt: skip
    assert all(difference(first, other) == 0 for other in others)


def test_strength_leads_from_the_photo_to_the_style(stylizer, photo, pictures):
    ways = [stylizer(photo, style=pictures[0], strength=strength) for strength in (0, 0.05, 0.5, 1)]
    distances = [difference(photo, way) for way in ways]
    assert distances[0] == 0 and distances[1] < 8
    assert distances == sorted(distances)


def test_a_photo_whose_code_is_known_is_not_looked_at_again(stylizer, photo, pictures, monkeypatch):
    style, scene = stylizer.encode(pictures[0]), stylizer.encode(photo)
    expected = stylizer(photo, style=style, strength=0.4)
    monkeypatch.setattr(stylizer, "_measure", None)
    assert difference(stylizer(photo, style=style, strength=0.4, scene=scene), expected) == 0


def test_a_mix_lies_between_its_styles(stylizer, pictures):
    a, b = (stylizer.encode(picture) for picture in pictures[:2])
    mixed = stylizer.mix([(pictures[0], 3), (pictures[1], 1)])
    assert torch.allclose(mixed.statistics, 0.75 * a.statistics + 0.25 * b.statistics, atol=1e-5)
    assert torch.allclose(mixed.palette, 0.75 * a.palette + 0.25 * b.palette, atol=1e-5)


def test_a_weight_of_0_leaves_a_style_out(stylizer, photo, pictures):
    alone = stylizer(photo, style=pictures[0])
    assert difference(alone, stylizer(photo, style=[(pictures[0], 2), (pictures[1], 0)])) == 0
    assert difference(alone, stylizer(photo, style=[(pictures[0], 1), (pictures[1], 1)])) > 0


def test_the_stroke_size_is_the_size_the_style_is_seen_at(stylizer, pictures):
    assert not torch.allclose(stylizer.encode(pictures[0], 0.5).statistics, stylizer.encode(pictures[0], 2.0).statistics)


@pytest.mark.parametrize("size", [(1, 1), (300, 5), (23, 17)])
def test_every_size_is_kept(stylizer, size, pictures):
    result = stylizer(Image.new("RGB", size, "teal"), style=pictures[0])
    assert (result.size, result.mode) == (size, "RGB")


@pytest.mark.parametrize("style", [
    Image.new("RGB", (1, 1), "red"), Image.new("L", (40, 30), 128), Image.new("RGBA", (40, 30), (9, 99, 200, 90)),
    Image.new("RGB", (3000, 2), "blue"),
], ids=["one pixel", "grey", "see-through", "a line"])  # fmt: skip
def test_odd_style_pictures(stylizer, photo, style):
    assert stylizer(photo, style=style, strength=0.7).size == photo.size


def test_alpha_and_colours_are_kept(stylizer, photo, pictures):
    see_through = photo.copy()
    see_through.putalpha(Image.linear_gradient("L").resize(photo.size))
    assert stylizer(see_through, style=pictures[0]).getchannel("A").tobytes() == see_through.getchannel("A").tobytes()
    grey = stylizer(photo.convert("L"), style=pictures[0], preserve_color=True)
    assert np.ptp(np.asarray(grey).astype(int), axis=2).max() <= 2


def test_it_paints_the_same_in_another_process(stylizer, photo, pictures):
    travelled, style = pickle.loads(pickle.dumps((stylizer, stylizer.encode(pictures[0]))))
    expected = stylizer(photo, style=pictures[0], strength=0.6)
    assert difference(travelled(photo, style=style, strength=0.6), expected) == 0


def test_a_saved_style_loads_everywhere(stylizer, photo, pictures, tmp_path):
    path, code = tmp_path / "mine.safetensors", stylizer.encode(pictures[0])
    stylizer.save_style(code, path, "Mine")
    expected = stylizer(photo, style=code)
    assert stylizer.load_style(path).title == "Mine"
    assert difference(expected, stylizer(photo, style=path)) <= 1  # fp16
    assert difference(expected, FixedStylizer.from_pretrained(path)(photo, style="mine")) <= 1
    again = tmp_path / "again.safetensors"
    stylizer.save_style(stylizer.load_style(path), again)
    assert difference(stylizer(photo, style=path), stylizer(photo, style=again)) == 0


def test_large_photos_are_painted_in_tiles(stylizer, make_picture, pictures, monkeypatch):
    photo, seen = make_picture(300, 200, 1), []
    whole = stylizer(photo, style=pictures[0])
    monkeypatch.setattr(painter, "WHOLE_PIXELS", 1000)
    monkeypatch.setattr(painter, "TILE_SIDE", 128)
    monkeypatch.setattr(painter, "_samples", lambda pixels: torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255)
    tiled = stylizer(photo, style=pictures[0], on_progress=seen.append)
    assert seen[-1] == Progress(6, 6)
    assert difference(whole, tiled) <= 1


@pytest.mark.parametrize(("options", "error", "words"), [
    ({"strength": 2}, StyleError, "Strength"),
    ({"stroke_size": 3}, StyleError, "stroke size"),
    ({"style": []}, StyleError, "one to 4"),
    ({"style": [("a.png", 0)]}, StyleError, "sum to 0"),
    ({"style": [("a.png", float("nan"))]}, StyleError, "nan"),
    ({"style": "missing.png"}, ImageError, "missing.png"),
    ({"style": "missing.safetensors"}, CheckpointError, "missing.safetensors"),
    ({"max_side": 0}, ImageError, "0 pixels"),
])  # fmt: skip
def test_bad_input(stylizer, photo, pictures, options, error, words):
    with pytest.raises(error, match=words):
        stylizer(photo, **{"style": pictures[0]} | options)


def test_a_saved_style_stands_alone(stylizer, photo, pictures, tmp_path):
    stylizer.save_style(stylizer.encode(pictures[0]), tmp_path / "mine.safetensors")
    with pytest.raises(StyleError, match="cannot be mixed"):
        stylizer(photo, style=[(tmp_path / "mine.safetensors", 1), (pictures[1], 1)])


def test_foreign_files(stylizer, photo, make_network, styles, checkpoint, meta_checkpoint, tmp_path):
    save_fixed(make_network(TransformConfig(base=8)).transform, styles[:1], tmp_path / "wide.safetensors")
    for path in (tmp_path / "wide.safetensors", checkpoint, meta_checkpoint):
        with pytest.raises(StyleTransferError, match=path.name):
            stylizer(photo, style=path)
    with pytest.raises(CheckpointError, match=r"tiny\.safetensors holds no MetaNet"):
        MetaStylizer.from_pretrained(checkpoint)
