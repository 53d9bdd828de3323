"""The Arbitrary tab without a browser. The bundled network need not be a good painter for these tests."""

from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from styletransfer.checkpoints import Style, save_fixed
from styletransfer.images import read_settings
from styletransfer.networks import TransformConfig, TransformNet
from styletransfer.stylizers import FixedStylizer, MetaStylizer
from styletransfer.ui import arbitrary, build_app, common, examples

FILES = ("photo", "style", "style_2", "style_3", "style_4", "saved_style")
REST = (1, 1, 1, 1, None, 1, 1, False, 0)  # what preview_arbitrary is given after the pictures


@pytest.fixture
def photo(tmp_path, make_picture) -> Path:
    return saved(make_picture(90, 60, 0), tmp_path / "my photo.png")


@pytest.fixture
def style(tmp_path, make_picture) -> Path:
    return saved(make_picture(80, 80, 1), tmp_path / "waves_at_dusk.png")


@pytest.fixture
def other(tmp_path, make_picture) -> Path:
    return saved(make_picture(70, 90, 2).convert("L").convert("RGB"), tmp_path / "ink.png")


def saved(image: Image.Image, path: Path) -> Path:
    image.save(path)
    return path


def call(client, endpoint: str, **arguments: object) -> Path:
    sent = {key: handle_file(value) if key in FILES and value else value for key, value in arguments.items()}
    return Path(client.predict(api_name=endpoint, **sent))


def stylize(client, photo: Path, style: Path | None, **changes: object) -> Path:
    return call(client, "/stylize_arbitrary", photo=photo, style=style, **changes)


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"), np.float32)


def test_result_is_a_png_named_after_photo_and_styles_with_its_settings(client, photo, style, other):
    result = stylize(
        client, photo, style, style_3=other, weight=0.75, weight_3=0.25,
        strength=0.8, stroke_size=0.5, preserve_color=True, max_side=72,
    )  # fmt: skip
    assert result.name == "my photo-waves_at_dusk-ink.png"
    with Image.open(result) as image:
        assert (image.format, image.size) == ("PNG", (72, 48))
    assert read_settings(result) == {
        "method": "arbitrary",
        "style": [["waves_at_dusk.png", 0.75], ["ink.png", 0.25]],
        "strength": 0.8,
        "stroke_size": 0.5,
        "preserve_color": True,
        "max_side": 72,
    }


def test_style_mix_strength_strokes_and_colour_each_change_the_picture(client, photo, style, other):
    plain = pixels(stylize(client, photo, style))
    for change in ({"style_2": other}, {"strength": 0.3}, {"stroke_size": 0.5}, {"preserve_color": True}):
        assert np.abs(plain - pixels(stylize(client, photo, style, **change))).mean() > 0.5, change


def test_strength_0_gives_the_photo_back(client, photo, style):
    np.testing.assert_array_equal(pixels(stylize(client, photo, style, strength=0)), pixels(photo))


@pytest.mark.parametrize(
    ("wrong", "kept"),
    [
        ({"strength": 7}, {"strength": 1.0}),
        ({"stroke_size": 7}, {"stroke_size": 2.0}),
        ({"stroke_size": -7}, {"stroke_size": 0.5}),
        ({"weight": 0.1}, {"style": [["waves_at_dusk.png", 1.0]]}),
        ({"weight_2": "no number, but of no picture"}, {"style": [["waves_at_dusk.png", 1.0]]}),
        ({"max_side": -5}, {"max_side": common.SMALLEST_SIDE}),
    ],
)
def test_numbers_are_clamped_on_the_server(client, photo, style, wrong, kept):
    settings = read_settings(stylize(client, photo, style, **wrong))
    assert {key: settings[key] for key in kept} == kept


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"photo": None}, "Choose a photo first."),
        ({"style": None}, "Choose a style picture first."),
        ({"weight": 0}, "All styles have the weight 0"),
        ({"weight": "much"}, "The weight of style 1 must be a number from 0 to 1."),
        ({"strength": "much"}, "The strength must be a number from 0 to 1."),
        ({"stroke_size": "large"}, "The stroke size must be a number from 0.5 to 2."),
        ({"max_side": "large"}, "The longest side must be a number"),
    ],
)
def test_wrong_values_are_answered_with_a_sentence(client, photo, style, wrong, message):
    with pytest.raises(AppError, match=message):
        stylize(client, **{"photo": photo, "style": style, **wrong})


