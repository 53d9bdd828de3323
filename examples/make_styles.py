"""Paint the example style pictures: twelve pictures, each in a manner of its own, by nothing but the code below.

python examples/make_styles.py [slug ...]     paints all of them, or those named, into examples/paintings/<slug>.jpg

Every picture is painted at twice its size and then reduced, so no edge is jagged. Lengths are in picture widths, angles in
radians (y points down), colours in sRGB from 0 to 1. The same seed and size give the same picture.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

PAINTINGS = Path(__file__).resolve().parent / "paintings"
SIDE, QUALITY, MOST_BYTES = 800, 90, 250_000
SUPERSAMPLING = 2
SUBPIXEL_BITS = 4  # of the fixed-point coordinates that OpenCV draws with

Array = np.ndarray
Rng = np.random.Generator
Shape = Sequence[tuple[float, float]]


# --------------------------------------------------------------------------------------------------------------- helpers


class Frame:
    """The surface to paint on: its pixels and, for every pixel, x from 0 to 1 and y in the same unit."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height, self.ratio = width, height, height / width
        y, x = np.mgrid[:height, :width].astype(np.float32)
        self.x, self.y = (x + 0.5) / width, (y + 0.5) / width

    def flat(self, color: str) -> Array:
        return np.full((self.height, self.width, 3), rgb(color), np.float32)

    def noise(self, rng: Rng, cell: float, octaves: int = 4, gain: float = 0.5, stretch: float = 1.0) -> Array:
        """Fractal value noise of mean 0 and deviation 1; ``stretch`` makes its cells wider than high."""
        total = np.zeros((self.height, self.width), np.float32)
        for octave in range(octaves):
            high = max(cell * self.width / 2**octave, 1.5)
            rows, columns = int(self.height / high) + 4, int(self.width / (high * stretch)) + 4
            fine = cv2.resize(
                rng.standard_normal((rows, columns)).astype(np.float32),
                (max(int(columns * high * stretch), self.width + 2), max(int(rows * high), self.height + 2)),
                interpolation=cv2.INTER_CUBIC,
            )
            top, left = (int(rng.integers(0, total + 1)) for total in (fine.shape[0] - self.height, fine.shape[1] - self.width))
            total += gain**octave * fine[top : top + self.height, left : left + self.width]
        return (total - total.mean()) / (total.std() + 1e-6)

    def fill(self, *shapes: ArrayLike) -> Array:
        """How far each pixel lies in any of the polygons, 0 to 1."""
        canvas = np.zeros((self.height, self.width), np.uint8)
        for shape in shapes:
            cv2.fillPoly(canvas, [self.fixed(shape)], 255, cv2.LINE_AA, SUBPIXEL_BITS)
        return canvas.astype(np.float32) / 255

    def lines(self, paths: Sequence[ArrayLike], width: float, closed: bool = False) -> Array:
        canvas = np.zeros((self.height, self.width), np.uint8)
        thick = max(1, round(width * self.width))
        cv2.polylines(canvas, [self.fixed(path) for path in paths], closed, 255, thick, cv2.LINE_AA, SUBPIXEL_BITS)
        return canvas.astype(np.float32) / 255

    def disc(self, x: float, y: float, radius: float) -> Array:
        return self.edge(radius - np.hypot(self.x - x, self.y - y))

    def edge(self, inside: Array) -> Array:
        """A mask from a signed distance, in picture widths, with an edge one pixel soft."""
        return np.clip(inside * self.width + 0.5, 0, 1)

    def blur(self, values: Array, radius: float) -> Array:
        return cv2.GaussianBlur(values, (0, 0), max(radius * self.width, 0.1))

    def distance(self, inside: Array) -> Array:
        """From each pixel of the mask to the mask's edge, in picture widths."""
        return cv2.distanceTransform((inside > 0.5).astype(np.uint8), cv2.DIST_L2, 5) / self.width

    def warp(self, values: Array, x: Array, y: Array) -> Array:
        """What lies at x and y (picture widths) instead."""
        pixels = [(np.broadcast_to(at, self.x.shape) * self.width - 0.5).astype(np.float32) for at in (x, y)]
        return cv2.remap(values, *pixels, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)

    def at(self, values: Array, points: Array) -> Array:
        """The values at points (..., 2), in picture widths."""
        x = np.clip((points[..., 0] * self.width).astype(int), 0, self.width - 1)
        y = np.clip((points[..., 1] * self.width).astype(int), 0, self.height - 1)
        return values[y, x]

    def fixed(self, points: ArrayLike) -> Array:
        return np.round((np.asarray(points) * self.width - 0.5) * 2**SUBPIXEL_BITS).astype(np.int32)

    def scatter(self, rng: Rng, spacing: float, jitter: float = 0.5) -> Array:
        """Points of a shaken hexagonal grid, in random order."""
        rows, columns = int(self.ratio / spacing / 0.87) + 3, int(1 / spacing) + 3
        row, column = (index.ravel() for index in np.mgrid[:rows, :columns])
        points = np.stack([(column + row % 2 / 2 - 0.5) * spacing, (row - 0.5) * 0.87 * spacing], -1)
        return rng.permutation(points + rng.uniform(-jitter, jitter, points.shape) * spacing)


def rgb(color: str) -> Array:
    return np.array([int(color[i : i + 2], 16) for i in (0, 2, 4)], np.float32) / 255


def palette(colors: str) -> Array:
    return np.stack([rgb(color) for color in colors.split()])


def ramp(values: Array, colors: str) -> Array:
    """Values from 0 to 1 as a gradient through the colours."""
    stops = palette(colors)
    place = np.clip(values, 0, 1) * (len(stops) - 1)
    lower = np.minimum(place.astype(int), len(stops) - 2)
    part = (place - lower)[..., None].astype(np.float32)
    return stops[lower] * (1 - part) + stops[lower + 1] * part


def smooth(values: Array, low: float, high: float) -> Array:
    part = np.clip((values - low) / (high - low), 0, 1)
    return part * part * (3 - 2 * part)


def lay(picture: Array, mask: Array, color: str | Array) -> Array:
    """Cover the picture with a colour where the mask is 1."""
    paint = rgb(color) if isinstance(color, str) else color
    return picture + (paint - picture) * mask[..., None]


def glaze(picture: Array, density: Array, color: str) -> Array:
    """Let a transparent colour darken the picture: twice the density absorbs twice."""
    return picture * np.maximum(rgb(color), 0.01) ** density[..., None]


def dab(frame: Frame, picture: Array, shapes: Sequence[Array], color: str) -> Array:
    """Cover small shapes in place: a mask of the whole picture for each of thousands would take minutes."""
    points = np.concatenate(shapes)
    left, top = (max(int(low * frame.width) - 2, 0) for low in points.min(0))
    right, bottom = (max(int(high * frame.width) + 3, 0) for high in points.max(0))
    window = np.ascontiguousarray((picture[top:bottom, left:right] * 255).clip(0, 255).astype(np.uint8))
    if window.size:
        corner = np.array([left, top]) * 2**SUBPIXEL_BITS
        for shape in shapes:
            inside = [(frame.fixed(shape) - corner).astype(np.int32)]
            cv2.fillPoly(window, inside, (rgb(color) * 255).tolist(), cv2.LINE_AA, SUBPIXEL_BITS)
        picture[top:bottom, left:right] = window.astype(np.float32) / 255
    return picture


def spline(points: ArrayLike, count: int = 24, closed: bool = False) -> Array:
    """A smooth curve (Catmull-Rom) through the points, ``count`` steps between two of them."""
    knots = np.asarray(points, float)
    knots = np.concatenate([knots[-1:], knots, knots[:2]] if closed else [knots[:1], knots, knots[-1:]])
    t = np.linspace(0, 1, count, endpoint=False)[None, :, None]
    a, b, c, d = (knots[i : len(knots) - 3 + i, None] for i in range(4))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.concatenate([curve.reshape(-1, 2), knots[-2:-1]])


def ring(x: float, y: float, radius: float, squash: float = 1.0, turn: float = 0.0, count: int = 64) -> Array:
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    across, down = radius * np.cos(angle), radius * squash * np.sin(angle)
    return np.stack([x + across * np.cos(turn) - down * np.sin(turn), y + across * np.sin(turn) + down * np.cos(turn)], -1)


def along(path: Array, spacing: float) -> tuple[Array, Array]:
    """Points at equal distances on a path, and the direction there."""
    steps = np.hypot(*np.diff(path, axis=0).T)
    length = np.concatenate([[0], np.cumsum(steps)])
    places = np.arange(spacing / 2, length[-1], spacing)
    points = np.stack([np.interp(places, length, path[:, i]) for i in (0, 1)], -1)
    ahead = np.stack([np.interp(places + spacing / 4, length, path[:, i]) for i in (0, 1)], -1)
    behind = np.stack([np.interp(places - spacing / 4, length, path[:, i]) for i in (0, 1)], -1)
    return points, np.arctan2(*(ahead - behind).T[::-1])


def tapered(path: Array, widths: ArrayLike) -> Array:
    """The outline of a stroke whose width changes along its path."""
    tangent = np.gradient(path, axis=0)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], -1) / (np.hypot(*tangent.T)[:, None] + 1e-9)
    half = np.broadcast_to(np.asarray(widths, float), len(path))[:, None] / 2
    return np.concatenate([path + normal * half, (path - normal * half)[::-1]])


def shaded(picture: Array, height: Array, strength: float, light: float = -2.2) -> Array:
    """Light falls across the relief of the surface from the direction ``light``."""
    slope = np.cos(light) * cv2.Sobel(height, cv2.CV_32F, 1, 0) + np.sin(light) * cv2.Sobel(height, cv2.CV_32F, 0, 1)
    slope = np.clip(-slope * strength, -0.5, 0.5)[..., None]
    return np.where(slope > 0, picture + slope * (1 - picture), picture * (1 + slope))


# ------------------------------------------------------------------------------------------------------------------ oils


class Brush(NamedTuple):
    width: float
    length: float
    bristles: int = 9
    hue: float = 0.03  # how far the colour of one stroke strays
    light: float = 0.06
    missing: float = 0.0  # how wrong the colours below must be for a stroke to be needed
    spacing: float = 0.75  # between strokes, in brush widths
    patience: float = 0.25  # how far the picture's colour may change under a stroke before it ends


