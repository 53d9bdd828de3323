"""How long the iterative method takes to a total loss that the PyTorch tutorial's recipe reaches in 300 steps, in one run.

    python benchmarks/iterative.py [--size 512] [--steps 300]

Baseline: the recipe of "Neural Transfer Using PyTorch" written plainly: L-BFGS with its defaults on the pixels of the photo at
full size, eager, fp32, contiguous tensors. All methods look through the same encoder and minimise the same total loss. The
measures are added one after another up to the pyramid, on which the last rows build one by one; each row's time is until the
baseline's loss is reached to 1 %, with all it takes before. At the end the peak memory of both at 1536 pixels.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from styletransfer import IterativeStylizer, MetaStylizer, images, losses  # noqa: E402
from styletransfer.checkpoints import load_encoder  # noqa: E402
from styletransfer.devices import cpu_has_bf16, keeping_freed_memory  # noqa: E402
from styletransfer.encoders import Encoder  # noqa: E402
from styletransfer.stylizers.iterative import IterativeConfig  # noqa: E402
from styletransfer.stylizers.iterative.objective import Objective, spread, style_targets  # noqa: E402
from styletransfer.stylizers.iterative.optimization import minimize  # noqa: E402
from styletransfer.stylizers.iterative.plan import fit, plan_scales  # noqa: E402
from styletransfer.stylizers.iterative.stylizer import COMPACT_CONTENT  # noqa: E402

PHOTO = ROOT / "examples" / "photos" / "astronaut.jpg"
STYLE = ROOT / "examples" / "paintings" / "swirling_night.jpg"
TOLERANCE = 1.01  # of the loss of the baseline, which counts as the same
CONFIG = IterativeConfig(content_layers=COMPACT_CONTENT)
LARGE_SIDE, LARGE_STEPS = 1536, 9  # where memory is measured; by then L-BFGS of ours remembers all it may


@dataclass
class Pictures:
    photo: Image.Image
    style: Image.Image

    def at(self, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Photo (1,3,H,W) and style, with as many pixels, at a scale."""
        ratio = math.sqrt(size[0] * size[1] / (self.style.width * self.style.height))
        style = self.style.resize(fit(self.style.size, min(1, ratio)), Image.Resampling.LANCZOS)
        return images.to_tensor(self.photo.resize(size, Image.Resampling.LANCZOS)), images.to_tensor(style)


def plain_loss(encoder: Encoder, photo: Tensor, style: Tensor) -> Callable[[Tensor], Tensor]:
    """The total loss, its Gram matrices by matrix products on contiguous tensors."""

    def gram(features: Tensor) -> Tensor:
        _, channels, height, width = features.shape
        flat = features.reshape(channels, height * width)
        return torch.mm(flat, flat.t())[None] / (height * width)

    with torch.no_grad():
        contents, styles = encoder(photo, CONFIG.content_layers), encoder(style, CONFIG.style_layers)
        targets = {layer: gram(f) for layer, f in styles.items()}
        spreads = {layer: spread(f.var(correction=0), styles[layer].var(correction=0)) for layer, f in contents.items()}

    def total(image: Tensor) -> Tensor:
        features = encoder(image, CONFIG.style_layers)
        errors = [F.mse_loss(features[layer], target) / spreads[layer] for layer, target in contents.items()]
        content = sum(errors) / len(errors)
        styled = sum(losses.gram_loss(gram(features[layer]), target) for layer, target in targets.items()) / len(targets)
        return (
            CONFIG.content_weight * content
            + CONFIG.style_weight * styled
            + CONFIG.tv_weight * losses.total_variation(image)
            + CONFIG.range_weight * losses.out_of_range(image)
        )

    return total


def tutorial(loss: Callable[[Tensor], Tensor], start: Tensor, steps: int) -> Iterator[float]:
    """The tutorial's loop: L-BFGS as it comes; a step is one call of the closure."""
    image = start.clone().requires_grad_()
    # Tolerances and the factor below: a mean over pixels is too small for the defaults, which would stop at once.
    optimizer = torch.optim.LBFGS([image], max_iter=min(20, steps), tolerance_grad=0, tolerance_change=0)
    totals: list[float] = []
    while len(totals) < steps:
        before = len(totals)

        def closure() -> Tensor:
            optimizer.zero_grad()
            total = loss(image)
            (total * image.numel()).backward()
            totals.append(float(total.detach()))
            return total.detach() * image.numel()

        optimizer.step(closure)
        yield from totals[before:]


def contiguous(encoder: Encoder, pictures: Pictures, size: tuple[int, int], steps: int) -> Iterator[float]:
    photo, style = pictures.at(size)
    yield from tutorial(plain_loss(encoder.to(memory_format=torch.contiguous_format), photo, style), photo, steps)


