"""A style as ``images`` and ``video`` take it: the name of a trained one, or any picture."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from styletransfer.errors import StyleError

if TYPE_CHECKING:
    from styletransfer.stylizers import FixedStylizer, GeneratedStyle, MetaStylizer, StyleCode

    Chosen = tuple[FixedStylizer, str] | tuple[MetaStylizer, StyleCode | GeneratedStyle]


def add_style_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--style``, ``--strength`` and what belongs to them."""
    parser.add_argument(
        "--style", required=True, action="append", metavar="STYLE[:WEIGHT]",
        help="a name from the styles command, or a mix: NAME:0.6,NAME:0.4; or a picture, or a saved style; "
        "give pictures again for a mix",
    )  # fmt: skip
    parser.add_argument("--strength", type=float, default=1.0, help="0 (the original) to 1 (all style); default 1")
    parser.add_argument("--stroke-size", type=float, default=1.0, help="of pictures as styles: 0.5 to 2; default 1")
    parser.add_argument("--checkpoint", help="other weights: a .safetensors file")


def chosen_style(arguments: argparse.Namespace) -> Chosen:
    """The stylizer that paints so, and the style for it. Raises StyleError, ImageError and CheckpointError."""
    from styletransfer.images import PICTURE_SUFFIXES
    from styletransfer.stylizers import FixedStylizer, MetaStylizer, StyleCollection
    from styletransfer.stylizers.mixing import check_strength, normalize_mix

    check_strength(arguments.strength)
    styles = [weighted_style(text) for text in arguments.style]
    if any(path.suffix.lower() in PICTURE_SUFFIXES | {".safetensors"} for path, _ in styles):
        meta = MetaStylizer.from_pretrained(arguments.checkpoint or "meta")
        return meta, meta.mix(styles, arguments.stroke_size)
    if len(arguments.style) > 1:
        raise StyleError("Write a mix of trained styles as one --style NAME:0.6,NAME:0.4.")
    style = arguments.style[0]
    if not arguments.checkpoint:
        return StyleCollection.from_pretrained().having(style), style
    fixed = FixedStylizer.from_pretrained(arguments.checkpoint)
    normalize_mix(style, fixed.styles)
    return fixed, style


def style_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """What a result remembers of its style."""
    return {"style": arguments.style, "strength": arguments.strength, "stroke_size": arguments.stroke_size}


def weighted_style(text: str) -> tuple[Path, float]:
    """``painting.jpg:0.5`` -> the path and the weight, which is 1 where none is written."""
    path, _, weight = text.rpartition(":")
    try:
        return Path(path or weight), float(weight) if path else 1.0
    except ValueError:
        return Path(text), 1.0  # the colon belongs to the path
