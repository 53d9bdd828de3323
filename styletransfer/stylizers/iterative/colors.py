"""A style picture in the colours of the photo."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

EPS = 1e-5  # of the variance, for pictures of one colour

Matrix = npt.NDArray[np.float64]


def match_colors(style: Image.Image, photo: Image.Image) -> Image.Image:
    """The style picture with the mean and covariance of the photo's colours (Gatys et al. 2016, "Preserving Color in Neural
    Artistic Style Transfer", eq. 10 to 12); what falls out of range is clipped."""
    mean, covariance = _moments(style)
    wanted_mean, wanted_covariance = _moments(photo)
    matrix = _power(wanted_covariance, 0.5) @ _power(covariance, -0.5)
    recolored = (np.asarray(style) / 255 - mean) @ matrix.T + wanted_mean
    return Image.fromarray(np.rint(recolored.clip(0, 1) * 255).astype(np.uint8))


def _moments(picture: Image.Image) -> tuple[Matrix, Matrix]:
    colors = np.asarray(picture).reshape(-1, 3) / 255
    return colors.mean(axis=0), np.cov(colors, rowvar=False, bias=True) + EPS * np.eye(3)


def _power(covariance: Matrix, exponent: float) -> Matrix:
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * values**exponent) @ vectors.T
