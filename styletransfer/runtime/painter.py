"""Pictures of any size through a backend: padded to what the network needs, in tiles when they are large."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from styletransfer.networks import TransformNet, paint_with_statistics, unpack
from styletransfer.networks.layers import MIN_SIDE, SIZE_MULTIPLE
from styletransfer.runtime.backends import Backend, Pixels, StyleParameters, choose_backend, no_statistics

TILE_SIDE = 1024
TILE_OVERLAP = 64  # more than the 58 pixels that the network sees to either side
WHOLE_PIXELS = 4_200_000  # up to here a picture is painted in one piece
SAMPLE_SIDE, SAMPLE_GRID = 192, 4  # the statistics of a larger one are measured on 4 x 4 pieces of it


class Painter:
    """Paints one picture at a time, of any size, with one TransformNet. Safe to call from many threads."""

    def __init__(self, network: TransformNet, style: StyleParameters, backend: Backend | None = None) -> None:
        """``style``: something to check the backend with."""
        self.network = network.eval().requires_grad_(False)
        self.backend = backend or choose_backend(self.network, style)
        self._lock = threading.Lock()  # a picture uses all cores anyway

    def __call__(self, pixels: Pixels, style: StyleParameters, on_tile: Callable[[int, int], None] | None = None) -> Pixels:
        """Paint ``pixels`` uint8 (1,H,W,3). ``on_tile(done, total)`` is called after every piece of a large picture."""
        height, width = pixels.shape[1:3]
        padded = _pad(pixels)
        if height * width <= WHOLE_PIXELS:
            with self._lock:
                painted, _ = self.backend(padded, style)
            return painted[:, :height, :width]
        statistics = self._measure(padded, style)
        painted = np.empty_like(padded)
        tiles = list(_tiles(*padded.shape[1:3]))
        for done, (inner, outer, crop) in enumerate(tiles, start=1):
            with self._lock:
                painted[inner] = self.backend(padded[outer], style, statistics, share=0.0)[0][crop]
            if on_tile:
                on_tile(done, len(tiles))
        return painted[:, :height, :width]

    def frame(self, pixels: Pixels, style: StyleParameters, statistics: Tensor | None, share: float) -> tuple[Pixels, Tensor]:
        """Paint frames (N,H,W,3) in one piece each, with statistics that remember those before; see :class:`Backend`."""
        height, width = pixels.shape[1:3]
        with self._lock:
            painted, used = self.backend(_pad(pixels), style, statistics, share)
        return painted[:, :height, :width], used

    def _measure(self, pixels: Pixels, style: StyleParameters) -> Tensor:
        """The statistics of a large picture, from samples of it: (1,2,S)."""
        state = {} if style.weights is None else unpack(self.network, style.weights)
        with self._lock:
            before = no_statistics(self.network)
            return paint_with_statistics(self.network, _samples(pixels), style.affine, before, 1.0, state, together=True)[1]


def _pad(pixels: Pixels) -> Pixels:
    """Continue right and bottom by reflection, to multiples of 4 and at least 16."""
    height, width = pixels.shape[1:3]
    rows, columns = (max(MIN_SIDE, -(-side // SIZE_MULTIPLE) * SIZE_MULTIPLE) - side for side in (height, width))
    return np.pad(pixels, ((0, 0), (0, rows), (0, columns), (0, 0)), "symmetric") if rows or columns else pixels


def _samples(pixels: Pixels) -> Tensor:
    """Evenly spread pieces of a large picture as one batch (N,3,h,w) in 0..1."""
    tops, lefts = (np.linspace(0, max(0, side - SAMPLE_SIDE), SAMPLE_GRID).astype(int) for side in pixels.shape[1:3])
    pieces = [pixels[0, top : top + SAMPLE_SIDE, left : left + SAMPLE_SIDE] for top in tops for left in lefts]
    return torch.from_numpy(np.stack(pieces)).permute(0, 3, 1, 2).float() / 255


Region = tuple[slice, slice, slice]


def _tiles(height: int, width: int) -> Iterator[tuple[Region, Region, Region]]:
    """For every tile: its place, a larger place around it, and the former within the latter. All in multiples of 4.

    The larger places are all of one size: a backend prepares itself for each new size.
    """
    everything = slice(None)
    rows, columns = (min(side, TILE_SIDE + 2 * TILE_OVERLAP) for side in (height, width))
    for top in range(0, height, TILE_SIDE):
        for left in range(0, width, TILE_SIDE):
            bottom, right = min(top + TILE_SIDE, height), min(left + TILE_SIDE, width)
            y, x = min(max(0, top - TILE_OVERLAP), height - rows), min(max(0, left - TILE_OVERLAP), width - columns)
            inner = everything, slice(top, bottom), slice(left, right)
            outer = everything, slice(y, y + rows), slice(x, x + columns)
            yield inner, outer, (everything, slice(top - y, bottom - y), slice(left - x, right - x))
