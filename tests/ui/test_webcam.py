"""The Webcam tab without a browser: styles, frames, snapshots, and that visitors share nothing."""

from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from styletransfer.images import read_settings
from styletransfer.stylizers import MetaStylizer
from styletransfer.ui import webcam
from styletransfer.ui.examples import example_paintings
from styletransfer.ui.frames import decode_frame, encode_frame
from styletransfer.ui.models import fixed_styles
from styletransfer.ui.webcam import NO_STYLE, PICTURE, TRAINED, Live, Settings, choose_style, paint_frame, take_snapshot

STYLE, OTHER = list(fixed_styles())[:2]
PAINTING, SECOND = example_paintings()[:2]


@pytest.fixture
def frame(make_picture) -> np.ndarray:
    return decode_frame(encode_frame(np.asarray(make_picture(320, 240))))


def choose(live: Live | None = None, **changes: object) -> Live:
    controls = {"kind": PICTURE, "picture": PAINTING, "style": STYLE, "strength": 1, "second_style": NO_STYLE, "share": 0.5}
    return choose_style(live, *(controls | changes).values())


def settings(**changes: object) -> Settings:
    return choose(**changes)._chosen[0]


def send(live: Live | None, frame: object, number: object = 1) -> str:
    return paint_frame(live, gr.EventData(None, {"frame": frame, "number": number}))


def paint(live: Live, frame: np.ndarray) -> np.ndarray:
    return decode_frame(send(live, encode_frame(frame)).partition("#")[0]).astype(int)


def difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


def test_a_painting_brings_back_the_number_of_its_frame(frame):
    painted, _, number = send(choose(), encode_frame(frame), 17).partition("#")
    assert number == "17"
    assert decode_frame(painted).shape == frame.shape


def test_another_network_is_prepared_before_frames_need_it(frame, monkeypatch):
    live, painted = choose(), []
    paint(live, frame)
    camera = webcam.Camera.__call__
    monkeypatch.setattr(webcam.Camera, "__call__", lambda self, frame, style: painted.append(frame) or camera(self, frame, style))
    choose(live, picture=SECOND)
    assert painted == []
    choose(live, kind=TRAINED)
    assert [picture.shape for picture in painted] == [frame.shape]


def test_a_frame_waits_for_its_style(frame):
    assert send(None, encode_frame(frame)) == gr.skip()


def test_styles_change_between_frames_of_one_camera(frame):
    live = choose()
    seen = [paint(live, frame)]
    for change in (
        {"picture": SECOND},
        {"kind": TRAINED},
        {"kind": TRAINED, "style": OTHER},
        {"kind": TRAINED, "second_style": OTHER},
        {"second_style": Path(SECOND).stem},
        {"strength": 0.5},
    ):
        assert choose(live, **change) is live
        seen.append(paint(live, frame))
    assert all(difference(a, b) > 2 for i, a in enumerate(seen) for b in seen[:i])


@pytest.mark.parametrize("kind", [PICTURE, TRAINED])
def test_strength_0_shows_the_camera(frame, kind):
    assert difference(paint(choose(kind=kind, strength=0), frame), frame) < 4


@pytest.mark.parametrize(
    ("size", "painted"),
    [
        ((320, 240), (320, 240)),
        ((640, 480), (640, 480)),
        ((1280, 720), (640, 480)),
        ((321, 200), (640, 480)),
        ((1, 1), (320, 240)),
    ],
)
def test_frames_are_painted_in_two_sizes(make_picture, size, painted):
    assert paint(choose(), np.asarray(make_picture(*size))).shape == (*painted[::-1], 3)


def test_visitors_share_nothing(frame, make_picture):
    others = np.asarray(make_picture(320, 240, 5))
    alone, disturbed, other = choose(), choose(), choose(kind=TRAINED)
    for _ in range(4):
        expected = paint(alone, frame)
        paint(other, others)
        np.testing.assert_array_equal(paint(disturbed, frame), expected)
    assert disturbed.painted[0] is not alone.painted[0]
    choose(other, style=OTHER, kind=TRAINED)
    assert disturbed._chosen[0].styles == {PAINTING: 1.0}


def test_the_camera_is_looked_at_only_for_weaker_styles_and_not_at_every_step(frame, monkeypatch):
    looked = []
    encode = MetaStylizer.encode
    monkeypatch.setattr(
        MetaStylizer, "encode", lambda self, picture, *size: looked.append(picture) or encode(self, picture, *size)
    )
    live = choose()
    paint(live, frame)
    looked.clear()  # the style picture, if no test before needed it
    for strength in (0.9, 0.6, 0.3):
        choose(live, strength=strength)
        paint(live, frame)
    assert [picture.shape for picture in looked] == [frame.shape]
    monkeypatch.setattr(webcam, "SCENE_SECONDS", 0.0)
    choose(live, strength=0.5)
    assert len(looked) == 2


