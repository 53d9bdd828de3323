"""Where the style goes."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from styletransfer import images
from styletransfer.errors import ImageError
from styletransfer.stylizers.fixed import ImageLike

FEATHER = 0.015  # of the longest side: how wide an edge fades


def open_mask(mask: ImageLike, size: tuple[int, int]) -> Image.Image:
    """The brightness (mode L) of a picture as a mask of this ``size`` (width, height), its edges fading inwards.

    What is black stays exactly so: there the photo is kept. Raises ImageError for an unreadable or a black picture.
    """
    grey = images.split_alpha(images.load(mask))[0].convert("L").resize(size, Image.Resampling.BILINEAR)
    values = np.asarray(grey)
    if not values.any():
        raise ImageError("The mask is all black; paint white where the style is to go.")
    radius = max(1, round(FEATHER * max(size)))
    shrunk = cv2.erode(values, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)))
    smooth = cv2.GaussianBlur(shrunk, (2 * radius + 1, 2 * radius + 1), radius / 2)
    return Image.fromarray(np.minimum(smooth, values))
