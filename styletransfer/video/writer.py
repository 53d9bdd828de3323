"""Writing clips: H.264 in MP4 as browsers play it, with the sound of the original."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace

from styletransfer.video.clip import Frame, origin

CLOCK = Fraction(1, 90_000)  # seconds: fine enough for any frame rate
KEY_SECONDS = 2  # between frames one can jump to
COPIED = {"aac", "mp3", "ac3", "eac3", "alac", "flac", "opus"}  # what MP4 holds
PRIMING = 0.05  # seconds: an encoder's run-up lies before the first sample
GAP = 0.05  # seconds of silence
BT709 = 1  # primaries and transfer, ITU-T H.273


class Sound:
    """The sound of a clip from ``start`` on: packets as they are, or AAC where MP4 does not hold their codec."""

    def __init__(self, source: InputContainer, start: float, target: OutputContainer) -> None:
        stream = source.streams.audio[0]
        copied = stream.codec_context.codec.canonical_name in COPIED
        self._offset = origin(source) + start
        self._target: AudioStream = (
            target.add_stream_from_template(stream) if copied else target.add_stream("aac", rate=stream.rate)
        )
        if start:
            source.seek(int(self._offset * av.time_base))
        self._packets = self._copy(source, stream) if copied else self._encode(source, stream)
        self._next = next(self._packets, None)
        self._muxer = target

    def write_until(self, seconds: float) -> None:
        """Write what is heard before."""
        while self._next and float(self._next.pts * self._next.time_base) < seconds:
            self._muxer.mux(self._next)
            self._next = next(self._packets, None)

    def _copy(self, source: InputContainer, stream: AudioStream) -> Iterator[Packet]:
        with contextlib.suppress(av.FFmpegError):  # what is damaged ends the sound, not the clip
            for packet in source.demux(stream):
                if packet.pts is None or packet.dts is None:
                    continue
                shift = round(self._offset / packet.time_base)
                packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, self._target
                if packet.pts * packet.time_base >= -PRIMING:
                    yield packet

    def _encode(self, source: InputContainer, stream: AudioStream) -> Iterator[Packet]:
        due = 0  # samples
        with contextlib.suppress(av.FFmpegError):
            for frame in source.decode(stream):
                begin = round(((frame.time or 0.0) - self._offset) * frame.sample_rate)
                if begin < -PRIMING * frame.sample_rate:
                    continue
                # Times in files are rounded: only what is plainly a gap is one.
                frame.pts = begin if begin - due > GAP * frame.sample_rate else due
                frame.time_base = Fraction(1, frame.sample_rate)
                due = frame.pts + frame.samples
                yield from self._target.encode(frame)
        yield from self._target.encode(None)


class Writer:
    """An MP4 file in the making. Close it, and it can be played, however far it came."""

    def __init__(self, path: Path, width: int, height: int, rate: Fraction, crf: int) -> None:
        self.container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        options = {"crf": str(crf), "preset": "veryfast", "g": str(max(1, round(rate * KEY_SECONDS)))}
        self._stream = self.container.add_stream("libx264", rate=rate, options=options)
        context = self._stream.codec_context
        # 4:2:0 has a colour for two pixels a side.
        context.width, context.height = width + width % 2, height + height % 2
        context.pix_fmt, context.time_base = "yuv420p", CLOCK
        context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
        context.color_primaries = context.color_trc = BT709

    def write(self, frame: Frame, seconds: float) -> None:
        """Add a frame (H,W,3); an odd side is continued by its last pixels."""
        height, width = frame.shape[:2]
        if height % 2 or width % 2:
            frame = cv2.copyMakeBorder(frame, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
        picture = VideoFrame.from_ndarray(frame, format="rgb24").reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )
        picture.pts, picture.time_base = round(seconds / CLOCK), CLOCK
        self.container.mux(self._stream.encode(picture))

    def close(self) -> None:
        self.container.mux(self._stream.encode(None))
        self.container.close()