def trace(frame: Frame, angle: Array, starts: Array, length: float, steps: int) -> Array:
    """Paths that follow the angles, with the starts in their middle: (strokes, steps, 2)."""
    halves = []
    for sign in (-1, 1):
        points = [starts]
        for _ in range(steps // 2):
            direction = frame.at(angle, points[-1])
            points.append(points[-1] + sign * length / steps * np.stack([np.cos(direction), np.sin(direction)], -1))
        halves.append(points)
    return np.stack([*halves[0][:0:-1], *halves[1]], 1)


def stroke(frame: Frame, canvas: Array, paths: Array, colors: Array, stops: Array, brush: Brush, rng: Rng) -> None:
    """Drag a brush along the paths: each bristle leaves its own line of colour and, in the fourth channel, of height."""
    tangent = np.gradient(paths, axis=1)
    normal = np.stack([-tangent[..., 1], tangent[..., 0]], -1) / (np.linalg.norm(tangent, axis=-1, keepdims=True) + 1e-9)
    offset = np.linspace(-0.5, 0.5, brush.bristles)
    bristles = paths[:, None] + normal[:, None] * (offset * brush.width)[None, :, None, None]
    strokes, steps = len(paths), paths.shape[1]
    shade = rng.normal(0, brush.light * 0.8, (strokes, brush.bristles, 1)) + rng.normal(0, 0.012, (strokes, brush.bristles, 3))
    color = np.clip(colors[:, None] + shade, 0, 1) * 255
    # the paint is pushed aside, so the rims of a stroke stand highest
    relief = 90 + 110 * (2 * np.abs(offset)) ** 2 + rng.normal(0, 38, (strokes, brush.bristles))
    paint = np.concatenate([color, np.clip(relief, 10, 255)[..., None]], -1)
    ragged = (4 * offset**2 + rng.random((strokes, brush.bristles))) * steps / 9
    first, last = ragged.astype(int), np.maximum(stops[:, None] - ragged[:, ::-1].astype(int), 3)
    thick = max(1, round(1.5 * brush.width * frame.width / brush.bristles))
    fixed = frame.fixed(bristles)
    for i in range(strokes):
        for j in rng.permutation(brush.bristles):
            line = fixed[i, j, min(first[i, j], last[i, j] - 2) : last[i, j]]
            cv2.polylines(canvas, [line], False, paint[i, j].tolist(), thick, cv2.LINE_AA, SUBPIXEL_BITS)


def painted(frame: Frame, canvas: Array, picture: Array, angle: Array, brush: Brush, rng: Rng) -> None:
    """One layer of strokes along the angles, in the picture's colours, where these are still missing."""
    starts = frame.scatter(rng, brush.width * brush.spacing)
    target = frame.blur(picture, brush.width * 0.25)
    if brush.missing:
        missing = frame.blur(np.abs(canvas[..., :3] / np.float32(255) - target).sum(-1), brush.width)
        starts = starts[frame.at(missing, starts) > brush.missing * rng.uniform(0.7, 1.3, len(starts))]
    paths = trace(frame, angle, starts, brush.length, 12)
    colors = frame.at(target, starts)
    change = np.abs(frame.at(target, paths) - colors[:, None]).sum(-1) > brush.patience
    change[:, :7] = False
    stops = np.where(change.any(1), change.argmax(1), paths.shape[1])
    colors = colors * (1 + rng.normal(0, brush.light, (len(colors), 1))) + rng.normal(0, brush.hue, colors.shape)
    stroke(frame, canvas, paths, colors, stops, brush, rng)


def primed(picture: Array) -> Array:
    """A canvas of bytes: three colours and the height of the paint."""
    return np.ascontiguousarray(np.dstack([np.clip(picture, 0, 1) * 255, np.zeros(picture.shape[:2])]).astype(np.uint8))


def dried(canvas: Array, relief: float = 0.0016, softness: float = 1.2) -> Array:
    height = cv2.GaussianBlur(canvas[..., 3].astype(np.float32), (0, 0), softness)
    return shaded(canvas[..., :3].astype(np.float32) / 255, height, relief)


def oils(frame: Frame, picture: Array, angle: Array, brushes: Sequence[Brush], rng: Rng, relief: float = 0.0016) -> Array:
    canvas = primed(picture * 0.8)
    for brush in brushes:
        painted(frame, canvas, picture, angle, brush, rng)
    return dried(canvas, relief)


# ---------------------------------------------------------------------------------------------------------------- styles


def windows(frame: Frame, picture: Array, rng: Rng, house: tuple[float, float, float, float], colors: Sequence[str]) -> Array:
    """A gabled house (left, right, eaves, ground): wall, roof, and windows of the last colour."""
    left, right, eaves, ground = house
    middle, peak = (left + right) / 2, eaves - 0.55 * (right - left)
    picture = lay(picture, frame.fill([(left, eaves), (right, eaves), (right, ground), (left, ground)]), colors[0])
    picture = lay(picture, frame.fill([(left - 0.006, eaves), (middle, peak), (right + 0.006, eaves)]), colors[1])
    side = 0.17 * (right - left)
    for x in (left + 1.4 * side, right - 2.4 * side):
        for y in np.arange(eaves + 0.012, ground - 2 * side, 2.4 * side):
            if rng.random() < 0.8:
                pane = [(x, y), (x + side, y), (x + side, y + 1.3 * side), (x, y + 1.3 * side)]
                picture = lay(picture, frame.fill(pane), colors[2])
    return picture


def swirling_night(frame: Frame, rng: Rng) -> Array:
    x, y = frame.x, frame.y
    stars = [(0.83, 0.13, 0.062), (0.30, 0.09, 0.030), (0.55, 0.07, 0.024), (0.69, 0.30, 0.026), (0.40, 0.33, 0.020),
             (0.08, 0.07, 0.026), (0.94, 0.33, 0.024), (0.28, 0.24, 0.018)]  # fmt: skip
    swirls = [(0.47, 0.20, 0.105, 3.2), (0.62, 0.25, 0.065, 2.6), (0.93, 0.22, 0.05, -1.2), (0.10, 0.26, 0.07, -1.5)]
    across, down = np.ones_like(x), 0.55 * np.sin(7 * x + 1) * smooth(y, 0.45, 0.1)
    for sx, sy, radius, spin in [*swirls, *((sx, sy, r * 1.35, 5) for sx, sy, r in stars)]:
        dx, dy = x - sx, y - sy
        pull = spin * np.exp(-(dx**2 + dy**2) / radius**2) / radius
        across, down = across - dy * pull * 1.6, down + dx * pull * 1.6
    angle = np.arctan2(down, across)
    streaks = frame.noise(rng, 0.02, 2)
    drift = sum(streak(frame, streaks, angle, 0.004 * step) for step in range(-12, 13)) / 25
    tone = 0.30 + 0.62 * drift + 0.32 * smooth(y, 0.05, 0.48) + 0.05 * frame.noise(rng, 0.2)
    picture = ramp(tone, "0d1640 16266b 1f4aa0 2f74c0 66a9cc a9d3cf e6e7bd")
    for sx, sy, r in stars:
        d = np.hypot(x - sx, y - sy)
        halo = np.exp(-((d / (2.1 * r)) ** 2)) * (0.72 + 0.28 * np.cos(d / r * 7))
        picture = lay(picture, np.clip(1.25 * halo, 0, 1), ramp(1 - d / (2.2 * r), "6fb3b8 c9d98a f4d84b f9c22e fff3b0"))
    moon = frame.disc(0.83, 0.13, 0.042) * (1 - frame.disc(0.847, 0.118, 0.034))
    picture = lay(picture, moon, "f39a1f")
    for base, swell, phase, colors in [
        (0.475, 0.035, 0.3, "2c5a8c 1d3f7a 27608a"), (0.535, 0.028, 2.6, "1b3a6b 2a6a78 16305a"),
        (0.60, 0.022, 4.4, "1e4a50 2f7a58 6d9a4e 173a48"),
    ]:  # fmt: skip
        top = base - swell * np.sin(5.2 * x + phase) - 0.3 * swell * np.sin(13 * x + phase)
        inside = frame.edge(y - top)
        bands = 0.5 + 0.3 * np.sin((y - top) * 95 + 3 * np.sin(6 * x)) + 0.15 * frame.noise(rng, 0.05)
        picture = lay(picture, inside, ramp(bands, colors))
        slope = np.arctan(-5.2 * swell * np.cos(5.2 * x + phase) - 3.9 * swell * np.cos(13 * x + phase))
        angle = np.where(inside > 0.5, slope + 0.25 * np.sin(20 * x + 40 * y), angle)
    for left in np.cumsum(rng.uniform(0.05, 0.085, 9)) + 0.27:
        ground = 0.645 + 0.02 * np.sin(9 * left) + rng.uniform(-0.02, 0.02)
        size = rng.uniform(0.04, 0.058)
        wall, roof = rng.choice(["24508a", "3a6f96", "2b3f78"]), rng.choice(["7a4a3c", "151f4a", "3d3560"])
        picture = windows(frame, picture, rng, (left, left + size, ground - size * 0.7, ground), [wall, roof, "ffd84a"])
    front = frame.edge(y - 0.67 - 0.02 * np.sin(7 * x))
    picture = lay(picture, front, ramp(0.5 + 0.35 * np.sin(60 * y + 9 * x) + 0.2 * streaks, "10263c 1d4a48 3d7a4c a2ab4a"))
    angle = np.where(front > 0.5, 0.4 * np.sin(9 * x) - 0.2, angle)
    flame = spline([(0.06, 0.76), (0.085, 0.5), (0.11, 0.33), (0.135, 0.20), (0.15, 0.05), (0.165, 0.19), (0.20, 0.30),
                    (0.205, 0.42), (0.245, 0.52), (0.235, 0.62), (0.27, 0.76)])  # fmt: skip
    tree = frame.warp(frame.fill(flame), x + 0.008 * np.sin(40 * y), y)
    wave = np.sin(75 * x + 9 * np.sin(9 * y)) + 0.5 * streaks
    picture = lay(picture, tree, ramp(0.4 + 0.3 * wave, "05080f 0b1a1c 14302a 2c4a2e 5a4a24"))
    angle = np.where(tree > 0.5, np.pi / 2 + 0.45 * np.sin(26 * y + 20 * x), angle)
    brushes = [Brush(0.017, 0.09, 8), Brush(0.011, 0.065, 7, missing=0.2),
        Brush(0.0065, 0.036, 5, 0.02, 0.05, 0.28, patience=0.2),
        Brush(0.004, 0.016, 3, 0.02, 0.04, 0.36, patience=0.15)]  # fmt: skip
    return oils(frame, picture, angle, brushes, rng)


def streak(frame: Frame, values: Array, angle: Array, step: float) -> Array:
    """The values a step further along the angles: their mean over many steps is drawn out like combed paint."""
    return frame.warp(values, frame.x + step * np.cos(angle), frame.y + step * np.sin(angle))


WAVE_BACK = [(-0.08, 0.66), (-0.04, 0.46), (0.05, 0.31), (0.17, 0.185), (0.31, 0.115), (0.45, 0.12), (0.555, 0.19), (0.605, 0.30)]
WAVE_HOLLOW = [(0.78, 0.70), (0.55, 0.655), (0.41, 0.58), (0.33, 0.47), (0.325, 0.35), (0.385, 0.27), (0.48, 0.25), (0.585, 0.31)]


def claw(start: Array, direction: float, length: float, bend: float, rng: Rng, twigs: int = 3) -> list[Array]:
    """A finger of foam that hooks over, with smaller fingers on it: outlines, the hindmost first."""
    part = np.linspace(0, 1, 16)
    turn = direction + bend * part**1.5
    path = np.asarray(start) + np.cumsum(np.stack([np.cos(turn), np.sin(turn)], -1), 0) * length / 16
    shapes = []
    for twig in range(twigs):
        at, side = 3 + 10 * twig // twigs, 1 if twig % 2 else -1
        aside = turn[at] + side * rng.uniform(0.5, 0.9)
        shapes += claw(path[at], aside, length * rng.uniform(0.38, 0.55), side * rng.uniform(0.4, 1.6), rng, 0)
    width = length * (0.40 - 0.22 * part) if twigs else length * (0.46 - 0.14 * part)
    return [*shapes, tapered(path, width * np.sqrt((1 - part**6) * (1 - (1 - part) ** 8) + 1e-3))]


def outlined(frame: Frame, picture: Array, shapes: Sequence[Array], fill: str, ink: str, width: float) -> Array:
    """Shapes one over the other, each with its contour."""
    canvas = (np.clip(picture, 0, 1) * 255).astype(np.uint8)
    inside, line = ((rgb(color) * 255).tolist() for color in (fill, ink))
    for shape in shapes:
        points = [frame.fixed(shape)]
        cv2.fillPoly(canvas, points, inside, cv2.LINE_AA, SUBPIXEL_BITS)
        cv2.polylines(canvas, points, True, line, max(1, round(width * frame.width)), cv2.LINE_AA, SUBPIXEL_BITS)
    return canvas.astype(np.float32) / 255


def great_wave(frame: Frame, picture: Array, rng: Rng) -> Array:
    back, hollow = spline(WAVE_BACK), spline(WAVE_HOLLOW)
    body = np.concatenate([back, hollow[::-1], [(0.8, 0.8), (-0.1, 0.8)]])
    tone = ramp(0.25 + 0.9 * smooth(frame.y, 0.1, 0.75), "0f2747 173a63 1f4c7a 2e6690")
    picture = lay(picture, frame.fill(body), tone)
    for number, part in enumerate(np.linspace(0.1, 0.97, 11)):
        first, last = int(rng.uniform(0, 25)), int(rng.uniform(120, 160))
        path = ((1 - part) * back + part * hollow)[first:last]
        bulge = np.sin(np.linspace(0, np.pi, len(path))) ** 0.6
        picture = lay(picture, frame.fill(tapered(path, 0.024 * bulge)), ["86aebf", "c9d9d3", "4f86a8"][number % 3])
        picture = lay(picture, frame.lines([path + np.array([0.006, 0.004])], 0.0018), "0c1d36")
    picture = lay(picture, frame.lines([back, hollow], 0.0042), "0b1830")
    rim = 0.70 * back + 0.30 * hollow
    shapes = [ring(*back[at], rng.uniform(0.010, 0.019), 0.85, count=24) for at in range(60, len(back) - 4, 4)]
    for at in range(56, len(rim) - 1, 5):
        tangent = np.arctan2(*(rim[min(at + 2, len(rim) - 1)] - rim[at - 2])[::-1])
        size = 0.035 + 0.05 * smooth(np.float64(at), 56, 110)
        for lean in rng.uniform(0.1, 1.5, 2):
            shapes += claw(
                rim[at] + rng.normal(0, 0.006, 2), tangent + lean, size * rng.uniform(0.7, 1.1), rng.uniform(0.3, 1.2), rng
            )
    for part in np.linspace(0, 1, 7):
        shapes += claw((1 - part) * back[-3] + part * hollow[-3], 0.2 + 1.4 * part, 0.085, 0.9, rng, 4)
    picture = outlined(frame, picture, shapes, "f4ecd6", "14294a", 0.0019)
    # the foam itself covers where its fingers and bubbles begin
    wide = smooth(np.arange(len(back) - 48.0), 0, 40)[:, None]
    foam = np.concatenate([back[48:], (back[48:] + (rim[48:] - back[48:]) * wide * 1.1)[::-1]])
    picture = lay(picture, frame.fill(foam), "f4ecd6")
    for number, at in enumerate(range(58, len(back) - 22, 3)):
        start, part = at + int(rng.integers(0, 3)), rng.uniform(0.1, 0.75)
        hollowed = (back + (rim - back) * part)[start : start + int(rng.integers(8, 20))]
        bulge = np.sin(np.linspace(0, np.pi, len(hollowed)))
        picture = lay(picture, frame.fill(tapered(hollowed, 0.006 * bulge)), ["a9c4c8", "cdd8cc", "6f9bb4"][number % 3])
    spray = [
        ring(*point, radius, count=16)
        for point, radius in zip(
            np.stack([rng.normal(0.60, 0.09, 70), rng.normal(0.27, 0.10, 70)], -1), rng.uniform(0.0025, 0.0065, 70), strict=True
        )
    ]
    return outlined(frame, picture, spray, "f4ecd6", "5f7f94", 0.0012)


def swell(frame: Frame, picture: Array, rng: Rng, base: float, height: float, phase: float, colors: str) -> Array:
    """A nearer wave: bokashi from dark to light, stripes along it, a foaming crest."""
    at = np.linspace(-0.05, 1.05, 220)
    top = base - height * np.abs(np.sin(2.6 * at + phase)) ** 1.6 - 0.006 * np.sin(17 * at + phase)
    crest = np.stack([at, top], -1)
    depth = (frame.y - np.interp(frame.x, at, top)) / 0.2
    inside = frame.fill(np.concatenate([crest, [(1.05, 1), (-0.05, 1)]]))
    picture = lay(picture, inside, ramp(depth, colors))
    for number in range(1, 7):
        first, last = sorted(rng.integers(0, 220, 2))
        path = crest[first : max(last, first + 60)] + np.array([0, 0.016 + 0.024 * number])
        path[:, 1] += 0.012 * np.sin(14 * path[:, 0] + number)
        bulge = np.sin(np.linspace(0, np.pi, len(path))) ** 0.7
        picture = lay(picture, frame.fill(tapered(path, 0.011 * bulge)), ["9dbfc8", "dfe5d6"][number % 2])
    shapes = []
    slope = np.gradient(top, at)
    high = smooth(base - top, 0.35 * height, 0.8 * height)
    for i in range(4, 216, 2):
        if high[i] > 0.15:
            lean = np.arctan(slope[i]) + rng.uniform(0.1, 1.3)
            shapes += claw(crest[i], lean, high[i] * rng.uniform(0.025, 0.05), rng.uniform(0.3, 1.2), rng, 2)
    picture = lay(picture, frame.lines([crest], 0.004), "0b1830")
    picture = outlined(frame, picture, shapes, "f4ecd6", "14294a", 0.0018)
    return lay(picture, frame.fill(tapered(crest + np.array([0, 0.003]), 0.016 * high)), "f4ecd6")


def woodblock_wave(frame: Frame, rng: Rng) -> Array:
    x, y = frame.x, frame.y
    picture = ramp(y / 0.56 + 0.012 * frame.noise(rng, 0.1), "5d7c8c a9b5a6 e6d7ae efdcb0 eed09a e9bd86")
    sun = frame.disc(0.80, 0.17, 0.072)
    picture = lay(picture, sun, ramp((y - 0.09) / 0.16, "c2492f cf6a45 e3a071"))
    for cx, cy, length in [(0.93, 0.215, 0.17), (0.70, 0.135, 0.10), (0.66, 0.385, 0.12), (0.97, 0.345, 0.15),
        (0.10, 0.10, 0.13)]:  # fmt: skip
        bar = np.clip(np.abs(x - cx) - length, 0, None)
        picture = lay(picture, frame.edge(0.011 - np.hypot(bar, y - cy)), "f3e8cb")
        picture = lay(
            picture,
            frame.edge(0.009 - np.hypot(np.clip(np.abs(x - cx - 0.04) - length * 0.7, 0, None), y - cy - 0.019)),
            "f3e8cb",
        )
    peak = spline([(0.50, 0.60), (0.64, 0.545), (0.735, 0.455), (0.765, 0.435), (0.80, 0.45), (0.90, 0.545), (1.05, 0.60)])
    mountain = frame.fill(peak)
    picture = lay(picture, mountain, ramp((y - 0.43) / 0.14, "3c5f7c 6f8fa0 c3c9b4"))
    zigzag = 0.478 + 0.022 * np.abs(((x * 38) % 2) - 1) + 0.01 * np.sin(60 * x)
    picture = lay(picture, mountain * frame.edge(zigzag - y), "f4ecd6")
    picture = lay(picture, frame.lines([peak], 0.0026), "1b2f4d")
    picture = swell(frame, picture, rng, 0.585, 0.05, 0.4, "2a5f88 6f9fb4 c4d3c8")
    picture = great_wave(frame, picture, rng)
    picture = swell(frame, picture, rng, 0.665, 0.075, 2.0, "14305a 1f4c7a 5d93ae")
    picture = swell(frame, picture, rng, 0.735, 0.07, 3.6, "0f2747 1b4472 3f7699")
    return printed(frame, picture, rng)


def printed(frame: Frame, picture: Array, rng: Rng) -> Array:
    """The wood's grain, the pad's mottling and the paper's fibres."""
    knots = frame.noise(rng, 0.22, 2, stretch=4)
    grain = np.sin(2 * np.pi * (frame.y * 42 + 1.6 * knots)) + 0.7 * frame.noise(rng, 0.004, 2, stretch=30)
    solid = 1 - picture.mean(-1, keepdims=True)
    mottle = frame.noise(rng, 0.008, 3)
    picture = picture * (1 - (0.035 * grain + 0.03 * mottle)[..., None] * (0.35 + solid)) + 0.012 * mottle[..., None] * solid
    bare = smooth(frame.noise(rng, 0.003, 2) + 0.5 * knots, 2.6, 3.6) * 0.3
    return lay(picture, bare, "efe3c6") * rgb("fffbf0")


def edges(labels: Array) -> Array:
    """Where a label meets another."""
    found = np.zeros(labels.shape, bool)
    found[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    found[1:] |= labels[1:] != labels[:-1]
    return found


def nearest(frame: Frame, points: Array) -> Array:
    """The number of the point nearest to each pixel."""
    canvas = np.full((frame.height, frame.width), 255, np.uint8)
    x = np.clip((points[:, 0] * frame.width).astype(int), 0, frame.width - 1)
    y = np.clip((points[:, 1] * frame.width).astype(int), 0, frame.height - 1)
    canvas[y, x] = 0
    _, labels = cv2.distanceTransformWithLabels(canvas, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    return labels


GLASS = [
    "1d3f9a 2a5fc4 3f86d6 6db1e0 24308a 8cc7e6", "f6c531 f9dd6a f0a020", "e2621b f08a24 c93a1d f2a63a",  # sky, sun, petals
    "1f7a4a 4a9e3f 8fbf3f 2b6b55", "0f5c5a 1f8a7a 3fae8f 17504a", "7a9a2a b5b83a 5a8a35 d3c552",  # three hills
    "3fa7c9 8fd6e0 d6f1ee 2a7fb0 65c3d3", "5a2d16 7a4420 94602c", "c22a2a e0503a 9c1f3a f07a3a d9a02a",  # river, tree, leaves
    "a81c4a d43a6a f07aa0 7a1246", "1c6a3a 3f9a4a 7abf5a", "8a1626 1f2f86 b5862a 3a1a6a",  # tulips, their leaves, border
]  # fmt: skip


def window_regions(frame: Frame, rng: Rng) -> tuple[Array, Array]:
    """For each pixel of the window its part of the picture (an index into GLASS) and its pane."""
    x, y = frame.x + 0.004 * frame.noise(rng, 0.12, 2), frame.y + 0.004 * frame.noise(rng, 0.12, 2)
    r, turn = np.hypot(x - 0.63, y - 0.30), np.arctan2(y - 0.30, x - 0.63)
    region = np.zeros(x.shape, int)
    sector = np.floor((turn + 1.3 * r) / (2 * np.pi) * 22).astype(int)
    pane = sector * 10 + np.floor(r / 0.15 + rng.random(40)[sector % 40]).astype(int)

    def put(inside: Array, number: int, panes: Array | int) -> None:
        region[inside], pane[inside] = number, np.broadcast_to(panes, x.shape)[inside]

    put(r < 0.165, 2, np.floor(turn / (2 * np.pi) * 14 + 0.25).astype(int))
    put(r < 0.095, 1, np.floor((turn + 0.5) / (2 * np.pi) * 5).astype(int))
    put(r < 0.04, 1, 99)
    for number, base, height, phase in [(3, 0.60, 0.06, 0.5), (4, 0.70, 0.05, 2.4), (5, 0.82, 0.05, 4.4)]:
        depth = y - base + height * np.sin(5 * x + phase)
        put(
            depth > 0,
            number,
            np.floor((x + 0.9 * depth) / 0.125 + 0.3 * number).astype(int) * 9 + np.floor(depth / 0.085).astype(int),
        )
    width = 0.022 + 0.24 * np.clip(y - 0.60, 0, None)
    middle = 0.56 + 0.13 * np.sin(8.5 * (y - 0.60)) * (0.4 + y)
    river = (y > 0.60) & (np.abs(x - middle) < width)
    flow = (x - middle) / width
    put(
        river,
        6,
        np.floor(flow * smooth(y, 0.6, 0.8) * 1.4 + 0.5).astype(int) * 50
        + np.floor(np.sqrt(np.maximum(y - 0.57, 0)) * 15 + 0.5 * flow).astype(int),
    )
    trunk = spline([(0.14, 1.02), (0.185, 0.84), (0.195, 0.66), (0.17, 0.56), (0.10, 0.47), (0.085, 0.40),
        (0.12, 0.45), (0.19, 0.52), (0.20, 0.42), (0.185, 0.32), (0.215, 0.40), (0.235, 0.52), (0.285, 0.46),
        (0.30, 0.37), (0.315, 0.47), (0.25, 0.59), (0.245, 0.68), (0.255, 0.84), (0.31, 1.02)], 8)  # fmt: skip
    crown = np.min(
        [np.hypot(x - cx, y - cy) - cr for cx, cy, cr in [(0.15, 0.34, 0.14), (0.27, 0.26, 0.15), (0.31, 0.39, 0.12)]], 0
    )
    put(crown < 0, 8, nearest(frame, frame.scatter(rng, 0.058, 0.35)))
    put(frame.fill(trunk) > 0.5, 7, np.floor(y / 0.13 + x).astype(int))
    for cx, cy, size in [(0.80, 0.74, 0.062), (0.91, 0.66, 0.055), (0.69, 0.84, 0.052)]:
        put(frame.fill(tapered(spline([(cx, cy), (cx + 0.01, cy + 0.15), (cx - 0.02, 1.02)]), 0.014)) > 0.5, 10, int(cx * 90))
        for side in (-1, 1):
            leaf = spline([(cx, 1.02), (cx + side * 0.05, cy + 0.16), (cx + side * 0.075, cy + 0.07)])
            put(frame.fill(tapered(leaf, 0.045 * np.sin(np.linspace(0.5, 3.1, len(leaf))))) > 0.5, 10, int(cx * 90) + 5 + side)
        for lean in (-0.5, 0.5, 0.0):
            petal = ring(cx + lean * size * 0.9, cy - 0.3 * size, size, 0.5, np.pi / 2 + 0.7 * lean, 40)
            put(frame.fill(petal) > 0.5, 9, int(cx * 90) + round(4 * lean) + 30)
    margin = np.minimum(np.minimum(frame.x, 1 - frame.x), np.minimum(frame.y, frame.ratio - frame.y))
    put(margin < 0.045, 11, np.floor(frame.x / 0.1).astype(int) * 20 + np.floor(frame.y / 0.1).astype(int))
    return region, pane - pane.min()


def stained_glass(frame: Frame, rng: Rng) -> Array:
    region, pane = window_regions(frame, rng)
    _, cell = np.unique(region * 100_000 + pane, return_inverse=True)
    cell = cell.reshape(region.shape)
    count = np.bincount(cell.ravel())
    kind = np.zeros(len(count), int)
    kind[cell.ravel()] = region.ravel()
    color = np.stack([palette(GLASS[k])[rng.integers(0, len(GLASS[k].split()))] for k in kind])
    color = np.clip(color * rng.normal(1.0, 0.10, (len(color), 1)) + rng.normal(0, 0.02, color.shape), 0, 1).astype(np.float32)
    center = [np.bincount(cell.ravel(), axis.ravel()) / count for axis in (frame.x, frame.y)]
    lean, size = rng.uniform(0, 2 * np.pi, len(count)), np.sqrt(count) / frame.width
    across = (np.cos(lean)[cell] * (frame.x - center[0][cell]) + np.sin(lean)[cell] * (frame.y - center[1][cell])) / size[cell]
    streaks = []
    for tilt in (0.2, 1.3, 2.3):
        swirl = 0.015 * frame.noise(rng, 0.1, 2)
        x, y = (np.cos(tilt) * frame.x + np.sin(tilt) * frame.y + swirl, np.cos(tilt) * frame.y - np.sin(tilt) * frame.x + swirl)
        streaks.append(frame.warp(frame.noise(rng, 0.01, 3, stretch=9), x, y))
    streak_at = np.choose(cell % 3, streaks)
    small, big = (cv2.distanceTransform((~edges(ids)).astype(np.uint8), cv2.DIST_L2, 5) / frame.width for ids in (cell, region))
    inner = smooth(small, 0, 0.035)
    light = 0.74 + 0.36 * inner + 0.20 * across + 0.085 * streak_at + 0.06 * frame.noise(rng, 0.35, 2)
    glass = color[cell] ** (1.12 - 0.25 * inner + 0.1 * streak_at)[..., None] * light[..., None]
    seeds = frame.edge(frame.noise(rng, 0.0035, 1) * 0.002 - 0.0072)
    glass = lay(glass, seeds * 0.35, "ffffff")
    wobble = 1 + 0.16 * frame.noise(rng, 0.03, 2)
    inside_lead = np.maximum(0.0031 * wobble - frame.blur(small, 0.0006), 0.0053 * wobble - frame.blur(big, 0.0006))
    lead = frame.edge(inside_lead)
    metal = shaded(
        frame.flat("16161a") * (1 + 0.25 * frame.noise(rng, 0.004, 2)[..., None]),
        frame.blur(np.sqrt(np.clip(inside_lead, 0, 1)), 0.0006),
        4,
    )
    picture = lay(glass, lead, metal)
    return picture + 0.20 * frame.blur(glass * (1 - lead[..., None]), 0.012) * (0.35 + lead[..., None]) - 0.03


def park(frame: Frame, rng: Rng) -> Array:
    """A river on a Sunday, in flat colours."""
    x, y = frame.x, frame.y
    soft = frame.noise(rng, 0.06, 3)
    picture = ramp(y / 0.3 + 0.06 * soft, "86b4de a9cbe6 d8def0 f6e3d0 f9d9a8")
    cloud = smooth(frame.noise(rng, 0.07, 4, stretch=3) - 6 * y, -0.9, 0.6)
    picture = lay(picture, 0.8 * cloud * frame.edge(0.26 - y), "fdeedd")
    far = 0.265 - 0.022 * np.abs(np.sin(11 * x)) - 0.012 * soft
    picture = lay(picture, frame.edge(y - far), ramp(0.5 + 0.3 * soft + (y - 0.26) * 4, "4f6fa8 5f9a86 8cc07a d6d27a"))
    for at, height in [(0.42, 0.13), (0.46, 0.16), (0.51, 0.12), (0.90, 0.14), (0.95, 0.17)]:
        poplar = frame.edge(0.016 - np.abs(x - at + 0.004 * soft) - 0.02 * ((y - 0.30 + height / 2) / height * 2) ** 4)
        picture = lay(
            picture, poplar * frame.edge(0.30 - y), ramp(0.5 + 25 * (at - x) + 0.2 * soft, "dfe07a 7fb35a 2f7a5e 2a4a7a")
        )
    picture = windows(frame, picture, rng, (0.60, 0.66, 0.26, 0.30), ["f7ead0", "d9633f", "5f7fc0"])
    picture = windows(frame, picture, rng, (0.70, 0.745, 0.265, 0.30), ["f3d7b0", "c94f4a", "5f7fc0"])
    shore = 0.50 + 0.16 * (1 - x) ** 2 + 0.01 * np.sin(15 * x)
    mirror = frame.warp(picture, x + 0.006 * np.sin(300 * y) + 0.004 * soft, 0.60 - y)
    water = (y > 0.30) & (y < shore + 0.02)
    ripples = 0.5 + 0.5 * np.sin(y * 260 + 2.2 * soft + 12 * x)
    river = mirror * 0.62 + 0.38 * ramp(0.25 + 0.5 * (y - 0.3) / 0.3 + 0.3 * ripples, "f6d9b0 a7cde6 5f9fd8 3f6fc0 6f7fd0")
    picture = np.where(water[..., None], river, picture)
    for at, base, size in [(0.30, 0.345, 0.085), (0.56, 0.39, 0.13), (0.83, 0.335, 0.06)]:
        sail = [(at, base), (at + 0.42 * size, base), (at + 0.05 * size, base - size)]
        jib = [(at - 0.03 * size, base), (at - 0.33 * size, base), (at - 0.01 * size, base - 0.85 * size)]
        hull = [(at - 0.4 * size, base + 0.02 * size), (at + 0.5 * size, base + 0.02 * size), (at + 0.35 * size,
            base + 0.13 * size), (at - 0.28 * size, base + 0.13 * size)]  # fmt: skip
        picture = lay(picture, frame.fill(sail), ramp((x - at) / size + 0.5, "fff6dc fdeccb f7c98f"))
        picture = lay(picture, frame.fill(jib), "f4d6d0")
        picture = lay(picture, frame.fill(hull), "7a2f4a")
        glint = frame.edge(0.2 * size - np.abs(x - at - 0.1 * size) + 0.02 * soft) * (
            (y > base + 0.13 * size) & (y < base + 0.9 * size)
        )
        picture = lay(picture, 0.55 * glint * (ripples > 0.4), "fff2d6")
    meadow = frame.edge(y - shore)
    picture = lay(picture, meadow, ramp(0.3 + (y - shore) * 1.6 + 0.16 * soft, "f4e58a d3dc5a a3cb4a 74b04f 4f9650"))
    picture = lay(picture, frame.edge(0.006 - np.abs(y - shore)) * 0.7, "3a5f8f")
    shade = smooth(0.30 * soft * 0.3 + 0.21 - np.abs(y - 0.655 + 0.10 * x) * 2.4 - 0.25 * x, 0, 0.08)
    picture = lay(picture, shade * meadow * 0.85, ramp(0.5 + 0.2 * soft, "2c3f8a 2f6a78 3a7a55"))
    return strollers(frame, picture, soft, frame.noise(rng, 0.03, 2))


def strollers(frame: Frame, picture: Array, soft: Array, leaf: Array) -> Array:
    """The figures and the big tree of the park."""
    x, y = frame.x, frame.y
    for at, foot, size, dress, shadow, parasol in [(0.72, 0.685, 0.21, "8a2f6a", "4a2468", "f2743a"),
        (0.83, 0.665, 0.19, "24407f", "182a5a", ""), (0.43, 0.60, 0.10, "d9482f", "8a2a5a", "f7d65a"),
        (0.925, 0.60, 0.10, "f3e6d8", "a78fc4", "5f9ad0")]:  # fmt: skip
        skirt = spline([(at - 0.18 * size, foot), (at - 0.13 * size, foot - 0.3 * size), (at - 0.05 * size,
            foot - 0.53 * size), (at - 0.11 * size, foot - 0.75 * size), (at + 0.09 * size, foot - 0.77 * size),
            (at + 0.05 * size, foot - 0.53 * size), (at + 0.20 * size, foot - 0.35 * size), (at + 0.21 * size, foot)],
            6, closed=True)  # fmt: skip
        cast = ring(at + 0.28 * size, foot + 0.02, 0.36 * size, 0.16, 0.05)
        picture = lay(picture, 0.8 * frame.fill(cast), "2f4f86")
        picture = lay(picture, frame.fill(skirt), ramp((x - at) / size * 2.2 + 0.5, f"f0a060 {dress} {dress} {shadow}"))
        picture = lay(picture, frame.disc(at, foot - 0.855 * size, 0.08 * size), "f0c09a")
        picture = lay(picture, frame.fill(ring(at, foot - 0.91 * size, 0.10 * size, 0.4, -0.1)), shadow)
        if parasol:
            dome = np.hypot((x - at + 0.1 * size) / 0.36, (y - foot + 0.98 * size) / 0.24) / size
            picture = lay(
                picture,
                frame.edge((1 - dome) * 0.1) * (y < foot - 0.98 * size),
                ramp((x - at) / size + 0.6, f"fff0b8 {parasol} a02f5a"),
            )
    trunk = spline([(0.045, 0.76), (0.075, 0.60), (0.08, 0.40), (0.04, 0.14), (0.09, 0.14), (0.125, 0.33),
        (0.20, 0.14), (0.225, 0.15), (0.14, 0.42), (0.135, 0.60), (0.18, 0.76)])  # fmt: skip
    picture = lay(picture, frame.fill(trunk), ramp((x - 0.06 - 0.06 * np.sin(5 * y)) / 0.10, "e07f4a 8f4a5a 4a3a78 26306a"))
    discs = [(0.03, 0.05, 0.20), (0.20, 0.02, 0.17), (0.03, 0.19, 0.12), (0.33, -0.02, 0.13), (0.22, 0.15, 0.08)]
    crown = np.min([np.hypot(x - cx, (y - cy) * 1.2) - r for cx, cy, r in discs], 0) + 0.014 * leaf + 0.01 * soft
    tone = 0.42 + 0.20 * leaf + 0.10 * soft - 1.1 * (y - 0.1) + 0.5 * (x - 0.15)
    return lay(picture, frame.edge(-crown), ramp(tone, "26386f 234f7a 1f6f66 2f8a4f 6fae4a c9d24f f4dc6a"))


PIGMENTS = (
    "fff4dc fbe08a f7c531 f29a2e ea6a2c d9402f c2304f a02f6f 7a3f9a 5a4fb4 3a55b8 2a6fc4 3f94d4 "
    "86c1e8 b9dcf0 c5b5e6 f3b8c4 f6cfa4 d9de5a a2cc4a 5fae4e 2f8a58 1f6f66 24407f 232a5a 5a2a4a"
)


def pointillist_park(frame: Frame, rng: Rng) -> Array:
    picture = park(frame, rng)
    pigments = palette(PIGMENTS)
    canvas = primed(lay(picture, np.full_like(frame.x, 0.35), "f4e6cc"))
    for spacing, radius in ((0.0105, 0.0068), (0.0085, 0.0050), (0.0066, 0.0037)):
        points = frame.scatter(rng, spacing, 0.45)
        target = frame.at(frame.blur(picture, radius / 3), points)
        # pure pigments around the colour that is meant; the eye mixes them
        vivid = np.clip(target + (target - target.mean(-1, keepdims=True)) * 0.45 + rng.normal(0, 0.09, target.shape), 0, 1)
        contrary = rng.random(len(points)) < 0.10
        vivid[contrary] = (
            2.2 * target[contrary].mean(-1, keepdims=True) - 1.2 * target[contrary]
        )  # as light, but of the opposite hue
        chosen = pigments[((vivid[:, None] - pigments) ** 2 * [0.9, 1.3, 0.8]).sum(-1).argmin(1)]
        color = np.clip(0.72 * chosen + 0.28 * target + rng.normal(0, 0.02, chosen.shape), 0, 1) * 255
        reach = radius * rng.uniform(0.75, 1.15, (len(points), 1)) * [1, 0.82]
        for point, axes, turn, paint in zip(points, reach, rng.uniform(0, 180, len(points)), color, strict=True):
            center, half = frame.fixed(point).tolist(), np.round(axes * frame.width * 2**SUBPIXEL_BITS).astype(int).tolist()
            dab = [*paint.tolist(), 150 + 60 * (axes[0] / radius - 1)]
            cv2.ellipse(canvas, center, half, turn, 0, 360, dab, -1, cv2.LINE_AA, SUBPIXEL_BITS)
            inner = [round(part * 0.6) for part in half]
            cv2.ellipse(canvas, center, inner, turn, 0, 360, [*(paint * 0.985 + 3).tolist(), 190], -1, cv2.LINE_AA, SUBPIXEL_BITS)
    return dried(canvas, 0.0009, 1.5)


def harbour(frame: Frame, rng: Rng) -> tuple[Array, Array, list[Array]]:
    """A harbour in flat colours, the angle of the strokes, and the contours."""
    x, y = frame.x, frame.y
    soft = frame.noise(rng, 0.12, 3)
    angle = 0.9 * soft * 0.5 - 0.5
    picture = ramp(y / 0.36 + 0.13 * soft, "3f8fc9 7fb8d8 f3b6c4 f78a6a f9b23f fbdc6a")
    contours = []
    for base, height, phase, colors in [
        (0.30, 0.13, 0.6, "5a3f9a 7a5fc0 c56aa8"),
        (0.36, 0.09, 3.3, "1f7a4f 3fa65a 0f5f6a b8c93a"),
    ]:
        top = base - height * np.abs(np.sin(3.1 * x + phase)) ** 1.5 - 0.006 * soft
        hill = frame.edge(y - top)
        picture = lay(picture, hill, ramp(0.5 + 0.3 * soft + 2.5 * (y - base), colors))
        angle = np.where(hill > 0.5, 0.7 * np.cos(6 * x + phase) + 0.4 * soft, angle)
        contours.append(np.stack([x[0], np.where(hill > 0.5, y, 9).min(0)], -1)[:: frame.width // 40])
    covered = np.zeros_like(x)
    walls = ["f26a4b", "f7b733", "e8447a", "f9d9a0", "3fa7b8", "f58f3a", "d93a3a", "f4a6b8", "5f7fd0", "f2e3c0"]
    left = -0.03
    while left < 0.98:
        wide, eaves = rng.uniform(0.075, 0.13), rng.uniform(0.25, 0.37)
        if 0.62 < left < 0.66:  # the tower
            wide, eaves = 0.062, 0.17
        wall, roof = walls[int(rng.integers(len(walls)))], rng.choice(["d9481f", "a82a3a", "7a2a6a", "e8702a"])
        picture = windows(frame, picture, rng, (left, left + wide, eaves, 0.505), [wall, roof, "24409a"])
        side = frame.fill([(left + 0.78 * wide, eaves), (left + wide, eaves), (left + wide, 0.505), (left + 0.78 * wide, 0.505)])
        picture = lay(picture, 0.55 * side, "3a3f9a")
        peak = (left + wide / 2, eaves - 0.55 * wide)
        house = frame.fill([(left, eaves), peak, (left + wide, eaves), (left + wide, 0.505), (left, 0.505)])
        angle, covered = np.where(house > 0.5, 1.45 + 0.2 * soft, angle), np.maximum(covered, house)
        contours += [np.array([(left, 0.505), (left, eaves), peak]), np.array([peak, (left + wide, eaves), (left + wide, 0.505)])]
        left += wide * rng.uniform(0.86, 1.0)
    picture = lay(picture, frame.edge(0.018 - np.abs(y - 0.515)), ramp(0.5 + 0.4 * soft, "f9d98a f7a86a e88aa0"))
    contours.append(np.array([(0, 0.533), (0.5, 0.531), (1, 0.534)]))
    water = y > 0.533
    mirror = frame.warp(picture, x + 0.014 * np.sin(95 * y + 3 * soft), 1.066 - y)
    ripple = 0.5 + 0.5 * np.sin(150 * y + 4 * soft + 6 * x)
    deep = ramp(0.15 * soft + (y - 0.5) * 3.2, "f9d77a 6fd0c0 2f9fd0 2f6fd0 24409a 1f2f7a")
    sea = lay(mirror, smooth(ripple + 0.9 * (y - 0.53) / 0.27 + 0.12 * soft, 0.62, 0.68), deep)
    sea = lay(sea, smooth(ripple - 0.25 * soft, 0.93, 0.97), ramp(0.5 + 0.4 * soft, "f78a5a f9d77a f4a6c0"))
    hills = [np.split(contour, np.flatnonzero(frame.at(covered, contour) > 0.5)) for contour in contours[:2]]
    contours = [part[1:] for hill in hills for part in hill if len(part) > 3] + contours[2:]
    return np.where(water[..., None], sea, picture), np.where(water, 0.12 * soft, angle), contours


def boat(frame: Frame, picture: Array, place: tuple[float, float, float], colors: Sequence[str]) -> tuple[Array, list[Array]]:
    """Hull, inside, mast and sail (in this order of the colours) at a place (x, y, length), and the contours."""
    x, y, size = place
    hull = spline([(x - 0.5 * size, y - 0.10 * size), (x - 0.36 * size, y + 0.13 * size), (x + 0.30 * size,
        y + 0.14 * size), (x + 0.56 * size, y - 0.13 * size)])  # fmt: skip
    rim = spline([(x - 0.5 * size, y - 0.10 * size), (x, y - 0.03 * size), (x + 0.56 * size, y - 0.13 * size)])
    mast = np.array([(x + 0.02 * size, y), (x + 0.05 * size, y - 1.15 * size)])
    sail = spline([(x + 0.06 * size, y - 1.08 * size), (x + 0.36 * size, y - 0.6 * size), (x + 0.50 * size,
        y - 0.22 * size), (x + 0.05 * size, y - 0.18 * size)])  # fmt: skip
    picture = lay(picture, frame.fill(ring(x, y + 0.24 * size, 0.5 * size, 0.2)) * 0.7, colors[0])
    for shape, color in ((hull, colors[0]), (tapered(rim, 0.06 * size), colors[1]), (sail, colors[3])):
        picture = lay(picture, frame.fill(shape), color)
    return lay(picture, frame.lines([mast], 0.006), colors[2]), [hull, rim, mast, np.concatenate([sail, sail[:1]])]


def fauve_harbour(frame: Frame, rng: Rng) -> Array:
    picture, angle, contours = harbour(frame, rng)
    for place, colors in [((0.80, 0.585, 0.13), ("2a3a9a", "f7d65a", "5a2a4a", "f4ead0")), ((0.25, 0.64, 0.24),
        ("d9381f", "3fb0a0", "5a2a4a", "f7b733")), ((0.63, 0.715, 0.30), ("1f7a5a", "f47aa0", "4a2050", "f4622a"))]:  # fmt: skip
        picture, lines = boat(frame, picture, place, colors)
        contours += lines
    canvas = primed(lay(picture, np.full_like(frame.x, 0.75), "efd9b4"))
    for brush in (
        Brush(0.026, 0.070, 14, 0.05, 0.05, spacing=0.85, patience=0.35), Brush(0.017, 0.042, 11, 0.05, 0.05, 0.30, 0.95, 0.35),
        Brush(0.010, 0.026, 7, 0.03, 0.04, 0.42, patience=0.3),
    ):  # fmt: skip
        painted(frame, canvas, picture, angle, brush, rng)
    pen = Brush(0.0055, 0, 4, 0.02, 0.03)
    for contour in contours:
        points, _ = along(contour, 0.006)
        for start in range(0, len(points) - 8, 11):
            path = (points[start : start + 12] + rng.normal(0, 0.0012, 2))[None]
            stroke(frame, canvas, path, rng.choice(palette("182a6a 1c1f5a 3a1f5a"), 1), np.array([path.shape[1]]), pen, rng)
    return dried(canvas, 0.0021, 1.4)


def still_life(frame: Frame) -> tuple[Array, Array]:
    """A guitar, a bottle, a glass and pears on a table: plain tones, and the drawing's lines."""
    x, y = frame.x, frame.y
    picture = ramp(0.5 + 0.6 * (x - 0.5) - 0.3 * (y - 0.5), "8a8a80 a89f88 c9b88f d8c9a2")
    table = frame.fill([(-0.1, 0.86), (0.55, 0.76), (1.1, 0.88), (1.1, 1.3), (-0.1, 1.3)])
    picture = lay(picture, table, ramp((y - 0.76) / 0.5, "a8793f 7a5228 4a3018"))
    picture = lay(picture, frame.fill([(0.10, 1.00), (0.44, 0.90), (0.62, 1.08), (0.26, 1.20)]), "e3dcc4")
    bottle = spline([(0.16, 0.98), (0.15, 0.62), (0.165, 0.50), (0.205, 0.44), (0.205, 0.28), (0.265, 0.28),
        (0.265, 0.44), (0.31, 0.50), (0.325, 0.62), (0.315, 0.98)])  # fmt: skip
    picture = lay(picture, frame.fill(bottle), ramp((x - 0.15) / 0.17, "2c3a30 5a6f55 8fa07f 3f4f40 1f2a24"))
    picture = lay(picture, frame.fill([(0.17, 0.68), (0.31, 0.68), (0.31, 0.84), (0.17, 0.84)]), "e6d9b8")
    body = spline([(0.62, 0.50), (0.72, 0.52), (0.745, 0.62), (0.70, 0.71), (0.78, 0.80), (0.80, 0.95), (0.70, 1.06),
        (0.54, 1.07), (0.43, 0.98), (0.43, 0.84), (0.51, 0.73), (0.47, 0.64), (0.51, 0.54)], closed=True)  # fmt: skip
    picture = lay(picture, frame.fill(body + np.array([0.02, 0.02])), "3a2414")
    picture = lay(picture, frame.fill(body), ramp((x - 0.42) / 0.4, "e0b060 c98f3f a8682a 6f3f1c"))
    for radius, color in ((0.085, "5a3418"), (0.072, "d8b070"), (0.06, "1c120c")):
        picture = lay(picture, frame.disc(0.615, 0.77, radius), color)
    picture = lay(picture, frame.fill([(0.585, 0.75), (0.60, 0.18), (0.665, 0.18), (0.65, 0.75)]), "5a3a20")
    picture = lay(picture, frame.fill([(0.585, 0.19), (0.57, 0.06), (0.69, 0.05), (0.68, 0.19)]), "6a4020")
    strings = [[(0.60 + 0.011 * i, 0.10), (0.585 + 0.014 * i, 0.96)] for i in range(5)]
    picture = lay(picture, frame.lines(strings, 0.0022), "efe0b8")
    picture = lay(picture, frame.fill([(0.55, 0.95), (0.68, 0.95), (0.68, 0.975), (0.55, 0.975)]), "2a1a10")
    bowl = spline([(0.33, 0.66), (0.345, 0.78), (0.385, 0.82), (0.425, 0.78), (0.44, 0.66)])
    picture = lay(picture, 0.75 * frame.fill(bowl), ramp((x - 0.33) / 0.11, "f0ead6 b8b8a8 7f8478"))
    picture = lay(picture, frame.lines([bowl, [(0.385, 0.82), (0.385, 0.95)], ring(0.385, 0.66, 0.055, 0.25),
        ring(0.385, 0.955, 0.05, 0.25)], 0.005), "2f3028")  # fmt: skip
    for cx, cy, r in [(0.84, 1.02, 0.065), (0.93, 1.08, 0.06)]:
        fruit = np.hypot(x - cx, (y - cy) * np.where(y < cy, 0.75, 1.0))
        picture = lay(picture, frame.edge(r - fruit), ramp((x - cx + y - cy) / r * 0.5 + 0.5, "d8c46a a8983f 6a6a2f 3a3a20"))
    drawing = [bottle, np.concatenate([body, body[:1]]), bowl, ring(0.385, 0.66, 0.055, 0.25),
        ring(0.615, 0.77, 0.085), ring(0.615, 0.77, 0.06)]  # fmt: skip
    neck = [
        [(0.585, 0.75), (0.60, 0.18), (0.57, 0.06), (0.69, 0.05), (0.665, 0.18), (0.65, 0.75)],
        [(0.17, 0.68), (0.31, 0.68), (0.31, 0.84), (0.17, 0.84)],
    ]
    return picture, frame.lines([*drawing, *neck, [(0.10, 1.00), (0.44, 0.90), (0.62, 1.08), (0.26, 1.20)]], 0.0036)


def split(polygon: Array, point: Array, direction: float) -> tuple[Array, Array]:
    """The convex polygon's two parts on either side of a line."""
    side = (polygon - point) @ [-np.sin(direction), np.cos(direction)]
    halves: tuple[list[Array], list[Array]] = ([], [])
    for i in range(len(polygon)):
        j = (i + 1) % len(polygon)
        halves[int(side[i] > 0)].append(polygon[i])
        if side[i] * side[j] < 0:
            crossing = polygon[i] + (polygon[j] - polygon[i]) * side[i] / (side[i] - side[j])
            halves[0].append(crossing)
            halves[1].append(crossing)
    return np.array(halves[0]), np.array(halves[1])


def shards(frame: Frame, rng: Rng, count: int) -> list[Array]:
    """The surface broken along few directions, finer around the middle."""
    pieces = [np.array([(0, 0), (1, 0), (1, frame.ratio), (0, frame.ratio)], float)]
    middle = np.array([0.5, 0.52 * frame.ratio])
    while len(pieces) < count:
        weight = [
            cv2.contourArea(piece.astype(np.float32)) * (2.4 - 2.2 * np.hypot(*(piece.mean(0) - middle))) for piece in pieces
        ]
        piece = pieces.pop(int(np.argmax(weight)))
        across = piece[np.argmax(np.hypot(*(piece - piece.mean(0)).T))] - piece.mean(0)
        wanted = np.arctan2(across[1], across[0]) + np.pi / 2
        choices = np.array([1.15, -1.1, 1.62, 0.25, -0.35, 0.75]) + rng.normal(0, 0.07, 6)
        fit = np.abs(np.cos(choices - wanted)) + rng.uniform(0, 0.45, 6)
        pieces += split(piece, piece.mean(0) + rng.normal(0, 0.018, 2), choices[np.argmax(fit)])
    return pieces


def cubist_still_life(frame: Frame, rng: Rng) -> Array:
    (scene, drawing), pieces = still_life(frame), shards(frame, rng, 78)
    labels = np.zeros((frame.height, frame.width), np.int32)
    for number, piece in enumerate(pieces):
        cv2.fillPoly(labels, [frame.fixed(piece)], number, cv2.LINE_8, SUBPIXEL_BITS)
    count = len(pieces)
    center = np.stack([piece.mean(0) for piece in pieces])
    size = np.sqrt([cv2.contourArea(piece.astype(np.float32)) for piece in pieces])
    dx, dy = frame.x - center[labels, 0], frame.y - center[labels, 1]
    turn, zoom = rng.normal(0, 0.22, count)[labels], rng.uniform(0.75, 1.15, count)[labels]
    shift = rng.normal(0, 0.028, (count, 2))
    x = center[labels, 0] + shift[labels, 0] + (dx * np.cos(turn) - dy * np.sin(turn)) * zoom
    y = center[labels, 1] + shift[labels, 1] + (dx * np.sin(turn) + dy * np.cos(turn)) * zoom
    picture = frame.warp(scene, x, y)
    lean = rng.choice([0.3, 1.1, 2.0, -0.9, 2.8], count)
    across = (np.cos(lean)[labels] * dx + np.sin(lean)[labels] * dy) / size[labels]
    tints = palette("dcc48e b8955a 8d8f86 5a4a36 ece2c8 5f6660 b08040 cfc0a0 70706a 3f3428")
    tint = tints[rng.integers(0, len(tints), count)][labels]
    picture = lay(picture, np.clip(0.38 + 0.5 * across, 0, 0.85), tint) * np.clip(1.02 + 0.75 * across, 0.5, 1.5)[..., None]
    middle, rims = np.array([0.5, 0.52 * frame.ratio]), [np.concatenate([piece, piece[:1]]) for piece in pieces]
    for _ in range(30):  # see-through planes, opaque along one edge
        at, tilt = middle + rng.normal(0, 1, 2) * [0.2, 0.27], rng.choice([1.15, -1.1, 0.25, 1.62])
        long, wide = rng.uniform(0.08, 0.22), rng.uniform(0.05, 0.12)
        ahead, aside = np.array([np.cos(tilt), np.sin(tilt)]) * long, np.array([-np.sin(tilt), np.cos(tilt)]) * wide
        corners = np.array([at - ahead - aside, at + ahead - aside * 0.6, at + ahead * 0.9 + aside, at - ahead + aside * 0.7])
        fade = 0.5 + ((frame.x - at[0]) * -np.sin(tilt) + (frame.y - at[1]) * np.cos(tilt)) / (2 * wide)
        color = rng.choice(["f6ecd2", "f3e8cc", "f3e8cc", "3a2e22", "d0a458", "9aa3a0", "b8763a", "e4d2a8"])
        picture = lay(picture, frame.fill(corners) * np.clip(1.1 * fade - 0.15, 0, 0.85), color)
        rims.append(corners[[1, 2, 3]])
    angle = (lean + rng.choice([0, np.pi / 2], count))[labels] + 0.1 * frame.noise(rng, 0.1, 2)
    brushes = [Brush(0.015, 0.030, 9, 0.008, 0.035), Brush(0.009, 0.020, 6, 0.008, 0.03, 0.12, patience=0.15),
               Brush(0.0045, 0.012, 3, 0.005, 0.02, 0.2, patience=0.12)]  # fmt: skip
    picture = oils(frame, np.clip(picture, 0.04, 0.96), angle, brushes, rng, 0.0009)
    charcoal, slow = frame.noise(rng, 0.003, 2), frame.noise(rng, 0.05, 2)
    tilt = lean + rng.choice([0.5, 0.9, 1.4], count)
    hatch = np.sin(2 * np.pi * (np.cos(tilt)[labels] * frame.x + np.sin(tilt)[labels] * frame.y) / 0.0115 + 0.7 * slow)
    hatched = (rng.random(count) < 0.3)[labels] * smooth(across + 0.12 * slow, 0.22, -0.3)
    picture = glaze(picture, 0.8 * hatched * smooth(hatch + 0.15 * charcoal, 0.3, 0.8), "3a2e24")
    wanders = smooth(frame.noise(rng, 0.12, 2), -1.1, 0.2) * (0.8 + 0.2 * smooth(charcoal, -1, 0.5))
    picture = glaze(picture, 1.0 * frame.lines(rims, 0.0030) * wanders, "241a14")
    return glaze(
        picture, 1.3 * frame.warp(drawing, 0.7 * x + 0.3 * frame.x, 0.7 * y + 0.3 * frame.y) * (0.7 + 0.3 * wanders), "1c1410"
    )


def ridge(frame: Frame, rng: Rng, peaks: Shape, base: float, rough: float) -> Array:
    """The height of a mountain chain at each x: steep peaks (x, height), and crags on them."""
    x = frame.x[0]
    line = np.zeros_like(x)
    for at, height in peaks:
        line = np.maximum(line, height * np.exp(-(np.abs(x - at) ** 1.25) / (0.07 + 0.16 * height)))
    crags = frame.noise(rng, 0.07, 5, 0.55)[0] * 0.012 + np.abs(frame.noise(rng, 0.045, 4, 0.6)[0]) * 0.011
    return (base - line - rough * crags * (0.3 + 3 * line)).astype(np.float32)


def needles(frame: Frame, ink: Array, rng: Rng, at: Array, size: float, dark: float) -> Array:
    """A fan of pine needles."""
    turn = -np.pi / 2 + rng.uniform(-1.35, 1.35, 30)
    length = size * rng.uniform(0.75, 1.05, 30)
    tips = at + np.stack([np.cos(turn), np.sin(turn) * 0.85], -1) * length[:, None]
    sag = np.stack([np.zeros(30), rng.uniform(0.0, 0.10, 30) * size], -1)
    fan = [spline([at + rng.normal(0, 0.002, 2), (at + tip) / 2 - bend, tip], 5) for tip, bend in zip(tips, sag, strict=True)]
    return np.maximum(ink, dark * frame.lines(fan, 0.0017))


def pine(frame: Frame, rng: Rng) -> Array:
    """The ink of a pine branch that reaches in from the right."""
    ink = np.zeros_like(frame.x)
    dry = frame.noise(rng, 0.0022, 2, stretch=14)
    grain = frame.noise(rng, 0.004, 2)
    fans = []
    for knots, thick in [([(1.05, 0.80), (0.93, 0.75), (0.86, 0.785), (0.76, 0.735), (0.66, 0.755), (0.55, 0.715),
        (0.47, 0.735)], 0.042), ([(0.87, 0.785), (0.82, 0.86), (0.72, 0.885), (0.64, 0.935)], 0.024), ([(0.93, 0.755),
        (0.90, 0.67), (0.82, 0.63), (0.78, 0.57)], 0.022), ([(0.70, 0.75), (0.63, 0.69), (0.58, 0.64)], 0.014),
        ([(0.78, 0.873), (0.75, 0.95), (0.70, 0.99)], 0.012)]:  # fmt: skip
        path = spline(np.array(knots) + rng.normal(0, 0.004, (len(knots), 2)), 16)
        part = np.linspace(0, 1, len(path))
        limb = frame.fill(tapered(path, thick * (1 - 0.8 * part) * (1 + 0.14 * np.sin(31 * part + 9 * thick))))
        body = frame.blur(limb, 0.0016) * (1 + 0.12 * grain)
        # a brush with little ink: the paper shows in streaks along the limb
        ink = np.maximum(ink, smooth(body, 0.38, 0.62) * np.clip(0.95 - 0.45 * smooth(dry, 0.1, 1.3) * (limb > 0.5), 0, 1))
        fans += [path[int(i)] for i in np.linspace(0.22, 1, round(7 + 90 * thick)) * (len(path) - 1)]
    for at in sorted(fans, key=lambda point: -point[1]):
        for _ in range(2):
            ink = needles(frame, ink, rng, at + rng.normal(0, 0.010, 2) - [0, 0.008], rng.uniform(0.048, 0.072),
                rng.choice([0.5, 0.75, 0.95]))  # fmt: skip
    return ink


def ink_mountains(frame: Frame, rng: Rng) -> Array:
    x, y = frame.x, frame.y
    fibres = frame.noise(rng, 0.003, 2, stretch=8) + np.abs(frame.noise(rng, 0.0035, 2))
    wet, fine = frame.noise(rng, 0.12, 5), frame.noise(rng, 0.006, 3)
    paper = frame.flat("f2e8d3") * (1 + 0.012 * fibres + 0.02 * wet)[..., None]
    moon = np.hypot(x - 0.27, y - 0.22)
    ink = 0.20 * np.exp(-((moon / 0.22) ** 2)) * smooth(moon, 0.078, 0.083) * (1 + 0.25 * wet) + 0.05 * smooth(wet, 0, 2)
    for number, (peaks, base, strength) in enumerate([([(0.55, 0.30), (0.72, 0.20), (0.40, 0.17), (0.97, 0.25)], 0.58,
        0.22), ([(0.86, 0.42), (0.70, 0.22), (0.99, 0.30)], 0.70, 0.42), ([(0.17, 0.34), (0.04, 0.24), (0.31, 0.17)],
        0.78, 0.62), ([(0.02, 0.17), (0.13, 0.09)], 0.93, 0.85)]):  # fmt: skip
        top = ridge(frame, rng, peaks, base, 0.5 + 0.35 * number)[None] + 0.0016 * fine
        depth = y - top
        inside = smooth(depth, -0.001 - 0.002 * (3 - number), 0.002 + 0.002 * (3 - number))
        mist = np.exp(-np.clip(depth, 0, None) / 0.085) * smooth(base + 0.02 + 0.02 * wet - y, 0, 0.16)
        ink *= 1 - inside * np.clip(1.15 * mist, 0, 0.9)  # the nearer chain hides the farther one, until it is lost in mist
        crag = frame.warp(frame.noise(rng, 0.009, 3, stretch=6), y * 0.9 + 0.35 * x, np.abs(x - peaks[0][0]) + 0.15 * y)
        strokes = smooth(crag + 0.4 * fine, 0.2, 1.3)
        rim = np.exp(-np.clip(depth, 0, None) / (0.006 + 0.003 * number)) * smooth(wet + 0.5 * fine, -1.6, 0.6)
        wash = 0.55 + 0.16 * wet
        ink += inside * strength * (rim * 0.75 + mist * wash + 0.85 * strokes * mist * (number > 0))
    far = smooth(0.022 * frame.noise(rng, 0.03, 3, stretch=12), 0.022, 0.045) * smooth(y, 0.97, 1.02) * smooth(y, 1.16, 1.12)
    ink += 0.16 * far * smooth(np.abs(x - 0.35), 0.0, 0.35)
    ink += 0.7 * frame.fill(
        tapered(spline([(0.27, 1.014), (0.31, 1.028), (0.37, 1.026), (0.405, 1.008)]), 0.008)
    ) + 0.12 * frame.fill(ring(0.34, 1.045, 0.06, 0.1))
    ink += 0.8 * frame.fill(tapered(spline([(0.335, 1.018), (0.333, 0.998), (0.342, 0.985)]), 0.011)) + 0.8 * frame.fill(
        [(0.323, 0.985), (0.341, 0.973), (0.361, 0.986)]
    )
    ink += 0.7 * frame.lines([spline([(0.35, 1.0), (0.40, 0.985), (0.45, 1.03)])], 0.0016)
    for bx, by in rng.normal([0.50, 0.20], [0.07, 0.03], (6, 2)):
        wing = [(bx - 0.014, by - 0.004), (bx - 0.006, by - 0.007), (bx, by), (bx + 0.007, by - 0.008), (bx + 0.015, by - 0.005)]
        ink += 0.6 * frame.fill(tapered(spline(wing), 0.0035 * np.sin(np.linspace(0.2, 3, 97))))
    branch = pine(frame, rng)
    ink = np.maximum(ink + 0.10 * frame.blur(branch, 0.012), branch * 1.05)
    ink *= 1 + 0.10 * fibres * smooth(ink, 0, 0.3)
    picture = glaze(paper, np.clip(ink, 0, 1.15), "17181d")
    return seal(frame, picture, fine)


def seal(frame: Frame, picture: Array, fine: Array) -> Array:
    x0, y0, side = 0.085, 1.115, 0.062
    bars = [((0.16, 0.18), (0.84, 0.18)), ((0.5, 0.18), (0.5, 0.46)), ((0.2, 0.46), (0.8, 0.46)), ((0.28, 0.46),
        (0.2, 0.84)), ((0.5, 0.6), (0.5, 0.84)), ((0.72, 0.6), (0.82, 0.84)), ((0.28, 0.31), (0.72, 0.31))]  # fmt: skip
    carved = frame.lines([[(x0 + side * x, y0 + side * y) for x, y in bar] for bar in bars], 0.0055)
    inside = frame.edge(
        side * 0.52 - np.maximum(np.abs(frame.x - x0 - side / 2), np.abs(frame.y - y0 - side / 2)) + 0.0012 * fine
    )
    return glaze(picture, inside * (1 - carved) * (0.95 - 0.25 * smooth(fine, 0.8, 2)), "b3241c")


TESSERA = 0.0140


def peacock(frame: Frame, rng: Rng) -> tuple[Array, Array]:
    """A peacock among vines: its colours, and for each pixel the number of the part that its tesserae follow."""
    x, y = frame.x, frame.y
    soft = frame.noise(rng, 0.07, 3)
    picture = ramp(0.52 + 0.17 * soft - 0.25 * (y - 0.5), "9a6a1c c4902c dcae42 ecc860 f8e49a")
    part, count = np.zeros(x.shape, int), 0

    def put(mask: Array, color: str | Array, rim: str = "") -> None:
        nonlocal picture, count
        count += 1
        picture = lay(picture, mask, color)
        if rim:
            picture = lay(picture, mask * frame.edge(TESSERA - frame.distance(mask)), rim)
        part[mask > 0.5] = count

    ground = frame.edge(y - 0.855 - 0.012 * np.sin(9 * x))
    put(ground, ramp(0.5 + 0.3 * soft + (y - 0.88) * 3, "7f9a4a 4f7a45 2f5f4f 24483f"), "2a3f30")
    for vine, leaves in [([(0.08, 0.88), (0.11, 0.70), (0.07, 0.52), (0.15, 0.38), (0.09, 0.22), (0.17, 0.11)], 9),
        ([(0.92, 0.60), (0.84, 0.45), (0.90, 0.30), (0.78, 0.20), (0.64, 0.24), (0.52, 0.13)], 10)]:  # fmt: skip
        path = spline(vine)
        put(frame.fill(tapered(path, 0.016)), "5a3a1e")
        for number, at in enumerate(np.linspace(8, len(path) - 3, leaves).astype(int)):
            turn = np.arctan2(*(path[at + 1] - path[at - 1])[::-1]) + (1.0 if number % 2 else -1.0)
            tip = path[at] + 0.05 * np.array([np.cos(turn), np.sin(turn)])
            if number % 3 == 2:
                put(frame.disc(*tip, 0.022), ramp((x - tip[0] + y - tip[1]) * 14 + 0.5, "f2a08a c93a2a 7a1a24"))
            else:
                put(frame.fill(ring(*tip, 0.044, 0.48, turn)), ramp((y - tip[1]) * 12 + 0.5, "b9cc6a 5f9a4a 1f5a48"))
    tail = spline([(0.47, 0.46), (0.63, 0.47), (0.79, 0.55), (0.91, 0.68), (0.935, 0.83), (0.83, 0.87), (0.69, 0.82),
        (0.55, 0.73), (0.43, 0.64)], closed=True)  # fmt: skip
    down = np.hypot(x - 0.42, y - 0.48)
    put(frame.fill(tail), ramp(0.5 + 0.42 * np.sin(42 * down) + 0.1 * soft, "12523f 1f7a5a 3fa06a 9cc25a"), "0d2f38")
    for cx, cy in [(0.62, 0.56), (0.74, 0.62), (0.85, 0.71), (0.60, 0.68), (0.72, 0.75), (0.85, 0.82)]:
        for radius, color in ((0.050, "e2b53f"), (0.036, "2fa0a8"), (0.021, "1a2a7a")):
            put(frame.disc(cx, cy, radius), color)
    for knee in (0.44, 0.51):
        put(frame.fill(tapered(spline([(knee, 0.62), (knee - 0.02, 0.75), (knee + 0.01, 0.86)]), 0.016)), "a8552a")
    for tip in [(0.36, 0.075), (0.405, 0.085), (0.44, 0.115)]:
        put(frame.fill(tapered(spline([(0.365, 0.185), ((0.365 + tip[0]) / 2 - 0.008, 0.14), tip]), 0.010)), "1f4f8a")
        put(frame.disc(*tip, 0.015), "2fa0a8")
    put(frame.fill([(0.318, 0.195), (0.245, 0.238), (0.32, 0.248)]), "e0704a", "b8402a")
    body = spline([(0.31, 0.19), (0.36, 0.165), (0.405, 0.205), (0.40, 0.28), (0.43, 0.38), (0.52, 0.44),
        (0.60, 0.54), (0.57, 0.63), (0.47, 0.665), (0.37, 0.62), (0.305, 0.52), (0.295, 0.39), (0.32, 0.28)],
        closed=True)  # fmt: skip
    put(frame.fill(body), ramp((x - 0.30) * 2.2 + (y - 0.2) * 0.8 + 0.12 * soft, "7fd0d8 3f9fd0 2a62c0 1f3a9a 1a2a6a"), "101c4a")
    wing = spline([(0.40, 0.47), (0.50, 0.45), (0.58, 0.53), (0.66, 0.60), (0.55, 0.615), (0.44, 0.57)], closed=True)
    put(frame.fill(wing), ramp(0.5 + 0.5 * np.sin(70 * (x + 0.35 * y)), "a8402a e08a4a f2d9a0"), "5a1f1c")
    margin = np.minimum(np.minimum(x, 1 - x), np.minimum(y, frame.ratio - y))
    wave = np.where(np.minimum(x, 1 - x) < np.minimum(y, frame.ratio - y), y, x)
    put(frame.edge(4.8 * TESSERA - margin), "f2e6c8")
    put(
        frame.edge(3.6 * TESSERA - margin),
        np.where((np.sin(2 * np.pi * wave / 0.125) > 0)[..., None], rgb("a82a24"), rgb("23407f")),
    )
    put(frame.edge(1.05 * TESSERA - margin), "1c1a2a")
    return picture, part


def tesserae(frame: Frame, part: Array) -> tuple[Array, Array]:
    """Centres and directions of the tesserae: row by row inwards from the edge of every part."""
    points, turns = [np.zeros((0, 2))], [np.zeros(0)]
    for number in np.unique(part):
        depth = frame.distance(np.pad(part == number, 1))[1:-1, 1:-1]
        for level in np.arange(0.5 * TESSERA, depth.max(), TESSERA):
            for contour in cv2.findContours((depth >= level).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)[0]:
                path = (contour[:, 0] + 0.5) / frame.width
                if len(path) * 1.1 < TESSERA * frame.width:
                    continue
                steps = min(len(path), 9) // 2 * 2 + 1
                wrapped = np.concatenate([path[-steps:], path, path[:steps]])
                calm = np.stack([np.convolve(wrapped[:, i], np.ones(steps) / steps, "same") for i in (0, 1)], -1)[steps:-steps]
                found, turn = along(np.concatenate([calm, calm[:1]]), TESSERA * 1.04)
                points.append(found)
                turns.append(turn)
    return np.concatenate(points), np.concatenate(turns)


def gold_mosaic(frame: Frame, rng: Rng) -> Array:
    picture, part = peacock(frame, rng)
    points, turns = tesserae(frame, part)
    filler = frame.scatter(rng, TESSERA * 0.5, 0.3)  # for the gaps that the rows leave
    sizes = np.concatenate([np.full(len(points), 0.5), np.repeat([0.42, 0.3], len(filler))]) * TESSERA * 0.90
    points, turns = np.concatenate([points, filler, filler]), np.concatenate([turns, rng.uniform(0, 3, 2 * len(filler))])
    canvas = primed(frame.flat("4a3a2c") * (1 + 0.10 * frame.noise(rng, 0.003, 2))[..., None])
    taken = np.zeros((frame.height, frame.width), np.uint8)
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    probes = np.concatenate([0.88 * corners, 0.88 * (corners + np.roll(corners, 1, 0)) / 2, [(0, 0)]])
    spin = np.stack([np.cos(turns), -np.sin(turns), np.sin(turns), np.cos(turns)], -1).reshape(-1, 2, 2)
    color = frame.at(picture, points)
    gold = (color[:, 0] > color[:, 2] + 0.32) & (frame.at(part, points) == 0)
    color = color * rng.normal(1, 0.10, (len(points), 1)) + rng.normal(0, 0.018, (len(points), 3))
    color[gold] *= rng.choice([0.62, 0.9, 1.0, 1.12, 1.3], gold.sum(), p=[0.1, 0.25, 0.35, 0.2, 0.1])[:, None]
    paint = np.concatenate([np.clip(color, 0.02, 1) * 255, rng.uniform(120, 220, (len(points), 1))], -1)
    for i in range(len(points)):
        probe = points[i] + (probes * sizes[i]) @ spin[i].T
        inside = (probe.min() > -0.003) and probe[:, 0].max() < 1.003 and probe[:, 1].max() < frame.ratio + 0.003
        if inside and not frame.at(taken, probe).any():
            quad = frame.fixed(points[i] + ((corners + rng.normal(0, 0.09, (4, 2))) * sizes[i]) @ spin[i].T)
            cv2.fillPoly(taken, [quad], 255, cv2.LINE_8, SUBPIXEL_BITS)
            cv2.fillPoly(canvas, [quad], paint[i].tolist(), cv2.LINE_AA, SUBPIXEL_BITS)
    for radius, paint_of_eye in ((0.0150, (16, 28, 74, 90)), (0.0115, (246, 238, 216, 190)), (0.0055, (14, 14, 22, 230))):
        cv2.fillPoly(canvas, [frame.fixed(ring(0.350, 0.212, radius))], paint_of_eye, cv2.LINE_AA, SUBPIXEL_BITS)
    stone = canvas[..., :3].astype(np.float32) / 255
    tilt = frame.noise(rng, 0.010, 2) * (taken > 0)
    stone *= (1 + 0.045 * tilt + 0.03 * frame.noise(rng, 0.002, 1))[..., None]
    return shaded(stone, cv2.GaussianBlur(canvas[..., 3].astype(np.float32), (0, 0), 1.6), 0.0014)


def pasted(
    frame: Frame, picture: Array, mask: Array, color: str, grain: Sequence[Array], fade: float | None = None, clear: bool = False
) -> Array:
    """A painted shape: a ragged edge, a dry, blotchy body, and on demand thinner towards ``fade`` (an angle), or see-through."""
    rough, fine, slow = grain
    mask = frame.warp(mask, frame.x + 0.0005 * rough, frame.y + 0.0005 * np.roll(rough, 99, 1))
    inside = np.argwhere(mask > 0.5)
    if not len(inside):
        return picture
    cover = 0.95 - 0.16 * smooth(fine + 0.5 * slow, 0.8, 2.0)
    if fade is not None:
        center, span = (inside.mean(0) + 0.5) / frame.width, np.sqrt(len(inside)) / frame.width
        across = (np.cos(fade) * (frame.x - center[1]) + np.sin(fade) * (frame.y - center[0])) / span
        cover = smooth(0.45 * fine + 2.6 * (0.42 - across), -0.6, 1.0) * 0.95
    if clear:
        return glaze(picture, mask * cover, color)
    return lay(picture, mask * cover, rgb(color) * (1 + 0.045 * slow + 0.03 * fine)[..., None])


def bars(
    frame: Frame, x: float, y: float, length: float, turn: float, count: int, gap: float, spread: float = 0.0
) -> list[Array]:
    """Parallel lines, or a fan of them."""
    lines = []
    for i in range(count):
        angle, aside = turn + spread * (i - (count - 1) / 2), gap * (i - (count - 1) / 2)
        start = np.array([x - aside * np.sin(turn), y + aside * np.cos(turn)])
        lines.append(np.array([start, start + length * np.array([np.cos(angle), np.sin(angle)])]))
    return lines


def checkers(x: float, y: float, side: float, turn: float, rows: int, columns: int) -> list[Array]:
    spin = np.array([(np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))])
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
    return [np.array([x, y]) + (corners + np.array([i,
        j])) * side @ spin.T for i in range(columns) for j in range(rows) if (i + j) % 2]  # fmt: skip


def arc(x: float, y: float, radius: float, start: float, end: float) -> Array:
    turn = np.linspace(start, end, 80)
    return np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], -1)


def geometric_composition(frame: Frame, rng: Rng) -> Array:
    x, y = frame.x, frame.y
    grain = [frame.noise(rng, 0.004, 2), frame.noise(rng, 0.0026, 1), frame.noise(rng, 0.03, 4)]
    scumble = frame.warp(frame.noise(rng, 0.006, 2, stretch=9), 0.9 * x + 0.4 * y, 0.9 * y - 0.4 * x)
    picture = ramp(
        0.55 + 0.16 * frame.noise(rng, 0.3, 3) + 0.07 * scumble - 0.7 * np.hypot(x - 0.5, y - 0.45) ** 2,
        "c9b48c e0cfa8 efe3c6 f6eedb",
    )

    def put(mask: Array, color: str, fade: float | None = None, clear: bool = False) -> None:
        nonlocal picture
        picture = pasted(frame, picture, mask, color, grain, fade, clear)

    put(frame.fill([(0.04, 0.10), (0.62, 0.02), (0.70, 0.62), (0.10, 0.72)]), "a9bfc4", 0.9)
    put(frame.fill([(0.52, 0.30), (0.98, 0.55), (0.55, 0.97)]), "e8b23a", -2.4)
    halo = np.hypot(x - 0.34, y - 0.36)
    put(smooth(halo, 0.30, 0.17), "e39a8a")
    put(frame.disc(0.34, 0.36, 0.205), "1c1a24")
    put(frame.disc(0.345, 0.355, 0.178), "27408f", 2.6)
    put(frame.disc(0.365, 0.335, 0.122), "cf3f24", 0.8)
    put(frame.disc(0.395, 0.310, 0.060), "f2c14a")
    put(frame.disc(0.405, 0.300, 0.024), "17161c")
    put(frame.fill([(0.02, 0.93), (0.955, 0.115), (0.975, 0.14), (0.045, 0.985)]), "1c1a20")
    put(frame.fill([(0.14, 0.955), (0.60, 0.56), (0.617, 0.578), (0.165, 0.982)]), "c8391f")
    for radius, color, width in ((0.235, "1d1b22", 0.010), (0.205, "2a6a72", 0.022), (0.168, "c8391f", 0.012),
        (0.14, "1d1b22", 0.004), (0.122, "e5a92f", 0.018)):  # fmt: skip
        put(frame.fill(tapered(arc(0.76, 0.72, radius, -2.6, 0.75), width)), color)
    put(frame.fill(arc(0.76, 0.72, 0.085, 0.4, np.pi + 0.4)), "27408f", -0.6)
    put(frame.fill(arc(0.76, 0.72, 0.085, np.pi + 0.4, 2 * np.pi + 0.4)), "d98a7a")
    put(frame.fill(*checkers(0.665, 0.085, 0.030, 0.42, 5, 6)), "1d1b22")
    put(frame.fill([(0.80, 0.06), (0.955, 0.10), (0.90, 0.235)]), "c8391f", 1.6, clear=True)
    put(frame.disc(0.60, 0.155, 0.062), "2f8a86", 2.0, clear=True)
    put(frame.disc(0.655, 0.20, 0.045), "e5a92f", clear=True)
    for mx, my, r, color in [(0.10, 0.16, 0.034, "c8391f"), (0.175, 0.115, 0.020, "1d1b22"),
        (0.225, 0.085, 0.012, "27408f"), (0.90, 0.42, 0.030, "27408f"), (0.925, 0.35, 0.014, "1d1b22"),
        (0.43, 0.90, 0.040, "d98a7a"), (0.43, 0.90, 0.017, "1d1b22"), (0.07, 0.55, 0.016, "e5a92f"),
        (0.52, 0.955, 0.013, "c8391f"), (0.62, 0.44, 0.02, "2a6a72")]:  # fmt: skip
        put(frame.disc(mx, my, r), color)
    put(frame.fill([(0.06, 0.64), (0.25, 0.60), (0.20, 0.80)]), "2f8a86", 0.3, clear=True)
    put(frame.fill([(0.13, 0.585), (0.30, 0.70), (0.115, 0.755)]), "e5a92f", -1.0, clear=True)
    stairs = np.array([(0.335 + 0.028 * (i // 2 + i % 2), 0.80 - 0.028 * (i // 2)) for i in range(11)])
    wavy = np.stack([np.linspace(0.66, 0.95, 90), 0.93 + 0.017 * np.sin(np.linspace(0, 19, 90))], -1)
    thin = [
        *bars(frame, 0.06, 0.30, 0.50, 0.62, 3, 0.014),
        *bars(frame, 0.97, 0.60, 0.30, -2.5, 5, 0.0, 0.07),
        *bars(frame, 0.47, 0.05, 0.16, 1.1, 6, 0.014),
        stairs,
    ]
    put(frame.lines([*thin, arc(0.34, 0.36, 0.245, 2.0, 4.9), arc(0.43, 0.90, 0.062, 3.0, 6.6)], 0.0034), "1d1b22")
    put(frame.lines([wavy, wavy + np.array([0.01, 0.022]), *bars(frame, 0.30, 0.155, 0.13, -0.45, 2, 0.02)], 0.006), "1d1b22")
    put(frame.lines(bars(frame, 0.20, 0.845, 0.21, -0.71, 4, 0.017), 0.0065), "27408f")
    height = 0.6 * grain[1] + 0.8 * scumble + 0.5 * grain[0]
    return shaded(picture, height.astype(np.float32), 0.016)


def gouges(frame: Frame, rng: Rng, across: Array, ahead: Array, pitch: float, length: float, tone: Array) -> Array:
    """What a gouge carves: rows ``pitch`` apart across a form, each of tapering cuts ahead along it, wider where it is light."""
    row = np.floor(across / pitch).astype(int)
    shift, stretch = rng.random(997)[row % 997], rng.uniform(0.75, 1.3, 997)[(row + 41) % 997]
    part = ahead / length * stretch + shift
    cut = np.floor(part).astype(int)
    strong = rng.uniform(0.82, 1.12, 997)[(row * 31 + cut * 17) % 997]
    place = part - cut
    taper = np.clip(4.5 * place, 0, 1) ** 0.7 * np.clip(1.55 * (1 - place), 0, 1) ** 0.8
    off = np.abs(across / pitch - row - 0.5) * 2
    return frame.edge((tone * strong * taper - off) * pitch / 2)


def linocut_fields(frame: Frame, rng: Rng) -> Array:
    wobble = [0.0012 * frame.noise(rng, 0.02, 3) for _ in range(2)]
    x, y = frame.x + wobble[0], frame.y + wobble[1]
    sx, sy = 0.36, 0.30
    r, turn = np.hypot(x - sx, y - sy), np.arctan2(y - sy, x - sx)
    light = np.clip(1.08 - 0.95 * (r - 0.13) / 0.75 + 0.12 * np.sin(9 * turn + 14 * r), 0.12, 1.0)
    white = gouges(frame, rng, r, turn * (np.round(r / 0.0135) * 0.0135), 0.0135, 0.075, light)
    spikes = np.abs((turn / (2 * np.pi) * 26) % 1 - 0.5) * 2
    rays = frame.edge((0.62 - 0.5 * smooth(r, 0.14, 0.30) - spikes) * r * 0.11) * (r < 0.30)
    white = np.where(r < 0.30, np.maximum(white * (r > 0.235), rays), white)
    disc = r < 0.125
    rust = np.where(disc | ((r > 0.14) & (r < 0.30) & (rays > 0.5)), 1.0, 0.0)
    white = np.where(
        disc,
        1 - 0.9 * gouges(frame, rng, y + 0.006 * np.sin(30 * x), x, 0.0125, 0.11, np.clip((y - sy + 0.02) * 6, 0, 0.8)),
        white,
    )
    white = np.where(np.abs(r - 0.1325) < 0.0055, 0, white)
    for number, (base, height, phase, pitch, lean) in enumerate([
        (0.50, 0.045, 0.2, 0.0095, 0.35), (0.555, 0.04, 2.4, 0.0115, -0.3), (0.62, 0.035, 4.6, 0.0135, 0.2),
    ]):  # fmt: skip
        depth = y - base + height * np.sin(4.7 * x + phase)
        tone = np.clip(0.86 - depth * 7 + 0.25 * np.sin(11 * x + 2 * phase), 0.08, 0.9)
        hill = gouges(frame, rng, depth + lean * 0.05 * np.sin(9 * x), x + lean * depth, pitch, 0.07, tone)
        white = np.where(depth > 0, np.where(depth < 0.006, 0, hill), white)
        rust = np.where(depth > 0, float(number == 1), rust)
    vx, vy = 0.62, 0.56
    field = y - 0.655 + 0.02 * np.sin(5 * x + 1)
    fan, far = np.arctan2(x - vx, y - vy), np.hypot(x - vx, y - vy)
    furrow = np.abs((fan / 0.115) % 1 - 0.5) * 2
    plough = gouges(frame, rng, fan, np.log(far + 0.02), 0.115 / 4, 0.32, np.clip(1.35 * furrow - 0.15, 0.0, 0.92))
    white, rust = np.where(field > 0, np.where(field < 0.006, 0, plough), white), np.where(field > 0, (furrow > 0.45) * 1.0, rust)
    white, rust = lino_farm(frame, white, rust)
    white, rust = lino_tree(frame, rng, x, y, white, rust)
    return pulled(frame, rng, white, rust)


def lino_farm(frame: Frame, white: Array, rust: Array) -> tuple[Array, Array]:
    """The cottage, its trees and the crows."""

    def shape(points: ArrayLike, light: float, color: float) -> None:
        nonlocal white, rust
        inside = frame.fill(points)
        white, rust = white + (light - white) * inside, rust + (color - rust) * inside

    for at, size in [(0.085, 0.055), (0.135, 0.08), (0.30, 0.05)]:
        shape(ring(at, 0.585 - size * 0.6, size * 0.42, 1.55), 0, 0)
        for side in (-0.45, 0.0, 0.45):
            shape(tapered(spline([(at + side * size * 0.3, 0.585 - size * 0.25), (at + side * size * 0.22,
                0.585 - size * 1.05)]), 0.005 * np.sin(np.linspace(0.1, 3.1, 25))), 1, 0)  # fmt: skip
    shape([(0.165, 0.545), (0.205, 0.495), (0.30, 0.495), (0.325, 0.545), (0.325, 0.61), (0.165, 0.61)], 0, 0)
    shape([(0.173, 0.552), (0.232, 0.552), (0.232, 0.602), (0.173, 0.602)], 1, 0)
    shape([(0.240, 0.552), (0.318, 0.552), (0.318, 0.602), (0.240, 0.602)], 1, 0)
    shape([(0.212, 0.502), (0.295, 0.502), (0.313, 0.541), (0.236, 0.541)], 1, 1)
    for px, py, w, h in [(0.193, 0.567, 0.018, 0.035), (0.255, 0.563, 0.016, 0.018), (0.288, 0.563, 0.016, 0.018)]:
        shape([(px, py), (px + w, py), (px + w, py + h), (px, py + h)], 0, 0)
    shape([(0.268, 0.470), (0.286, 0.470), (0.286, 0.505), (0.268, 0.505)], 0, 0)
    for bx, by, size in [(0.10, 0.14, 0.030), (0.165, 0.105, 0.022), (0.56, 0.145, 0.026), (0.075, 0.235, 0.018)]:
        wings = np.array([(-1.1, -0.35), (-0.5, -0.42), (0, 0.05), (0.45, -0.5), (1.1, -0.55)]) * size + [bx, by]
        width = size * 0.42 * np.sin(np.linspace(0.1, 3.05, 97)) ** 0.8
        shape(tapered(spline(wings), width + 0.009), 1, 0)
        shape(tapered(spline(wings), width), 0, 0)

    return white, rust


def lino_tree(frame: Frame, rng: Rng, x: Array, y: Array, white: Array, rust: Array) -> tuple[Array, Array]:
    trunk = spline([(0.69, 1.05), (0.765, 0.80), (0.785, 0.56), (0.74, 0.43), (0.66, 0.33), (0.75, 0.40),
        (0.805, 0.47), (0.80, 0.24), (0.83, 0.24), (0.845, 0.46), (0.93, 0.33), (0.94, 0.35), (0.865, 0.55),
        (0.875, 0.80), (0.95, 1.05)], 10)  # fmt: skip
    wood = frame.fill(trunk)
    bark = gouges(frame, rng, x + 0.012 * np.sin(16 * y), y, 0.0125, 0.085, np.clip(0.75 - (x - 0.76) * 8, 0.0, 0.8))
    halo = np.maximum(wood, frame.lines([trunk], 0.008)) > 0.5
    white, rust = np.where(halo, 1, white), np.where(halo, 0, rust)
    white = np.where(wood > 0.5, np.where(frame.distance(wood) < 0.005, 0, bark), white)
    crowns = [(0.72, 0.22, 0.125), (0.90, 0.19, 0.145), (0.80, 0.10, 0.135), (0.64, 0.33, 0.085), (0.96, 0.34, 0.095),
        (0.80, 0.30, 0.085)]  # fmt: skip
    for cx, cy, radius in crowns:
        r, turn = np.hypot(x - cx, y - cy), np.arctan2(y - cy, x - cx)
        rim = radius * (1 + 0.05 * np.sin(13 * turn + 20 * cx) + 0.03 * np.sin(29 * turn))
        lit = np.clip(0.60 - 0.55 * np.cos(turn - 0.75) * (r / radius), 0.05, 1.0)
        across = r + 0.010 * np.sin(8 * turn + 30 * cy) * smooth(r, 0, 0.06)
        leaves = gouges(frame, rng, across, turn * (np.round(r / 0.016) * 0.016), 0.016, 0.026, lit)
        inside = r < rim
        white = np.where(inside, np.where(rim - r < 0.005, 0, leaves), white)
        white = np.where((r >= rim) & (r < rim + 0.004), 1, white)
        rust = np.where(r < rim + 0.004, 0, rust)
    blades = []
    for number in range(150):
        at, high = rng.uniform(-0.02, 1.02), rng.uniform(0.05, 0.13) * (1.25 if number % 3 else 0.7)
        root = frame.ratio + 0.01 - 0.02 * rng.random()
        blades.append(
            spline([(at, root), (at + rng.normal(0, 0.012), root - 0.55 * high), (at + rng.normal(0, 0.03), root - high)], 8)
        )
    for batch in range(6):  # grass in front, carved upwards in single cuts
        for width, light in ((0.013, 0.0), (0.0062, 1.0)):
            mask = frame.fill(*[tapered(blade, width * np.linspace(1, 0.05, len(blade))) for blade in blades[batch::6]])
            white, rust = white + (light - white) * mask, rust * (1 - mask)
    return white, rust


def pulled(frame: Frame, rng: Rng, white: Array, rust: Array) -> Array:
    """The print: a rust block under a black one, not quite in register, rolled a little dry, with stray ridges in the lights."""
    fine, slow = frame.noise(rng, 0.0028, 2), frame.noise(rng, 0.08, 3)
    picture = frame.flat("f1e7d0") * (1 + 0.014 * frame.noise(rng, 0.003, 2, stretch=5) + 0.012 * slow)[..., None]
    margin = frame.edge(
        np.minimum(np.minimum(frame.x, 1 - frame.x), np.minimum(frame.y, frame.ratio - frame.y)) - 0.022 + 0.0012 * fine * 0.6
    )
    block = frame.warp(frame.blur(rust.astype(np.float32), 0.0012), frame.x + 0.0025, frame.y - 0.002)
    color = smooth(block, 0.35, 0.65) * margin * (0.93 - 0.35 * smooth(fine + 0.5 * slow, 1.0, 2.2))
    picture = lay(picture, color, rgb("c9522a") * (1 + 0.05 * slow)[..., None])
    chatter = gouges(
        frame, rng, frame.y + 0.35 * frame.x + 0.004 * slow, frame.x - 0.35 * frame.y, 0.0085, 0.045, np.full_like(frame.x, 0.22)
    )
    chatter *= smooth(frame.noise(rng, 0.03, 2), 1.0, 1.5) * smooth(frame.distance(white), 0.003, 0.006)
    ink = np.maximum(1 - smooth(frame.blur(white.astype(np.float32), 0.0007) + 0.035 * fine, 0.38, 0.62), 0.9 * chatter) * margin
    ink *= 0.97 - 0.55 * smooth(fine + 0.6 * slow, 1.7, 2.7)
    return lay(picture, ink, rgb("17171b") * (1 + 0.12 * slow + 0.10 * fine)[..., None])


class Paper(NamedTuple):
    """The fields that one sheet of watercolour paper gives to all washes on it."""

    grain: Array
    blot: Array
    edge: Array


def wash(
    frame: Frame, picture: Array, paper: Paper, mask: Array, color: str, density: float | Array = 1.0, wet: float = 0.0
) -> Array:
    """A wash, in place: torn edges that dry darker, pigment that settles in the grain, blooms where water ran back."""
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    reach = round((0.02 + 3 * wet) * frame.width)
    # only the part of the sheet that gets wet
    at = np.s_[max(rows[0] - reach, 0) : rows[-1] + reach, max(columns[0] - reach, 0) : columns[-1] + reach]
    grain, blot, torn = (field[at] for field in paper)
    soft = frame.blur(mask[at], max(wet, 0.003))
    dry, moist = smooth(soft + 0.16 * torn * (soft > 0.02), 0.40, 0.58), smooth(soft + 0.13 * torn * soft, 0.05, 0.95)
    body = moist if wet else dry
    rim = np.clip(body - frame.blur(body, 0.0045), 0, 1) * (0.3 if wet else 1.3)
    bloom = np.exp(-(((blot - 0.9) / 0.07) ** 2)) * 0.35 - 0.30 * smooth(blot, 0.9, 1.6)
    settled = np.clip(0.72 + 0.20 * blot + 0.11 * grain + bloom, 0.15, 2)
    strength = density if isinstance(density, float) else density[at]
    picture[at] = glaze(picture[at], np.clip(strength * body * (settled + rim), 0, 3), color)
    return picture


def poppy(
    frame: Frame, picture: Array, paper: Paper, rng: Rng, place: tuple[float, float, float], colors: Sequence[str]
) -> Array:
    """Petals over one another, wet in wet into the dark middle."""
    cx, cy, size = place
    tilt = rng.uniform(0, 2 * np.pi)
    for number in range(5):
        turn = tilt + number * 2.45
        at = np.array([cx, cy]) + 0.48 * size * np.array([np.cos(turn), 0.75 * np.sin(turn)])
        petal = ring(*at, size * rng.uniform(0.56, 0.70), 0.86, turn, 40)
        petal += (1 + np.sin(np.arange(40) * 1.7 + number))[:, None] * rng.normal(0, 0.028 * size, (40, 2))
        reach = np.hypot(frame.x - cx, (frame.y - cy) / 0.8) / size
        density = np.clip(0.35 + 0.55 * np.abs(reach - 0.55) + rng.uniform(-0.05, 0.25), 0.2, 1.2)
        picture = wash(frame, picture, paper, frame.fill(spline(petal, 3, closed=True)), colors[number % len(colors)], density)
    picture = wash(frame, picture, paper, frame.fill(ring(cx, cy, 0.34 * size, 0.8)), "5a1f4a", 0.9, wet=0.012)
    picture = wash(frame, picture, paper, frame.fill(ring(cx, cy, 0.17 * size, 0.85)), "1c1a38", 1.5)
    stamens = [
        ring(*(np.array([cx, cy]) + size * rng.normal(0, 0.17, 2)), rng.uniform(0.002, 0.0042), count=12) for _ in range(34)
    ]
    return glaze(picture, 0.85 * frame.fill(*stamens), "1a1630")


def watercolour_poppies(frame: Frame, rng: Rng) -> Array:
    x, y = frame.x, frame.y
    grain = frame.noise(rng, 0.0042, 2)
    paper = Paper(grain, frame.noise(rng, 0.11, 5, 0.6), frame.noise(rng, 0.03, 5, 0.62) + 0.25 * grain)
    picture = frame.flat("fbf8f0") * (1 + 0.006 * grain)[..., None]
    cloud = spline([(0.10, 0.16), (0.34, 0.07), (0.66, 0.10), (0.90, 0.22), (0.93, 0.55), (0.82, 0.80), (0.60, 0.72),
        (0.36, 0.80), (0.13, 0.74), (0.07, 0.45)], closed=True)  # fmt: skip
    spread = smooth(frame.noise(rng, 0.2, 3) + 2 * (0.45 - x), -1.2, 1.4)
    heads = [(0.35, 0.31, 0.125), (0.62, 0.245, 0.115), (0.76, 0.47, 0.105), (0.51, 0.475, 0.135), (0.22, 0.53, 0.095)]
    # the painter leaves paper white where the flowers will be
    spared = 1 - 0.8 * frame.blur(np.max([frame.disc(hx, hy, 0.85 * size) for hx, hy, size in heads], 0), 0.012)
    picture = wash(frame, picture, paper, frame.fill(cloud), "9cc4dc", spared * (0.30 + 0.75 * spread), wet=0.035)
    picture = wash(frame, picture, paper, frame.fill(cloud + np.array([0.12, 0.16])), "f2cf8a",
        spared * 0.75 * (1 - spread), wet=0.05)  # fmt: skip
    picture = wash(frame, picture, paper, frame.fill(ring(0.22, 0.38, 0.14, 0.8)), "b08fc8", 0.55 * spared, wet=0.05)
    table = spline(
        [(0.08, 1.02), (0.40, 0.985), (0.72, 0.99), (0.94, 1.03), (0.90, 1.14), (0.52, 1.185), (0.14, 1.13)], closed=True
    )
    picture = wash(frame, picture, paper, frame.fill(table), "c9a8b8", 0.55, wet=0.012)
    picture = wash(frame, picture, paper, frame.fill(ring(0.66, 1.075, 0.20, 0.24, 0.12)), "7a86b8", 0.85, wet=0.008)
    greens = ["7fa35a", "4f8a5a", "3f6f6a", "a8b45a"]
    for number, (hx, hy, size) in enumerate(
        [*heads, (0.86, 0.27, 0), (0.14, 0.24, 0), (0.47, 0.13, 0), (0.90, 0.62, 0), (0.10, 0.70, 0)]
    ):
        lean = hx - 0.5
        knots = [(hx - 0.02 * lean, hy + 0.7 * size), (0.6 * hx + 0.19 + rng.normal(0, 0.02), 0.62 + 0.1 * hy)]
        stem = spline([*knots, (0.47 + 0.28 * lean, 0.80), (0.46 - 0.14 * lean + rng.normal(0, 0.03), 1.05)])
        picture = wash(
            frame, picture, paper, frame.fill(tapered(stem, np.linspace(0.007, 0.011, len(stem)))), greens[number % 4], 1.0
        )
    for number in range(17):
        root = np.array([rng.uniform(0.38, 0.58), rng.uniform(0.66, 0.83)])
        turn, long = -np.pi / 2 + rng.normal(0, 0.95), rng.uniform(0.12, 0.25)
        tip = root + long * np.array([np.cos(turn), np.sin(turn)])
        leaf = spline([root, (root + tip) / 2 + rng.normal(0, 0.025, 2), tip + np.array([0, 0.02])])
        width = (
            rng.uniform(0.022, 0.045)
            * np.sin(np.linspace(0.15, 3.1, len(leaf)))
            * (1 + 0.3 * np.sin(np.linspace(0, 34, len(leaf))))
        )
        picture = wash(frame, picture, paper, frame.fill(tapered(leaf, width)), greens[number % 4], rng.uniform(0.5, 1.05))
    for hx, hy in [(0.86, 0.27), (0.14, 0.24), (0.90, 0.62), (0.10, 0.70)]:  # cornflowers
        for _ in range(11):
            turn = rng.uniform(0, 2 * np.pi)
            petal = ring(hx + 0.026 * np.cos(turn), hy + 0.022 * np.sin(turn), 0.025, 0.42, turn, 16)
            picture = wash(
                frame, picture, paper, frame.fill(petal), rng.choice(["3f6fc8", "5a5fc0", "2f4fa8"]), rng.uniform(0.45, 0.8)
            )
    picture = wash(frame, picture, paper, frame.fill(ring(0.47, 0.125, 0.026, 1.4, 0.3)), "8a9a4a", 0.9)
    for head in sorted(heads, key=lambda at: at[1]):
        picture = poppy(frame, picture, paper, rng, head, ["ee5a3a", "f07a4a", "e03f3f", "f2905a"])
    jar = spline([(0.385, 0.79), (0.375, 0.84), (0.345, 0.90), (0.345, 1.05), (0.385, 1.10), (0.55, 1.10),
        (0.59, 1.05), (0.59, 0.90), (0.56, 0.84), (0.55, 0.79)], 12)  # fmt: skip
    shine = 1 - frame.fill(tapered(spline([(0.385, 0.90), (0.375, 0.97), (0.385, 1.05)]), 0.022)) * 0.95
    picture = wash(
        frame, picture, paper, frame.fill(jar) * shine, "8fb8c8", 0.35 + 0.9 * smooth(x, 0.46, 0.59) + 0.5 * smooth(y, 0.9, 1.1)
    )
    picture = wash(frame, picture, paper, frame.fill(ring(0.468, 0.905, 0.118, 0.13)), "5a8fa8", 0.6)
    picture = wash(frame, picture, paper, frame.lines([ring(0.468, 0.792, 0.083, 0.16)], 0.005, closed=True), "5a7f9a", 0.9)
    drops = [
        ring(*point, radius, rng.uniform(0.75, 1.2), count=18)
        for point, radius in zip(
            np.array([0.5, 0.45]) + rng.normal(0, 1, (90, 2)) * [0.27, 0.30], 0.0018 + rng.exponential(0.0026, 90), strict=True
        )
    ]
    for number, color in enumerate(("e8604a", "5f86c8", "8aa85a")):
        picture = wash(frame, picture, paper, frame.fill(*drops[number::3]), color, 0.8)
    return shaded(picture, (grain * 1.0).astype(np.float32), 0.006)


def spiral(x: float, y: float, radius: float, turns: float, start: float, sense: int) -> Array:
    """From the rim at the angle ``start`` inwards."""
    part = np.linspace(0, 1, 150)
    turn = start + sense * 2 * np.pi * turns * part
    reach = radius * (1 - part) ** 0.85 + 0.004
    return np.stack([x + reach * np.cos(turn), y + reach * np.sin(turn)], -1)


def golden_tree(frame: Frame, picture: Array, rng: Rng) -> Array:
    """Branches that roll up into spirals, eyes and triangles between them."""
    curls = [(0.60, 0.20, 0.115, 1), (0.84, 0.17, 0.125, -1), (0.90, 0.44, 0.095, -1), (0.40, 0.12, 0.085, 1),
        (0.20, 0.10, 0.075, 1), (0.72, 0.38, 0.078, 1), (0.07, 0.22, 0.065, 1), (0.73, 0.055, 0.050, 1),
        (0.52, 0.38, 0.062, 1), (0.95, 0.62, 0.060, -1), (0.965, 0.30, 0.045, -1), (0.08, 0.05, 0.045, 1),
        (0.53, 0.05, 0.040, 1), (0.62, 0.54, 0.055, 1), (0.95, 0.055, 0.04, -1)]  # fmt: skip
    root = np.array([0.76, 0.60])
    strokes = [tapered(spline([(0.775, 1.02), (0.765, 0.86), (0.755, 0.72), root]), np.linspace(0.105, 0.060, 73))]
    paths = []
    for cx, cy, radius, sense in curls:
        toward = np.arctan2(root[1] - cy, root[0] - cx)
        inner = spiral(cx, cy, radius, 2.6 if radius > 0.07 else 2.0, toward + sense * 0.9, sense)
        heading = (inner[0] - inner[3]) / np.hypot(*(inner[0] - inner[3]))
        limb = spline([root + np.array([0, 0.04]), root * 0.72 + np.array([cx, cy]) * 0.28 + [0, 0.03],
            inner[0] + heading * radius * 0.9, inner[0]])  # fmt: skip
        path = np.concatenate([limb, inner[1:]])
        paths.append(path)
        strokes.append(tapered(path, np.linspace(0.030, 0.006, len(path)) * (0.65 + 3.4 * radius)))
    picture = outlined(frame, picture, strokes, "6a3a16", "2a1408", 0.0022)
    dab(frame, picture, [ring(*(root + np.array([0.002, 0.012])), 0.044, 0.75)], "6a3a16")  # over the limbs' ends
    for number in range(9):
        bark = np.stack(
            [0.728 + 0.009 * number + 0.009 * np.sin(np.linspace(0, 9, 60) + number), np.linspace(0.61, 1.02, 60)], -1
        )
        picture = lay(picture, frame.lines([bark], 0.0022), ["e9bf58", "2a1408", "a8702a"][number % 3])
    for at in np.linspace(0.66, 0.87, 6):
        picture = eye(frame, picture, np.array([0.765 + rng.normal(0, 0.014), at]), rng.uniform(0.013, 0.019), rng)
    for path in paths:
        for shift, color in ((0.0016, "e9bf58"), (-0.0012, "a8702a")):
            picture = lay(picture, frame.lines([path[24:] + shift], 0.0017), color)
    for path in paths:
        for at in rng.integers(30, len(path) - 30, 7):
            point = path[at] + rng.normal(0, 0.016, 2)
            if rng.random() < 0.4:
                wedge = point + np.array([(-0.011, 0.009), (0.011, 0.009), (0, -0.012)])
                picture = dab(frame, picture, [wedge], rng.choice(["f6e3a0", "1f4a4a", "8a2a1c"]))
            else:
                picture = eye(frame, picture, point, rng.uniform(0.011, 0.018), rng)
    return picture


def eye(frame: Frame, picture: Array, at: Array, size: float, rng: Rng) -> Array:
    turn = rng.uniform(-0.5, 0.5)
    shapes = [
        (1.0, 0.56, "2a1408"),
        (0.86, 0.46, "f8efd0"),
        (0.46, 0.9, rng.choice(["1f6a6a", "27407f", "7a2a1c"])),
        (0.2, 1.0, "0c0a0c"),
    ]
    for scale, squash, color in shapes:
        picture = dab(frame, picture, [ring(*at, size * scale, squash, turn, 24)], color)
    return picture


def robe(frame: Frame, picture: Array, rng: Rng) -> Array:
    """The robe: upright rectangles on one side, circles among them on the other."""
    outline = spline([(0.285, 0.43), (0.37, 0.445), (0.44, 0.53), (0.50, 0.68), (0.56, 0.84), (0.60, 1.02),
        (0.02, 1.02), (0.08, 0.84), (0.11, 0.68), (0.15, 0.53), (0.21, 0.445)], closed=True)  # fmt: skip
    canvas = (frame.flat("c99a3c") * 255).astype(np.uint8)
    for point in frame.scatter(rng, 0.022, 0.35):
        wide, high = rng.choice([0.008, 0.011, 0.016]), rng.choice([0.012, 0.02, 0.032, 0.046])
        fan = (point[0] - 0.30) * 0.5  # the rectangles follow the fall of the cloth
        box = np.array([(-wide, -high), (wide, -high), (wide, high), (-wide, high)]) / 2
        quad = point + box @ np.array([(np.cos(fan), -np.sin(fan)), (np.sin(fan), np.cos(fan))])
        names = ["14110f", "f3ead2", "9a9a94", "f2d272", "7a3a1a", "14110f", "c9701f", "e9c04f"]
        cv2.fillPoly(canvas, [frame.fixed(quad)], (rgb(rng.choice(names)) * 255).tolist(), cv2.LINE_AA, SUBPIXEL_BITS)
        cv2.polylines(
            canvas, [frame.fixed(quad)], True, (58, 34, 12), max(1, round(0.0012 * frame.width)), cv2.LINE_AA, SUBPIXEL_BITS
        )
    fabric = canvas.astype(np.float32) / 255
    for cx, cy in frame.scatter(rng, 0.062, 0.25):
        if (0.36 + 0.09 * np.sin(8 * cy) < cx < 0.62 and cy > 0.44) or rng.random() < 0.10:
            colors = [rng.choice(names) for names in (["8a2a1c", "1f4a5a", "5a2a5a"], ["f3d98a", "f3ead2"], ["c9481f",
                "27508f", "2f7a5a", "d98a9a"], ["f8efd0"])]  # fmt: skip
            for scale, color in zip((0.030, 0.024, 0.018, 0.007), colors, strict=True):
                fabric = dab(frame, fabric, [ring(cx, cy, scale * rng.uniform(0.92, 1.05), rng.uniform(0.85, 1.1))], color)
    inside = frame.fill(outline)
    picture = lay(picture, inside, fabric)
    return lay(picture, frame.lines([outline], 0.0045, closed=True), "3a2208")


def lady(frame: Frame, picture: Array) -> Array:
    """A face with closed eyes, flowers in dark hair."""
    x, y = frame.x, frame.y
    hair = spline(
        [(0.20, 0.42), (0.185, 0.33), (0.215, 0.25), (0.285, 0.215), (0.355, 0.245), (0.38, 0.32), (0.37, 0.41), (0.30, 0.40)],
        closed=True,
    )
    picture = lay(
        picture,
        frame.disc(0.28, 0.32, 0.135) * (0.5 + 0.5 * np.cos(frame.x * 0 + 22 * np.arctan2(y - 0.32, x - 0.28)) > 0.35),
        "f8e3a0",
    )
    picture = lay(picture, frame.fill(hair), ramp(0.5 + 0.5 * np.sin(190 * (x - 0.28) * (1.2 + y)), "2a120c 4a2012"))
    neck = spline(
        [(0.262, 0.37), (0.262, 0.43), (0.215, 0.455), (0.285, 0.475), (0.365, 0.46), (0.312, 0.43), (0.312, 0.37)], closed=True
    )
    picture = lay(picture, frame.fill(neck), ramp((x - 0.24) * 9, "f3d9bc e4b896 c48f76"))
    face = spline([(0.236, 0.30), (0.25, 0.265), (0.287, 0.252), (0.324, 0.268), (0.334, 0.31), (0.324, 0.355),
        (0.292, 0.392), (0.258, 0.365), (0.24, 0.335)], closed=True)  # fmt: skip
    picture = lay(picture, frame.fill(face), ramp((x - 0.23) * 9 + (y - 0.3) * 2, "fae8d0 f0cfae d9a888"))
    for cx in (0.262, 0.310):
        picture = lay(picture, frame.blur(frame.disc(cx - 0.001, 0.345, 0.012), 0.005) * 0.55, "e0836a")
        picture = lay(picture, frame.lines([spline([(cx - 0.013, 0.318), (cx, 0.325), (cx + 0.013, 0.318)]),
            spline([(cx - 0.015, 0.301), (cx, 0.294), (cx + 0.014, 0.300)])], 0.0026), "3a1c14")  # fmt: skip
    picture = lay(picture, frame.lines([spline([(0.288, 0.305), (0.282, 0.335), (0.291, 0.340)])], 0.0018), "b07a5c")
    picture = lay(picture, frame.fill(ring(0.288, 0.362, 0.012, 0.42)), "b8322a")
    picture = lay(picture, frame.lines([[(0.277, 0.362), (0.299, 0.362)]], 0.0014), "6a1a18")
    for number, (fx, fy) in enumerate([(0.215, 0.275), (0.235, 0.245), (0.265, 0.228), (0.30, 0.226), (0.333, 0.245),
        (0.356, 0.275), (0.205, 0.31), (0.37, 0.31)]):  # fmt: skip
        for turn in np.arange(5) * 1.257:
            petal = ring(fx + 0.008 * np.cos(turn), fy + 0.008 * np.sin(turn), 0.0075, 0.8, turn, 14)
            picture = dab(frame, picture, [petal], ["f3ead2", "6a8fc0", "d9583a", "c9a0c8"][number % 4])
        picture = dab(frame, picture, [ring(fx, fy, 0.005)], "f2c030")
    return picture


def golden_ornament(frame: Frame, rng: Rng) -> Array:
    x, y = frame.x, frame.y
    tarnish = frame.noise(rng, 0.09, 5, 0.6)
    leaf = rng.normal(0, 0.07, (40, 40))[(y / 0.083 + 0.1 * np.floor(x / 0.083) % 1).astype(int), (x / 0.083).astype(int)]
    seam = np.minimum(np.abs((x / 0.083) % 1 - 0.5), np.abs((y / 0.083 + 0.1 * np.floor(x / 0.083) % 1) % 1 - 0.5))
    picture = ramp(0.50 + 0.13 * tarnish + leaf, "7a4a14 a8741f c9972f deb548 f0d272 fbeaa0")
    picture = lay(picture, 0.25 * smooth(seam, 0.012, 0.0), "7a4a14")
    flecks = np.where(rng.random(900) < 0.5, "f9e9a8", "8a5a1a")
    points = rng.random((900, 2)) * [1, frame.ratio]
    for color in ("f9e9a8", "8a5a1a"):
        picture = lay(
            picture,
            0.75 * frame.fill(*[ring(*point, rng.uniform(0.0012, 0.0034), count=10) for point in points[flecks == color]]),
            color,
        )
    picture = golden_tree(frame, picture, rng)
    picture = lady(frame, robe(frame, picture, rng))
    top = 0.90 + 0.025 * np.sin(7 * x + 0.5) + 0.006 * tarnish
    picture = lay(picture, frame.edge(y - top), ramp(0.5 + 0.2 * tarnish, "12301f 1f4a2c 3a6a34"))
    meadow = frame.scatter(rng, 0.0185, 0.5)
    meadow = meadow[meadow[:, 1] > 0.895 + 0.025 * np.sin(7 * meadow[:, 0] + 0.5)]
    for number, (fx, fy) in enumerate(meadow[np.argsort(meadow[:, 1])]):
        size = rng.uniform(0.0045, 0.0095)
        color = ["e2b93f", "7a4fa8", "d98a9a", "4f8a45", "f3ead2", "c9481f", "8ab04a", "3f7a3a", "e2b93f"][
            int(rng.integers(0, 9))
        ]
        petals = [
            ring(fx + 0.8 * size * np.cos(t), fy + 0.8 * size * np.sin(t), 0.55 * size, count=10)
            for t in np.arange(5) * 1.257 + number
        ]
        picture = dab(frame, picture, petals, color)
        picture = dab(frame, picture, [ring(fx, fy, 0.42 * size, count=10)], "f6d860" if number % 2 else "3a1c30")
    dark = picture.mean(-1)
    height = cv2.GaussianBlur(dark.astype(np.float32), (0, 0), 1.5) * 255 + 5 * frame.noise(rng, 0.0035, 2)
    gleam = 1 + 0.10 * (frame.noise(rng, 0.3, 2) * smooth(picture[..., 0] - picture[..., 2], 0.35, 0.6))[..., None]
    return shaded(picture * gleam, height.astype(np.float32), 0.0009)


class Style(NamedTuple):
    paint: Callable[[Frame, Rng], Array]
    title: str
    manner: str
    ratio: float = 1.0


STYLES: dict[str, Style] = {"swirling_night": Style(swirling_night, "Swirling Night",
    "impasto strokes along a turbulent sky", 0.75), "woodblock_wave": Style(woodblock_wave, "Woodblock Wave",
    "flat colours with gradients, dark contours, the grain of the wood", 0.75), "stained_glass": Style(stained_glass,
    "Stained Glass", "luminous panes in dark lead"), "pointillist_park": Style(pointillist_park, "Pointillist Park",
    "dots of pure colour", 0.75), "cubist_still_life": Style(cubist_still_life, "Cubist Still Life",
    "broken, see-through planes in ochre and grey", 1.25), "ink_mountains": Style(ink_mountains, "Ink Mountains",
    "ink washes, mist and dry brush on paper", 1.25), "fauve_harbour": Style(fauve_harbour, "Fauve Harbour",
    "thick, pure colours with dark blue contours", 0.8), "gold_mosaic": Style(gold_mosaic, "Gold Mosaic",
    "tesserae in rows along the figures, gold and grout"), "geometric_composition": Style(geometric_composition,
    "Geometric Composition", "circles, arcs and bars on a rough ground"), "linocut_fields": Style(linocut_fields,
    "Linocut Fields", "gouge cuts that follow the forms, black and rust"),
    "watercolour_poppies": Style(watercolour_poppies, "Watercolour Poppies",
    "washes with blooms and dark edges, white paper", 1.25), "golden_ornament": Style(golden_ornament,
    "Golden Ornament", "gold leaf, spirals, eyes and rectangles")}  # fmt: skip


def paint(slug: str, side: int = SIDE, seed: int = 7) -> Image.Image:
    """One of the styles, its longer side ``side`` pixels."""
    style = STYLES[slug]
    width, height = (side, round(side * style.ratio)) if style.ratio <= 1 else (round(side / style.ratio), side)
    frame = Frame(width * SUPERSAMPLING, height * SUPERSAMPLING)
    painted = style.paint(frame, np.random.default_rng(seed))
    pixels = (np.clip(painted, 0, 1) * 255).round().astype(np.uint8)
    return Image.fromarray(pixels).resize((width, height), Image.Resampling.BOX)


def save(picture: Image.Image, path: Path) -> None:
    """As JPEG, a little coarser where the file would be too large."""
    for quality in range(QUALITY, 60, -3):
        picture.save(path, quality=quality, optimize=True)
        if path.stat().st_size <= MOST_BYTES:
            return


def main() -> None:
    parser = argparse.ArgumentParser(description="Paint the example style pictures.")
    parser.add_argument("slugs", nargs="*", metavar="slug", help=f"what to paint (default: all): {', '.join(STYLES)}")
    slugs = parser.parse_args().slugs
    if unknown := set(slugs) - set(STYLES):
        parser.error(f"no style called {', '.join(sorted(unknown))}; there are {', '.join(STYLES)}")
    PAINTINGS.mkdir(exist_ok=True)
    for slug in slugs or STYLES:
        save(paint(slug), PAINTINGS / f"{slug}.jpg")


if __name__ == "__main__":
    main()
