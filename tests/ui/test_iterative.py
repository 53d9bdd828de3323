"""The Iterative tab without a browser: the endpoint, bounds, sentences, and what is shown on the way."""

import dataclasses
import io
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from styletransfer.images import read_settings
from styletransfer.stylizers import IterativeProgress
from styletransfer.ui import iterative, watching
from styletransfer.ui.errors import UNEXPECTED, plain_errors
from styletransfer.ui.gpu import TIME_IS_UP, Signal
from styletransfer.ui.models import fixed_styles
from styletransfer.ui.runs import stop_run

SMALL = {"size": 64, "steps": 3, "coarsest": 64, "encoder": "compact"}
FILES = ("photo", "style", "second_style", "mask")
REST = (0.5, 1, 64, 4, "photo", 64, "lbfgs", "off", None, 0.5, None, "compact", "max", 1, 12, 3, 0)  # after photo, stop and style


@pytest.fixture
def photo(tmp_path, make_picture) -> Path:
    return saved(make_picture(90, 60, 0), tmp_path / "my photo.png")


@pytest.fixture
def style(tmp_path, make_picture) -> Path:
    return saved(make_picture(80, 80, 1), tmp_path / "dusk.png")


def saved(image: Image.Image, path: Path) -> Path:
    image.save(path)
    return path


def stylize(client, photo: Path | None, style: Path | None, **changes: object) -> Path:
    arguments = {"photo": photo, "style": style, **SMALL, **changes}
    sent = {key: handle_file(value) if key in FILES and value else value for key, value in arguments.items()}
    return Path(client.predict(api_name="/stylize_iterative", **sent))


def test_result_is_a_png_with_its_settings(client, photo, style):
    result = stylize(client, photo, style, strength=0.7, second_style=photo, share=0.25, mask=style, preserve_color="luminance")
    assert result.name == "my photo-dusk-my photo.png"
    with Image.open(result) as picture:
        assert (picture.format, picture.size) == ("PNG", (64, 43))
    expected = {"method": "iterative", "style": [["dusk.png", 0.75], ["my photo.png", 0.25]], "steps": 3, "strength": 0.7}
    settings = read_settings(result)
    assert {key: settings[key] for key in expected} == expected


def test_numbers_are_clamped_on_the_server():
    values = ["style.png", *REST]
    for position, (wrong, field, kept) in {
        1: (7, "strength", 1), 2: (99, "stroke_size", 4), 3: (10**9, "size", iterative.LARGEST_SIDE), 4: (-1, "steps", 1),
        6: (1, "coarsest", iterative.SMALLEST_SIDE), 14: (1e9, "content_weight", 100), 17: (-3, "seed", 0),
    }.items():  # fmt: skip
        changed = [*values[:position], wrong, *values[position + 1 :]]
        assert getattr(iterative.Settings.of(*changed).config, field) == kept


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"photo": None}, "Choose a photo first"), ({"style": None}, "Choose a style picture first"),
        ({"strength": "much"}, "The strength must be a number"), ({"steps": None}, "The number of steps must be a number"),
        ({"encoder": "/etc/passwd"}, 'There is no encoder "/etc/passwd"'), ({"pooling": "min"}, 'There is no pooling "min"'),
        ({"optimizer": "sgd"}, 'no optimizer "sgd"'), ({"preserve_color": "yes"}, '"yes"'),
        ({"init": "sunflowers"}, 'no style "sunflowers"'),
    ],
)  # fmt: skip
def test_wrong_values_are_answered_with_a_sentence(client, photo, style, wrong, message):
    with pytest.raises(AppError, match=message):
        stylize(client, **{"photo": photo, "style": style, **wrong})


def test_a_huge_photo_is_refused_before_it_is_decoded(client, huge, style):
    with pytest.raises(AppError, match="too large"):
        stylize(client, huge, style)


def test_what_is_shown_on_the_way(photo, style, monkeypatch):
    monkeypatch.setattr(iterative, "SHOW_SECONDS", 0)
    *shown, last = iterative.watch(str(photo), Signal.new(), str(style), *REST)
    assert len(shown) == 3
    for step, ((before, after), status, plot, *_) in enumerate(shown, 1):
        assert Image.open(before).size == Image.open(io.BytesIO(after)).size == (64, 43)
        assert f"Step {step} of 4" in status and plot.count("<polyline") == 2
    _, status, _, download, film = last
    assert "done" in status
    assert Image.open(download.value["path"]).size == (64, 43)
    assert Image.open(film.value["path"]).n_frames > 1


