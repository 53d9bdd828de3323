"""The app with a weights folder that lacks a network, and a Hub that does not help."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from styletransfer.checkpoints import MANIFEST, WEIGHTS

ROOT = Path(__file__).resolve().parents[2]
CODE = """
import runpy, sys
from pathlib import Path
from styletransfer import checkpoints
checkpoints.WEIGHTS = Path(sys.argv[1])
checkpoints.MANIFEST = checkpoints.WEIGHTS / "manifest.json"
sys.argv = ["app.py", "--port", sys.argv[2]]
runpy.run_path("app.py", run_name="__main__")
"""


@pytest.fixture
def weights(tmp_path) -> Path:
    """The bundle without MetaNet, which the manifest says a repository has."""
    folder = tmp_path / "weights"
    folder.mkdir()
    bundle = json.loads(MANIFEST.read_text(encoding="utf-8"))
    bundle["checkpoints"]["meta"] |= {"repository": "painter/styles", "revision": "main"}
    (folder / "manifest.json").write_text(json.dumps(bundle))
    for name in ("fixed.safetensors", "encoder.safetensors"):
        shutil.copy(WEIGHTS / name, folder)
    return folder


@pytest.fixture
def start(weights, environment, tmp_path):
    """Start app.py; returns its address once it answers, and the file it logs to."""
    running = []

    def start(**variables: str) -> tuple[str, Path]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        log = tmp_path / "log.txt"
        command = [sys.executable, "-c", CODE, str(weights), str(port)]
        variables = os.environ | environment | {"PYTHONPATH": str(ROOT)} | variables
        running.append(subprocess.Popen(command, cwd=ROOT, env=variables, stderr=log.open("w")))
        url = f"http://127.0.0.1:{port}"
        for _ in range(240):
            assert running[-1].poll() is None, log.read_text()
            try:
                urllib.request.urlopen(f"{url}/config", timeout=5).close()
                return url, log
            except OSError:
                time.sleep(0.25)
        raise AssertionError("the app does not answer")

    yield start
    for process in running:
        process.terminate()
        process.wait(30)


def paint(url: str, photo: Path, endpoint: str, folder: Path) -> Path:
    client = Client(url, verbose=False, download_files=folder)
    if endpoint == "fixed":
        style = client.predict(api_name="/styles")[0]["name"]
        options = {"style": style, "strength": 1, "second_style": "", "mix": 0, "preserve_color": False, "max_side": 0}
    else:
        options = {"style": handle_file(photo)}
    return Path(client.predict(photo=handle_file(photo), **options, api_name=f"/stylize_{endpoint}"))


@pytest.fixture
def photo(tmp_path, make_picture) -> Path:
    make_picture(64, 48).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def test_a_slow_hub_delays_nothing_else(serving, start, photo, tmp_path):
    fake, _ = serving
    fake.push("painter/styles", {"meta.safetensors": (WEIGHTS / "meta.safetensors").read_bytes()})
    fake.fault = "slow"
    url, _ = start()  # it answers while the Hub does not
    with pytest.raises(AppError, match=r"meta\.safetensors of painter/styles is on its way"):
        paint(url, photo, "arbitrary", tmp_path)
    assert paint(url, photo, "fixed", tmp_path).is_file()
    assert fake.methods() == ["HEAD"]
    fake.release.set()
    for _ in range(120):
        try:
            assert paint(url, photo, "arbitrary", tmp_path).is_file()
            break
        except AppError:
            time.sleep(0.5)
    else:
        raise AssertionError("what was downloaded is not used")


@pytest.mark.parametrize(("problem", "part"), [("404", "no such repository"), ("hash", "not what it should be")])
def test_a_hub_that_cannot_help_costs_one_tab_and_one_line(serving, start, photo, tmp_path, problem, part):
    fake, _ = serving
    if problem == "hash":
        fake.push("painter/styles", {"meta.safetensors": b"other weights"})
    url, log = start()
    with pytest.raises(AppError, match=part):
        paint(url, photo, "arbitrary", tmp_path)
    assert paint(url, photo, "fixed", tmp_path).is_file()
    (line,) = [line for line in log.read_text().splitlines() if "painter/styles" in line and "meta.safetensors" in line]
    assert part in line and line.endswith("The rest of the page works without it.")


def test_offline_costs_one_tab_and_one_line(serving, start, photo, tmp_path):
    url, log = start(STYLETRANSFER_OFFLINE="1")
    with pytest.raises(AppError, match="STYLETRANSFER_OFFLINE is set"):
        paint(url, photo, "arbitrary", tmp_path)
    assert not serving[0].requests
    assert log.read_text().count("The rest of the page works without it.") == 1
