"""``weights``: what is in the bundle, where it comes from, and networks of other projects."""

from __future__ import annotations

import argparse
from pathlib import Path

from styletransfer.errors import CheckpointError

DRY_RUN = "say what would be uploaded, and upload nothing"


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add ``weights`` and what can be done with them."""
    weights = commands.add_parser("weights", help="list, fetch, check, publish and import trained networks")
    actions = weights.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("list", help="the checkpoints, and where they are").set_defaults(run=run_list)
    pull = actions.add_parser("pull", help="fetch what the weights folder lacks from the Hub")
    pull.add_argument("--encoder", choices=("vgg16", "vgg19"), help="fetch this large encoder into the Hub's cache, too")
    pull.set_defaults(run=run_pull)
    actions.add_parser("verify", help="compare the files with the manifest").set_defaults(run=run_verify)

    push = actions.add_parser("push", help="publish the bundle on the Hugging Face Hub")
    push.add_argument("repository", metavar="OWNER/REPO")
    push.add_argument("--private", action="store_true", help="create it as a private repository")
    push.add_argument("--dry-run", action="store_true", help=DRY_RUN)
    push.set_defaults(run=run_push)

    imported = actions.add_parser("import", help="make a style of pytorch/examples (.pth) usable here")
    imported.add_argument("input", type=Path, help="a .pth or .pt file with a state dict of fast_neural_style")
    imported.add_argument("-o", "--output", type=Path, required=True, help="the .safetensors file to write")
    for name in ("title", "artist", "year"):
        imported.add_argument(f"--{name}", default="", help=f"{name} of the style picture")
    imported.set_defaults(run=run_import)


def run_list(arguments: argparse.Namespace) -> int:
    """Print a line per checkpoint: its name, method, size and place."""
    from styletransfer.checkpoints import WEIGHTS, dropped, manifest

    for name, entry in manifest().items():
        where = f"weights/{entry['file']}" if (WEIGHTS / entry["file"]).is_file() else entry.get("repository") or "missing"
        print(f"{name:12} {entry['method']:8} {entry['bytes'] / 1e6:6.1f} MB  {where}")
    for name, path in dropped().items():
        print(f"{name:12} {'added':8} {path.stat().st_size / 1e6:6.1f} MB  weights/{path.name}")
    return 0


def run_pull(arguments: argparse.Namespace) -> int:
    """Download what is missing."""
    from styletransfer import hub
    from styletransfer.checkpoints import HUB_ENCODERS
    from styletransfer.publishing import pull

    fetched = dict(pull())
    if arguments.encoder:
        fetched[arguments.encoder] = hub.fetch(HUB_ENCODERS[arguments.encoder])
    for name, path in fetched.items():
        print(f"Fetched {name} to {path}")
    if not fetched:
        print("Nothing is missing.")
    return 0


def run_verify(arguments: argparse.Namespace) -> int:
    """Print a line per checkpoint; exit code 1 if one is missing or damaged."""
    from styletransfer.publishing import verify

    problems = dict(verify())
    for name, problem in problems.items():
        print(f"{name}: {problem or 'as the manifest says'}")
    return 1 if any(problems.values()) else 0


def run_push(arguments: argparse.Namespace) -> int:
    """Publish, or say what would be."""
    from styletransfer.publishing import bundle_files, push

    if arguments.dry_run:
        for name, path in bundle_files().items():
            print(f"{path.stat().st_size / 1e6:8.2f} MB  {name}")
        print(f"Nothing was uploaded to {arguments.repository}.")
        return 0
    commit = push(arguments.repository, arguments.private)
    print(f"Published as {arguments.repository} at {commit}; the manifest now names it.")
    return 0


def run_import(arguments: argparse.Namespace) -> int:
    """Convert a network of pytorch/examples to a file of one fixed style."""
    if arguments.output.suffix != ".safetensors":
        raise CheckpointError(f"{arguments.output} must end in .safetensors.")
    import torch

    from styletransfer.checkpoints import Style, save_fixed
    from styletransfer.importing import import_network

    network = import_network(arguments.input)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    style = Style(arguments.output.stem, arguments.title, arguments.artist, arguments.year)
    save_fixed(network, [style], arguments.output, {"imported from": arguments.input.name}, dtype=torch.float32)
    print(f"Wrote {arguments.output}; paint with: --checkpoint {arguments.output} --style {style.name}")
    return 0
