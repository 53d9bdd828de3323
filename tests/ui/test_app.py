"""The Fixed tab without a browser, and what all tabs share: endpoints, bounds, and what is said to bad input."""

import json
import urllib.request
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from styletransfer.images import read_settings
from styletransfer.ui import common, fixed, photos
from styletransfer.ui.errors import UNEXPECTED, plain_errors
from styletransfer.ui.examples import EXAMPLES, example_paintings, example_photos
from styletransfer.ui.models import fixed_styles

STYLE, OTHER = list(fixed_styles())[:2]
PLAIN = {"second_style": "", "mix": 0.5, "preserve_color": False, "max_side": 0}


@pytest.fixture
def photo(tmp_path) -> Path:
    return saved(noise(), tmp_path / "my photo.png")


def noise(height: int = 60, width: int = 90, channels: int = 3) -> Image.Image:
    """Coarse noise: what a network paints of it differs from it, and differs between styles."""
    values = np.random.default_rng(0).integers(0, 256, (height // 6, width // 6, channels), np.uint8)
    return Image.fromarray(values.repeat(6, axis=0).repeat(6, axis=1))


def saved(image: Image.Image, path: Path, **options: object) -> Path:
    image.save(path, **options)
    return path


def stylize(client: Client, photo: Path, **changes: object) -> Path:
    arguments = {"style": STYLE, "strength": 1, **PLAIN, **changes}
    return Path(client.predict(photo=handle_file(photo), api_name="/stylize_fixed", **arguments))


def difference(a: Path, b: Path) -> float:
    first, second = (np.asarray(Image.open(path).convert("RGB"), np.float32) for path in (a, b))
    return float(np.abs(first - second).mean())


def test_only_the_documented_endpoints_are_public(client):
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(endpoints) == {"/stylize_fixed", "/styles", "/stylize_arbitrary", "/save_style", "/stylize_iterative"}


def test_styles_are_listed(client):
    styles = client.predict(api_name="/styles")
    assert [style["name"] for style in styles] == list(fixed_styles())
    assert all(style["title"] and style["artist"] for style in styles)


def test_result_is_a_png_named_after_photo_and_style_with_its_settings(client, photo):
    result = stylize(client, photo, strength=0.8, second_style=OTHER, mix=0.25, preserve_color=True, max_side=72)
    assert result.name == f"my photo-{STYLE}-{OTHER}.png"
    with Image.open(result) as image:
        assert (image.format, image.size) == ("PNG", (72, 48))
    assert read_settings(result) == {
        "method": "fixed",
        "style": {STYLE: 0.75, OTHER: 0.25},
        "strength": 0.8,
        "preserve_color": True,
        "max_side": 72,
    }


def test_style_strength_mix_and_colour_each_change_the_picture(client, photo):
    plain = stylize(client, photo)
    for change in ({"style": OTHER}, {"strength": 0.5}, {"second_style": OTHER}, {"preserve_color": True}):
        assert difference(plain, stylize(client, photo, **change)) > 1, change


def test_strength_0_gives_the_photo_back(client, photo):
    result = stylize(client, photo, strength=0)
    np.testing.assert_array_equal(np.asarray(Image.open(result)), np.asarray(Image.open(photo)))


@pytest.mark.parametrize(
    ("wrong", "kept"),
    [
        ({"strength": 7}, {"strength": 1.0}),
        ({"strength": -3}, {"strength": 0.0}),
        ({"second_style": OTHER, "mix": 9}, {"style": {OTHER: 1.0}}),
        ({"second_style": OTHER, "mix": -9}, {"style": {STYLE: 1.0}}),
        ({"second_style": STYLE, "mix": 0.3}, {"style": {STYLE: 1.0}}),
        ({"max_side": 1}, {"max_side": common.SMALLEST_SIDE}),
        ({"max_side": -5}, {"max_side": common.SMALLEST_SIDE}),
        ({"max_side": 10**9}, {"max_side": common.LARGEST_SIDE}),
        ({"max_side": 0}, {"max_side": None}),
    ],
)
def test_numbers_are_clamped_on_the_server(client, photo, wrong, kept):
    settings = read_settings(stylize(client, photo, **wrong))
    assert {key: settings[key] for key in kept} == kept


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"style": "no_such_style"}, 'There is no style "no_such_style"; choose among'),
        ({"second_style": "no_such_style"}, 'There is no style "no_such_style"; choose among'),
        ({"style": None}, "There is no style"),
        ({"strength": "much"}, "The strength must be a number from 0 to 1."),
        ({"max_side": "large"}, "The longest side must be a number"),
    ],
)
def test_wrong_values_are_answered_with_a_sentence(client, photo, wrong, message):
    with pytest.raises(AppError, match=message):
        stylize(client, photo, **wrong)


