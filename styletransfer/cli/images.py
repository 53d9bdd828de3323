"""``images``: painting folders."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from tqdm import tqdm

from styletransfer.cli.styles import add_style_options, chosen_style, style_settings
from styletransfer.errors import StyleTransferError

if TYPE_CHECKING:
    from styletransfer.folder import FolderOptions, Job, Outcome
    from styletransfer.locations import Location

REPORT = "report.json"


def add_command(commands: argparse._SubParsersAction) -> None:
    """Add ``images``."""
    parser = commands.add_parser("images", help="paint a folder of photos; goes on where it was with --skip-existing")
    parser.add_argument("input", help="a folder of photos, or a URL such as s3://bucket/photos")
    parser.add_argument("-o", "--output", required=True, help="a folder, or a URL, for the results; the tree is kept")
    add_style_options(parser)
    parser.add_argument("--recursive", action="store_true", help="take the folders within, too")
    parser.add_argument("--batch-size", type=int, default=1, help="photos of one size painted at once; 8 suits a GPU")
    parser.add_argument("--max-side", type=int, help="longest side of the results in pixels; default: the photos' own")
    parser.add_argument("--preserve-color", action="store_true", help="keep the colours of the photos")
    parser.add_argument("--skip-existing", action="store_true", help="leave out photos whose result is there")
    parser.add_argument("--report", help=f"where to write what became of each; default: {REPORT} in the output folder")
    parser.add_argument("--engine", choices=("local", "ray"), default="local", help="ray: the machines of a Ray cluster")
    parser.add_argument("--workers", type=int, help="of --engine ray; default: one for every GPU or, without any, every machine")
    parser.set_defaults(run=run_images)


def run_images(arguments: argparse.Namespace) -> int:
    """Paint a folder: 0 if all went well, 1 if some photos failed."""
    from styletransfer.folder import FAILED, FolderOptions, find_jobs, summary, write_report
    from styletransfer.locations import location

    if arguments.workers is not None and arguments.engine != "ray":
        raise StyleTransferError("--workers belongs to --engine ray; give both or none.")
    settings = {"method": "images"} | style_settings(arguments) | {"preserve_color": arguments.preserve_color}
    options = FolderOptions(arguments.batch_size, arguments.max_side, arguments.skip_existing, settings)
    target = location(arguments.output)
    report = location(arguments.report) if arguments.report else target / REPORT
    jobs = find_jobs(location(arguments.input), target, arguments.recursive)
    outcomes: list[Outcome] = []
    started = time.monotonic()
    try:
        for outcome in tqdm(_outcomes(jobs, target, arguments, options), total=len(jobs), unit="photo"):
            outcomes.append(outcome)
            if outcome.status == FAILED:
                tqdm.write(f"{outcome.source}: {outcome.error}", file=sys.stderr)
    finally:  # also when it is stopped
        if outcomes:
            write_report(report, outcomes, time.monotonic() - started, settings)
    counts = summary(outcomes)
    print(", ".join(f"{number} {status}" for status, number in counts.items()))
    return 1 if counts[FAILED] else 0


def _outcomes(jobs: list[Job], target: Location, arguments: argparse.Namespace, options: FolderOptions) -> Iterator[Outcome]:
    from styletransfer.cluster import paint_on_cluster
    from styletransfer.folder import paint_folder
    from styletransfer.stylizers.batch import batch_painter

    stylizer, style = chosen_style(arguments)
    make_painter = partial(batch_painter, stylizer, style, arguments.strength, arguments.preserve_color)
    if arguments.engine == "ray":
        return paint_on_cluster(jobs, target, make_painter, options, arguments.workers)
    return paint_folder(jobs, make_painter(), options)
