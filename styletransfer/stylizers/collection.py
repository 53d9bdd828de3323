"""Every fixed style at hand: those of the bundled network, and those of files put into the weights folder."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import torch
from PIL import Image

from styletransfer import images
from styletransfer.checkpoints import Style, dropped, load_fixed, manifest, read_styles
from styletransfer.errors import CheckpointError, StyleError
from styletransfer.stylizers.fixed import FixedStylizer, ImageLike
from styletransfer.stylizers.live import LiveStyle
from styletransfer.stylizers.mixing import Mix, normalize_mix

warn = cache(logging.getLogger(__name__).warning)  # once


def dropped_styles(taken: Mapping[str, Style]) -> dict[str, tuple[Style, str]]:
    """The styles of files in the weights folder that the manifest does not list, each with its checkpoint's name.

    Files of another kind are passed over, with a line in the log; so are styles whose name is ``taken``.
    """
    found: dict[str, tuple[Style, str]] = {}
    for checkpoint, path in dropped().items():
        try:
            styles = read_styles(path)
        except CheckpointError as error:
            warn(f"{error} It is not used.")
            continue
        for style in styles:
            if style.name in taken or style.name in found:
                warn(f"There already is a style {style.name}; that of {path.name} is not used.")
            else:
                found[style.name] = (style, checkpoint)
    return found


def bundled_styles() -> dict[str, Style]:
    """The styles of the bundled network by name; it is not loaded. Raises CheckpointError."""
    return {style["name"]: Style(**style) for style in manifest()["fixed"]["styles"]}


def known_styles() -> dict[str, Style]:
    """The styles of the bundled network and of the weights folder, by name; no network is loaded. Raises CheckpointError."""
    bundled = bundled_styles()
    return bundled | {name: style for name, (style, _) in dropped_styles(bundled).items()}


def paint_once(photo: Image.Image, style: str, checkpoint: str) -> Image.Image:
    """A small photo in a style, without preparing the network for more of them. Raises CheckpointError."""
    network, styles = load_fixed(checkpoint)
    mix = torch.zeros(1, 1 + len(styles))
    mix[0, 1 + [style.name for style in styles].index(style)] = 1
    with torch.inference_mode():
        return images.to_image(network(images.to_tensor(photo), mix))


class StyleCollection:
    """Several :class:`FixedStylizer` that look like one. All but the first are loaded when one of their styles is asked for."""

    def __init__(self, first: FixedStylizer, others: Mapping[str, tuple[Style, str]]) -> None:
        """``others``: styles by name with the checkpoints that have them."""
        self._first = first
        self.styles = first.styles | {name: style for name, (style, _) in others.items()}
        loaders = {checkpoint: cache(partial(FixedStylizer.from_pretrained, checkpoint)) for _, checkpoint in others.values()}
        self._loaders: dict[str, Callable[[], FixedStylizer]] = {name: loaders[at] for name, (_, at) in others.items()}

    @classmethod
    def from_pretrained(cls) -> StyleCollection:
        """The bundled network and what lies in the weights folder. Raises CheckpointError."""
        first = FixedStylizer.from_pretrained()
        return cls(first, dropped_styles(first.styles))

    @property
    def backend(self) -> str:
        """What runs the bundled network here, for people to read."""
        return self._first.backend

    def __call__(self, image: ImageLike, *, style: str | Mix, **options: Any) -> Image.Image:
        """Paint a photo; ``options`` are those of :class:`FixedStylizer`. Raises ImageError, StyleError, CheckpointError."""
        return self.having(style)(image, style=style, **options)

    def live(self, style: str | Mix, strength: float = 1.0) -> LiveStyle:
        """See :meth:`FixedStylizer.live`. Raises StyleError and CheckpointError."""
        return self.having(style).live(style, strength)

    def having(self, style: str | Mix) -> FixedStylizer:
        """The one of them that has all styles of the mix. Raises StyleError and CheckpointError."""
        shares = normalize_mix(style, self.styles)
        loaders = {self._loaders.get(name) for name, share in shares.items() if share}
        if len(loaders) > 1:
            raise StyleError(f"{' and '.join(shares)} belong to different networks and cannot be mixed; choose one of them.")
        load = loaders.pop()
        return load() if load else self._first
