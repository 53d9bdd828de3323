"""``fixed``, ``styles`` and ``arbitrary``: painting pictures."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from styletransfer.cli.styles import weighted_style
from styletransfer.errors import ImageError, StyleTransferError
from styletransfer.formats import writable

if TYPE_CHECKING:
    from PIL import Image

    from styletransfer.stylizers import FixedStylizer, StyleCollection
    from styletransfer.stylizers.progress import OnProgress, Progress


@dataclass(frozen=True)
class Job:
    """How to paint one photo, and what to write into the result of it."""

    paint: Callable[[Path, OnProgress], Image.Image]
    settings: dict[str, Any]


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add ``fixed``, ``styles`` and ``arbitrary``."""
    fixed = commands.add_parser("fixed", help="paint photos in one of the fixed styles, or a mix")
    fixed.add_argument("--style", required=True, help="a name from the styles command, or a mix: NAME:0.6,NAME:0.4")
    fixed.add_argument("--checkpoint", help="other weights: a .safetensors file; default: all in the weights folder")
    _add_picture_options(fixed)
    fixed.set_defaults(run=run_fixed)
    styles = commands.add_parser("styles", help="list the fixed styles")
    styles.add_argument("--checkpoint", help="other weights: a .safetensors file; default: all in the weights folder")
    styles.set_defaults(run=run_styles)
    arbitrary = commands.add_parser("arbitrary", help="paint photos in the style of any picture, or of up to four")
    arbitrary.add_argument(
        "--style", required=True, action="append", metavar="PICTURE[:WEIGHT]",
        help="a picture, or the .safetensors file of a saved style; give it again for a mix",
    )  # fmt: skip
    arbitrary.add_argument("--stroke-size", type=float, default=1.0, help="0.5 (fine) to 2 (large strokes); default 1")
    arbitrary.add_argument("--save-style", type=Path, metavar="FILE", help="keep the style's network, a .safetensors file")
    arbitrary.add_argument("--checkpoint", default="meta", help="other weights: a .safetensors file")
    _add_picture_options(arbitrary)
    arbitrary.set_defaults(run=run_arbitrary)


def _add_picture_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", type=Path, help="a photo, or a folder of photos")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the picture to write, or a folder")
    parser.add_argument("--strength", type=float, default=1.0, help="0 (the photo) to 1 (all style); default 1")
    parser.add_argument("--max-side", type=int, help="longest side of the result in pixels; default: the photo's own")
    parser.add_argument("--preserve-color", action="store_true", help="keep the colours of the photo")


def run_styles(arguments: argparse.Namespace) -> int:
    """Print a line per style."""
    from styletransfer.checkpoints import find, read_styles
    from styletransfer.stylizers.collection import known_styles

    styles = read_styles(find(arguments.checkpoint)) if arguments.checkpoint else list(known_styles().values())
    width = max(len(style.name) for style in styles)
    for style in styles:
        about = ", ".join(part for part in (style.artist, style.label, style.year) if part)
        print(f"{style.name:{width}}  {about}")
    return 0


def run_fixed(arguments: argparse.Namespace) -> int:
    """Paint a photo or every photo of a folder in a style the network was trained for."""
    from styletransfer.stylizers.mixing import normalize_mix

    options = _options(arguments)
    stylizer = _fixed_stylizer(arguments.checkpoint)
    normalize_mix(arguments.style, stylizer.styles)

    def paint(photo: Path, on_progress: OnProgress) -> Image.Image:
        return stylizer(photo, style=arguments.style, max_side=arguments.max_side, on_progress=on_progress, **options)

    return _run(Job(paint, {"method": "fixed", "style": arguments.style} | options), arguments)


def _fixed_stylizer(checkpoint: str | None) -> FixedStylizer | StyleCollection:
    from styletransfer.stylizers import FixedStylizer, StyleCollection

    return FixedStylizer.from_pretrained(checkpoint) if checkpoint else StyleCollection.from_pretrained()


def run_arbitrary(arguments: argparse.Namespace) -> int:
    """Paint a photo or every photo of a folder in the style of any picture."""
    from styletransfer.stylizers import MetaStylizer

    options = _options(arguments)
    stylizer = MetaStylizer.from_pretrained(arguments.checkpoint)
    # Looked at once, for all photos.
    style = stylizer.mix([weighted_style(text) for text in arguments.style], arguments.stroke_size)
    if arguments.save_style:
        stylizer.save_style(style, arguments.save_style, title=arguments.save_style.stem)

    def paint(photo: Path, on_progress: OnProgress) -> Image.Image:
        return stylizer(photo, style=style, max_side=arguments.max_side, on_progress=on_progress, **options)

    settings = {"method": "arbitrary", "style": arguments.style, "stroke_size": arguments.stroke_size}
    return _run(Job(paint, settings | options), arguments)


def _options(arguments: argparse.Namespace) -> dict[str, Any]:
    """What both methods are told alike, checked before a network is loaded."""
    from styletransfer.stylizers.mixing import check_strength

    if not arguments.input.exists():
        raise ImageError(f"There is no file or folder {arguments.input}; check the path.")
    if arguments.max_side is not None and arguments.max_side < 1:
        raise ImageError(f"--max-side is {arguments.max_side} pixels; give 1 or more.")
    return {"strength": check_strength(arguments.strength), "preserve_color": arguments.preserve_color}


def _run(job: Job, arguments: argparse.Namespace) -> int:
    if arguments.input.is_dir():
        return _paint_folder(job, arguments)
    output = arguments.output
    _paint(job, arguments.input, writable(output / arguments.input.name) if output.is_dir() else output)
    return 0


def _paint_folder(job: Job, arguments: argparse.Namespace) -> int:
    """Paint all photos of a folder and its subfolders; a bad one is reported and the others go on."""
    from styletransfer.folder import find_jobs

    photos, failed = find_jobs(arguments.input, arguments.output), 0
    for photo in tqdm(photos, unit="photo", delay=1):
        try:
            photo.target.parent.mkdir(parents=True, exist_ok=True)
            _paint(job, photo.source, photo.target)
        except (StyleTransferError, OSError) as error:
            failed += 1
            tqdm.write(f"{photo.source}: {error}", file=sys.stderr)
    if failed:
        print(f"styletransfer: {failed} of {len(photos)} photos could not be painted", file=sys.stderr)
    return 1 if failed else 0


def _paint(job: Job, photo: Path, target: Path) -> None:
    from styletransfer import __version__
    from styletransfer.images import save_image

    with tqdm(unit="tile", delay=1, leave=False) as bar:

        def show(progress: Progress) -> None:
            bar.total = progress.total
            bar.update(progress.step - bar.n)

        picture = job.paint(photo, show)
    save_image(picture, target, job.settings | {"version": __version__})
