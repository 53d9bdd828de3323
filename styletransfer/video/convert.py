"""From a clip to a painted clip: decode, look for motion, paint and encode, all at the same time."""

from __future__ import annotations

import contextlib
import itertools
import time
import uuid
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from styletransfer.errors import VideoError
from styletransfer.pipeline import ahead, batched
from styletransfer.stylizers.live import LiveStyle
from styletransfer.video.clip import Clip, Cut, Frame, opened, read_frames
from styletransfer.video.steady import Steadiness, SteadyPainter, watch
from styletransfer.video.writer import Sound, Writer

WAITING = 4  # frames between two stages


@dataclass(frozen=True)
class VideoOptions:
    """How to paint a clip. ``crf``: x264's constant rate factor, 0 (lossless) to 51 (smallest file)."""

    cut: Cut = field(default_factory=Cut)
    steadiness: Steadiness = field(default_factory=Steadiness)
    batch_size: int = 1
    crf: int = 20

    def __post_init__(self) -> None:
        """Raises VideoError for what cannot be."""
        if self.batch_size < 1:
            raise VideoError(f"The batch size is {self.batch_size}; give 1 or more.")
        if not 0 <= self.crf <= 51:
            raise VideoError(f"The quality is {self.crf}; give a number from 0 (lossless) to 51 (smallest file).")


@dataclass(frozen=True)
class VideoProgress:
    """``frames`` of about ``total`` (None: nobody knows) are done after so many ``seconds`` of work."""

    frames: int
    total: int | None
    seconds: float

    @property
    def fps(self) -> float:
        return self.frames / max(self.seconds, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        return None if self.total is None else max(0, self.total - self.frames) / self.fps


def convert(clip: Clip, target: str | Path, style: LiveStyle, options: VideoOptions | None = None) -> Iterator[VideoProgress]:
    """Paint a clip into an MP4 file; yields after every frame.

    Who stops asking (closes the iterator, presses Ctrl-C) finds a file that plays as far as it came. The file appears when it
    is finished. Memory does not grow with the length of the clip. Raises VideoError.
    """
    options = options or VideoOptions()
    target = Path(target)
    if target.suffix.lower() != ".mp4":
        raise VideoError(f"Results are MP4 files; call it {target.stem}.mp4.")
    part = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        yield from _convert(clip, part, style, options)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise VideoError(f"{target} cannot be written ({error.strerror}); check the folder and the room on the disk.") from error
    finally:
        if part.exists():
            part.replace(target)


def _convert(clip: Clip, part: Path, style: LiveStyle, options: VideoOptions) -> Iterator[VideoProgress]:
    seconds, rate = options.cut.seconds(clip), options.cut.rate(clip)
    total = None if seconds is None else max(1, round(seconds * rate))
    started, written = time.monotonic(), 0
    with contextlib.closing(ahead(paint_frames(clip, style, options), WAITING)) as frames:
        first = next(frames, None)
        if first is None:
            raise VideoError(f"There are no frames in this part of {clip.path.name}; choose another start.")
        with _written(clip, part, first[0], options) as (writer, sound):
            for frame, at in itertools.chain([first], frames):
                if sound:
                    sound.write_until(at)
                writer.write(frame, at)
                written += 1
                yield VideoProgress(written, total, time.monotonic() - started)
            if sound:
                sound.write_until(at + float(1 / rate) if clip.seconds is None else seconds or 0.0)


@contextlib.contextmanager
def _written(clip: Clip, part: Path, first: Frame, options: VideoOptions) -> Iterator[tuple[Writer, Sound | None]]:
    """A writer and the sound that goes with it; the file is finished whatever happens."""
    height, width = first.shape[:2]
    writer = Writer(part, width, height, options.cut.rate(clip), options.crf)
    try:
        if clip.has_sound:
            with opened(clip.path) as source:
                yield writer, Sound(source, options.cut.start, writer.container)
        else:
            yield writer, None
    finally:
        writer.close()


def paint_frames(clip: Clip, style: LiveStyle, options: VideoOptions) -> Generator[tuple[Frame, float], None, None]:
    """The painted frames of a clip with their times."""
    paint = SteadyPainter(style, options.steadiness)
    with (
        contextlib.closing(ahead(read_frames(clip, options.cut), WAITING)) as frames,
        contextlib.closing(ahead(watch(frames, options.steadiness), WAITING)) as watched,
    ):
        for batch in batched(watched, options.batch_size, lambda seen: seen.scene):
            yield from zip(paint(batch, options.batch_size), [seen.seconds for seen in batch], strict=True)