def test_a_missing_photo_is_answered_with_a_sentence(client):
    with pytest.raises(AppError, match="Choose a photo first"):
        client.predict(photo=None, style=STYLE, strength=1, api_name="/stylize_fixed", **PLAIN)


def test_a_broken_file_is_answered_with_a_sentence(client, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n and then nothing of use")
    with pytest.raises(AppError, match="not a picture that can be read"):
        stylize(client, broken)


def test_a_huge_picture_is_refused_before_it_is_decoded(client, huge):
    with pytest.raises(AppError, match="too large"):
        stylize(client, huge)


def test_transparency_is_kept(client, tmp_path):
    rgba = noise(channels=4)
    result = Image.open(stylize(client, saved(rgba, tmp_path / "clear.png")))
    assert result.mode == "RGBA"
    np.testing.assert_array_equal(np.asarray(result)[..., 3], np.asarray(rgba)[..., 3])


def test_grey_photos_are_painted(client, tmp_path):
    result = Image.open(stylize(client, saved(noise().convert("L"), tmp_path / "grey.png")))
    assert (result.mode, result.size) == ("RGB", (90, 60))


def test_photos_are_turned_upright(client, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn clockwise to see it right
    lying = saved(noise(), tmp_path / "lying.jpg", exif=exif, quality=95)
    result = stylize(client, lying, strength=0)
    upright = np.asarray(Image.open(lying).transpose(Image.Transpose.ROTATE_270))
    np.testing.assert_array_equal(np.asarray(Image.open(result)), upright)


@pytest.mark.parametrize(
    "photo",
    [
        {"path": str(Path(__file__)), "meta": {"_type": "gradio.FileData"}},
        {"url": "data:image/png;base64,AAAA", "meta": {"_type": "gradio.FileData"}},
    ],
    ids=["a file of the server", "a data URL"],
)
def test_only_uploaded_files_are_read(url, photo):
    body = json.dumps({"data": [photo, STYLE, 1, "", 0.5, False, 0]}).encode()
    request = urllib.request.Request(f"{url}gradio_api/call/stylize_fixed", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        event = json.load(answer)["event_id"]
    with urllib.request.urlopen(f"{url}gradio_api/call/stylize_fixed/{event}") as answer:
        assert answer.read().startswith(b"event: error")


def test_changing_settings_reads_the_photo_once(photo, monkeypatch):
    opened = []
    open_image = photos.images.open_image
    monkeypatch.setattr(photos.images, "open_image", lambda path: opened.append(path) or open_image(path))
    for strength, max_side in [(0.2, 1024), (0.4, 1024), (0.4, 72), (0.4, 0)]:
        fixed.preview_fixed(str(photo), STYLE, strength, "", 0.5, False, max_side)
    assert opened == [str(photo)]


def test_the_page_compares_pictures_of_one_size(photo):
    (before, after), caption = fixed.preview_fixed(str(photo), STYLE, 1, OTHER, 0.25, False, 72)
    assert Image.open(before).size == Image.open(photos.io.BytesIO(after)).size == (72, 48)
    title, other = (fixed_styles()[name].label for name in (STYLE, OTHER))
    assert caption.startswith(f"{title} 75% + {other} 25% · 72 × 48 · ")


def test_the_page_is_emptied_with_the_photo():
    assert fixed.preview_fixed(None, STYLE, 1, "", 0.5, False, 1024) == (None, common.HINT)


def test_a_photo_that_was_cleaned_up_is_asked_for_again(photo):
    photo.unlink()
    with pytest.raises(gr.Error, match="upload it again"):
        fixed.preview_fixed(str(photo), STYLE, 1, "", 0.5, False, 1024)


def test_unforeseen_errors_are_logged_and_not_shown(caplog):
    @plain_errors
    def fail():
        raise KeyError("a detail of the server")

    with pytest.raises(gr.Error) as error:
        fail()
    assert error.value.message == UNEXPECTED
    assert "a detail of the server" in caplog.text


def test_every_style_has_a_thumbnail_and_there_are_examples():
    assert {path.stem for path in (EXAMPLES / "styles").glob("*.jpg")} == set(fixed_styles())
    assert len(example_photos()) >= 4
    assert len(example_paintings()) >= 4
