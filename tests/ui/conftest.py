"""The page, served once for all tests that talk to it over HTTP."""

import struct
import zlib
from pathlib import Path

import pytest
from gradio_client import Client

from styletransfer.ui import build_app, launch_options


@pytest.fixture(scope="session")
def url():
    app = build_app()
    _, address, _ = app.launch(prevent_thread_lock=True, quiet=True, **launch_options())
    yield address
    app.close()


@pytest.fixture(scope="session")
def client(url, tmp_path_factory):
    return Client(url, verbose=False, download_files=tmp_path_factory.mktemp("downloads"))


@pytest.fixture
def huge(tmp_path) -> Path:
    """A PNG that ends after its header: whoever tried to decode it would call it damaged, not large."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", 13000, 13000, 8, 2, 0, 0, 0)
    header = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    path = tmp_path / "huge.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + struct.pack(">I", 4) + b"IDAT" + bytes(8))
    return path