def test_a_weaker_style_waits_for_the_first_frame(frame):
    early, late = choose(strength=0.5), choose()
    expected = paint(early, frame)
    paint(late, frame)
    choose(late, strength=0.5)
    assert difference(paint(late, frame), expected) < 3


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({}, Settings(False, {PAINTING: 1.0}, 1.0)),
        ({"strength": 7}, Settings(False, {PAINTING: 1.0}, 1.0)),
        ({"strength": -7}, Settings(False, {PAINTING: 1.0}, 0.0)),
        ({"second_style": Path(SECOND).stem, "share": 0.25}, Settings(False, {PAINTING: 0.75, SECOND: 0.25}, 1.0)),
        ({"second_style": Path(SECOND).stem, "share": 9}, Settings(False, {SECOND: 1.0}, 1.0)),
        ({"second_style": Path(PAINTING).stem}, Settings(False, {PAINTING: 1.0}, 1.0)),
        ({"second_style": OTHER}, Settings(False, {PAINTING: 1.0}, 1.0)),
        ({"kind": TRAINED, "second_style": OTHER, "share": 0.25}, Settings(True, {STYLE: 0.75, OTHER: 0.25}, 1.0)),
        ({"kind": TRAINED, "second_style": Path(SECOND).stem}, Settings(True, {STYLE: 1.0}, 1.0)),
        ({"kind": TRAINED, "picture": None}, Settings(True, {STYLE: 1.0}, 1.0)),
    ],
)
def test_settings_are_kept_within_bounds(changes, kept):
    assert settings(**changes) == kept


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"picture": None}, "Choose a picture to paint like."),
        ({"kind": TRAINED, "style": "no_such_style"}, 'There is no style "no_such_style"'),
        ({"kind": TRAINED, "style": None}, "There is no style"),
        ({"strength": "much"}, "The strength must be a number from 0 to 1."),
        ({"second_style": Path(SECOND).stem, "share": "half"}, "The share of the second style must be a number"),
    ],
)
def test_wrong_settings_are_answered_with_a_sentence_and_change_nothing(frame, wrong, message):
    live = choose()
    with pytest.raises(gr.Error, match=message):
        choose(live, **wrong)
    assert live._chosen[0].styles == {PAINTING: 1.0}
    paint(live, frame)


def test_a_broken_picture_is_answered_with_a_sentence(tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"of no use")
    with pytest.raises(gr.Error, match=r"broken\.png is not a picture that can be read"):
        choose(picture=str(broken))


@pytest.mark.parametrize(
    "sent", [None, 7, "frame", [], {}, {"number": 1}, {"frame": "data:,", "number": 1}, {"frame": None, "number": "x"}]
)
def test_wrong_frames_are_answered_with_a_sentence(sent):
    with pytest.raises(gr.Error, match=r"start the camera again|The number of the frame must be"):
        paint_frame(choose(), gr.EventData(None, sent))


def test_a_snapshot_is_what_was_painted_last_with_its_settings(frame):
    live = choose(second_style=Path(SECOND).stem, share=0.25, strength=0.8)
    paint(live, frame)
    choose(live, picture=SECOND)  # nothing has been painted so
    path = Path(take_snapshot(live))
    assert path.name == f"camera-{Path(PAINTING).stem}-{Path(SECOND).stem}.png"
    np.testing.assert_array_equal(np.asarray(Image.open(path)), live.painted[0])
    assert read_settings(path) == {
        "method": "webcam",
        "style": {Path(PAINTING).name: 0.75, Path(SECOND).name: 0.25},
        "strength": 0.8,
    }


def test_a_snapshot_of_a_trained_style_is_named_after_it(frame):
    live = choose(kind=TRAINED)
    paint(live, frame)
    assert Path(take_snapshot(live)).name == f"camera-{STYLE}.png"


@pytest.mark.parametrize("live", [None, Live()])
def test_a_snapshot_needs_a_painting(live):
    with pytest.raises(gr.Error, match="Start the camera first"):
        take_snapshot(live)


@pytest.mark.parametrize("kind", [PICTURE, TRAINED])
def test_a_second_style_is_offered_of_the_same_kind(kind):
    values = [value for _, value in webcam._second_choices(kind)]
    assert values == [NO_STYLE, *(fixed_styles() if kind == TRAINED else [Path(path).stem for path in example_paintings()])]
    assert webcam._offer_seconds(kind, values[2]).value == values[2]
    assert webcam._offer_seconds(kind, "of the other kind").value == NO_STYLE
