"""Speed and memory of the fixed network against the classic one, side by side in one run.

    python benchmarks/speed.py [--rounds 2]

Baseline: a TransformNet of base 32 with instance norm, PyTorch, eager, fp32: what the published single-style networks are.
Ours: the bundled network as the app runs it, from pixels to pixels. Each measurement is a process of its own, so that its
peak memory is its own; the two methods take turns, so that a machine whose speed drifts treats them alike.
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
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

SIZES = {"256x256": (256, 256), "512x512": (512, 512), "1024x1024": (1024, 1024), "12 MP": (3000, 4000)}
SECONDS = 4.0  # measured per case, after a warm-up


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--case", nargs=2, metavar=("METHOD", "SIZE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(measure(*arguments.case)))
        return
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    header = f"{'size':>10} | {'baseline ms':>11} {'MB':>6} | {'ours ms':>8} {'MB':>6} | {'faster':>7}"
    print(header + "\n" + "-" * len(header))
    for size in SIZES:
        runs = [(run("baseline", size), run("ours", size)) for _ in range(arguments.rounds)]
        base, ours = ([round_[i] for round_ in runs] for i in (0, 1))
        ratio = statistics.median(b["ms"] / o["ms"] for b, o in runs)
        cells = [(statistics.median(r["ms"] for r in group), max(r["mb"] for r in group)) for group in (base, ours)]
        print(f"{size:>10} | {cells[0][0]:11.1f} {cells[0][1]:6.0f} | {cells[1][0]:8.1f} {cells[1][1]:6.0f} | {ratio:6.1f}x")
    print(f"ours: {ours[0]['backend']}; memory is the peak of the whole process")


def run(method: str, size: str) -> dict[str, float | str]:
    """One measurement in a fresh process."""
    output = subprocess.run([sys.executable, __file__, "--case", method, size], check=True, capture_output=True, text=True)
    return json.loads(output.stdout.splitlines()[-1])


def measure(method: str, size: str) -> dict[str, float | str]:
    """Median milliseconds a picture, and the peak memory of this process in MB."""
    import numpy as np
    import torch

    from styletransfer.checkpoints import load_fixed
    from styletransfer.networks import TransformConfig, TransformNet
    from styletransfer.runtime import Painter, StyleParameters

    height, width = SIZES[size]
    pixels = np.random.default_rng(0).integers(0, 256, (1, height, width, 3), dtype=np.uint8)
    if method == "baseline":
        network, backend = TransformNet(TransformConfig(base=32)).eval(), "PyTorch fp32"
        image = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255

        def paint() -> None:
            with torch.inference_mode():
                network(image)
    else:
        multistyle, _ = load_fixed("fixed")
        style = StyleParameters(multistyle.affine[1:2].detach())
        painter = Painter(multistyle.transform, style)
        backend = painter.backend.name

        def paint() -> None:
            painter(pixels, style)

    paint()
    times: list[float] = []
    while not times or sum(times) < SECONDS:
        start = time.perf_counter()
        paint()
        times.append(time.perf_counter() - start)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"ms": statistics.median(times) * 1000, "mb": megabytes, "backend": backend}


if __name__ == "__main__":
    main()
