"""Downloads in the background, and the line about them; no network is asked."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import replace

import pytest

from styletransfer.errors import CheckpointError
from styletransfer.hub import HubFile, Transfer
from styletransfer.ui import downloads

FILE = HubFile("timm/vgg<19>", "0" * 40, "model.safetensors", "0" * 64)


@pytest.fixture
def fetched(monkeypatch):
    """Downloads wait until they are let go, and then end as the test says."""

    class Fetched:
        go = threading.Event()
        calls = 0
        error: CheckpointError | None = None

        def fetch(self, file: HubFile) -> str:
            self.calls += 1
            self.go.wait(30)
            if self.error:
                raise self.error
            return "path"

    fetched = Fetched()
    fetched.go = threading.Event()
    monkeypatch.setattr(downloads.hub, "fetch", fetched.fetch)
    monkeypatch.setattr(downloads, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(downloads, "_fetching", {})
    yield fetched
    fetched.go.set()


def test_whoever_asks_for_a_large_encoder_does_not_wait(fetched, monkeypatch):
    monkeypatch.setattr(downloads.hub, "transfers", lambda: [Transfer(FILE, 200_000_000, 575_000_000)])
    for _ in range(3):
        with pytest.raises(CheckpointError, match=r"200 of 575 MB\) is on its way.* use CompactVGG"):
            downloads.require_encoder("vgg19")
    assert fetched.calls == 1
    fetched.go.set()
    monkeypatch.setattr(downloads, "PATIENCE_SECONDS", 30)
    downloads.require_encoder("vgg19")
    assert fetched.calls == 1


def test_a_failed_download_is_said_and_tried_again(fetched, monkeypatch):
    monkeypatch.setattr(downloads, "PATIENCE_SECONDS", 30)
    fetched.error = CheckpointError("The Hub cannot be reached.")
    fetched.go.set()
    for calls in (1, 2):
        with pytest.raises(CheckpointError, match="cannot be reached"):
            downloads.require_encoder("vgg16")
        assert fetched.calls == calls


def test_the_bundled_encoder_is_always_here(fetched):
    downloads.require_encoder("compact")
    assert not fetched.calls


def test_a_network_that_is_downloaded_keeps_nobody_waiting(monkeypatch):
    transfers = [Transfer(replace(FILE, name="meta.safetensors"), 0, 0)]
    monkeypatch.setattr(downloads.hub, "transfers", lambda: transfers)
    future: Future[str] = Future()
    with pytest.raises(CheckpointError, match=r"meta\.safetensors of timm/vgg<19> is on its way"):
        downloads.loaded(future, "fixed", "meta")
    threading.Timer(0.1, future.set_result, ["network"]).start()
    assert downloads.loaded(future, "fixed") == "network"  # another one is downloaded
    future = Future()
    transfers.clear()  # now it is only read
    threading.Timer(0.1, future.set_result, ["network"]).start()
    assert downloads.loaded(future, "meta") == "network"


def test_the_line_comes_and_goes(monkeypatch):
    monkeypatch.setattr(downloads.hub, "transfers", lambda: [Transfer(FILE, 200_000_000, 575_000_000)])
    note, timer = downloads._show()
    assert note.value == "Fetching model.safetensors of timm/vgg&lt;19&gt; (200 of 575 MB)" and note.visible and timer.active
    monkeypatch.setattr(downloads.hub, "transfers", list)
    note, timer = downloads._show()
    assert not note.visible and not timer.active
