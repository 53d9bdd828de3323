"""Clips whose true motion is known: a pan, a zoom, and an object that moves over a still background."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

PHOTOS = Path(__file__).resolve().parent.parent / "examples" / "photos"
NOISE = 2.0  # standard deviation in steps of 1/255: what a good camera's sensor adds


@dataclass(frozen=True)
class KnownClip:
    """``back(t)`` tells of every pixel of frame t where it was in frame t - 1: (H,W,2); ``known(t)``: whether it was there."""

    frames: list[np.ndarray]  # (H,W,3) uint8
    back: Callable[[int], np.ndarray]
    known: Callable[[int], np.ndarray]


def clips(width: int, height: int, count: int) -> dict[str, KnownClip]:
    """The three, by name."""
    return {"pan": _camera(width, height, count, _pan), "zoom": _camera(width, height, count, _zoom),
            "object": _object(width, height, count)}  # fmt: skip


def warping_error(painted: list[np.ndarray], clip: KnownClip) -> float:
    """Mean absolute difference, in steps of 1/255, of neighbouring frames, the first moved along with the true motion."""
    errors = []
    for t, (before, now) in enumerate(pairwise(painted), start=1):
        back = clip.back(t).astype(np.float32)
        moved = cv2.remap(before.astype(np.float32), back, None, cv2.INTER_CUBIC)
        errors.append(np.abs(moved - now)[clip.known(t)].mean())
    return float(np.mean(errors))


def _photo(name: str, width: int, height: int) -> np.ndarray:
    photo = cv2.cvtColor(cv2.imread(str(PHOTOS / name)), cv2.COLOR_BGR2RGB)
    scale = max(width / photo.shape[1], height / photo.shape[0])
    photo = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    return photo[:height, :width]


def _noisy(frames: Iterator[np.ndarray]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [(frame + rng.normal(0, NOISE, frame.shape)).round().clip(0, 255).astype(np.uint8) for frame in frames]


def _grid(width: int, height: int) -> np.ndarray:
    return np.dstack(np.meshgrid(np.arange(width), np.arange(height))).astype(np.float64)


def _pan(t: int, width: int, height: int) -> np.ndarray:
    """Where in the photo pixels of frame t are: a 2 x 3 matrix."""
    return np.array([[1, 0, 0.1 * width + 0.0047 * width * t], [0, 1, 0.1 * height + 0.0031 * height * t]])


def _zoom(t: int, width: int, height: int) -> np.ndarray:
    scale = 1.2 * 0.99**t
    return np.array([[scale, 0, (1.5 - scale) * width / 2], [0, scale, (1.5 - scale) * height / 2]])


def _camera(width: int, height: int, count: int, place: Callable) -> KnownClip:
    photo = cv2.GaussianBlur(_photo("coffee.jpg", width * 3 // 2, height * 3 // 2), (0, 0), 0.7)
    places = [place(t, width, height) for t in range(count)]
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    frames = _noisy(cv2.warpAffine(photo, matrix, (width, height), flags=flags) for matrix in places)
    grid = _grid(width, height)

    def back(t: int) -> np.ndarray:
        there, before = places[t], places[t - 1]
        return ((grid @ there[:, :2].T + there[:, 2]) - before[:, 2]) @ np.linalg.inv(before[:, :2]).T

    def known(t: int) -> np.ndarray:
        return ((back(t) >= 0) & (back(t) <= (width - 1, height - 1))).all(axis=2)

    return KnownClip(frames, back, known)


def _object(width: int, height: int, count: int) -> KnownClip:
    """The middle of one photo as a disc that wanders over another photo."""
    background, side = _photo("rocket.jpg", width, height).astype(np.float32), height // 2
    thing = _photo("astronaut.jpg", side, side).astype(np.float32)
    velocity, grid = np.array([0.0103 * width, 0.0071 * height]), _grid(width, height)

    def place(t: int) -> np.ndarray:
        return np.array([0.1 * width, 0.1 * height]) + velocity * t

    def disc(points: np.ndarray) -> np.ndarray:
        return np.square(points - (side - 1) / 2).sum(axis=2) <= (side / 2 - 1) ** 2

    def frame(t: int) -> np.ndarray:
        points = grid - place(t)
        moved = cv2.remap(thing, points.astype(np.float32), None, cv2.INTER_CUBIC)
        return np.where(disc(points)[..., None], moved, background)

    def back(t: int) -> np.ndarray:
        return np.where(disc(grid - place(t))[..., None], grid - velocity, grid)

    def known(t: int) -> np.ndarray:
        return disc(grid - place(t)) == disc(back(t) - place(t - 1))

    return KnownClip(_noisy(frame(t) for t in range(count)), back, known)
