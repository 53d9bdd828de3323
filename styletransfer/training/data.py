"""Training pictures: random crops, reproducible from a step number alone, so that training resumes exactly."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from styletransfer.errors import ImageError, TrainingError
from styletransfer.images import find_pictures, open_image, split_alpha, to_tensor

log = logging.getLogger(__name__)
T = TypeVar("T")

HELD_OUT_EVERY = 35
CROP_SHARE = (0.7, 1.0)  # of the picture's short side


def list_pictures(folder: Path) -> list[Path]:
    """All pictures in a folder and its subfolders, sorted. Raises TrainingError if there are none."""
    paths = find_pictures(Path(folder))
    if not paths:
        raise TrainingError(f"There are no pictures in {folder}; give a folder of JPEG, PNG or WebP files.")
    return paths


def held_out(path: Path) -> bool:
    """Whether a picture is set aside for judging, never for training: the number in its name is divisible by 35."""
    digits = "".join(filter(str.isdigit, path.stem))
    return bool(digits) and int(digits) % HELD_OUT_EVERY == 0


def load_rgb(path: Path) -> Image.Image:
    """A picture without its transparency. Raises ImageError."""
    return split_alpha(open_image(path))[0]


def load_square(path: Path, size: int) -> Image.Image:
    """The whole picture, resized to size x size. Raises ImageError."""
    return load_rgb(path).resize((size, size), Image.LANCZOS)


def preview_photos(paths: list[Path], size: int, count: int = 3) -> Tensor:
    """Some of the pictures that can be read, always the same: (N,3,size,size) in 0..1."""
    found: list[Tensor] = []
    for path in paths[:: max(1, len(paths) // count)]:
        with suppress(ImageError):
            found.append(to_tensor(load_square(path, size)))
        if len(found) == count:
            break
    if not found:
        raise TrainingError("None of the first training pictures can be read; look into the folder.")
    return torch.cat(found)


class PictureSampler:
    """Endless shuffled square crops of a folder's pictures.

    Sample i is a function of (seed, i) only. A picture that cannot be read is reported once, counted in ``skipped``,
    and its place is taken by the next one.
    """

    def __init__(self, paths: list[Path], size: int, seed: int) -> None:
        if not paths:
            raise TrainingError("There are no pictures to train on; give a folder with more of them.")
        self.paths, self.size, self.seed = list(paths), size, seed
        self.skipped: set[Path] = set()

    def batch(self, step: int, batch_size: int) -> Tensor:
        """The crops of one training step: (batch_size,3,size,size) in 0..1."""
        first = step * batch_size
        return torch.cat([self._sample(first + i) for i in range(batch_size)])

    def _sample(self, index: int) -> Tensor:
        epoch, position = divmod(index, len(self.paths))
        order = np.random.default_rng((self.seed, epoch)).permutation(len(self.paths))
        rng = np.random.default_rng((self.seed, epoch, position))
        for offset in range(len(self.paths)):
            path = self.paths[order[(position + offset) % len(self.paths)]]
            if path in self.skipped:
                continue
            try:
                return to_tensor(self._crop(path, rng))
            except ImageError as error:
                self.skipped.add(path)
                log.warning("Skipped (%d so far) %s", len(self.skipped), error)
        raise TrainingError("None of the training pictures can be read.")

    def _crop(self, path: Path, rng: np.random.Generator) -> Image.Image:
        image = load_rgb(path)
        side = max(1, round(min(image.size) * rng.uniform(*CROP_SHARE)))
        left, top = (int(rng.integers(0, length - side + 1)) for length in image.size)
        image = image.resize((self.size, self.size), Image.BICUBIC, box=(left, top, left + side, top + side))
        return ImageOps.mirror(image) if rng.random() < 0.5 else image


def prefetched(make: Callable[[int], T], steps: range) -> Iterator[T]:
    """``make(step)`` for every step, the next one always being made in the background."""
    with ThreadPoolExecutor(1) as pool:
        pending = None
        for step in steps:
            current = pending or pool.submit(make, step)
            pending = pool.submit(make, step + 1) if step + 1 in steps else None
            yield current.result()
