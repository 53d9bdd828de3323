"""Speed and memory of the networks as the app runs them, against plain PyTorch, side by side in one run.

    python benchmarks/speed.py [--rounds 2]

Baseline of painting: a TransformNet of base 32 with instance norm, PyTorch, eager, fp32: what the published networks are.
Baseline of looking at a style: the same encoder and MetaNet, PyTorch, eager, fp32. Ours: from pixels to pixels. Each
measurement is a process of its own, so that its peak memory is its own; the two methods take turns, so that a machine whose
speed drifts treats them alike.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

SIZES = {"256x256": (256, 256), "320x240": (240, 320), "512x512": (512, 512), "1024x1024": (1024, 1024), "12 MP": (3000, 4000)}
CASES = {  # what, size
    "fixed 256x256": ("fixed", "256x256"),
    "fixed 512x512": ("fixed", "512x512"),
    "fixed 1024x1024": ("fixed", "1024x1024"),
    "fixed 12 MP": ("fixed", "12 MP"),
    "arbitrary 512x512": ("arbitrary", "512x512"),
    "camera frame 320x240": ("frame", "320x240"),
    "style picture to network": ("style", "512x512"),
}
PHOTO = Path(__file__).resolve().parent.parent / "examples" / "photos" / "coffee.jpg"
SECONDS = 4.0  # measured per case, after a warm-up


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--case", nargs=2, metavar=("METHOD", "CASE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(measure(*arguments.case)))
        return
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    header = f"{'':>24} | {'baseline ms':>11} {'MB':>6} | {'ours ms':>8} {'MB':>6} | {'faster':>7}"
    print(header + "\n" + "-" * len(header))
    for case in CASES:
        runs = [(run("baseline", case), run("ours", case)) for _ in range(arguments.rounds)]
        base, ours = ([round_[i] for round_ in runs] for i in (0, 1))
        ratio = statistics.median(b["ms"] / o["ms"] for b, o in runs)
        cells = [(statistics.median(r["ms"] for r in group), max(r["mb"] for r in group)) for group in (base, ours)]
        print(f"{case:>24} | {cells[0][0]:11.1f} {cells[0][1]:6.0f} | {cells[1][0]:8.1f} {cells[1][1]:6.0f} | {ratio:6.1f}x")
    print(f"ours: {ours[0]['backend']}; memory is the peak of the whole process")


def run(method: str, case: str) -> dict[str, float | str]:
    """One measurement in a fresh process."""
    output = subprocess.run([sys.executable, __file__, "--case", method, case], check=True, capture_output=True, text=True)
    return json.loads(output.stdout.splitlines()[-1])


def measure(method: str, case: str) -> dict[str, float | str]:
    """Median milliseconds, and the peak memory of this process in MB."""
    import numpy as np
    from PIL import Image

    what, (height, width) = CASES[case][0], SIZES[CASES[case][1]]
    pixels = np.array(Image.open(PHOTO).convert("RGB").resize((width, height)))  # JPEG costs what it costs for photos
    if method == "ours":
        work, backend = {"fixed": fixed, "arbitrary": arbitrary, "frame": frame, "style": style}[what](pixels)
    else:
        work, backend = (plain_style if what == "style" else plain)(pixels), "PyTorch fp32"
    work()
    times: list[float] = []
    while not times or sum(times) < SECONDS:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"ms": statistics.median(times) * 1000, "mb": megabytes, "backend": backend}


def plain(pixels) -> Callable[[], object]:
    import torch

    from styletransfer.networks import TransformConfig, TransformNet

    network = TransformNet(TransformConfig(base=32)).eval()
    image = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
    return torch.inference_mode()(lambda: network(image))


def plain_style(pixels) -> Callable[[], object]:
    import torch

    from styletransfer.checkpoints import load_encoder, load_meta
    from styletransfer.networks import STATISTICS_LAYERS, channel_statistics, palette

    encoder, network = load_encoder("compact"), load_meta("meta").eval()
    image = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
    return torch.inference_mode()(lambda: network.generate(channel_statistics(encoder(image, STATISTICS_LAYERS)), palette(image)))


def fixed(pixels) -> tuple[Callable[[], object], str]:
    from styletransfer import FixedStylizer

    stylizer = FixedStylizer.from_pretrained()
    name = next(iter(stylizer.styles))
    return lambda: stylizer(pixels, style=name), stylizer.backend


def arbitrary(pixels) -> tuple[Callable[[], object], str]:
    """With the network of the style at hand, as the app has it while the photo changes."""
    from styletransfer import MetaStylizer

    stylizer = MetaStylizer.from_pretrained()
    live = stylizer.live(stylizer.encode(pixels))
    return lambda: live.painter(pixels[None], live.parameters), stylizer.backend


def frame(pixels) -> tuple[Callable[[], object], str]:
    """What the Webcam tab does with a frame: JPEG in, calm, painted, JPEG out."""
    from styletransfer import MetaStylizer
    from styletransfer.stylizers.live import Camera
    from styletransfer.ui.frames import decode_frame, encode_frame

    stylizer, camera = MetaStylizer.from_pretrained(), Camera()
    live, sent = stylizer.live(stylizer.encode(pixels)), encode_frame(pixels)
    return lambda: encode_frame(camera(decode_frame(sent), live)), stylizer.backend


def style(pixels) -> tuple[Callable[[], object], str]:
    from styletransfer import MetaStylizer

    stylizer = MetaStylizer.from_pretrained()
    return lambda: stylizer.network(stylizer.encode(pixels)), stylizer.backend


if __name__ == "__main__":
    main()
