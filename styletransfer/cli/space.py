"""``space deploy``: the app on a Hugging Face Space."""

from __future__ import annotations

import argparse

from styletransfer.cli.weights import DRY_RUN


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add ``space``."""
    actions = commands.add_parser("space", help="put the app on a Hugging Face Space").add_subparsers(
        required=True, metavar="ACTION"
    )
    deploy = actions.add_parser("deploy", help="create or update a Space")
    deploy.add_argument("space", metavar="OWNER/NAME")
    deploy.add_argument("--hardware", help="such as cpu-basic, zero-a10g or t4-small; default: what the Space has")
    deploy.add_argument("--private", action="store_true", help="create it as a private Space")
    deploy.add_argument("--dry-run", action="store_true", help=DRY_RUN)
    deploy.set_defaults(run=run_deploy)


def run_deploy(arguments: argparse.Namespace) -> int:
    """Deploy, or say what would be."""
    from styletransfer.publishing import ROOT, deploy, space_files

    if arguments.dry_run:
        files = space_files()
        print(*files, sep="\n")
        size = sum((ROOT / file).stat().st_size for file in files) / 1e6
        print(f"{len(files)} files, {size:.1f} MB; nothing was uploaded to {arguments.space}.")
        return 0
    print(deploy(arguments.space, arguments.hardware, arguments.private))
    return 0
