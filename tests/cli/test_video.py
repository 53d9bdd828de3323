"""``video`` from the command line: styles of both kinds, options, Ctrl-C, bad input."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from styletransfer.cli import main
from styletransfer.video import open_clip

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(checkpoint, clip_file, tmp_path):
    def run(*arguments, style="wave", weights=checkpoint, output="out.mp4"):
        command = ["video", clip_file, "-o", tmp_path / output, "--style", style, "--checkpoint", weights, *arguments]
        return main(list(map(str, command)))

    return run


def test_a_trained_style(run, tmp_path, capsys):
    options = ["--start", 0.125, "--duration", 0.25, "--max-side", 32, "--batch-size", 4, "--quality", 30, "--steady", 0]
    assert run(*options, style="wave:1,kiss:2") == 0
    clip = open_clip(tmp_path / "out.mp4")
    assert (clip.width, clip.height, clip.has_sound) == (32, 24, True)
    assert clip.seconds == pytest.approx(0.25, abs=0.1)
    assert "6 frames" in capsys.readouterr().out


@pytest.mark.parametrize("strength", [1, 0.5])
def test_a_picture_as_the_style(run, tmp_path, meta_checkpoint, make_picture, strength):
    make_picture(70, 60, 5).save(tmp_path / "own.jpg")
    assert run("--strength", strength, style=tmp_path / "own.jpg", weights=meta_checkpoint) == 0
    assert open_clip(tmp_path / "out.mp4").width == 64


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--start", 99], "another start"), (["--quality", 99], "0 (lossless)"), (["--steady", 2], "Steadiness is 2"),
        (["--batch-size", 0], "batch size"), (["--fps", -1], "frame rate"), (["--strength", 3], "Strength"),
    ],
)  # fmt: skip
def test_bad_options_are_exit_2_and_one_line(run, tmp_path, capsys, options, part):
    assert run(*options) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert lines[-1].startswith("styletransfer: ") and part in lines[-1]
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize(("keywords", "part"), [
    ({"style": "sunflowers"}, "sunflowers"), ({"style": "none.jpg"}, "none.jpg"), ({"output": "out.avi"}, "out.mp4"),
    ({"output": "missing/out.mp4"}, "cannot be written"),
])  # fmt: skip
def test_bad_styles_and_targets(run, capsys, meta_checkpoint, checkpoint, keywords, part):
    assert run(**keywords, weights=meta_checkpoint if ".jpg" in keywords.get("style", "") else checkpoint) == 2
    assert part in capsys.readouterr().err


def test_ctrl_c_leaves_a_clip_of_what_is_done(tmp_path, make_clip, make_frames, checkpoint):
    source = make_clip(tmp_path / "long.mp4", make_frames(2000), sound="aac")
    command = ["video", source, "-o", tmp_path / "out.mp4", "--style", "wave", "--checkpoint", checkpoint]
    process = subprocess.Popen(
        [sys.executable, "-m", "styletransfer", *map(str, command)], cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored in what a shell runs in the background
    )  # fmt: skip
    while not list(tmp_path.glob(".*.part")):
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(0.5)
    os.kill(process.pid, signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors.decode()
    assert b"Traceback" not in errors and b"stopped" in out
    assert 0 < open_clip(tmp_path / "out.mp4").seconds < 2000 / 24
    assert sorted(path.name for path in tmp_path.iterdir()) == ["long.mp4", "out.mp4"]
