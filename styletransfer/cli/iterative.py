"""``iterative``: optimising one picture, with intermediate pictures on the way."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from styletransfer.cli.styles import weighted_style
from styletransfer.errors import ImageError, StyleTransferError
from styletransfer.formats import WRITABLE, writable

if TYPE_CHECKING:
    from styletransfer.stylizers.iterative import IterativeConfig, IterativeProgress

STEPS_PER_EPOCH = 100
SAVE_EVERY = 100
# The fields of IterativeConfig; it has the defaults, which are not read here so that --help need not wait for torch.
OPTIONS: dict[str, dict[str, Any]] = {
    "size": {"type": int, "help": "longest side of the result in pixels; 0: the photo's own"},
    "steps": {"type": int, "help": "steps in all"},
    "init": {"help": "photo, noise, meta (MetaNet's result) or the name of a fixed style"},
    "optimizer": {"choices": ("lbfgs", "adam")},
    "coarsest": {"type": int, "help": "longest side of the first scale in pixels; as large as --size for a single scale"},
    "strength": {"type": float, "help": "0 (the photo) to 1 (the style's texture alone)"},
    "stroke_size": {"type": float, "help": "how large the style picture is seen: below 1 fine strokes, above 1 large ones"},
    "preserve_color": {
        "choices": ("off", "luminance", "match"),
        "help": "luminance: paint in grey and keep the photo's colours; match: recolour the style like the photo",
    },
    "content_weight": {"type": float},
    "style_weight": {"type": float},
    "tv_weight": {"type": float, "help": "weight of the smoothness"},
    "content_layers": {"nargs": "+", "metavar": "LAYER"},
    "style_layers": {"nargs": "+", "metavar": "LAYER"},
    "style_layer_weights": {"nargs": "+", "type": float, "metavar": "WEIGHT", "help": "one for each style layer"},
    "learning_rate": {"type": float, "help": "of Adam"},
    "ema_decay": {"type": float, "help": "of the average that Adam's result is"},
    "history": {"type": int, "help": "steps L-BFGS remembers"},
    "seed": {"type": int, "help": "of the noise"},
}


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add ``iterative``."""
    parser = commands.add_parser("iterative", help="optimise a picture itself: slow, and the best quality")
    parser.add_argument("input", type=Path, help="a photo")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the picture to write, or a folder")
    parser.add_argument(
        "--style", required=True, action="append", metavar="PICTURE[:WEIGHT]", help="a picture; give it again for several"
    )
    parser.add_argument("--mask", type=Path, help="a picture, white where the style goes")
    parser.add_argument("--preset", choices=("fast", "balanced", "best"), default="balanced", help="where all else starts from")
    for name, option in OPTIONS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", **option)
    parser.add_argument("--epochs", type=int, help=f"another way to give the steps: epochs of {STEPS_PER_EPOCH}")
    parser.add_argument("--steps-per-epoch", type=int, help="how long such an epoch is")
    parser.add_argument("--save-every", type=int, metavar="STEPS", help="keep the picture every so many steps")
    parser.add_argument("--output-dir", type=Path, help="the folder for these; default: that of the result")
    parser.add_argument("--encoder", default="auto", help="auto, compact, vgg16, vgg19, or a file of a compact encoder")
    parser.add_argument("--pooling", choices=("max", "avg"), default="max", help="pooling of the encoder")
    parser.set_defaults(run=run_iterative)


def run_iterative(arguments: argparse.Namespace) -> int:
    """Optimise a picture. When stopped from the keyboard, the best one so far is written."""
    from styletransfer.stylizers.iterative import IterativeStylizer

    config = _config(arguments)
    target, frames = _targets(arguments)
    stylizer = IterativeStylizer.from_pretrained(arguments.encoder, arguments.pooling)
    steps = stylizer.stylize(
        arguments.input, style=[weighted_style(text) for text in arguments.style], mask=arguments.mask, config=config
    )
    last, code = None, 0
    try:
        with tqdm(total=config.steps, unit="step") as bar:
            for last in steps:
                _show(bar, last)
                if frames and last.step % frames[1] == 0:
                    _save(last, frames[0] / f"{target.stem}_{last.step:05d}.png", arguments, config)
    except KeyboardInterrupt:
        code = 130
    if last is None:
        raise KeyboardInterrupt
    for warning in last.warnings:
        print(f"styletransfer: {warning}", file=sys.stderr)
    _save(last, target, arguments, config)
    return code


def _config(arguments: argparse.Namespace) -> IterativeConfig:
    from styletransfer.stylizers.iterative import PRESETS

    given = {name: getattr(arguments, name) for name in OPTIONS if getattr(arguments, name) is not None}
    if given.get("size") == 0:
        given["size"] = None
    if arguments.epochs or arguments.steps_per_epoch:
        given["steps"] = (arguments.epochs or 1) * (arguments.steps_per_epoch or STEPS_PER_EPOCH)
    return replace(PRESETS[arguments.preset], **{k: tuple(v) if isinstance(v, list) else v for k, v in given.items()})


def _targets(arguments: argparse.Namespace) -> tuple[Path, tuple[Path, int] | None]:
    """Where the result goes; where the pictures on the way go and after how many steps each. Checked before the work."""
    target = arguments.output
    if target.is_dir():
        target = writable(target / arguments.input.name)
    if target.suffix.lower() not in WRITABLE:
        raise ImageError(f"{target.name} cannot be saved; let its name end in one of {', '.join(sorted(WRITABLE))}.")
    if not target.parent.is_dir():
        raise ImageError(f"The folder {target.parent} does not exist; create it or choose another.")
    if arguments.save_every is None and arguments.output_dir is None:
        return target, None
    every = SAVE_EVERY if arguments.save_every is None else arguments.save_every
    if every < 1:
        raise StyleTransferError(f"--save-every is {every}; give 1 or more.")
    folder = arguments.output_dir or target.parent
    folder.mkdir(parents=True, exist_ok=True)
    return target, (folder, every)


def _show(bar: tqdm, progress: IterativeProgress) -> None:
    bar.set_postfix_str(
        f"{progress.scale} px, content {progress.content_loss:.3f}, style {progress.style_loss:.3f}", refresh=False
    )
    bar.update()


def _save(progress: IterativeProgress, path: Path, arguments: argparse.Namespace, config: IterativeConfig) -> None:
    from styletransfer import __version__
    from styletransfer.images import save_image

    settings = {"method": "iterative", "style": arguments.style, "encoder": arguments.encoder}
    settings |= {field.name: getattr(config, field.name) for field in fields(config)}
    save_image(progress.result, path, settings | {"steps_done": progress.step, "version": __version__})
