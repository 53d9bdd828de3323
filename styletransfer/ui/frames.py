"""Frames of a camera as they travel between browser and server: JPEG in data URLs, so that none becomes a file."""

from __future__ import annotations

import base64
import binascii
import io
from typing import Any

import cv2
import numpy as np
from PIL import Image

from styletransfer.errors import ImageError

PREFIX = "data:image/jpeg;base64,"
QUALITY = 88
LARGEST_URL = 2_000_000  # characters
LARGEST_SIDE = 1280  # pixels: larger frames are refused before they are decoded
BROKEN = "The camera's picture cannot be read; start the camera again."


def decode_frame(url: Any) -> np.ndarray:
    """A JPEG data URL -> (H,W,3) uint8. Raises ImageError."""
    if not (isinstance(url, str) and url.startswith(PREFIX) and len(url) <= LARGEST_URL):
        raise ImageError(BROKEN)
    try:
        data = base64.b64decode(url[len(PREFIX) :], validate=True)
        size = Image.open(io.BytesIO(data), formats=["JPEG"]).size  # reads the header only
    except (binascii.Error, OSError, Image.DecompressionBombError) as error:
        raise ImageError(BROKEN) from error
    if max(size) > LARGEST_SIDE:
        raise ImageError(f"The camera's picture is {size[0]} × {size[1]}; send at most {LARGEST_SIDE} pixels a side.")
    frame = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
    if frame is None:
        raise ImageError(BROKEN)
    return frame


def encode_frame(frame: np.ndarray) -> str:
    """(H,W,3) uint8 -> a JPEG data URL."""
    data = cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    return PREFIX + base64.b64encode(data).decode()
