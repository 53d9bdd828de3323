"""IterativeStylizer: the picture itself is optimised (Gatys, Ecker and Bethge 2016), watched at every step."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from styletransfer import images
from styletransfer.checkpoints import load_encoder, load_encoder_or_compact
from styletransfer.devices import free_memory, keeping_freed_memory, training_device, training_dtype
from styletransfer.encoders import Encoder, Pooling
from styletransfer.stylizers.fixed import ImageLike, open_photo
from styletransfer.stylizers.iterative.config import NOISE, PHOTO, IterativeConfig
from styletransfer.stylizers.iterative.masks import open_mask
from styletransfer.stylizers.iterative.memory import largest_pixels
from styletransfer.stylizers.iterative.objective import LARGE_PIXELS, Objective, style_targets
from styletransfer.stylizers.iterative.optimization import Iterate, minimize
from styletransfer.stylizers.iterative.plan import Scale, fit, plan_scales
from styletransfer.stylizers.iterative.progress import IterativeProgress
from styletransfer.stylizers.iterative.starts import StyleLike, WarmStart, WeightedStyles, fast_result, noise, open_styles

AUTO = "auto"
COMPACT_CONTENT = ("relu3_1", "relu4_1")  # relu4_1 alone turns eyes into whatever the style has that is round


@dataclass(frozen=True)
class Scene:
    """What a run works with: pictures as they are, shares that sum to 1, the full size of the result."""

    photo: Image.Image
    alpha: Image.Image | None
    mask: Image.Image | None
    styles: WeightedStyles
    config: IterativeConfig
    start: Image.Image | None

    def finish(self, painted: Image.Image, full_size: bool) -> Image.Image:
        """Colours, mask and alpha of the photo put into a painted picture."""
        size = self.photo.size if full_size else painted.size
        photo = self.photo.resize(size, Image.Resampling.LANCZOS)
        painted = painted.resize(size, Image.Resampling.LANCZOS)
        if self.config.preserve_color == "luminance":
            painted = images.keep_color(painted, photo)
        if self.mask is not None:
            painted = Image.composite(painted, photo, self.mask.resize(size, Image.Resampling.BILINEAR))
        return images.restore_alpha(painted, self.alpha)


class IterativeStylizer:
    """Optimises pictures against the features of an encoder.

    >>> for progress in IterativeStylizer.from_pretrained().stylize("photo.jpg", style="painting.jpg"):
    ...     print(progress.step, progress.style_loss)
    >>> progress.result.save("out.png")
    """

    def __init__(
        self, encoder: Encoder, warm_start: WarmStart = fast_result, device: torch.device | None = None, precision: str = "auto"
    ) -> None:
        """``precision`` of the encoder, "auto": bf16 where the hardware has it. ``warm_start`` paints the fast results."""
        self.device = device or training_device()
        self._dtype = training_dtype(self.device, precision)
        self._encoder = encoder.to(self.device, self._dtype, memory_format=torch.channels_last)
        self._warm_start = warm_start
        self._content_layers = ("relu4_2",) if "relu4_2" in encoder.layers else COMPACT_CONTENT

    @classmethod
    def from_pretrained(cls, encoder: str = AUTO, pooling: Pooling = "max") -> IterativeStylizer:
        """``encoder``: compact, vgg16, vgg19, a file, or "auto": VGG-19 where there is a GPU and the weights can be had.

        Raises CheckpointError.
        """
        if encoder != AUTO:
            return cls(load_encoder(encoder, pooling))
        if training_device().type == "cuda":
            return cls(load_encoder_or_compact("vgg19", pooling))
        return cls(load_encoder("compact", pooling))

    @property
    def backend(self) -> str:
        """What computes here, for people to read."""
        return f"{self.device.type.upper()} {str(self._dtype).removeprefix('torch.')}"

    def __call__(
        self,
        image: ImageLike,
        *,
        style: StyleLike,
        mask: ImageLike | None = None,
        config: IterativeConfig | None = None,
    ) -> Image.Image:
        """The picture after the last step; see :meth:`stylize`."""
        last = deque(self.stylize(image, style=style, mask=mask, config=config), maxlen=1).pop()
        return last.result

    def stylize(
        self,
        image: ImageLike,
        *,
        style: StyleLike,
        mask: ImageLike | None = None,
        config: IterativeConfig | None = None,
        start: ImageLike | None = None,
    ) -> Iterator[IterativeProgress]:
        """Paint a photo, yielding after every step; whoever stops asking has the best picture so far in the last answer.

        ``image``, ``mask`` and styles: PIL pictures, arrays (H,W,3) uint8, or files. ``style``: one, or several with weights.
        ``mask``: white where the style goes, black where the photo stays, of any size. ``start``: a picture to start from, in
        place of the config's ``init``. What does not fit into memory is made smaller, with a warning; losses that are not
        finite end the run with the last good picture, with a warning.
        Raises ImageError, StyleError, CheckpointError and StyleTransferError.
        """
        scene, warnings = self._prepare(image, style, mask, config or IterativeConfig(), start)
        if scene.config.strength == 0:
            yield IterativeProgress(1, 1, max(scene.photo.size), 0, 0, 0, 0, warnings, lambda _: scene.finish(scene.photo, True))
            return
        yield from self._run(scene, warnings)

    def _prepare(
        self,
        image: ImageLike,
        style: StyleLike,
        mask: ImageLike | None,
        config: IterativeConfig,
        start: ImageLike | None,
    ) -> tuple[Scene, tuple[str, ...]]:
        config = replace(config, content_layers=config.content_layers or self._content_layers)
        self._encoder.check_layers((*config.content_layers, *config.style_layers))
        photo, alpha = open_photo(image, config.size)
        wanted = photo.size
        photo = images.limit_pixels(photo, largest_pixels(self._encoder, config, free_memory(self.device)))
        warnings = ()
        if photo.size != wanted:
            warnings = (
                f"{wanted[0]} × {wanted[1]} pixels do not fit into memory here; the result has {photo.width} × {photo.height}.",
            )
        styles = open_styles(style, photo, config)
        mask = None if mask is None else open_mask(mask, photo.size)
        start = None if start is None else images.split_alpha(images.load(start))[0]
        return Scene(photo, alpha, mask, styles, config, start), warnings

    def _run(self, scene: Scene, warnings: tuple[str, ...]) -> Iterator[IterativeProgress]:
        config = scene.config
        scales = plan_scales(fit(scene.photo.size, 1), config.steps, config.coarsest)
        clock = Clock(sum(scale.work for scale in scales))
        picture, done = self._start(scene, scales[0]), 0
        for scale in scales:
            picture = F.interpolate(picture, (scale.height, scale.width), mode="bicubic", antialias=True).clamp(0, 1)
            objective = self._objective(scene, scale)
            for iterate in _in_kept_memory(scale, minimize(objective, picture, scale.steps, config)):
                done += 1
                clock.did(scale.width * scale.height)
                if not iterate.is_finite:
                    warnings = (*warnings, "The losses became infinite; this is the last good picture. Try smaller weights.")
                yield _progress(done, config.steps, scale, iterate, clock.seconds_left, warnings, scene)
                if not iterate.is_finite:
                    return
            picture = iterate.picture

    def _start(self, scene: Scene, scale: Scale) -> Tensor:
        """The first picture (1,3,H,W), of the first scale's size."""
        if scene.start is not None:
            return self._tensor(scene.start, scale, scene)
        if scene.config.init == NOISE:
            return noise(scale.height, scale.width, scene.config.seed).to(self.device)
        if scene.config.init == PHOTO:
            return self._tensor(scene.photo, scale, scene)
        return self._tensor(self._warm_start(scene.photo, scene.styles, scene.config.init), scale, scene)

    def _objective(self, scene: Scene, scale: Scale) -> Objective:
        mask = None
        if scene.mask is not None:
            mask = images.to_tensor(scene.mask.resize((scale.width, scale.height)))[:, :1].to(self.device)
        styles = [(self._style(picture, scale, scene), share) for picture, share in scene.styles]
        targets = style_targets(self._encoder, styles, scene.config)
        return Objective(self._encoder, scene.config, self._tensor(scene.photo, scale, scene), targets, mask)

    def _style(self, picture: Image.Image, scale: Scale, scene: Scene) -> Tensor:
        """A style picture with as many pixels as the scale has, times the stroke size; never enlarged."""
        ratio = scene.config.stroke_size * math.sqrt(scale.width * scale.height / (picture.width * picture.height))
        width, height = fit(picture.size, min(1, ratio))
        return self._tensor(picture, Scale(width, height, 0), scene).to(self._dtype)

    def _tensor(self, picture: Image.Image, scale: Scale, scene: Scene) -> Tensor:
        """The picture (1,3,H,W) at a scale, grey where only luminance is painted."""
        if scene.config.preserve_color == "luminance":
            picture = picture.convert("L")
        resized = picture.resize((scale.width, scale.height), Image.Resampling.LANCZOS)
        return images.to_tensor(resized).to(self.device)


def _in_kept_memory(scale: Scale, iterates: Iterator[Iterate]) -> Iterator[Iterate]:
    """The same, in kept memory; not at large scales, where what lies idle would be missed."""
    with keeping_freed_memory() if scale.width * scale.height <= LARGE_PIXELS else nullcontext():
        yield from iterates


class Clock:
    """Guesses how long the rest takes from what the work so far took."""

    def __init__(self, work: int) -> None:
        self._work, self._done, self._start = work, 0, time.monotonic()

    def did(self, work: int) -> None:
        self._done += work

    @property
    def seconds_left(self) -> float:
        return (time.monotonic() - self._start) / self._done * (self._work - self._done)


def _progress(
    done: int, total: int, scale: Scale, iterate: Iterate, seconds: float, warnings: tuple[str, ...], scene: Scene
) -> IterativeProgress:
    picture = iterate.picture  # of this step: the next ones are others

    def render(full_size: bool) -> Image.Image:
        return scene.finish(images.to_image(picture), full_size)

    return IterativeProgress(
        done, total, scale.side, iterate.content, iterate.style, iterate.total, seconds, warnings, render
    )  # fmt: skip
