"""MetaStylizer: a photo in the style of any picture, or of a mix of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from styletransfer import images
from styletransfer.checkpoints import Style, find, load_encoder, load_fixed, load_meta, read_shape, save_fixed
from styletransfer.encoders import Encoder
from styletransfer.errors import CheckpointError, StyleError
from styletransfer.networks import STATISTICS_LAYERS, MetaNet, TransformNet, pack, palette, unpack
from styletransfer.runtime import Painter, Pixels, StyleParameters, choose_measure, probe_picture
from styletransfer.stylizers.fixed import ImageLike, open_photo
from styletransfer.stylizers.live import LiveStyle
from styletransfer.stylizers.mixing import check_strength, share_out
from styletransfer.stylizers.progress import OnProgress, Progress

STYLE_SIDE = 512  # pixels: style pictures are measured at this size squared, times the stroke size
STROKE_SIZES = (0.5, 2.0)
NO_AFFINE = torch.zeros(1, 2, 0)  # generated networks own their norms


@dataclass(frozen=True)
class StyleCode:
    """What MetaNet is told of a style: ``statistics`` (1,1920), ``palette`` (1,3,4)."""

    statistics: Tensor
    palette: Tensor

    def lerp(self, other: StyleCode, share: float) -> StyleCode:
        """``share`` of the way to the other."""
        return StyleCode(torch.lerp(self.statistics, other.statistics, share), torch.lerp(self.palette, other.palette, share))


@dataclass(frozen=True)
class GeneratedStyle:
    """A style that was made before: the weights (P,) of its TransformNet."""

    weights: Tensor
    title: str = ""


StyleLike = ImageLike | StyleCode | GeneratedStyle


class MetaStylizer:
    """Paints photos with the networks a :class:`MetaNet` generates.

    >>> picture = MetaStylizer.from_pretrained()(photo, style="painting.jpg", strength=0.8)
    """

    def __init__(self, network: MetaNet, encoder: Encoder) -> None:
        self._meta = network.eval().requires_grad_(False)
        self._encoder = encoder
        self._shape = TransformNet(network.config.transform).requires_grad_(False)
        self._measure = choose_measure(encoder, STATISTICS_LAYERS)
        self._painter = Painter(self._shape, self._parameters(self._encode(probe_picture()), 1.0, None))

    @classmethod
    def from_pretrained(cls, checkpoint: str | Path = "meta") -> MetaStylizer:
        """From a name in the bundle or the path of a ``.safetensors`` file. Raises CheckpointError."""
        return cls(load_meta(checkpoint), load_encoder("compact"))

    def __reduce__(self) -> tuple:
        """For another process, which may run on another machine: there the networks are made fast anew."""
        return MetaStylizer, (self._meta, self._encoder)

    @property
    def backend(self) -> str:
        """What runs the generated networks here, for people to read."""
        return self._painter.backend.name

    @torch.inference_mode()
    def encode(self, picture: ImageLike, stroke_size: float = 1.0) -> StyleCode:
        """Look at a style picture: PIL, an array (H,W,3) uint8, or a file.

        It is measured with as many pixels as a square of 512 * ``stroke_size`` (0.5..2) has: the larger, the larger the
        strokes. Raises ImageError and StyleError.
        """
        low, high = STROKE_SIZES
        if not low <= stroke_size <= high:
            raise StyleError(f"The stroke size is {stroke_size:g}; give a number from {low:g} (fine) to {high:g} (large).")
        image = images.split_alpha(images.load(picture))[0]
        scale = STYLE_SIDE * stroke_size / math.sqrt(image.width * image.height)
        # VGG needs some pixels to reflect, even of a picture that is a line.
        size = tuple(min(4096, max(64, round(side * scale))) for side in image.size)
        return self._encode(np.array(image.resize(size, Image.Resampling.LANCZOS))[None])

    def _encode(self, pixels: Pixels) -> StyleCode:
        return StyleCode(self._measure(pixels), palette(torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255))

    @torch.inference_mode()
    def network(self, style: StyleCode) -> Tensor:
        """The weights (P,) of the TransformNet for a style."""
        weights = self._meta.generate(style.statistics, style.palette)
        return pack(self._meta.transform, {name: value[0] for name, value in weights.items()})

    def mix(self, styles: Sequence[tuple[StyleLike, float]], stroke_size: float = 1.0) -> StyleCode | GeneratedStyle:
        """One style of up to four with their weights. Raises StyleError, ImageError and CheckpointError."""
        codes = [(self._resolve(style, stroke_size), share) for style, share in share_out(styles)]
        if len(codes) == 1:
            return codes[0][0]
        if any(isinstance(code, GeneratedStyle) for code, _ in codes):
            raise StyleError("A saved style cannot be mixed with others; use it alone, or mix the pictures.")
        return StyleCode(
            sum(code.statistics * share for code, share in codes), sum(code.palette * share for code, share in codes)
        )

    def _resolve(self, style: StyleLike, stroke_size: float) -> StyleCode | GeneratedStyle:
        if isinstance(style, StyleCode | GeneratedStyle):
            return style
        if isinstance(style, str | Path) and Path(style).suffix == ".safetensors":
            return self.load_style(style)
        return self.encode(style, stroke_size)

    def save_style(self, style: StyleCode | GeneratedStyle, path: Path, title: str = "My style") -> None:
        """Write the generated network as a file of one fixed style, which :class:`FixedStylizer` reads, too."""
        weights = style.weights if isinstance(style, GeneratedStyle) else self.network(style)
        network = TransformNet(self._meta.config.transform)
        network.load_state_dict(unpack(network, weights))
        save_fixed(network, [Style(Path(path).stem, title)], path, {"made by": "MetaNet"})

    def load_style(self, path: str | Path) -> GeneratedStyle:
        """A style that was saved. Raises CheckpointError."""
        # Compared before the network is built: a stranger's file could ask for one that fills the memory.
        if read_shape(find(path)) != self._meta.config.transform:
            raise CheckpointError(f"{Path(path).name} is not a style saved from this network; make it again from its picture.")
        network, styles = load_fixed(path)
        return GeneratedStyle(pack(network.transform), styles[0].label if styles else "")

    def __call__(
        self,
        image: ImageLike,
        *,
        style: StyleLike | Sequence[tuple[StyleLike, float]],
        strength: float = 1.0,
        stroke_size: float = 1.0,
        max_side: int | None = None,
        preserve_color: bool = False,
        scene: StyleCode | None = None,
        on_progress: OnProgress | None = None,
    ) -> Image.Image:
        """Paint a photo.

        ``image``: a PIL picture, an array (H,W,3) uint8, or a file. ``style``: such a picture, the file of a saved style,
        what :meth:`encode` returned, or up to four of them with weights. ``strength`` 0 gives the photo back, 1 is all
        style. ``stroke_size`` 0.5 (fine) to 2 (large). ``max_side``: the longest side of the result in pixels, None for the
        photo's own. ``preserve_color`` keeps the photo's chroma. ``scene``: what :meth:`encode` says of the photo itself,
        if it is known; it takes part where the strength is below 1. Returns RGB, or RGBA where the photo has transparency.
        Raises ImageError, StyleError and CheckpointError.
        """
        strength = check_strength(strength)
        photo, alpha = open_photo(image, max_side)
        mixed = self.mix(style if isinstance(style, list | tuple) else [(style, 1.0)], stroke_size)
        painted = self._paint(photo, mixed, strength, scene, on_progress)
        if preserve_color:
            painted = images.keep_color(painted, photo)
        return images.restore_alpha(painted, alpha)

    def live(self, style: StyleCode | GeneratedStyle, strength: float = 1.0, scene: StyleCode | None = None) -> LiveStyle:
        """A style for the frames of a :class:`Camera`.

        ``scene``: what :meth:`encode` says of one of them; without it a ``strength`` below 1 only mixes the frames in.
        """
        return LiveStyle(self._painter, self._parameters(style, check_strength(strength), scene))

    def _paint(
        self, photo: Image.Image, style: StyleCode | GeneratedStyle, strength: float, scene: StyleCode | None,
        on_progress: OnProgress | None,
    ) -> Image.Image:  # fmt: skip
        if strength == 0:
            return photo.copy()
        if isinstance(style, StyleCode) and strength < 1:
            scene = scene or self.encode(photo)
        report = (lambda done, total: on_progress(Progress(done, total))) if on_progress else None
        return Image.fromarray(self._painter(np.asarray(photo)[None], self._parameters(style, strength, scene), report)[0])

    def _parameters(self, style: StyleCode | GeneratedStyle, strength: float, scene: StyleCode | None) -> StyleParameters:
        if isinstance(style, GeneratedStyle):
            return StyleParameters(NO_AFFINE, style.weights, 1 - strength)
        mixed = scene.lerp(style, strength) if scene else style
        # The photo itself shines through only near 0: most of the way is the network's.
        return StyleParameters(NO_AFFINE, self.network(mixed), (1 - strength) ** 2)
