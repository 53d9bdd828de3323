"""``fixed`` and ``styles``: painting pictures."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from styletransfer.errors import ImageError, StyleTransferError

if TYPE_CHECKING:
    from styletransfer.stylizers import FixedStylizer

# Results of folders keep the photo's name; formats that cannot be written become PNG.
WRITABLE = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"}


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add ``fixed`` and ``styles``."""
    fixed = commands.add_parser("fixed", help="paint photos in one of the fixed styles, or a mix")
    fixed.add_argument("input", type=Path, help="a photo, or a folder of photos")
    fixed.add_argument("-o", "--output", type=Path, required=True, help="the picture to write, or a folder")
    fixed.add_argument("--style", required=True, help="a name from the styles command, or a mix: NAME:0.6,NAME:0.4")
    fixed.add_argument("--strength", type=float, default=1.0, help="0 (the photo) to 1 (all style); default 1")
    fixed.add_argument("--max-side", type=int, help="longest side of the result in pixels; default: the photo's own")
    fixed.add_argument("--preserve-color", action="store_true", help="keep the colours of the photo")
    fixed.add_argument("--checkpoint", default="fixed", help="other weights: a .safetensors file")
    fixed.set_defaults(run=run_fixed)
    styles = commands.add_parser("styles", help="list the fixed styles")
    styles.add_argument("--checkpoint", default="fixed", help="other weights: a .safetensors file")
    styles.set_defaults(run=run_styles)


def run_styles(arguments: argparse.Namespace) -> int:
    """Print a line per style."""
    from styletransfer.checkpoints import load_fixed

    _, styles = load_fixed(arguments.checkpoint)
    width = max(len(style.name) for style in styles)
    for style in styles:
        about = ", ".join(part for part in (style.artist, style.label, style.year) if part)
        print(f"{style.name:{width}}  {about}")
    return 0


def run_fixed(arguments: argparse.Namespace) -> int:
    """Paint a photo or every photo of a folder."""
    from styletransfer.stylizers import FixedStylizer
    from styletransfer.stylizers.mixing import check_strength, normalize_mix

    if not arguments.input.exists():
        raise ImageError(f"There is no file or folder {arguments.input}; check the path.")
    if arguments.max_side is not None and arguments.max_side < 1:
        raise ImageError(f"--max-side is {arguments.max_side} pixels; give 1 or more.")
    stylizer = FixedStylizer.from_pretrained(arguments.checkpoint)
    normalize_mix(arguments.style, stylizer.styles)
    check_strength(arguments.strength)
    if arguments.input.is_dir():
        return _paint_folder(stylizer, arguments)
    output = arguments.output
    target = _writable(output / arguments.input.name) if output.is_dir() else output
    _paint(stylizer, arguments, arguments.input, target)
    return 0


def _paint_folder(stylizer: FixedStylizer, arguments: argparse.Namespace) -> int:
    """Paint all photos of a folder and its subfolders; a bad one is reported and the others go on."""
    from styletransfer.images import find_pictures

    photos = find_pictures(arguments.input)
    if not photos:
        raise ImageError(f"There are no photos in {arguments.input}; give a folder of JPEG, PNG or WebP files.")
    failed = 0
    for photo, target in tqdm(list(_targets(photos, arguments)), unit="photo", delay=1):
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _paint(stylizer, arguments, photo, target)
        except (StyleTransferError, OSError) as error:
            failed += 1
            tqdm.write(f"{photo}: {error}", file=sys.stderr)
    if failed:
        print(f"styletransfer: {failed} of {len(photos)} photos could not be painted", file=sys.stderr)
    return 1 if failed else 0


def _writable(path: Path) -> Path:
    return path if path.suffix.lower() in WRITABLE else path.with_suffix(".png")


def _targets(photos: list[Path], arguments: argparse.Namespace) -> Iterator[tuple[Path, Path]]:
    """Each photo and where its result goes: the same place below the output folder, never twice the same name."""
    taken: set[Path] = set()
    for photo in photos:
        target = _writable(arguments.output / photo.relative_to(arguments.input))
        if target in taken:
            target = target.with_name(f"{photo.name}.png")
        taken.add(target)
        yield photo, target


def _paint(stylizer: FixedStylizer, arguments: argparse.Namespace, photo: Path, target: Path) -> None:
    from styletransfer import __version__
    from styletransfer.images import save_image

    with tqdm(unit="tile", delay=1, leave=False) as bar:

        def show(progress) -> None:
            bar.total = progress.total
            bar.update(progress.step - bar.n)

        picture = stylizer(
            photo,
            style=arguments.style,
            strength=arguments.strength,
            max_side=arguments.max_side,
            preserve_color=arguments.preserve_color,
            on_progress=show,
        )
    settings = {
        "method": "fixed",
        "style": arguments.style,
        "strength": arguments.strength,
        "preserve_color": arguments.preserve_color,
        "version": __version__,
    }
    save_image(picture, target, settings)