@pytest.mark.parametrize("mode", ["L", "RGBA", "P"])
def test_a_style_of_any_mode_and_of_one_pixel_will_do(client, photo, tmp_path, mode):
    dot = saved(Image.new("RGB", (1, 1), (200, 90, 30)).convert(mode), tmp_path / "dot.png")
    assert Image.open(stylize(client, photo, dot)).size == (90, 60)


@pytest.mark.parametrize(
    ("slot", "name", "message"),
    [
        ("style", "broken.png", "broken.png is not a picture that can be read"),
        ("style_4", "broken.jpg", "broken.jpg is not a picture that can be read"),
        ("saved_style", "broken.safetensors", "broken.safetensors is not a readable safetensors file"),
        ("saved_style", "fixed.png", "fixed.png is not a saved style"),
    ],
)
def test_a_broken_file_is_answered_with_a_sentence(client, photo, style, tmp_path, slot, name, message):
    broken = tmp_path / name
    broken.write_bytes(b"of no use")
    with pytest.raises(AppError, match=message):
        stylize(client, **{"photo": photo, "style": style, slot: broken})


def test_a_huge_style_is_refused_before_it_is_decoded(client, photo, huge):
    with pytest.raises(AppError, match="too large"):
        stylize(client, photo, huge)


def test_a_network_of_another_shape_is_answered_with_a_sentence(client, photo, tmp_path):
    path = tmp_path / "other.safetensors"
    save_fixed(TransformNet(TransformConfig(base=4)), [Style("other")], path)
    with pytest.raises(AppError, match="is not a style saved from this network"):
        stylize(client, photo, None, saved_style=path)


def test_a_saved_mix_paints_what_its_pictures_paint(client, photo, style, other):
    arguments = {"style": style, "style_2": other, "weight_2": 0.5, "stroke_size": 0.7}
    file = call(client, "/save_style", **arguments)
    assert file.name == "waves_at_dusk-ink.safetensors"
    assert MetaStylizer.from_pretrained().load_style(file).title == "waves at dusk + ink"
    assert list(FixedStylizer.from_pretrained(file).styles) == ["waves_at_dusk-ink"]
    expected, result = pixels(stylize(client, photo, **arguments)), pixels(stylize(client, photo, other, saved_style=file))
    assert np.abs(expected - result).mean() < 4  # a file's weights are rounded


def test_saving_needs_a_style(client):
    with pytest.raises(AppError, match="Choose a style picture first"):
        client.predict(api_name="/save_style")


def test_styles_and_photo_are_looked_at_once_while_the_strength_changes(photo, style, monkeypatch):
    looked = []
    encode = MetaStylizer.encode
    monkeypatch.setattr(
        MetaStylizer, "encode", lambda self, picture, size=1.0: looked.append(picture) or encode(self, picture, size)
    )
    for strength, strokes in [(1, 1), (0, 1), (0.2, 1), (0.9, 1), (1, 0.5), (0.2, 0.5)]:
        arbitrary.preview_arbitrary(str(photo), str(style), None, None, None, 1, 1, 1, 1, None, strength, strokes, False, 0)
    assert [looked[0], looked[2]] == [str(style), str(style)]
    assert looked[1].size == (90, 60) and len(looked) == 3


def test_the_page_compares_pictures_of_one_size_and_names_the_styles(photo, style, other):
    (before, after), caption = arbitrary.preview_arbitrary(str(photo), str(style), str(other), None, None, *REST)
    assert Image.open(before).size == (90, 60)
    assert after.startswith(b"\xff\xd8")
    assert caption.startswith("waves at dusk 50% + ink 50% · 90 × 60 · ")


def test_the_page_says_what_is_missing(photo, style):
    assert arbitrary.preview_arbitrary(None, str(style), None, None, None, *REST) == (None, common.HINT)
    assert arbitrary.preview_arbitrary(str(photo), None, None, None, None, *REST) == (None, arbitrary.STYLE_HINT)


def test_a_style_that_was_cleaned_up_is_asked_for_again(photo, style):
    style.unlink()
    with pytest.raises(gr.Error, match="upload it again"):
        arbitrary.preview_arbitrary(str(photo), str(style), None, None, None, *REST)


def test_the_page_is_built_without_examples(tmp_path, monkeypatch):
    monkeypatch.setattr(examples, "EXAMPLES", tmp_path)
    build_app()
