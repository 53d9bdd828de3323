"""Steady frames: how far neighbours differ on clips of known motion, what is forgotten at cuts, and that nothing trails."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from styletransfer import FixedStylizer, MetaStylizer
from styletransfer.errors import VideoError
from styletransfer.video.steady import Steadiness, SteadyPainter, find_motion, watch

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))
from known_motion import clips, warping_error

FRAME_BY_FRAME = Steadiness(0.0, 0.0)


def paint(frames, style, steadiness, size=1):
    painter = SteadyPainter(style, steadiness)
    return [each for seen in watch(((frame, 0.0) for frame in frames), steadiness) for each in painter([seen], size)]


@pytest.fixture(scope="module")
def known():
    return clips(256, 144, 8)


@pytest.fixture(scope="module")
def bundled(examples):
    meta = MetaStylizer.from_pretrained()
    painting = np.asarray(examples["paintings"][0])
    return {"fixed": FixedStylizer.from_pretrained().live("hokusai_great_wave"), "meta": meta.live(meta.encode(painting))}


@pytest.mark.parametrize("kind", ["fixed", "meta"])
@pytest.mark.parametrize("name", ["pan", "zoom", "object"])
def test_neighbours_differ_at_most_half_as_much(known, bundled, name, kind):
    clip = known[name]
    errors = [warping_error(paint(clip.frames, bundled[kind], how), clip) for how in (FRAME_BY_FRAME, Steadiness())]
    assert errors[1] <= 0.5 * errors[0]


@pytest.fixture
def paint_given(wave, monkeypatch):
    """Blend given paintings of a scene that stands still."""

    def paint_given(paintings, steadiness):
        results = iter(paintings)
        monkeypatch.setattr(wave.painter, "frame", lambda *_: (next(results)[None], torch.zeros(1, 2, 1)))
        return paint([np.full((48, 64, 3), 90, np.uint8)] * len(paintings), wave, steadiness)

    return paint_given


def test_a_share_of_the_last_painting_is_kept(paint_given):
    one, two = np.random.default_rng(0).integers(90, 110, (2, 48, 64, 3), np.uint8)
    expected = 0.6 * np.clip(one, cv2.erode(two, np.ones((5, 5))), cv2.dilate(two, np.ones((5, 5)))) + 0.4 * two
    assert np.abs(paint_given([one, two], Steadiness(0.6, 0.9))[1] - expected).max() <= 1


def test_a_halo_does_not_stay_behind(paint_given):
    halo, plain = np.full((2, 48, 64, 3), 150, np.uint8)
    halo[10:30, 10:30] = 20
    assert np.abs(paint_given([halo, plain], Steadiness())[1].astype(int) - 150).max() <= 1


@pytest.mark.parametrize("name", ["pan", "zoom", "object"])
def test_the_motion_found_is_the_true_one(known, name):
    clip = known[name]
    motion = find_motion(clip.frames[3], clip.frames[4], cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST))
    rows, columns = np.mgrid[0:144, 0:256]
    off = np.linalg.norm(motion.flow + np.dstack([columns, rows]) - clip.back(4), axis=2)[clip.known(4)]
    assert np.median(off) < 0.3 and motion.trust[clip.known(4)].mean() > 0.8
    if name == "object":
        assert motion.trust[~clip.known(4)].mean() < 0.4


def other_scene(make_frames):
    return [255 - frame[::-1, ::-1] for frame in make_frames(3)]


def test_a_cut_is_found_and_nothing_is_remembered(stylizer, wave, make_frames):
    scenes = [*make_frames(4), *other_scene(make_frames)]
    seen = list(watch(((frame, 0.0) for frame in scenes), Steadiness()))
    assert [each.scene for each in seen] == [0, 0, 0, 0, 1, 1, 1]
    assert [each.motion is None for each in seen] == [True, False, False, False, True, False, False]
    painted = paint(scenes, wave, Steadiness())
    for number in (0, 4):
        expected = np.asarray(stylizer(scenes[number], style="wave"), dtype=int)
        assert np.abs(painted[number] - expected).mean() <= 1


def test_a_still_picture_without_noise_stays_what_it_is(stylizer, wave, make_frames):
    frame = make_frames(1)[0]
    painted = paint([frame] * 4, wave, Steadiness())
    assert np.abs(painted[-1].astype(int) - painted[0]).mean() <= 1


@pytest.mark.parametrize("size", [1, 4])
def test_the_statistics_follow_by_their_share(wave, make_frames, monkeypatch, size):
    """After four frames 0.9^4 of the first ones is left, whether they came one by one or as a batch."""
    painter, told = SteadyPainter(wave, Steadiness(0.0, 0.9)), []
    own = {0: 1.0, 1: 3.0}

    def frame(pixels, style, statistics, share):
        before = torch.zeros(1, 2, 1) if statistics is None else statistics
        told.append(share)
        each = torch.full((len(pixels), 2, 1), own[int(pixels.max() > 0)])
        return pixels, before + share * (each - before)

    monkeypatch.setattr(wave.painter, "frame", frame)
    dark, light = np.zeros((48, 64, 3), np.uint8), np.full((48, 64, 3), 4, np.uint8)
    seen = list(watch(((picture, 0.0) for picture in (dark, *[light] * 4)), Steadiness()))
    list(painter(seen[:1], size))
    for begin in range(1, 5, size):
        list(painter(seen[begin : begin + size], size))
    assert told == pytest.approx([1.0] + [0.1] * (4 // size))
    assert painter._statistics.flatten().tolist() == pytest.approx([3 - 2 * 0.9**4] * 2, abs=1e-4)


@pytest.mark.parametrize("values", [(-0.1, 0.5), (0.5, 1.1), (float("nan"), 0)])
def test_steadiness_lies_in_0_to_1(values):
    with pytest.raises(VideoError, match="Steadiness"):
        Steadiness(*values)


@pytest.mark.parametrize("size", [(8, 6), (17, 300)])
def test_tiny_frames(stylizer, wave, make_frames, size):
    assert [frame.shape for frame in paint(make_frames(3, *size), wave, Steadiness())] == [(size[1], size[0], 3)] * 3
