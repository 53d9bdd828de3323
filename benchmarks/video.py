"""The video engine from file to file, against the plain loop, in one run; memory over length; steadiness.

    python benchmarks/video.py [--seconds 5 60]

The plain loop: OpenCV reads, a TransformNet of base 32 (PyTorch, eager, fp32: what the published networks are) paints, OpenCV
writes. Ours: decode, motion, network, steady blend, encode. Each measurement is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent)]

SIZES = {"640x360": (640, 360, 24), "1280x720": (1280, 720, 12)}  # width, height, frames of ours; the plain loop takes 4
PLAIN_FRAMES = 4
STEADY_SIZE, STEADY_FRAMES = (384, 216), 12
MEMORY_SIZE, RATE = (320, 180), 24


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, nargs=2, default=[5, 60], help="lengths of the clips that memory is compared on")
    parser.add_argument("--case", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(CASES[arguments.case[0]](*arguments.case[1:])))
        return
    with tempfile.TemporaryDirectory() as folder:
        show_speed(Path(folder))
        show_memory(Path(folder), arguments.seconds)
    show_steadiness()


def run(*case: str) -> dict[str, float]:
    output = subprocess.run([sys.executable, __file__, "--case", *map(str, case)], check=True, capture_output=True, text=True)
    return json.loads(output.stdout.splitlines()[-1])


def show_speed(folder: Path) -> None:
    print(f"{'':>9} | {'plain fps':>9} | {'each for itself':>15} | {'steady':>6} | {'faster':>6} | {'steady costs':>12}")
    for name, (width, height, frames) in SIZES.items():
        clip = write_clip(folder / f"{name}.mp4", width, height, frames)
        plain, single, steady = (run(case, clip, folder / "out.mp4") for case in ("plain", "single", "steady"))
        print(
            f"{name:>9} | {plain['fps']:9.2f} | {single['fps']:15.1f} | {steady['fps']:6.1f} | "
            f"{steady['fps'] / plain['fps']:5.1f}x | {single['fps'] / steady['fps']:11.2f}x"
        )


def show_memory(folder: Path, lengths: list[int]) -> None:
    peaks = []
    for seconds in lengths:
        clip = write_clip(folder / f"{seconds}.mp4", *MEMORY_SIZE, seconds * RATE)
        peaks.append(run("steady", clip, folder / "out.mp4")["mb"])
    cells = ", ".join(f"{seconds} s: {peak:.0f} MB" for seconds, peak in zip(lengths, peaks, strict=True))
    print(f"peak memory of the process: {cells} ({peaks[1] / peaks[0] - 1:+.1%})")


def show_steadiness() -> None:
    """Warping error between neighbouring frames, in steps of 1/255, where the true motion is known."""
    from known_motion import clips, warping_error

    from styletransfer import FixedStylizer, MetaStylizer
    from styletransfer.video import Steadiness
    from styletransfer.video.steady import SteadyPainter, watch

    def paint(frames: list, style: object, steadiness: Steadiness) -> list:
        painter = SteadyPainter(style, steadiness)
        return [each for seen in watch(((frame, 0.0) for frame in frames), steadiness) for each in painter([seen], 1)]

    meta = MetaStylizer.from_pretrained()
    painting = next((Path(__file__).resolve().parent.parent / "examples" / "paintings").glob("swirling*"))
    styles = {
        "fixed": FixedStylizer.from_pretrained().live("hokusai_great_wave"),
        "any picture": meta.live(meta.encode(painting)),
    }
    print(f"{'clip':>8} | {'style':>11} | {'each for itself':>15} | {'steady':>6} | {'ratio':>5}")
    for name, clip in clips(*STEADY_SIZE, STEADY_FRAMES).items():
        for label, style in styles.items():
            errors = [warping_error(paint(clip.frames, style, how), clip) for how in (Steadiness(0.0, 0.0), Steadiness())]
            print(f"{name:>8} | {label:>11} | {errors[0]:15.2f} | {errors[1]:6.2f} | {errors[1] / errors[0]:5.2f}")


def write_clip(path: Path, width: int, height: int, frames: int) -> Path:
    """A pan over a photo, to and fro."""
    import av
    import numpy as np
    from known_motion import clips

    pan = clips(width, height, min(frames, RATE))["pan"].frames
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        order = [*range(len(pan)), *reversed(range(len(pan)))]
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pan[order[number % len(order)]]), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def plain(source: str, target: str) -> dict[str, float]:
    import cv2
    import torch

    from styletransfer.networks import TransformConfig, TransformNet

    network = TransformNet(TransformConfig(base=32)).eval()
    reader = cv2.VideoCapture(source)
    size = int(reader.get(cv2.CAP_PROP_FRAME_WIDTH)), int(reader.get(cv2.CAP_PROP_FRAME_HEIGHT))
    writer = cv2.VideoWriter(target, cv2.VideoWriter_fourcc(*"mp4v"), RATE, size)
    start = time.perf_counter()
    with torch.inference_mode():
        for _ in range(PLAIN_FRAMES):
            photo = torch.from_numpy(reader.read()[1][..., ::-1].copy()).permute(2, 0, 1)[None].float() / 255
            painted = (network(photo)[0].clamp(0, 1) * 255).byte().permute(1, 2, 0).numpy()
            writer.write(painted[..., ::-1].copy())
    writer.release()
    return {"fps": PLAIN_FRAMES / (time.perf_counter() - start)}


def ours(source: str, target: str, steadiness: tuple[float, ...]) -> dict[str, float]:
    from styletransfer import FixedStylizer
    from styletransfer.video import Steadiness, VideoOptions, convert, first_frame, open_clip

    options, clip = VideoOptions(steadiness=Steadiness(*steadiness)), open_clip(source)
    style = FixedStylizer.from_pretrained().live("hokusai_great_wave")
    style.painter.frame(first_frame(clip, options.cut)[None], style.parameters, None, 1.0)  # compiled once per size
    for progress in convert(clip, target, style, options):  # noqa: B007
        pass
    return {"fps": progress.fps, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


CASES = {
    "plain": plain,
    "single": lambda source, target: ours(source, target, (0.0, 0.0)),
    "steady": lambda source, target: ours(source, target, ()),
}

if __name__ == "__main__":
    main()
