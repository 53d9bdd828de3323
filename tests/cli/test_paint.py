"""The command line paints: photos, folders, mixes; and what it says to bad input."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from styletransfer import __version__
from styletransfer.cli import main
from styletransfer.images import open_image, read_settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(checkpoint):
    """Run ``fixed`` with the tiny checkpoint and return its exit code."""

    def run(*arguments, style="wave"):
        return main(["fixed", *map(str, arguments), "--style", style, "--checkpoint", str(checkpoint)])

    return run


def assert_one_line(capsys, *parts):
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("styletransfer: ")
    for part in parts:
        assert part in lines[0]


def test_a_photo(run, photos, tmp_path):
    options = ["--strength", 0.8, "--max-side", 45]
    assert run(photos / "wide.jpg", "-o", tmp_path / "out.png", *options, style="wave:0.6,kiss:0.4") == 0
    assert open_image(tmp_path / "out.png").size == (45, 30)
    assert read_settings(tmp_path / "out.png") == {
        "method": "fixed",
        "style": "wave:0.6,kiss:0.4",
        "strength": 0.8,
        "preserve_color": False,
        "version": __version__,
    }


def test_options_change_the_picture(run, photos, tmp_path):
    variants = {
        "plain": [], "weak": ["--strength", 0.3], "colored": ["--preserve-color"], "photo": ["--strength", 0]
    }  # fmt: skip
    painted = {}
    for name, options in variants.items():
        assert run(photos / "grey.png", "-o", tmp_path / f"{name}.png", *options) == 0
        painted[name] = np.asarray(open_image(tmp_path / f"{name}.png")).astype(int)
    assert np.array_equal(painted["photo"], np.asarray(open_image(photos / "grey.png")))
    assert np.abs(painted["weak"] - painted["photo"]).mean() < np.abs(painted["plain"] - painted["photo"]).mean()
    assert np.ptp(painted["colored"], axis=2).max() <= 2 < np.ptp(painted["plain"], axis=2).max()  # a grey photo stays grey
    assert read_settings(tmp_path / "colored.png")["preserve_color"] is True


@pytest.mark.parametrize(("photo", "result"), [("wide.jpg", "wide.jpg"), ("palette.gif", "palette.png")])
def test_a_photo_into_a_folder(run, photos, tmp_path, photo, result):
    (tmp_path / "out").mkdir()
    assert run(photos / photo, "-o", tmp_path / "out") == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == [result]


def test_a_folder_with_a_broken_file(run, photos, tmp_path, capsys):
    (photos / "broken.jpg").write_bytes(b"no picture")
    (photos / "notes.txt").write_text("not meant")
    out = tmp_path / "out"
    assert run(photos, "-o", out) == 1
    errors = capsys.readouterr().err
    assert "broken.jpg" in errors and "1 of 6 photos could not be painted" in errors and "Traceback" not in errors
    results = {path.relative_to(out).as_posix(): open_image(path) for path in sorted(out.rglob("*.*"))}
    assert {name: picture.size for name, picture in results.items()} == {
        "grey.png": (33, 47), "more/tall.webp": (20, 130), "palette.png": (50, 30), "see_through.png": (40, 40),
        "wide.jpg": (90, 60),
    }  # fmt: skip
    assert results["see_through.png"].mode == "RGBA"


def test_a_whole_folder_is_exit_0(run, photos, tmp_path, capsys):
    assert run(photos, "-o", tmp_path / "out") == 0
    assert "could not" not in capsys.readouterr().err


def test_photos_that_would_get_the_same_name(run, make_picture, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name, size in (("a.gif", (20, 20)), ("a.png", (30, 30)), ("a.jpg", (40, 40))):
        make_picture(*size).save(folder / name)
    assert run(folder, "-o", tmp_path / "out") == 0
    sizes = {path.name: open_image(path).size for path in (tmp_path / "out").iterdir()}
    assert sizes == {"a.png": (20, 20), "a.png.png": (30, 30), "a.jpg": (40, 40)}


@pytest.mark.parametrize(
    ("options", "style", "part"),
    [
        ([], "sunflowers", 'no style "sunflowers"'), ([], "wave:x", '"x"'), ([], "wave:-1", "wave is -1"),
        (["--strength", "1.5"], "wave", "Strength is 1.5"), (["--strength", "nan"], "wave", "Strength is nan"),
        (["--max-side", "0"], "wave", "0 pixels"), (["--checkpoint", "nobody"], "wave", '"nobody"'),
        (["--checkpoint", "none.safetensors"], "wave", "none.safetensors"),
    ],
)  # fmt: skip
def test_bad_input_is_exit_2_and_one_line(checkpoint, photos, tmp_path, capsys, options, style, part):
    command = ["fixed", str(photos / "wide.jpg"), "-o", str(tmp_path / "out.png"), "--style", style]
    assert main([*command, "--checkpoint", str(checkpoint), *options]) == 2
    assert_one_line(capsys, part)
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize(
    ("photo", "output", "part"),
    [
        ("none.jpg", "out.png", "none.jpg"), ("wide.jpg", "out.xyz", "out.xyz"), ("wide.jpg", "missing/out.png", "missing"),
        ("broken.jpg", "out.png", "broken.jpg"), ("nothing", "out", "no photos in"),
    ],
)  # fmt: skip
def test_bad_files_are_exit_2_and_one_line(run, photos, tmp_path, capsys, photo, output, part):
    (photos / "broken.jpg").write_bytes(b"no picture")
    (photos / "nothing").mkdir()
    assert run(photos / photo, "-o", tmp_path / output) == 2
    assert_one_line(capsys, part)


def test_styles_are_listed(checkpoint, capsys):
    assert main(["styles", "--checkpoint", str(checkpoint)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "wave   Katsushika Hokusai, The Great Wave, 1831",
        "night  Night, 1889",
        "kiss   Kiss",
    ]


def test_the_bundled_styles_are_listed(capsys):
    assert main(["styles"]) == 0
    assert "hokusai_great_wave" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["paint"], ["fixed", "a.jpg"], ["fixed", "a.jpg", "-o", "b.png", "--style"]])
def test_usage_errors_are_exit_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: styletransfer" in capsys.readouterr().err


def test_stopping_is_exit_130(run, photos, tmp_path, monkeypatch, capsys):
    from styletransfer import FixedStylizer

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(FixedStylizer, "__call__", stop)
    assert run(photos, "-o", tmp_path / "out") == 130
    assert "stopped" in capsys.readouterr().err


def test_help_from_the_shell_does_not_wait_for_torch():
    """As a module, in a process of its own, where importing torch or gradio is an error."""
    code = (
        "import sys, runpy; sys.modules.update(torch=None, gradio=None); sys.argv = ['styletransfer', '--help'];"
        "runpy.run_module('styletransfer', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for command in ("fixed", "styles", "train"):
        assert command in done.stdout


def test_version_from_the_shell():
    done = subprocess.run([sys.executable, "-m", "styletransfer", "--version"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"styletransfer {__version__}\n")


@pytest.fixture
def paint_any(meta_checkpoint, photos, tmp_path, make_picture):
    """Run ``arbitrary`` with an untrained MetaNet and two style pictures, ``a.png`` and ``b.png``."""
    for number, name in enumerate("ab"):
        make_picture(60, 40, 30 + number).save(tmp_path / f"{name}.png")

    def run(*arguments):
        return main(["arbitrary", str(photos / "wide.jpg"), *map(str, arguments), "--checkpoint", str(meta_checkpoint)])

    return run


def test_any_picture_as_a_style(paint_any, tmp_path):
    options = ["--strength", 0.8, "--stroke-size", 0.5, "--max-side", 45]
    styles = ["--style", f"{tmp_path / 'a.png'}:0.7", "--style", tmp_path / "b.png"]
    assert paint_any("-o", tmp_path / "out.png", *styles, *options) == 0
    assert open_image(tmp_path / "out.png").size == (45, 30)
    settings = read_settings(tmp_path / "out.png")
    assert settings["method"] == "arbitrary" and settings["stroke_size"] == 0.5
    assert settings["style"] == [f"{tmp_path / 'a.png'}:0.7", str(tmp_path / "b.png")]


def test_weights_change_the_mix(paint_any, tmp_path):
    painted = []
    for weight in (0, 1):
        styles = ["--style", f"{tmp_path / 'a.png'}:1", "--style", f"{tmp_path / 'b.png'}:{weight}"]
        assert paint_any("-o", tmp_path / "out.png", *styles) == 0
        painted.append(np.asarray(open_image(tmp_path / "out.png")).astype(int))
    assert np.abs(painted[0] - painted[1]).mean() > 0.1


def test_a_saved_style_paints_the_same(paint_any, run, photos, tmp_path):
    style = tmp_path / "mine.safetensors"
    assert paint_any("-o", tmp_path / "one.png", "--style", tmp_path / "a.png", "--save-style", style) == 0
    assert paint_any("-o", tmp_path / "two.png", "--style", style) == 0
    fixed = ["fixed", photos / "wide.jpg", "-o", tmp_path / "three.png", "--style", "mine", "--checkpoint", style]
    assert main(list(map(str, fixed))) == 0
    one, *others = (np.asarray(open_image(tmp_path / f"{name}.png")).astype(int) for name in ("one", "two", "three"))
    assert all(np.abs(one - other).mean() <= 1 for other in others)


@pytest.mark.parametrize(("options", "part"), [
    (["--style", "missing.png"], "missing.png"), (["--style", "missing.png:half"], "missing.png:half"),
    (["--style", "A", "--stroke-size", "9"], "stroke size"), (["--style", "A:-1"], "-1"), (["--style", "A:0"], "sum to 0"),
    (["--style", "A", "--strength", "2"], "Strength"), (["--style", "A"] * 5, "one to 4"),
])  # fmt: skip
def test_bad_styles(paint_any, tmp_path, capsys, options, part):
    options = [option.replace("A", str(tmp_path / "a.png")) for option in options]
    assert paint_any("-o", tmp_path / "out.png", *options) == 2
    assert_one_line(capsys, part)
    assert not (tmp_path / "out.png").exists()
