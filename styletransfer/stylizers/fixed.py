"""FixedStylizer: a photo in one of the styles a network was trained for, or a mix of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from styletransfer import images
from styletransfer.checkpoints import Style, load_fixed
from styletransfer.errors import ImageError
from styletransfer.networks import MultiStyleNet
from styletransfer.runtime import Painter, StyleParameters
from styletransfer.stylizers.live import LiveStyle
from styletransfer.stylizers.mixing import Mix, check_strength, normalize_mix
from styletransfer.stylizers.progress import OnProgress, Progress

ImageLike = Image.Image | np.ndarray | str | Path


def open_photo(image: ImageLike, max_side: int | None) -> tuple[Image.Image, Image.Image | None]:
    """A photo's colours, no larger than ``max_side``, and its alpha channel. Raises ImageError."""
    if max_side is not None and max_side < 1:
        raise ImageError(f"The longest side cannot be {max_side} pixels; give 1 or more.")
    return images.split_alpha(images.limit_side(images.load(image), max_side))


class FixedStylizer:
    """Paints photos with a :class:`MultiStyleNet`.

    >>> picture = FixedStylizer.from_pretrained()(photo, style="hokusai_great_wave", strength=0.8)
    """

    def __init__(self, network: MultiStyleNet, styles: Sequence[Style]) -> None:
        self.styles = {style.name: style for style in styles}
        self._network = network
        self._affine = network.affine.detach().float()
        self._painter = Painter(network.transform, StyleParameters(self._affine[1:2]))

    @classmethod
    def from_pretrained(cls, checkpoint: str | Path = "fixed") -> FixedStylizer:
        """From a name in the bundle or the path of a ``.safetensors`` file. Raises CheckpointError."""
        return cls(*load_fixed(checkpoint))

    def __reduce__(self) -> tuple:
        """For another process, which may run on another machine: there the network is made fast anew."""
        return FixedStylizer, (self._network, list(self.styles.values()))

    @property
    def backend(self) -> str:
        """What runs the network here, for people to read."""
        return self._painter.backend.name

    def __call__(
        self,
        image: ImageLike,
        *,
        style: str | Mix,
        strength: float = 1.0,
        max_side: int | None = None,
        preserve_color: bool = False,
        on_progress: OnProgress | None = None,
    ) -> Image.Image:
        """Paint a photo.

        ``image``: a PIL picture, an array (H,W,3) uint8, or a file. ``style``: a name, a text "a:0.6,b:0.4", or
        weights. ``strength`` 0 gives the photo back, 1 is all style. ``max_side``: the longest side of the result in
        pixels, None for the photo's own. ``preserve_color`` keeps the photo's chroma. Returns RGB, or RGBA where the
        photo has transparency. Raises ImageError and StyleError.
        """
        mix = normalize_mix(style, self.styles)
        strength = check_strength(strength)
        photo, alpha = open_photo(image, max_side)
        painted = self._paint(photo, mix, strength, on_progress)
        if preserve_color:
            painted = images.keep_color(painted, photo)
        return images.restore_alpha(painted, alpha)

    def live(self, style: str | Mix, strength: float = 1.0) -> LiveStyle:
        """A style, as :meth:`__call__` takes it, for the frames of a :class:`Camera`. Raises StyleError."""
        return LiveStyle(self._painter, self._parameters(normalize_mix(style, self.styles), check_strength(strength)))

    def _paint(self, photo: Image.Image, mix: Mix, strength: float, on_progress: OnProgress | None) -> Image.Image:
        if strength == 0:
            return photo.copy()
        report = (lambda done, total: on_progress(Progress(done, total))) if on_progress else None
        return Image.fromarray(self._painter(np.asarray(photo)[None], self._parameters(mix, strength), report)[0])

    def _parameters(self, mix: Mix, strength: float) -> StyleParameters:
        shares = torch.tensor([1 - strength, *(strength * mix.get(name, 0.0) for name in self.styles)])
        return StyleParameters(torch.einsum("s,sac->ac", shares, self._affine)[None], identity=1 - strength)
