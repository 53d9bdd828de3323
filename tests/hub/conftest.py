"""A small Hugging Face Hub on this machine, which the real client talks to, and which can be made to fail."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
import uvicorn
from huggingface_hub import constants, file_download
from huggingface_hub.utils import _http
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from styletransfer.hub import HubFile

REPOSITORY = "painter/styles"
FILE = "tiny.safetensors"
PIECE = 1 << 14


def commit_of(files: dict[str, bytes]) -> str:
    """A commit's 40 hexadecimal digits."""
    return hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()


@dataclass
class FakeHub:
    """Repositories by kind and name, with what was asked of them; ``fault`` says how downloads go wrong."""

    commits: dict[str, dict[str, dict[str, bytes]]] = field(default_factory=dict)  # repository -> commit -> files
    heads: dict[str, str] = field(default_factory=dict)
    created: list[dict] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    hardware: str = ""
    fault: str = ""
    release: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def push(self, repository: str, files: dict[str, bytes]) -> str:
        """A new commit on main."""
        commit = commit_of(files)
        self.commits.setdefault(repository, {})[commit] = files
        self.heads[repository] = commit
        return commit

    @property
    def head(self) -> dict[str, bytes]:
        """The newest files of the only repository."""
        ((repository, commit),) = self.heads.items()
        return self.commits[repository][commit]

    def methods(self) -> list[str]:
        return [method for method, _, _ in self.requests]

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/api/repos/create", self.create, methods=["POST"]),
                Route("/api/validate-yaml", self.validate, methods=["POST"]),
                Route("/api/spaces/{owner}/{name}/hardware", self.set_hardware, methods=["POST"]),
                Route("/api/{kind}/{owner}/{name}", self.info),
                Route("/api/{kind}/{owner}/{name}/revision/{revision}", self.info),
                Route("/api/{kind}/{owner}/{name}/tree/{revision}", self.tree),
                Route("/api/{kind}/{owner}/{name}/tree/{revision}/{path:path}", self.tree),
                Route("/api/{kind}/{owner}/{name}/preupload/{revision}", self.preupload, methods=["POST"]),
                Route("/api/{kind}/{owner}/{name}/commit/{revision}", self.commit, methods=["POST"]),
                Route("/{owner}/{name}/resolve/{revision}/{path:path}", self.resolve, methods=["GET"]),
            ]
        )

    def note(self, request: Request) -> None:
        self.requests.append((request.method, request.url.path, dict(request.headers)))

    def find(self, request: Request) -> tuple[str, str] | Response:
        """Repository and commit, or the 404 the Hub gives."""
        at = request.path_params
        repository = f"{at['owner']}/{at['name']}"
        if repository not in self.commits:
            return Response(status_code=404, headers={"X-Error-Code": "RepoNotFound"})
        revision = at.get("revision", "main")
        commit = self.heads[repository] if revision == "main" else revision
        if commit not in self.commits[repository]:
            return Response(status_code=404, headers={"X-Error-Code": "RevisionNotFound"})
        return repository, commit

    async def resolve(self, request: Request) -> Response:
        self.note(request)
        if self.fault == "error":
            return Response(status_code=403, headers={"X-Error-Message": "not today"})
        if self.fault == "gated":
            return Response(status_code=403, headers={"X-Error-Code": "GatedRepo"})
        if self.fault == "slow":
            await asyncio.to_thread(self.release.wait, 60)
        found = self.find(request)
        if isinstance(found, Response):
            return found
        repository, commit = found
        content = self.commits[repository][commit].get(request.path_params["path"])
        if content is None:
            return Response(status_code=404, headers={"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit})
        headers = {"X-Repo-Commit": commit, "ETag": f'"{hashlib.sha256(content).hexdigest()}"', "Accept-Ranges": "bytes"}
        if request.method == "HEAD":
            return Response(headers=headers | {"Content-Length": str(len(content))})
        return self.body(request, content, headers)

    def body(self, request: Request, content: bytes, headers: dict[str, str]) -> Response:
        if self.fault == "corrupt":
            content = content[:-1] + bytes([content[-1] ^ 1])
        if self.fault == "truncated":
            content = content[: len(content) // 2]
        start = int(request.headers.get("range", "bytes=0-").removeprefix("bytes=").split("-")[0])
        end = len(content)
        if self.fault == "interrupted" and start == 0:
            end = len(content) // 2  # the connection breaks off in the middle of what was promised
        headers = headers | {"Content-Length": str(len(content) - start)}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"

        async def pieces():
            for at in range(start, end, PIECE):
                yield content[at : min(at + PIECE, end)]
                if self.fault == "waiting":
                    await asyncio.to_thread(self.release.wait, 60)

        return StreamingResponse(pieces(), status_code=206 if start else 200, headers=headers)

    async def info(self, request: Request) -> Response:
        self.note(request)
        found = self.find(request)
        if isinstance(found, Response):
            return found
        repository, commit = found
        files = [{"rfilename": name} for name in self.commits[repository][commit]]
        return JSONResponse({"id": repository, "sha": commit, "siblings": files, "tags": [], "downloads": 0, "likes": 0})

    async def tree(self, request: Request) -> Response:
        self.note(request)
        found = self.find(request)
        if isinstance(found, Response):
            return found
        repository, commit = found
        files = self.commits[repository][commit]
        return JSONResponse(
            [
                {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
                for name, content in files.items()
            ]
        )

    async def create(self, request: Request) -> Response:
        self.note(request)
        if self.fault:
            return Response(status_code=int(self.fault))
        asked = await request.json()
        self.created.append(asked)
        repository = f"{asked['organization']}/{asked['name']}"
        if repository in self.commits:
            return JSONResponse({"url": f"{self.url}/{repository}"}, status_code=409)
        self.push(repository, {})
        return JSONResponse({"url": f"{self.url}/{repository}"})

    async def set_hardware(self, request: Request) -> Response:
        self.hardware = (await request.json())["flavor"]
        return JSONResponse({"stage": "BUILDING", "hardware": {"current": None, "requested": self.hardware}})

    async def validate(self, request: Request) -> Response:
        return JSONResponse({"errors": [], "warnings": []})

    async def preupload(self, request: Request) -> Response:
        self.note(request)
        files = (await request.json())["files"]
        return JSONResponse({"files": [{"path": file["path"], "uploadMode": "regular", "shouldIgnore": False} for file in files]})

    async def commit(self, request: Request) -> Response:
        self.note(request)
        repository = f"{request.path_params['owner']}/{request.path_params['name']}"
        files = dict(self.commits[repository][self.heads[repository]])
        for line in (await request.body()).splitlines():
            step = json.loads(line)
            if step["key"] == "file":
                files[step["value"]["path"]] = base64.b64decode(step["value"]["content"])
            elif step["key"] == "deletedFile":
                files.pop(step["value"]["path"])
        commit = self.push(repository, files)
        return JSONResponse({"commitUrl": f"{self.url}/{repository}/commit/{commit}", "commitOid": commit})


@dataclass
class Running:
    """A server in a thread."""

    server: uvicorn.Server
    thread: threading.Thread

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)


@pytest.fixture
def serving() -> Iterator[tuple[FakeHub, Running]]:
    fake = FakeHub()
    server = uvicorn.Server(uvicorn.Config(fake.app(), port=0, log_level="critical"))
    running = Running(server, threading.Thread(target=server.run, daemon=True))
    running.thread.start()
    while not server.started:
        time.sleep(0.01)
    fake.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield fake, running
    fake.release.set()
    running.stop()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """``HF_HOME`` of the test."""
    return tmp_path / "home"


@pytest.fixture
def environment(serving, cache) -> dict[str, str]:
    """What another process is told so that it talks to the fake Hub, too."""
    return {"HF_ENDPOINT": serving[0].url, "HF_HOME": str(cache), "HF_HUB_DISABLE_XET": "1"}


@pytest.fixture
def fake_hub(serving, cache, monkeypatch) -> FakeHub:
    """The Hub that the client of this process talks to. The client has read its environment when it was imported."""
    fake, _ = serving
    monkeypatch.setattr(constants, "ENDPOINT", fake.url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", fake.url + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache / "hub"))
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", PIECE)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(cache / "token"))
    for name in ("STYLETRANSFER_HUB_REPO", "STYLETRANSFER_REVISION", "STYLETRANSFER_OFFLINE", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    impatient = SimpleNamespace(**vars(time) | {"sleep": lambda seconds: None})  # retries come at once
    for module in (file_download, _http):
        monkeypatch.setattr(module, "time", impatient)
    return fake


@pytest.fixture
def content(checkpoint) -> bytes:
    """A network of fixed styles, large enough to come in pieces."""
    content = checkpoint.read_bytes()
    assert len(content) > 2 * PIECE
    return content


@pytest.fixture
def file(fake_hub, content) -> HubFile:
    """A file of the fake Hub, pinned."""
    return HubFile(REPOSITORY, fake_hub.push(REPOSITORY, {FILE: content}), FILE, hashlib.sha256(content).hexdigest())