def channels_last(encoder: Encoder, pictures: Pictures, size: tuple[int, int], steps: int) -> Iterator[float]:
    objective, photo = _objective(encoder, pictures, size)
    yield from tutorial(lambda image: objective(image).total, photo, steps)


def pyramid(
    encoder: Encoder, pictures: Pictures, size: tuple[int, int], steps: int, start: Tensor | None = None
) -> Iterator[float]:
    objective, photo = _objective(encoder, pictures, size)
    yield from (iterate.total for iterate in minimize(objective, photo if start is None else start, steps, CONFIG))


def coarse_to_fine(encoder: Encoder, pictures: Pictures, size: tuple[int, int], steps: int) -> Iterator[float]:
    """The losses at the last scale; the others come before the first of them."""
    *coarse, last = plan_scales(size, steps, CONFIG.coarsest)
    picture = pictures.at(size)[0]
    for scale in (*coarse, replace(last, steps=steps)):
        picture = F.interpolate(picture, (scale.height, scale.width), mode="bicubic", antialias=True).clamp(0, 1)
        objective, _ = _objective(encoder, pictures, (scale.width, scale.height))
        for iterate in minimize(objective, picture, scale.steps, CONFIG):
            if scale.side == last.side:
                yield iterate.total
        picture = iterate.picture


def warm_start(encoder: Encoder, pictures: Pictures, size: tuple[int, int], steps: int) -> Iterator[float]:
    fast = MetaStylizer.from_pretrained()(pictures.photo.resize(size, Image.Resampling.LANCZOS), style=pictures.style)
    yield from pyramid(encoder, pictures, size, steps, images.to_tensor(fast))


def bf16(encoder: Encoder, pictures: Pictures, size: tuple[int, int], steps: int) -> Iterator[float]:
    yield from pyramid(encoder.to(torch.bfloat16), pictures, size, steps)


def paint_large_plainly(pictures: Pictures) -> float:
    for _ in contiguous(load_encoder("compact"), pictures, pictures.photo.size, LARGE_STEPS):
        pass
    return _peak_megabytes()


def paint_large(pictures: Pictures) -> float:
    config = replace(CONFIG, steps=LARGE_STEPS, coarsest=LARGE_SIDE)
    IterativeStylizer.from_pretrained("compact")(pictures.photo, style=pictures.style, config=config)
    return _peak_megabytes()


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def compare_memory(pictures: Pictures) -> None:
    """Each in a process of its own; what the system kills for its memory has no number."""
    large = Pictures(*(picture.resize((LARGE_SIDE, LARGE_SIDE)) for picture in (pictures.photo, pictures.style)))
    print(f"peak memory of the process, {LARGE_STEPS} steps at {LARGE_SIDE}x{LARGE_SIDE}:")
    for name, method in {"tutorial": paint_large_plainly, "ours": paint_large}.items():
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            try:
                print(f"{name:8} | {pool.submit(method, large).result():.0f} MB", flush=True)
            except BrokenProcessPool:
                print(f"{name:8} | more than there is", flush=True)


def _objective(encoder: Encoder, pictures: Pictures, size: tuple[int, int]) -> tuple[Objective, Tensor]:
    encoder = encoder.to(memory_format=torch.channels_last)
    photo, style = pictures.at(size)
    dtype = next(encoder.parameters()).dtype
    targets = style_targets(encoder, [(style.to(dtype, memory_format=torch.channels_last), 1.0)], CONFIG)
    return Objective(encoder, CONFIG, photo, targets), photo


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--threads", type=int, help="default: all cores")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    photo = images.load(PHOTO)
    size = fit(photo.size, arguments.size / max(photo.size))
    pictures = Pictures(photo, images.load(STYLE))
    methods = {
        "tutorial": contiguous, "+ freed memory kept": contiguous, "+ channels_last, Gram": channels_last, "+ pyramid": pyramid,
        "pyramid, coarse to fine": coarse_to_fine, "pyramid, warm start": warm_start,
    } | ({"pyramid, bf16": bf16} if cpu_has_bf16() else {})  # fmt: skip
    print(f"{size[0]}x{size[1]}, {torch.get_num_threads()} threads\n{'':23} | steps at full size | seconds | final loss | faster")
    target = reference = 0.0
    for name, method in methods.items():
        with keeping_freed_memory() if reference else nullcontext():
            start, totals = time.perf_counter(), []
            for total in method(load_encoder("compact"), pictures, size, arguments.steps):
                totals.append(total)
                if total <= target:
                    break
            seconds = time.perf_counter() - start
        if not reference:
            target, reference = TOLERANCE * min(totals), seconds
        faster = f"{reference / seconds:5.1f}x" if min(totals) <= target else "not reached"
        print(f"{name:23} | {len(totals):18} | {seconds:7.1f} | {min(totals):10.4f} | {faster}", flush=True)
    compare_memory(pictures)


if __name__ == "__main__":
    main()
