"""Every command of the README is run; its front matter is what a Space understands."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import torch
import yaml
from huggingface_hub import SpaceHardware

from styletransfer.checkpoints import HUB_ENCODERS, save_encoder
from styletransfer.encoders import compact_vgg

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
# The documented configuration of a Gradio Space: what it has to have, and what it may have.
NEEDED_KEYS = {
    "title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "python_version", "app_file", "suggested_hardware",
    "short_description", "models", "tags", "preload_from_hub", "startup_duration_timeout", "pinned", "license",
}  # fmt: skip
OTHER_KEYS = {
    "thumbnail", "suggested_storage", "base_path", "fullWidth", "header", "datasets", "hf_oauth", "hf_oauth_scopes",
    "hf_oauth_expiration_minutes", "disable_embedding", "custom_headers", "app_build_command",
}  # fmt: skip
COLORS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
QUICK = {"fixed": "--steps 2 --batch-size 2 --image-size 128 --style-size 128 --base 4", "encoder": "--steps 2 --batch-size 2"}
QUICK["single"] = QUICK["fixed"]
QUICK["meta"] = "--steps 2 --batch-size 2 --image-size 128 --style-sizes 128 --base 4 --hidden 4"
QUICK_ITERATIVE = ["--steps", "2", "--size", "64", "--coarsest", "64"]


def commands(language: str) -> list[str]:
    """The lines of the README's code blocks in a language, without comments."""
    blocks = re.findall(rf"```{language}\n(.*?)```", README, re.S)
    lines = [line.split("   #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, make_theirs, clip_file: Path) -> Path:
    """The files the README's commands speak of."""
    folder = tmp_path_factory.mktemp("readme")
    photos = sorted((ROOT / "examples" / "photos").glob("*.jpg"))
    for name in ("photos", "styles", "paintings"):
        (folder / name).mkdir()
        for photo in photos[:2]:
            shutil.copy(photo, folder / name)
    shutil.copy(photos[0], folder / "photo.jpg")
    shutil.copy(clip_file, folder / "in.mp4")
    for target in ("styles/painting.jpg", "painting.jpg", "other.jpg"):
        shutil.copy(photos[1], folder / target)
    torch.manual_seed(0)
    save_encoder(compact_vgg(), folder / "teacher.safetensors")
    torch.save(make_theirs(), folder / "candy.pth")
    return folder


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)


def test_the_command_line_does_what_the_readme_says(folder: Path) -> None:
    lines = [line for line in commands("sh") if line.startswith("python -m styletransfer")]
    assert len(lines) >= 7
    for line in lines:
        words = shlex.split(line)
        extra = shlex.split(QUICK[words[4]]) if words[3] == "train" else QUICK_ITERATIVE if words[3] == "iterative" else []
        result = run([sys.executable, *words[1:], *extra], folder)
        assert result.returncode == 0, f"{line}\n{result.stderr}"
    assert (folder / "out.png").stat().st_size > 0
    assert len(list((folder / "results").iterdir())) == 2


def test_make_targets_exist() -> None:
    for line in [line for line in commands("sh") if line.startswith("make ")]:
        result = subprocess.run([*shlex.split(line), "-n"], cwd=ROOT, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
    for target in re.findall(r"`make (\w+)`", README):
        assert subprocess.run(["make", target, "-n"], cwd=ROOT, capture_output=True).returncode == 0


def test_python_examples_work(folder: Path) -> None:
    examples = re.findall(r"```python\n(.*?)```", README, re.S)
    (client,) = (example for example in examples if "gradio_client" in example)
    for example in examples:
        if example != client:
            example = example.replace("IterativeConfig(size=256)", "IterativeConfig(size=64, steps=2)")
            result = run([sys.executable, "-c", example], folder)
            assert result.returncode == 0, result.stderr
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = next(line for line in commands("sh") if line.startswith("python app.py --host"))
    words = [word.replace("0.0.0.0", "127.0.0.1").replace("7860", str(port)) for word in shlex.split(serve)[1:]]
    app = subprocess.Popen([sys.executable, *words], cwd=ROOT)
    try:
        wait_for(f"http://127.0.0.1:{port}/config", app)
        result = run([sys.executable, "-c", client.replace("7860", str(port))], folder)
        assert result.returncode == 0, result.stderr
    finally:
        app.terminate()
        app.wait(30)


def wait_for(url: str, process: subprocess.Popen) -> None:
    for _ in range(240):
        assert process.poll() is None, "app.py ended"
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"{url} does not answer")


def test_front_matter_is_a_valid_space_configuration() -> None:
    front = yaml.safe_load(README.split("---")[1])
    assert NEEDED_KEYS <= set(front) <= NEEDED_KEYS | OTHER_KEYS
    assert front["suggested_hardware"] in {hardware.value for hardware in SpaceHardware}
    assert re.fullmatch(r"\d+(m|h)", front["startup_duration_timeout"])
    assert re.fullmatch(r"3\.\d+", front["python_version"])
    assert front["license"] == "mit" and front["pinned"] is False and front["tags"]
    assert len(front["emoji"].encode("utf-16-le")) == 4
    pinned = {file.repository: f"{file.repository} {file.name} {file.revision}" for file in HUB_ENCODERS.values()}
    assert set(front["models"]) == set(pinned)
    assert set(front["preload_from_hub"]) <= set(pinned.values())
    assert {front["colorFrom"], front["colorTo"]} <= COLORS
    assert front["sdk"] == "gradio"
    assert f"gradio=={front['sdk_version']}" in (ROOT / "requirements.txt").read_text()
    assert (ROOT / front["app_file"]).is_file()
    assert len(front["short_description"]) <= 60


def test_local_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
