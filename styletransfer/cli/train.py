"""``train encoder``, ``train fixed``, ``train meta`` and ``train single``."""

from __future__ import annotations

import argparse
import json
import logging
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from styletransfer.errors import TrainingError

if TYPE_CHECKING:
    from styletransfer.checkpoints import Style
    from styletransfer.training.loop import LoopConfig, Recipe


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add ``train`` and what can be trained."""
    train = commands.add_parser("train", help="train a network; a stopped training goes on where it was")
    kinds = train.add_subparsers(required=True, metavar="NETWORK")

    encoder = kinds.add_parser("encoder", help="distil CompactVGG from a larger encoder")
    encoder.add_argument("--teacher", required=True, help="vgg19, or a safetensors file of a compact encoder")
    encoder.add_argument("--data", type=Path, nargs="+", required=True, help="folders of pictures")
    _add_loop_options(encoder, steps=1500, batch_size=12, learning_rate=8e-2)
    encoder.set_defaults(run=run_encoder)

    fixed = kinds.add_parser("fixed", help="one network for a folder of styles")
    fixed.add_argument("--styles", type=Path, required=True, help="a folder of style pictures; a file's name names its style")
    fixed.add_argument("--catalog", type=Path, help="a JSON file: {style name: {title, artist, year}}")
    fixed.add_argument("--base", type=int, default=16, help="width of the network: 8, 16, 24 or 32; default 16")
    _add_picture_options(fixed)
    _add_loop_options(fixed, steps=8000, batch_size=8, learning_rate=1.5e-3)
    fixed.set_defaults(run=run_fixed)

    meta = kinds.add_parser("meta", help="MetaNet: any picture as a style")
    meta.add_argument("--paintings", type=Path, required=True, help="a folder of paintings; every 35th number is set aside")
    meta.add_argument("--base", type=int, default=8, help="width of the generated networks; default 8")
    meta.add_argument("--hidden", type=int, default=64, help="hidden numbers per generated layer; default 64")
    meta.add_argument("--form", choices=("modulated", "published"), default="modulated", help="published: as in the paper")
    meta.add_argument("--style-sizes", type=int, nargs="+", default=[512, 320], help="sides the paintings are seen at, in pixels")
    meta.add_argument("--style-every", type=int, default=1, help="steps for which a style is kept; 20 in the paper")
    meta.add_argument("--styles-per-batch", type=int, default=0, help="0: every picture its own; 1 in the paper")
    _add_picture_options(meta, style_size=False, content_weight=1.2)
    _add_loop_options(meta, steps=6000, batch_size=8, learning_rate=1.5e-3)
    meta.set_defaults(run=run_meta)

    single = kinds.add_parser("single", help="the classic network for one style")
    single.add_argument("--style", type=Path, required=True, help="the style picture")
    single.add_argument("--base", type=int, default=32, help="width of the network; default 32")
    single.add_argument("--norm", choices=("instance", "batch"), default="instance")
    single.add_argument("--upsampling", choices=("nearest", "transposed"), default="nearest")
    single.add_argument("--output", choices=("linear", "tanh"), default="linear")
    single.add_argument("--epochs", type=int, help="passes over the photos, instead of --steps")
    _add_picture_options(single)
    _add_loop_options(single, steps=2000, batch_size=4, learning_rate=1e-3)
    single.set_defaults(run=run_single)


def _add_picture_options(parser: argparse.ArgumentParser, style_size: bool = True, content_weight: float = 1.0) -> None:
    parser.add_argument("--photos", type=Path, required=True, help="a folder of photos to train on")
    parser.add_argument("--encoder", default="compact", help="compact, vgg16, vgg19, or a safetensors file; default compact")
    parser.add_argument("--pooling", choices=("max", "avg"), default="max", help="pooling of the encoder")
    parser.add_argument("--image-size", type=int, default=256, help="side of the training crops in pixels")
    if style_size:
        parser.add_argument("--style-size", type=int, default=512, help="side of the style pictures in pixels")
    parser.add_argument("--content-layers", nargs="+", default=["relu4_1"])
    parser.add_argument("--style-layers", nargs="+", default=[f"relu{i}_1" for i in range(1, 6)])
    parser.add_argument("--content-weight", type=float, default=content_weight)
    parser.add_argument("--style-weight", type=float, default=3.0)
    parser.add_argument("--color-weight", type=float, default=5.0)
    parser.add_argument("--tv-weight", type=float, default=0.1)
    parser.add_argument("--init", type=Path, help="weights to start from, as a training wrote them")


def _add_loop_options(parser: argparse.ArgumentParser, steps: int, batch_size: int, learning_rate: float) -> None:
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints, log, previews and the weights")
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--batch-size", type=int, default=batch_size)
    parser.add_argument("--learning-rate", type=float, default=learning_rate, help="at the top of the cosine schedule")
    parser.add_argument("--weight-decay", type=float, default=0.0)
    parser.add_argument("--clip-norm", type=float, default=1.0, help="largest norm of the gradient")
    parser.add_argument("--ema-decay", type=float, default=0.999)
    parser.add_argument("--precision", choices=("auto", "fp32", "bf16"), default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save-every", type=int, default=250, help="steps between checkpoints")
    parser.add_argument("--preview-every", type=int, default=500, help="steps between preview pictures")


def run_encoder(arguments: argparse.Namespace) -> int:
    """Distil, and print how well the result agrees with the teacher on pictures that were set aside."""
    from styletransfer.checkpoints import load_encoder
    from styletransfer.training.data import held_out, list_pictures
    from styletransfer.training.encoder import EncoderConfig, EncoderRecipe, agreement

    _check_numbers(arguments)
    teacher = load_encoder(arguments.teacher)
    config = EncoderConfig(seed=arguments.seed)
    recipe = EncoderRecipe(teacher, arguments.data, config, arguments.batch_size)
    path = _train(recipe, arguments)
    aside = [p for folder in arguments.data for p in list_pictures(folder) if held_out(p)]
    if aside:
        for layer, match in agreement(load_encoder(path), load_encoder(arguments.teacher), aside).items():
            print(f"{layer}: cosine similarity {match.cosine:.4f}, relative Gram error {match.gram_error:.4f}")
    return 0


def run_fixed(arguments: argparse.Namespace) -> int:
    """Train a MultiStyleNet."""
    from styletransfer.training.data import list_pictures
    from styletransfer.training.fixed import FixedConfig, FixedRecipe

    _check_numbers(arguments)
    catalog = _catalog(arguments.catalog)
    styles = {path: _style(path, catalog) for path in list_pictures(arguments.styles)}
    for path in styles:
        if set(path.stem) & set(":,"):
            raise TrainingError(f"{path.name} has a colon or comma in its name, which stand for mixes; rename it.")
    if len({style.name for style in styles.values()}) < len(styles):
        raise TrainingError(f"Two pictures in {arguments.styles} have the same name; a style is called by it, so rename one.")
    config = FixedConfig(
        base=arguments.base,
        image_size=arguments.image_size,
        style_size=arguments.style_size,
        fade_in=arguments.init is None,
        seed=arguments.seed,
        loss=_loss_config(arguments),
    )
    recipe = FixedRecipe(arguments.photos, styles, _encoder(arguments), config, arguments.batch_size)
    if arguments.init:
        from styletransfer.checkpoints import load_fixed

        _start_from(recipe.network, load_fixed(arguments.init)[0], arguments.init)
    _train(recipe, arguments)
    return 0


def run_meta(arguments: argparse.Namespace) -> int:
    """Train a MetaNet."""
    from styletransfer.networks import MetaConfig
    from styletransfer.training.meta import STATISTICS_LAYERS, MetaRecipe, MetaTrainingConfig

    _check_numbers(arguments)
    encoder = _encoder(arguments)
    encoder.check_layers(STATISTICS_LAYERS)
    config = MetaTrainingConfig(
        network=MetaConfig(arguments.base, arguments.hidden, arguments.form),
        image_size=arguments.image_size,
        style_sizes=tuple(arguments.style_sizes),
        style_every=arguments.style_every,
        styles_per_batch=arguments.styles_per_batch,
        fade_in=arguments.init is None,
        seed=arguments.seed,
        loss=_loss_config(arguments),
    )
    cache = arguments.out / "paintings.safetensors"
    recipe = MetaRecipe(arguments.photos, arguments.paintings, encoder, config, arguments.batch_size, cache)
    if arguments.init:
        from styletransfer.checkpoints import load_meta

        _start_from(recipe.network, load_meta(arguments.init), arguments.init)
    _train(recipe, arguments)
    return 0


def run_single(arguments: argparse.Namespace) -> int:
    """Train a TransformNet for one style."""
    from styletransfer.networks import TransformConfig
    from styletransfer.training.single import SingleConfig, SingleRecipe

    _check_numbers(arguments)
    config = SingleConfig(
        network=TransformConfig(arguments.base, arguments.norm, arguments.upsampling, arguments.output),
        image_size=arguments.image_size,
        style_size=arguments.style_size,
        seed=arguments.seed,
        loss=_loss_config(arguments),
    )
    style = _style(arguments.style, {})
    recipe = SingleRecipe(arguments.photos, arguments.style, style, _encoder(arguments), config, arguments.batch_size)
    if arguments.init:
        from styletransfer.checkpoints import load_fixed

        _start_from(recipe.network, load_fixed(arguments.init)[0].transform, arguments.init)
    if arguments.epochs:
        arguments.steps = max(1, arguments.epochs * len(recipe.sampler.paths) // arguments.batch_size)
    _train(recipe, arguments)
    return 0


def _train(recipe: Recipe, arguments: argparse.Namespace) -> Path:
    from styletransfer.training.loop import LoopConfig, train

    logging.getLogger("styletransfer").setLevel(logging.INFO)
    path = train(recipe, _loop_config(LoopConfig, arguments))
    print(f"Wrote {path}")
    return path


def _loop_config(kind: type[LoopConfig], arguments: argparse.Namespace) -> LoopConfig:
    return kind(**{field.name: getattr(arguments, field.name) for field in fields(kind)})


def _loss_config(arguments: argparse.Namespace) -> Any:
    from styletransfer.training.perceptual import LossConfig

    return LossConfig(
        content_layers=tuple(arguments.content_layers),
        style_layers=tuple(arguments.style_layers),
        content_weight=arguments.content_weight,
        style_weight=arguments.style_weight,
        color_weight=arguments.color_weight,
        tv_weight=arguments.tv_weight,
    )


def _encoder(arguments: argparse.Namespace) -> Any:
    from styletransfer.checkpoints import load_encoder

    encoder = load_encoder(arguments.encoder, arguments.pooling)
    encoder.check_layers((*arguments.content_layers, *arguments.style_layers))
    return encoder


def _start_from(network: Any, other: Any, path: Path) -> None:
    try:
        network.load_state_dict(other.state_dict())
    except RuntimeError as error:
        raise TrainingError(f"{path} is a network of another shape; give the options it was trained with.") from error


def _catalog(path: Path | None) -> dict[str, dict[str, str]]:
    if path is None:
        return {}
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(f"The catalogue {path} cannot be read ({error}); give a JSON file.") from error


def _style(path: Path, catalog: dict[str, dict[str, str]]) -> Style:
    from styletransfer.checkpoints import Style

    try:
        return Style(path.stem, **catalog.get(path.stem, {}))
    except (AttributeError, TypeError) as error:
        raise TrainingError(f"The catalogue cannot be used for {path.stem}; write {{name: {{title, artist, year}}}}.") from error


def _check_numbers(arguments: argparse.Namespace) -> None:
    """Refuse sizes and counts no training can have."""
    for name in ("steps", "batch_size", "save_every", "preview_every", "base", "hidden", "style_every"):
        value = getattr(arguments, name, 1)
        if value < 1:
            raise TrainingError(f"--{name.replace('_', '-')} is {value}; give 1 or more.")
    for name in ("image_size", "style_size", "style_sizes"):
        value = getattr(arguments, name, 256)
        if min(value if isinstance(value, list) else [value]) < 128:
            raise TrainingError(f"--{name.replace('_', '-')} is {value}; give 128 pixels or more.")
