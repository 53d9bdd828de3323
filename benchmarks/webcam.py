"""The Webcam tab from the camera to the painting, in a real browser on the same machine.

    python benchmarks/webcam.py [--seconds 10]

Starts the app and a Chromium whose camera shows a clip of 30 frames a second: a window that wanders over an example photo.
The page itself counts the frames it shows and the time from a frame's capture to its painting on the screen.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SIZES = ["320 × 240", "640 × 480"]
CLIP_FRAMES, WIDTH, HEIGHT = 120, 640, 480
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]
NOW = "[styletransferLive.shown, performance.now()]"
MEDIAN = "styletransferLive.latencies.toSorted((a, b) => a - b)[styletransferLive.latencies.length >> 1]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10, help="measured per size, after a warm-up")
    seconds = parser.parse_args().seconds
    browser = os.environ.get("CHROMIUM") or shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("The Webcam tab is not measured: Playwright is not installed.")
        return
    if not browser:
        print("The Webcam tab is not measured: there is no Chromium; say where in the variable CHROMIUM.")
        return
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        clip = write_clip(Path(folder) / "clip.y4m")
        app, url = start_app()
        try:
            chromium = playwright.chromium.launch(
                executable_path=browser, args=[*FLAGS, f"--use-file-for-fake-video-capture={clip}"]
            )
            header = f"{'Webcam tab':>10} | {'frames shown/s':>14} | {'camera to painting ms':>21}"
            print(header + "\n" + "-" * len(header))
            for size in SIZES:
                frames, latency = measure(chromium.new_page(), url, size, seconds)
                print(f"{size:>10} | {frames:14.1f} | {latency:21.0f}")
            chromium.close()
        finally:
            app.terminate()
            app.wait()


def write_clip(path: Path) -> Path:
    """The camera's picture as YUV4MPEG2."""
    import cv2
    import numpy as np

    photo = cv2.imread(str(min((ROOT / "examples" / "photos").glob("*.jpg"))))
    photo = cv2.resize(photo, (WIDTH * 3 // 2, HEIGHT * 3 // 2))
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F30:1 Ip A1:1 C420jpeg\n".encode())
        for angle in np.linspace(0, 2 * np.pi, CLIP_FRAMES, endpoint=False):
            left, top = round(WIDTH / 4 * (1 + np.cos(angle))), round(HEIGHT / 4 * (1 + np.sin(angle)))
            window = np.ascontiguousarray(photo[top : top + HEIGHT, left : left + WIDTH])
            file.write(b"FRAME\n" + cv2.cvtColor(window, cv2.COLOR_BGR2YUV_I420).tobytes())
    return path


def start_app() -> tuple[subprocess.Popen, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    url = f"http://127.0.0.1:{port}/"
    app = subprocess.Popen([sys.executable, "app.py", "--host", "127.0.0.1", "--port", port], cwd=ROOT, stdout=subprocess.DEVNULL)
    while True:
        try:
            urllib.request.urlopen(url).close()
            return app, url
        except OSError:
            if app.poll() is not None:
                sys.exit("The app did not start.")
            time.sleep(0.2)


def measure(page: Any, url: str, size: str, seconds: float) -> tuple[float, float]:
    """Frames shown per second, and the median milliseconds from capture to painting."""
    page.goto(url)
    page.get_by_role("tab", name="Webcam").click()
    page.wait_for_selector("#webcam-picture img")
    page.get_by_text(size, exact=True).click()
    page.click(".camera-start")
    page.wait_for_function("styletransferLive.shown > 30", timeout=120_000)
    page.evaluate("() => { styletransferLive.latencies.length = 0; }")
    before = page.evaluate(NOW)
    page.wait_for_timeout(1000 * seconds)
    after, latency = page.evaluate(NOW), page.evaluate(MEDIAN)
    page.close()
    return 1000 * (after[0] - before[0]) / (after[1] - before[1]), latency


if __name__ == "__main__":
    main()
