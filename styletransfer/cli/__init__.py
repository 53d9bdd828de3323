"""The command line. Exit codes: 0 all done, 1 some pictures of a folder failed, 2 bad input."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

from styletransfer import __version__
from styletransfer.cli import images, iterative, paint, space, train, video, weights
from styletransfer.errors import StyleTransferError


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; each sets ``run``, a function from its arguments to an exit code."""
    parser = argparse.ArgumentParser(prog="styletransfer", description="Neural style transfer.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    paint.add_commands(commands)
    images.add_command(commands)
    video.add_command(commands)
    iterative.add_commands(commands)
    train.add_commands(commands)
    weights.add_commands(commands)
    space.add_commands(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    arguments = build_parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except StyleTransferError as error:
        print(f"styletransfer: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("styletransfer: stopped", file=sys.stderr)
        return 130
