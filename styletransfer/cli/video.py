"""``video``: painting clips."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from styletransfer.cli.styles import add_style_options, chosen_style

if TYPE_CHECKING:
    from styletransfer.stylizers.live import LiveStyle
    from styletransfer.video import Clip, VideoOptions


def add_command(commands: argparse._SubParsersAction) -> None:
    """Add ``video``."""
    parser = commands.add_parser("video", help="paint a clip; the sound is kept")
    parser.add_argument("input", type=Path, help="a clip of any kind")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the MP4 file to write")
    add_style_options(parser)
    parser.add_argument("--start", type=float, default=0.0, help="where to begin, in seconds; default 0")
    parser.add_argument("--duration", type=float, help="how much of it to paint, in seconds; default: all")
    parser.add_argument("--max-side", type=int, help="longest side of the result in pixels; default: the clip's own")
    parser.add_argument("--fps", type=float, help="at most so many frames a second; default: the clip's own")
    parser.add_argument("--batch-size", type=int, default=1, help="frames painted at once: 1 for a processor, 8 for a GPU")
    parser.add_argument("--quality", type=int, default=20, metavar="CRF", help="0 (lossless) to 51 (small); default 20")
    parser.add_argument(
        "--steady", type=float, default=0.85, help="how much of the last painted frame is kept where it still fits, 0 to 1"
    )
    parser.add_argument(
        "--steady-statistics", type=float, default=0.9, help="how much of the last frame's colours and contrast is kept, 0 to 1"
    )
    parser.set_defaults(run=run_video)


def run_video(arguments: argparse.Namespace) -> int:
    """Paint a clip; when it is stopped, what is done is kept."""
    from styletransfer.video import open_clip

    options = _options(arguments)
    clip = open_clip(arguments.input)
    style = _style(arguments, clip, options)
    frames = 0
    try:
        frames = _paint(clip, arguments.output, style, options)
    except KeyboardInterrupt:
        print(f"styletransfer: stopped; {arguments.output} has what was done")
        return 130
    print(f"Wrote {arguments.output}, {frames} frames")
    return 0


def _paint(clip: Clip, output: Path, style: LiveStyle, options: VideoOptions) -> int:
    """The number of frames that were written."""
    from styletransfer.video import convert

    with closing(convert(clip, output, style, options)) as run, tqdm(unit="frame") as bar:
        for progress in run:
            bar.total = progress.total
            bar.update()
        return bar.n


def _options(arguments: argparse.Namespace) -> VideoOptions:
    from styletransfer.video import Cut, Steadiness, VideoOptions

    return VideoOptions(
        cut=Cut(arguments.start, arguments.duration, arguments.fps, arguments.max_side),
        steadiness=Steadiness(arguments.steady, arguments.steady_statistics),
        batch_size=arguments.batch_size,
        crf=arguments.quality,
    )


def _style(arguments: argparse.Namespace, clip: Clip, options: VideoOptions) -> LiveStyle:
    from styletransfer.stylizers import MetaStylizer
    from styletransfer.video import first_frame

    stylizer, style = chosen_style(arguments)
    if isinstance(stylizer, MetaStylizer) and arguments.strength < 1:
        return stylizer.live(style, arguments.strength, stylizer.encode(first_frame(clip, options.cut)))
    return stylizer.live(style, arguments.strength)
