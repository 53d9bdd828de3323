"""``iterative`` on the command line: the options of a run, pictures on the way, stopping, bad input."""

import dataclasses

import numpy as np
import pytest

from styletransfer.cli import main
from styletransfer.cli.iterative import OPTIONS
from styletransfer.images import open_image, read_settings
from styletransfer.stylizers import IterativeConfig, IterativeStylizer

QUICK = ["--steps", 4, "--coarsest", 32, "--init", "photo"]


@pytest.fixture
def style(tmp_path, make_picture):
    make_picture(60, 40, 30).save(tmp_path / "a.png")
    return tmp_path / "a.png"


@pytest.fixture
def run(photos, style, encoder_file, tmp_path):
    """Run ``iterative`` with a random encoder and return its exit code."""

    def run(*options, output=tmp_path / "out.png", photo=photos / "wide.jpg", style=style):
        command = ["iterative", photo, "-o", output, "--style", style, "--encoder", encoder_file, *QUICK, *options]
        return main(list(map(str, command)))

    return run


def test_a_photo(run, tmp_path, style):
    assert run("--size", 45, "--strength", 0.7, "--optimizer", "adam", "--seed", 3) == 0
    assert open_image(tmp_path / "out.png").size == (45, 30)
    settings = read_settings(tmp_path / "out.png")
    expected = {
        "method": "iterative",
        "style": [str(style)],
        "size": 45,
        "strength": 0.7,
        "optimizer": "adam",
        "seed": 3,
        "steps": 4,
    }
    assert {key: settings[key] for key in expected} == expected


def test_every_field_of_the_configuration_has_its_option():
    fields = {field.name for field in dataclasses.fields(IterativeConfig)}
    assert set(OPTIONS) == fields - {"range_weight"}


def test_pictures_on_the_way(run, tmp_path):
    assert run("--save-every", 2, "--output-dir", tmp_path / "frames", "--init", "noise") == 0
    assert sorted(path.name for path in (tmp_path / "frames").iterdir()) == ["out_00002.png", "out_00004.png"]
    frames = [np.asarray(open_image(path)) for path in sorted((tmp_path / "frames").iterdir())]
    assert frames[0].shape == frames[1].shape == (60, 90, 3)
    assert np.array_equal(frames[1], np.asarray(open_image(tmp_path / "out.png")))
    assert not np.array_equal(*frames)


@pytest.mark.parametrize(
    ("options", "steps"),
    [(["--epochs", 2, "--steps-per-epoch", 3], 6), (["--steps-per-epoch", 5], 5), (["--steps", 7], 7)],
)
def test_epochs_are_another_way_to_give_the_steps(run, tmp_path, options, steps):
    assert run(*options) == 0
    assert read_settings(tmp_path / "out.png")["steps_done"] == steps


def test_layers_and_weights(run, tmp_path):
    layers = ["--style-layers", "relu1_1", "relu3_1", "--style-layer-weights", 1, 2, "--content-layers", "relu2_1"]
    assert run(*layers, "--content-weight", 2, "--style-weight", 3, "--tv-weight", 0) == 0
    settings = read_settings(tmp_path / "out.png")
    assert settings["style_layers"] == ["relu1_1", "relu3_1"] and settings["style_layer_weights"] == [1, 2]
    assert (settings["content_weight"], settings["style_weight"], settings["tv_weight"]) == (2, 3, 0)


def test_several_styles_and_a_mask(run, style, tmp_path, make_picture):
    make_picture(30, 30, 2).save(tmp_path / "mask.png")
    assert run("--style", f"{style}:0.5", "--mask", tmp_path / "mask.png") == 0


def test_size_0_is_the_photos_own(run, tmp_path):
    assert run("--size", 0) == 0
    assert open_image(tmp_path / "out.png").size == (90, 60)


def test_stopping_keeps_the_best_so_far(run, tmp_path, monkeypatch):
    stylize = IterativeStylizer.stylize

    def stopped(self, *args, **options):
        steps = stylize(self, *args, **options)
        yield next(steps)
        yield next(steps)
        raise KeyboardInterrupt

    monkeypatch.setattr(IterativeStylizer, "stylize", stopped)
    assert run() == 130
    assert read_settings(tmp_path / "out.png")["steps_done"] == 2


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--steps", 0], "steps is 0"), (["--strength", 2], "Strength is 2"), (["--init", "sunflowers"], "sunflowers"),
        (["--mask", "none.png"], "none.png"), (["--save-every", 0], "--save-every is 0"), (["--size", 3], "size in pixels is 3"),
        (["--style-layers", "relu1_1"], "weights"), (["--content-layers", "conv7"], "no layer conv7"),
        (["--encoder", "none.safetensors"], "none.safetensors"),
    ],
)  # fmt: skip
def test_bad_options_are_exit_2_and_one_line(run, tmp_path, capsys, options, part):
    assert run(*options) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("styletransfer: ")]
    assert len(lines) == 1 and part in lines[0]
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize(
    ("files", "part"),
    [({"output": "out.xyz"}, "out.xyz"), ({"output": "no/out.png"}, "does not exist"), ({"style": "none.jpg"}, "none.jpg"),
     ({"photo": "none.jpg"}, "none.jpg")],
)  # fmt: skip
def test_bad_files_are_exit_2(run, tmp_path, capsys, files, part):
    assert run(**{name: tmp_path / path for name, path in files.items()}) == 2
    assert part in capsys.readouterr().err
