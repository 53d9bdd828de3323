"""A tiny stylizer, and a look into clips that were written."""

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest

from styletransfer import FixedStylizer


@pytest.fixture(scope="session")
def stylizer(checkpoint) -> FixedStylizer:
    return FixedStylizer.from_pretrained(checkpoint)


@pytest.fixture
def wave(stylizer):
    return stylizer.live("wave")


@pytest.fixture
def photographic(stylizer):
    """A style that changes nothing."""
    return stylizer.live("wave", 0.0)


@dataclass(frozen=True)
class Seen:
    frames: list[np.ndarray]
    times: list[float]
    codecs: list[str]
    sound: np.ndarray  # the left of two channels, 44.1 kHz


@pytest.fixture
def look():
    def look(path: Path) -> Seen:
        with av.open(str(path)) as container:
            codecs = [stream.codec_context.name for stream in container.streams]
            frames = list(container.decode(video=0))
        samples = [np.zeros(0)]
        if len(codecs) > 1:
            stereo = av.AudioResampler("fltp", "stereo", 44100)
            with av.open(str(path)) as container:
                samples += [part.to_ndarray()[0] for frame in container.decode(audio=0) for part in stereo.resample(frame)]
        pixels = [frame.to_ndarray(format="rgb24").astype(int) for frame in frames]
        return Seen(pixels, [frame.time for frame in frames], codecs, np.concatenate(samples))

    return look
