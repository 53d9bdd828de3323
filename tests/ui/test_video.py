"""The handlers of the Video tab: preview, cost, caps, the run, Stop, and bad input."""

from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from styletransfer.ui import video
from styletransfer.ui.choice import PICTURE, TRAINED
from styletransfer.ui.examples import example_paintings
from styletransfer.ui.gpu import Signal
from styletransfer.ui.models import fixed_styles
from styletransfer.ui.video import paint_clip, preview_clip, stop_run
from styletransfer.video import first_frame, open_clip

STYLE = next(iter(fixed_styles()))


def file_of(component):
    return Path(component.value["path"] if isinstance(component.value, dict) else component.value)


def painted(clip, *settings):
    *_, (_, _, download) = paint_clip(str(clip), None, *settings)
    return file_of(download)


def controls(kind=TRAINED, picture=None, style=STYLE, strength=1, side=640):
    return kind, picture, style, strength, side


@pytest.mark.parametrize("settings", [controls(), controls(PICTURE, example_paintings()[0]),
                                      controls(PICTURE, example_paintings()[0], strength=0.5)])  # fmt: skip
def test_the_first_frame_is_painted_and_the_cost_is_told(clip_file, settings):
    (before, after), caption, run = preview_clip(str(clip_file), *settings)
    assert before.is_file() and after[:2] == b"\xff\xd8"
    assert caption.startswith("64 × 48 · 12 frames · about ") and "only" not in caption
    assert run.interactive


def test_a_long_clip_is_told_to_be_capped(clip_file, monkeypatch):
    monkeypatch.setattr(video, "LONGEST_SECONDS", 0.25)
    caption = preview_clip(str(clip_file), *controls())[1]
    assert "6 frames" in caption and "only the first 1 s are painted here" in caption
    *_, (_, player, _) = paint_clip(str(clip_file), None, *controls())
    assert open_clip(file_of(player)).seconds < 0.4


def test_the_size_is_capped(clip_file, monkeypatch):
    monkeypatch.setattr(video, "LARGEST_SIDE", 32)
    assert preview_clip(str(clip_file), *controls(side=0))[1].startswith("32 × 24")


def test_a_run_ends_with_a_clip(clip_file):
    signal = Signal.new()
    *looks, (status, player, download) = paint_clip(str(clip_file), signal, *controls())
    assert "Frame 12 of 12" in status and "done" in status and all("Frame" in look[0] for look in looks)
    path = file_of(download)
    assert path.name == f"clip-{STYLE}.mp4" and player.visible
    frame = first_frame(open_clip(path), video.Cut())
    assert frame.shape == (48, 64, 3) and frame.std() > 5


@pytest.mark.parametrize("settings", [controls(), controls(PICTURE, example_paintings()[0], strength=0.5)])
def test_on_a_lent_gpu_pytorch_paints_the_same(clip_file, monkeypatch, settings):
    here = first_frame(open_clip(painted(clip_file, *settings)), video.Cut()).astype(float)
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    there = first_frame(open_clip(painted(clip_file, *settings)), video.Cut()).astype(float)
    assert np.abs(here - there).mean() < 3


def test_time_on_a_lent_gpu_is_asked_for_and_bounded(clip_file, monkeypatch):
    clip, (_, settings) = open_clip(clip_file), video._open(str(clip_file), *controls())
    each = video.GPU_FRAME + video.GPU_MEGAPIXEL * 64 * 48 / 1e6
    assert video.gpu_seconds(clip, settings.cut) == pytest.approx(12 * each, rel=0.01)
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setattr(video, "GPU_FRAME", (video.LONGEST - video.RESERVE) / 6)
    monkeypatch.setattr(video, "GPU_MEGAPIXEL", 0)
    caption = preview_clip(str(clip_file), *controls())[1]
    assert "about 1 min 50 s to paint" in caption and "only the first 1 s are painted here" in caption
    assert open_clip(painted(clip_file, *controls())).seconds < 0.4


def test_time_that_is_up_ends_with_what_is_done(tmp_path, make_clip, make_frames, monkeypatch):
    told, looks = [], []
    path = make_clip(tmp_path / "long.mp4", make_frames(50))
    monkeypatch.setattr(video, "time_is_up", lambda: len(looks) > 4 or looks.append(0))
    monkeypatch.setattr(video.gr, "Warning", told.append)
    *_, (status, _, download) = paint_clip(str(path), None, *controls())
    assert "stopped" in status and told == [video.TIME_IS_UP]
    assert 0 < open_clip(file_of(download)).seconds < 1


def test_stop_ends_with_what_is_done(tmp_path, make_clip, make_frames):
    path, signal = make_clip(tmp_path / "long.mp4", make_frames(200)), Signal.new()
    run = paint_clip(str(path), signal, *controls())
    next(run)
    assert stop_run(signal).interactive is False
    *_, (status, _, download) = run
    assert "stopped" in status
    assert 0 < open_clip(file_of(download)).seconds < 200 / 24


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (controls(PICTURE), "Choose a picture"), (controls(style="sunflowers"), "sunflowers"),
        (controls(strength="x"), "strength"),
        (controls(side="x"), "longest side"),
    ],
)  # fmt: skip
def test_bad_input_is_said_in_a_sentence(clip_file, settings, sentence):
    for handler in (lambda: preview_clip(str(clip_file), *settings), lambda: list(paint_clip(str(clip_file), None, *settings))):
        with pytest.raises(gr.Error, match=sentence):
            handler()


def test_what_is_no_clip_is_said(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"junk" * 99)
    with pytest.raises(gr.Error, match="not a clip"):
        preview_clip(str(tmp_path / "a.mp4"), *controls())
    with pytest.raises(gr.Error, match="no longer on the server"):
        preview_clip(str(tmp_path / "gone.mp4"), *controls())
    with pytest.raises(gr.Error, match="Choose a clip"):
        list(paint_clip(None, None, *controls()))


def test_without_a_clip_there_is_a_hint():
    assert preview_clip(None, *controls())[1] == video.HINT
