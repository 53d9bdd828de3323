"""From ``python app.py`` to the first styled picture through the API, and the memory of the app when it idles.

    python benchmarks/cold_start.py [--rounds 3]

Every round is a fresh process. The first one warms the disk and is not counted. Memory is what the app and its children hold
alone plus their share of what they share (PSS), after all networks are loaded and the first picture is painted.
"""

from __future__ import annotations

import argparse
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PHOTO = ROOT / "examples" / "photos" / "cat.jpg"
SECONDS, MEGABYTES = 12.0, 1200.0  # what is wanted
SETTLE = 5.0


@dataclass(frozen=True)
class Start:
    """Seconds from the start of the process, and megabytes."""

    page: float
    picture: float
    megabytes: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = [measure() for _ in range(1 + parser.parse_args().rounds)][1:]
    rows = {
        "page answers": (statistics.median(r.page for r in rounds), "s", ""),
        "first picture": (statistics.median(r.picture for r in rounds), "s", f"wanted: under {SECONDS:.0f}"),
        "idle memory": (max(r.megabytes for r in rounds), "MB", f"wanted: under {MEGABYTES:.0f}"),
    }
    for name, (value, unit, wanted) in rows.items():
        print(f"{name:>14} | {value:8.1f} {unit:2} | {wanted}")


def measure() -> Start:
    """One start of the app."""
    # Before the clock starts: a client is a program of its own.
    from gradio_client import Client, handle_file

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    start = time.perf_counter()
    with running([sys.executable, "app.py", "--port", str(port)]) as app, tempfile.TemporaryDirectory() as folder:
        wait_for(f"{url}/config", app)
        page = time.perf_counter() - start
        client = Client(url, verbose=False, download_files=folder)
        style = client.predict(api_name="/styles")[0]["name"]
        options = {"style": style, "strength": 1, "second_style": "", "mix": 0, "preserve_color": False, "max_side": 512}
        client.predict(photo=handle_file(PHOTO), **options, api_name="/stylize_fixed")
        picture = time.perf_counter() - start
        client.predict(photo=handle_file(PHOTO), style=handle_file(PHOTO), max_side=512, api_name="/stylize_arbitrary")
        time.sleep(SETTLE)
        return Start(page, picture, memory(app.pid))


@contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen]:
    app = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        yield app
    finally:
        app.terminate()
        app.wait(30)


def wait_for(url: str, app: subprocess.Popen) -> None:
    while True:
        if app.poll() is not None:
            raise SystemExit("app.py ended")
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.05)


def memory(pid: int) -> float:
    """Megabytes of a process and its children (Linux)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    own = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(memory(int(child)) for child in children)


if __name__ == "__main__":
    main()