def test_stop_ends_with_what_is_there(photo, style):
    stop = Signal.new()
    stop.set()
    (shown,) = iterative.watch(str(photo), stop, str(style), *REST)
    assert "Step 1 of 4" in shown[1] and "stopped" in shown[1]


def test_time_that_is_up_ends_with_what_is_there(client, photo, style, monkeypatch):
    told = []
    monkeypatch.setattr(iterative, "time_is_up", lambda: True)
    monkeypatch.setattr(iterative.gr, "Warning", told.append)
    *_, (_, status, _, download, _) = iterative.watch(str(photo), None, str(style), *REST)
    assert "Step 1 of 4" in status and "stopped" in status and told == [TIME_IS_UP]
    assert read_settings(download.value["path"])["steps_done"] == 1
    assert read_settings(stylize(client, photo, style))["steps_done"] == 1


def test_a_warm_start_is_painted_first(photo, style, monkeypatch):
    """What is left to do needs neither of the quick networks."""
    started = []
    stylizer = SimpleNamespace(stylize=lambda *_, start, **options: started.append(start) or iter(()))
    monkeypatch.setattr(iterative, "iterative_stylizer", lambda *_: stylizer)
    for init, size in (("photo", None), ("noise", None), ("meta", (64, 43)), (next(iter(fixed_styles())), (64, 43))):
        settings = iterative.Settings.of(str(style), *REST[:4], init, *REST[5:])
        start = settings.prepare(str(photo))
        assert start is None if size is None else start.size == size
        list(settings.steps(str(photo), start))
        assert started.pop() is start


def test_stopping_is_for_one_run_only():
    one, other = iterative.begin("compact")[0], iterative.begin("compact")[0]
    stop_run(one)
    stop_run(None)
    assert one.is_set() and not other.is_set()


def test_errors_on_the_way_are_told_in_plain_words(caplog):
    @plain_errors
    def steps():
        yield 1
        raise KeyError("a detail of the server")

    run = steps()
    assert next(run) == 1
    with pytest.raises(gr.Error) as error:
        next(run)
    assert error.value.message == UNEXPECTED
    assert "a detail of the server" in caplog.text


def progress(step: int, color: str = "red") -> IterativeProgress:
    return IterativeProgress(step, 10, 64, 0.5, 0.25, 3.0, 75.0, (), lambda full: Image.new("RGB", (60, 40), color))


def test_status_says_how_far_it_is_and_how_long_it_takes():
    status = watching.status(progress(4))
    assert 'max="10" value="4"' in status
    assert "Step 4 of 10 · 64 px · content 0.500 · style 0.250 · 1 min 15 s left" in status
    assert watching.status(progress(10)).endswith("done</span>")
    assert watching.status(progress(4), stopped=True).endswith("stopped</span>")


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 s"), (59.2, "1 min 0 s"), (3.1, "4 s"), (125, "2 min 5 s")])
def test_durations(seconds, text):
    assert watching.duration(seconds) == text


def test_curves_fall_as_the_losses_do():
    plot = watching.loss_plot([4.0, 2.0, 1.0], [float("nan"), 1.0, 1.0], 3)
    points = plot.split('points="')[1].split('"')[0].split()
    heights = [float(point.split(",")[1]) for point in points]
    assert heights == sorted(heights) and len(points) == 3
    assert "nan" not in plot.split("<div>")[0]


def test_a_film_is_evenly_spread_and_ends_with_the_result():
    film = watching.Film(10)
    for step in range(1, 11):
        film.add(
            dataclasses.replace(progress(step), render=lambda full, step=step: Image.new("RGB", (60, 40), (step * 20, 0, 0)))
        )
    picture = Image.open(io.BytesIO(film.finish(Image.new("RGB", (600, 400), "blue"))))
    assert picture.n_frames == 11 and picture.size == (384, 256)
    picture.seek(10)
    assert picture.convert("RGB").getpixel((5, 5))[2] > 200
