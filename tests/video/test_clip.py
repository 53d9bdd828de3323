"""Reading clips: sizes, times, rotation, cuts, and files that are none."""

from fractions import Fraction

import av
import numpy as np
import pytest

from styletransfer.errors import VideoError
from styletransfer.video import Cut, first_frame, open_clip, read_frames


def read(path, **cut):
    frames, times = zip(*read_frames(open_clip(path), Cut(**cut)), strict=True)
    return frames, [round(seconds, 3) for seconds in times]


def test_what_a_clip_is(clip_file):
    clip = open_clip(clip_file)
    assert (clip.width, clip.height, clip.has_sound) == (64, 48, True)
    assert float(clip.rate) == pytest.approx(24, rel=0.01) and clip.seconds == pytest.approx(0.5, abs=0.05)


def test_frames_and_their_times(clip_file, make_frames):
    frames, times = read(clip_file)
    assert times == [round(number / 24, 3) for number in range(12)]
    for frame, expected in zip(frames, make_frames(), strict=True):
        assert frame.dtype == np.uint8 and np.abs(frame.astype(int) - expected).mean() < 5


@pytest.mark.parametrize(("name", "codec", "pixels"), [
    ("a.mkv", "ffv1", "yuv420p"), ("a.avi", "mpeg4", "yuv420p"), ("a.webm", "libvpx", "yuv420p"), ("a.mov", "libx264", "yuv444p"),
])  # fmt: skip
def test_containers_and_codecs(tmp_path, make_clip, make_frames, name, codec, pixels):
    frames, _ = read(make_clip(tmp_path / name, make_frames(4), codec=codec, pixels=pixels))
    assert len(frames) == 4 and np.abs(frames[-1].astype(int) - make_frames(4)[-1]).mean() < 8


def test_a_variable_frame_rate_is_kept(tmp_path, make_clip, make_frames):
    times = [0.0, 0.04, 0.3, 0.31, 0.7, 1.5]
    assert read(make_clip(tmp_path / "a.mkv", make_frames(6), times))[1] == times


def test_times_increase_where_the_container_does_not_tell_them(tmp_path, make_clip, make_frames):
    frames, times = read(make_clip(tmp_path / "a.avi", make_frames(36)))  # with frames that refer to later ones
    assert len(frames) == 36 and times == sorted(set(times))
    assert times[-1] - times[0] == pytest.approx(35 / 24, abs=0.1)


@pytest.mark.parametrize(
    ("cut", "numbers"),
    [
        ({"start": 0.25}, range(6, 12)), ({"duration": 0.25}, range(6)), ({"start": 0.125, "duration": 0.25}, range(3, 9)),
        ({"fps": 12}, range(0, 12, 2)), ({"fps": 60}, range(12)), ({"start": 0.25, "fps": 8}, (6, 9)),
    ],
)  # fmt: skip
def test_cuts(clip_file, cut, numbers):
    whole, _ = read(clip_file)
    frames, times = read(clip_file, **cut)
    assert times[0] == 0 and len(frames) == len(numbers)
    for frame, number in zip(frames, numbers, strict=True):
        assert np.array_equal(frame, whole[number])


@pytest.mark.parametrize(("max_side", "size"), [(32, (24, 32)), (100, (48, 64)), (33, (25, 33))])
def test_the_longest_side(clip_file, max_side, size):
    frames, _ = read(clip_file, max_side=max_side)
    assert {frame.shape for frame in frames} == {(*size, 3)}
    assert first_frame(open_clip(clip_file), Cut(max_side=max_side)).shape == (*size, 3)


def test_pixels_that_are_no_squares(tmp_path, make_clip, make_frames):
    clip = open_clip(make_clip(tmp_path / "a.mp4", make_frames(3), aspect=Fraction(4, 3)))
    assert (clip.width, clip.height) == (85, 48)
    assert first_frame(clip, Cut()).shape == (48, 85, 3)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_rotation(clip_file, tmp_path, turns):
    """The matrix of a phone's file is written into the header by hand; FFmpeg here has no other way to set one."""
    upright = first_frame(open_clip(clip_file), Cut())
    matrix = {1: (0, -1, 1, 0), 2: (-1, 0, 0, -1), 3: (0, 1, -1, 0)}[turns]
    data = bytearray(clip_file.read_bytes())
    place = data.index(b"tkhd") + 4 + 4 + 20 + 16  # after version and flags, times and track, reserved and volume
    rows = (matrix[0], matrix[1], 0, matrix[2], matrix[3], 0, 0, 0, 1 << 14)
    fixed = b"".join(int(value * (1 << 16)).to_bytes(4, "big", signed=True) for value in rows)
    data[place : place + 36] = fixed
    path = tmp_path / "turned.mp4"
    path.write_bytes(data)
    clip = open_clip(path)
    assert (clip.width, clip.height) == ((48, 64) if turns % 2 else (64, 48))
    assert np.abs(first_frame(clip, Cut()).astype(int) - np.rot90(upright, turns)).mean() < 1


def test_a_file_that_is_cut_short_ends_where_it_does(tmp_path, make_clip, make_frames):
    path = make_clip(tmp_path / "a.mkv", make_frames(40, 128, 96), codec="ffv1")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    frames, _ = read(path)
    assert 5 < len(frames) < 35


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("none.mp4", None), ("empty.mp4", b""), ("junk.mp4", b"junk" * 1000),
        ("list.mp4", b"ffconcat version 1.0\nfile clip.mp4\n"),
        ("playlist.mp4", b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nclip.mp4\n#EXT-X-ENDLIST\n"),
    ],
)  # fmt: skip
def test_what_is_no_clip(tmp_path, clip_file, name, content):
    (tmp_path / "clip.mp4").write_bytes(clip_file.read_bytes())  # lists must not lead to other files
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(VideoError, match=name):
        open_clip(tmp_path / name)


def test_sound_alone_is_no_clip(tmp_path):
    with av.open(str(tmp_path / "a.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 16000), np.int16), format="s16", layout="stereo")
        frame.sample_rate, frame.pts = 8000, 0
        container.mux(stream.encode(frame))
    with pytest.raises(VideoError, match="no frames"):
        open_clip(tmp_path / "a.wav")


@pytest.mark.parametrize("cut", [
    {"start": -1}, {"start": float("nan")}, {"duration": 0}, {"fps": -2}, {"fps": float("inf")}, {"max_side": 0}
])  # fmt: skip
def test_cuts_that_cannot_be(cut):
    with pytest.raises(VideoError, match="give"):
        Cut(**cut)


def test_a_start_after_the_end(clip_file):
    with pytest.raises(VideoError, match="another start"):
        first_frame(open_clip(clip_file), Cut(start=9))
