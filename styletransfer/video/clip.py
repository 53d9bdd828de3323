"""Reading clips: any container and codec FFmpeg knows, frames upright, in square pixels, with their time."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from styletransfer.errors import VideoError

Frame = NDArray[np.uint8]  # (H,W,3)
# A file may name others, such as a playlist does. Nothing but the file itself is read.
OPTIONS = {"protocol_whitelist": "none"}
SLACK = 1e-3  # seconds: times in files are rounded
EARLY = 0.1  # of the time between two frames: so much before its turn a frame is taken for the next


@dataclass(frozen=True)
class Clip:
    """What a file says of itself. ``width`` and ``height`` are those of the upright picture in square pixels."""

    path: Path
    width: int
    height: int
    rate: Fraction  # frames per second, on average
    seconds: float | None  # None where the file does not tell
    has_sound: bool


@dataclass(frozen=True)
class Cut:
    """What of a clip is wanted: from ``start`` on, ``duration`` seconds of it, at most ``fps`` frames a second."""

    start: float = 0.0
    duration: float | None = None
    fps: float | None = None
    max_side: int | None = None

    def __post_init__(self) -> None:
        """Raises VideoError for what cannot be."""
        if not (math.isfinite(self.start) and self.start >= 0):
            raise VideoError(f"The start is {self.start:g} s; give 0 or more.")
        for name, value in (("duration", self.duration), ("frame rate", self.fps), ("longest side", self.max_side)):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise VideoError(f"The {name} is {value:g}; give a number above 0.")

    @property
    def end(self) -> float:
        return math.inf if self.duration is None else self.start + self.duration

    def seconds(self, clip: Clip) -> float | None:
        """How long the result will be, if the clip says how long it is."""
        return None if clip.seconds is None else max(0.0, min(clip.seconds, self.end) - self.start)

    def rate(self, clip: Clip) -> Fraction:
        """Frames per second of the result, on average."""
        return clip.rate if self.fps is None else min(clip.rate, Fraction(self.fps).limit_denominator(1001))

    def size(self, clip: Clip) -> tuple[int, int]:
        """Width and height of the frames; never enlarged."""
        scale = min(1.0, (self.max_side or math.inf) / max(clip.width, clip.height))
        return max(1, round(clip.width * scale)), max(1, round(clip.height * scale))


@contextlib.contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """The container of a file. Raises VideoError."""
    name = Path(path).name
    with contextlib.ExitStack() as stack:
        try:
            # From a file object: FFmpeg itself opens nothing, so that nothing but this file can be read.
            file = stack.enter_context(Path(path).open("rb"))
            container = stack.enter_context(av.open(file, options=OPTIONS))
        except (av.FFmpegError, ValueError) as error:
            raise VideoError(f"{name} is not a clip that can be read; choose an MP4, MOV, WebM or MKV file.") from error
        except OSError as error:
            raise VideoError(f"{name} cannot be opened; check its name and folder.") from error
        yield container


def open_clip(path: str | Path) -> Clip:
    """Look at a clip, its first frame included. Raises VideoError for what has no frames."""
    path = Path(path)
    with opened(path) as container:
        stream = _video(container)
        frame = next(_decoded(container, stream), None) if stream else None
        if stream is None or frame is None:
            raise VideoError(f"There are no frames in {path.name}; choose another clip.")
        width, height = round(frame.width * _stretch(stream)), frame.height
        if _turns(frame) % 2:
            width, height = height, width
        seconds = container.duration / av.time_base if container.duration else None
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        return Clip(path, width, height, rate, seconds, bool(container.streams.audio))


def origin(container: InputContainer) -> float:
    """The time, in seconds, at which a clip starts by its own clock."""
    return max(0, container.start_time or 0) / av.time_base


def read_frames(clip: Clip, cut: Cut) -> Generator[tuple[Frame, float], None, None]:
    """The frames of a cut, (H,W,3), with their seconds from its start. What is damaged is left out."""
    width, height = cut.size(clip)
    with opened(clip.path) as container:
        stream = _video(container)
        stream.thread_type = "AUTO"
        begin, last = origin(container), -1
        if cut.start:
            container.seek(int((begin + cut.start) * av.time_base))
        for frame, seconds in _timed(_decoded(container, stream), clip.rate):
            seconds -= begin + cut.start
            if seconds < -SLACK:
                continue
            if seconds >= cut.end - cut.start - SLACK:
                return
            if cut.fps:
                slot = math.floor(seconds * cut.fps + EARLY)
                if slot <= last:
                    continue
                seconds, last = slot / cut.fps, slot
            yield _pixels(frame, width, height), max(0.0, seconds)


def first_frame(clip: Clip, cut: Cut) -> Frame:
    """The first frame of a cut, (H,W,3). Raises VideoError."""
    with contextlib.closing(read_frames(clip, cut)) as frames:
        frame = next(frames, None)
    if frame is None:
        raise VideoError(f"There are no frames in this part of {clip.path.name}; choose another start.")
    return frame[0]


def _video(container: InputContainer) -> VideoStream | None:
    """The first track of moving pictures; the cover of an album is none."""
    attached = av.stream.Disposition.attached_pic
    return next((stream for stream in container.streams.video if not stream.disposition & attached), None)


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """All frames of a track that can be decoded; a file that is cut short ends where it does."""
    with contextlib.suppress(av.FFmpegError):
        for packet in container.demux(stream):
            with contextlib.suppress(av.InvalidDataError):
                yield from packet.decode()


def _timed(frames: Iterator[VideoFrame], rate: Fraction) -> Iterator[tuple[VideoFrame, float]]:
    """Frames with their seconds, which always increase: AVI, for one, does not tell when frames are shown."""
    last = -math.inf
    for frame in frames:
        decoded = None if frame.dts is None else float(frame.dts * frame.time_base)
        told = [seconds for seconds in (frame.time, decoded) if seconds is not None and seconds > last]
        last = told[0] if told else max(last, -1 / rate) + 1 / rate
        yield frame, float(last)


def _stretch(stream: VideoStream) -> float:
    """Width of a pixel over its height."""
    return float(stream.sample_aspect_ratio or 1)


def _turns(frame: VideoFrame) -> int:
    """Quarter turns to the left that put a frame upright."""
    return round(frame.rotation / 90) % 4


def _pixels(frame: VideoFrame, width: int, height: int) -> Frame:
    """The upright frame as (height, width, 3)."""
    turns = _turns(frame)
    size = (height, width) if turns % 2 else (width, height)
    pixels = frame.to_ndarray(format="rgb24", width=size[0], height=size[1], interpolation="AREA")
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels
