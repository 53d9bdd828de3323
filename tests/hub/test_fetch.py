"""Fetching from the Hub, with the real client against a Hub on this machine."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import save_file
from torchvision.models.vgg import cfgs, make_layers

from styletransfer import checkpoints, hub
from styletransfer.errors import CheckpointError
from styletransfer.hub import fetch, transfers

ROOT = Path(__file__).resolve().parents[2]


def refused(file, *parts: str) -> None:
    """Fetching ends in one sentence, and leaves nothing half-done behind."""
    with pytest.raises(CheckpointError) as caught:
        fetch(file)
    message = str(caught.value)
    assert "\n" not in message
    for part in (file.name, *parts):
        assert part in message
    assert not transfers()
    home = Path(constants.HF_HUB_CACHE)
    assert not [*home.glob("*/blobs/*"), *home.glob("*/snapshots/*/*")]


def test_first_download_then_the_cache_without_a_request(fake_hub, file, content):
    path = fetch(file)
    assert path.read_bytes() == content
    asked = len(fake_hub.requests)
    assert fake_hub.methods() == ["HEAD", "GET"]
    assert fetch(file) == path
    assert len(fake_hub.requests) == asked


def test_cached_with_the_server_gone(serving, fake_hub, file, content):
    path = fetch(file)
    serving[1].stop()
    hub._sha256.cache_clear()
    assert fetch(file) == path


def test_the_server_gone(serving, file):
    serving[1].stop()
    refused(file, "the Hub cannot be reached")


@pytest.mark.parametrize("value", ["1", "true", "yes"])
def test_offline_asks_nobody(fake_hub, file, monkeypatch, value):
    monkeypatch.setenv("STYLETRANSFER_OFFLINE", value)
    refused(file, "STYLETRANSFER_OFFLINE is set")
    assert not fake_hub.requests


@pytest.mark.parametrize("value", ["0", "false", ""])
def test_not_offline(file, content, monkeypatch, value):
    monkeypatch.setenv("STYLETRANSFER_OFFLINE", value)
    assert fetch(file).read_bytes() == content


def test_offline_uses_the_cache(fake_hub, file, monkeypatch):
    path = fetch(file)
    monkeypatch.setenv("STYLETRANSFER_OFFLINE", "1")
    assert fetch(file) == path


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"repository": "painter/nothing"}, "there is no such repository, or it is private"),
        ({"revision": "0" * 40}, f"no revision {'0' * 40}"),
        ({"name": "other.safetensors"}, "no such file at revision"),
    ],
)
def test_404_of_each_kind(file, change, part):
    refused(replace(file, **change), part)


@pytest.mark.parametrize(("fault", "part"), [("error", "answers with an error"), ("gated", "owner has to grant access")])
def test_the_hub_refuses(fake_hub, file, fault, part):
    fake_hub.fault = fault
    refused(file, part)


def test_a_name_that_is_none(file):
    with pytest.raises(CheckpointError, match="write OWNER/NAME"):
        fetch(replace(file, repository="a/b/c"))


def test_a_wrong_hash_is_refused_and_not_kept(fake_hub, file, content):
    fake_hub.fault = "corrupt"
    wrong = hashlib.sha256(content[:-1] + bytes([content[-1] ^ 1])).hexdigest()
    refused(file, f"sha256 {wrong[:12]}, expected {file.sha256[:12]}")
    fake_hub.fault = ""
    assert fetch(file).read_bytes() == content


def test_a_cached_file_that_changed_is_fetched_again(fake_hub, file, content):
    path = fetch(file)
    path.resolve().write_bytes(content[:-1] + b"?")
    assert fetch(file).read_bytes() == content


def test_a_truncated_body(fake_hub, file):
    fake_hub.fault = "truncated"
    refused(file, "file should be of size")


def test_an_interrupted_download_goes_on_where_it_was(fake_hub, file, content):
    fake_hub.fault = "interrupted"
    assert fetch(file).read_bytes() == content
    ranges = [headers.get("range") for method, _, headers in fake_hub.requests if method == "GET"]
    assert ranges == [None, f"bytes={constants.DOWNLOAD_CHUNK_SIZE}-"]


def test_a_branch_that_moved(fake_hub, file, content):
    branch = replace(file, revision="main")
    assert fetch(branch).read_bytes() == content
    fake_hub.push(file.repository, {file.name: b"other weights"})
    assert fetch(branch).read_bytes() == content  # what is cached is right, wherever the branch is now
    checkpoint = replace(branch, sha256=hashlib.sha256(b"other weights").hexdigest())
    assert fetch(checkpoint).read_bytes() == b"other weights"


def test_a_branch_that_moved_away_from_what_is_expected(fake_hub, file):
    fake_hub.push(file.repository, {file.name: b"other weights"})
    refused(replace(file, revision="main"), "is not what it should be")


def test_a_pinned_revision_stays(fake_hub, file, content):
    fake_hub.push(file.repository, {file.name: b"other weights"})
    assert fetch(file).read_bytes() == content


def test_a_cache_that_cannot_be_written(file, tmp_path, monkeypatch):
    (tmp_path / "blocked").touch()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "blocked" / "hub"))
    with pytest.raises(CheckpointError, match=f"{file.name} .* cannot be fetched"):
        fetch(file)


def test_no_permission_in_the_cache(file, monkeypatch):
    def forbidden(*arguments, **options):
        raise PermissionError(13, "Permission denied", "/cache")

    monkeypatch.setattr(Path, "mkdir", forbidden)
    with pytest.raises(CheckpointError, match="cache cannot be written; set HF_HOME"):
        fetch(file)


def test_progress_is_told_while_a_slow_download_runs(fake_hub, file, content):
    fake_hub.fault = "waiting"
    thread = threading.Thread(target=fetch, args=(file,))
    thread.start()
    seen = None
    while thread.is_alive() and not (seen and seen.done):
        seen = next(iter(transfers()), None)
        time.sleep(0.01)
    assert 0 < seen.done < seen.total == len(content)
    assert seen.file == file
    fake_hub.release.set()
    thread.join()
    assert not transfers()


CODE = """
import sys
from styletransfer.hub import HubFile, fetch
print(fetch(HubFile(*sys.argv[1:])).read_bytes()[:4].hex())
"""


def test_two_processes_at_once_and_the_clients_own_variables(fake_hub, environment, file, content, cache):
    """Both wait for the server, one downloads, both get the whole file."""
    fake_hub.fault = "slow"
    command = [sys.executable, "-c", CODE, file.repository, file.revision, file.name, file.sha256]
    options = {"cwd": ROOT, "env": os.environ | environment | {"HF_TOKEN": "hf_secret"}, "text": True}
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options) for _ in range(2)]
    while fake_hub.methods().count("HEAD") < 2:
        assert all(process.poll() is None for process in both)
    fake_hub.release.set()
    for process in both:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert out.strip() == content[:4].hex()
    assert fake_hub.methods().count("GET") == 1
    assert {headers.get("authorization") for _, _, headers in fake_hub.requests} == {"Bearer hf_secret"}
    assert list((cache / "hub").glob("models--painter--styles/snapshots/*/tiny.safetensors"))


@pytest.fixture
def vgg(fake_hub, tmp_path, monkeypatch):
    """A VGG-19 on the fake Hub with a classifier that nobody should read."""
    state = {f"features.{key}": value for key, value in make_layers(cfgs["E"]).state_dict().items()}
    save_file(state | {"head.fc.weight": torch.zeros(10, 10)}, tmp_path / "model.safetensors")
    content = (tmp_path / "model.safetensors").read_bytes()
    pinned = checkpoints.HUB_ENCODERS["vgg19"]
    commit = fake_hub.push(pinned.repository, {pinned.name: content})
    file = replace(pinned, revision=commit, sha256=hashlib.sha256(content).hexdigest())
    monkeypatch.setitem(checkpoints.HUB_ENCODERS, "vgg19", file)
    return state


def test_an_encoder_from_the_hub(vgg):
    encoder = checkpoints.load_encoder("vgg19", "avg")
    assert torch.equal(encoder.convs["conv5_4"].weight, vgg["features.34.weight"])
    assert encoder.pooling == "avg"


def test_no_encoder_from_the_hub_and_what_is_used_instead(fake_hub, caplog):
    assert checkpoints.load_encoder_or_compact("vgg16").layers == checkpoints.load_encoder("compact").layers
    (line,) = caplog.messages
    assert "no such repository" in line and line.endswith("Using the bundled CompactVGG instead of vgg16.")


@pytest.mark.parametrize("file", checkpoints.HUB_ENCODERS.values(), ids=str)
def test_encoders_are_pinned(file):
    assert len(file.revision) == 40 and len(file.sha256) == 64
    int(file.revision + file.sha256, 16)
