"""Camera frames between browser and server."""

import base64
import io
import struct

import numpy as np
import pytest
from PIL import Image

from styletransfer.errors import ImageError
from styletransfer.ui.frames import BROKEN, LARGEST_URL, PREFIX, decode_frame, encode_frame


def url(image: Image.Image, format: str = "JPEG", **options: object) -> str:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return PREFIX + base64.b64encode(buffer.getvalue()).decode()


def test_a_frame_comes_back_as_it_went(make_picture):
    frame = np.asarray(make_picture(64, 48))
    back = decode_frame(encode_frame(frame))
    assert back.shape == (48, 64, 3)
    assert np.abs(back.astype(int) - frame).mean() < 3


def test_red_stays_red_and_grey_gets_three_channels():
    frame = np.zeros((16, 32, 3), np.uint8)
    frame[..., 0] = 250
    assert (decode_frame(encode_frame(frame)).mean(axis=(0, 1)) > [200, -1, -1]).all()
    assert decode_frame(encode_frame(frame))[..., 1:].max() < 20
    assert decode_frame(url(Image.new("L", (32, 16), 99))).shape == (16, 32, 3)


def test_a_cameras_frames_are_not_turned(make_picture):
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode_frame(url(make_picture(64, 48), exif=exif)).shape == (48, 64, 3)


@pytest.mark.parametrize(
    "broken",
    [
        None, 7, "", "data:image/png;base64,AAAA", PREFIX, PREFIX + "not base64!", PREFIX + "AAAA",
        PREFIX + base64.b64encode(b"\xff\xd8\xff and then nothing of use").decode(), PREFIX + "A" * LARGEST_URL,
        url(Image.new("RGB", (8, 8)), "PNG"),
    ],
)  # fmt: skip
def test_what_is_no_jpeg_is_refused(broken):
    with pytest.raises(ImageError, match=BROKEN):
        decode_frame(broken)


def test_a_jpeg_that_ends_early_is_refused(make_picture):
    whole = base64.b64decode(url(make_picture(64, 48)).removeprefix(PREFIX))
    with pytest.raises(ImageError, match=BROKEN):
        decode_frame(PREFIX + base64.b64encode(whole[:300]).decode())


@pytest.mark.parametrize(("width", "height", "message"), [(5000, 4000, "5000 × 4000"), (50000, 60000, BROKEN)])
def test_a_huge_frame_is_refused_before_it_is_decoded(width, height, message):
    data = base64.b64decode(url(Image.new("RGB", (8, 8))).removeprefix(PREFIX))
    header = data.index(b"\xff\xc0") + 5  # height and width in the frame header
    huge = data[:header] + struct.pack(">HH", height, width) + data[header + 4 :]
    with pytest.raises(ImageError, match=message):
        decode_frame(PREFIX + base64.b64encode(huge).decode())
