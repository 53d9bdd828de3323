"""Painted clips: pictures, times, sound, sizes, and what is left when it is stopped."""

import threading

import numpy as np
import pytest

from styletransfer import MetaStylizer
from styletransfer.errors import VideoError
from styletransfer.video import Cut, Steadiness, VideoOptions, convert, open_clip, read_frames
from styletransfer.video.convert import paint_frames

EACH_FOR_ITSELF = Steadiness(0.0, 0.0)


def run(path, target, style, **options):
    return list(convert(open_clip(path), target, style, VideoOptions(**options)))


@pytest.fixture
def target(tmp_path):
    return tmp_path / "out.mp4"


@pytest.mark.parametrize("batch_size", [1, 5])
def test_every_frame_is_painted_like_a_photo(clip_file, stylizer, wave, batch_size):
    options = VideoOptions(steadiness=EACH_FOR_ITSELF, batch_size=batch_size)
    painted = list(paint_frames(open_clip(clip_file), wave, options))
    for (frame, at), (photo, seconds) in zip(painted, read_frames(open_clip(clip_file), Cut()), strict=True):
        assert at == seconds
        assert np.abs(frame.astype(int) - np.asarray(stylizer(photo, style="wave"))).mean() <= 1


def test_a_generated_style(clip_file, target, meta_checkpoint, look, make_picture):
    meta = MetaStylizer.from_pretrained(meta_checkpoint)
    progress = run(clip_file, target, meta.live(meta.encode(make_picture(64, 64, 9))))
    assert len(look(target).frames) == 12 == progress[-1].frames == progress[-1].total


def test_colours_are_kept(tmp_path, target, make_clip, photographic, look):
    for color in ((200, 60, 30), (20, 180, 90)):
        frames = [np.full((48, 64, 3), color, np.uint8)] * 3
        run(make_clip(tmp_path / "flat.mkv", frames, codec="ffv1"), target, photographic)
        assert np.abs(look(target).frames[-1].mean(axis=(0, 1)) - color).max() < 4


def test_a_variable_frame_rate_is_kept(tmp_path, target, make_clip, make_frames, photographic, look):
    times = [0.0, 0.04, 0.3, 0.31, 0.7, 1.5]
    run(make_clip(tmp_path / "a.mkv", make_frames(6), times), target, photographic)
    assert look(target).times == pytest.approx(times, abs=1e-3)


@pytest.mark.parametrize("size", [(61, 45), (64, 45), (17, 16), (8, 6)])
def test_odd_and_tiny_sizes_are_padded(tmp_path, target, make_clip, make_frames, photographic, look, size):
    frames = make_frames(3, *size)
    run(make_clip(tmp_path / "a.mkv", frames, codec="ffv1", pixels="yuv444p"), target, photographic, crf=5)
    height, width = look(target).frames[0].shape[:2]
    assert (width, height) == (size[0] + size[0] % 2, size[1] + size[1] % 2)
    brightness = [frame.mean(axis=2) for frame in (look(target).frames[0][: size[1], : size[0]], frames[0])]
    assert np.abs(brightness[0] - brightness[1]).mean() < 12  # colours are those of two pixels


def tone(sound, rate=44100):
    """The loudest frequency, and how loud it is in the middle of the clip."""
    middle = sound[len(sound) // 4 : 3 * len(sound) // 4]
    spectrum = np.abs(np.fft.rfft(middle)) * 2 / len(middle)
    return spectrum.argmax() * rate / len(middle), spectrum.max()


@pytest.mark.parametrize(("name", "sound", "kept"), [
    ("a.mp4", "aac", "aac"), ("a.mkv", "flac", "flac"), ("a.avi", "libmp3lame", "mp3float"), ("a.mov", "pcm_s16le", "aac"),
])  # fmt: skip
def test_sound(tmp_path, target, make_clip, make_frames, photographic, look, name, sound, kept):
    source = make_clip(tmp_path / name, make_frames(36), sound=sound)
    run(source, target, photographic)
    heard = look(target)
    assert heard.codecs == ["h264", kept]
    assert len(heard.sound) / 44100 == pytest.approx(1.5, abs=0.1)
    frequency, loudness = tone(heard.sound)
    assert frequency == pytest.approx(440, abs=5) and loudness == pytest.approx(0.3, rel=0.3)


def test_sound_is_not_encoded_again_where_it_need_not_be(clip_file, target, photographic):
    run(clip_file, target, photographic)
    import av

    packets = []
    for path in (clip_file, target):
        with av.open(str(path)) as container:
            packets.append([bytes(packet) for packet in container.demux(audio=0) if packet.size])
    assert packets[0] == packets[1] and packets[0]


def test_a_part_has_its_part_of_the_sound(tmp_path, target, make_clip, make_frames, photographic, look):
    source = make_clip(tmp_path / "a.mp4", make_frames(48), sound="aac")
    run(source, target, photographic, cut=Cut(start=0.5, duration=1.0))
    part = look(target)
    assert len(part.frames) == 24 and part.times[0] == 0
    assert len(part.sound) / 44100 == pytest.approx(1.0, abs=0.1)


def test_who_stops_has_a_clip_of_what_is_done(tmp_path, target, make_clip, make_frames, photographic, look):
    source, threads = make_clip(tmp_path / "a.mp4", make_frames(96), sound="aac"), threading.active_count()
    progress = convert(open_clip(source), target, photographic)
    for _ in range(10):
        done = next(progress)
    assert done.frames == 10 and done.total == 96 and done.seconds_left > 0 and not target.exists()
    progress.close()
    part = look(target)
    assert len(part.frames) == 10 and len(part.sound) / 44100 == pytest.approx(10 / 24, abs=0.1)
    assert threading.active_count() == threads
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


@pytest.mark.parametrize(("name", "message"), [("missing/out.mp4", "cannot be written"), ("out.avi", "call it out.mp4")])
def test_targets_that_cannot_be(clip_file, tmp_path, photographic, name, message):
    with pytest.raises(VideoError, match=message):
        run(clip_file, tmp_path / name, photographic)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"crf": 52}, {"crf": -1}])
def test_options_that_cannot_be(options):
    with pytest.raises(VideoError, match="give"):
        VideoOptions(**options)


def test_a_start_after_the_end(clip_file, target, photographic):
    with pytest.raises(VideoError, match="another start"):
        run(clip_file, target, photographic, cut=Cut(start=9))
    assert not target.exists()
