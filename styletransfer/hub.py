"""Files of the Hugging Face Hub: the cached one if there is one, else a download; believed only with the right sha256.

The client looks at ``HF_HOME``, ``HF_ENDPOINT`` and ``HF_TOKEN`` itself, resumes a download that breaks off, and gives a
file its name only when it is complete.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from styletransfer.errors import CheckpointError

if TYPE_CHECKING:
    from huggingface_hub.utils import tqdm

CHUNK = 1 << 20
NO = ("", "0", "false", "no", "off")


@dataclass(frozen=True)
class HubFile:
    """A file of a repository; ``revision`` is a commit of 40 hexadecimal digits, or the name of a branch or tag."""

    repository: str
    revision: str
    name: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.name} of {self.repository}"


@dataclass(frozen=True)
class Transfer:
    """``done`` of ``total`` bytes of a file are here; ``total`` is 0 until the Hub has said it."""

    file: HubFile
    done: int
    total: int


_transfers: dict[HubFile, Transfer] = {}


def transfers() -> list[Transfer]:
    """The downloads of this process that are under way."""
    return list(_transfers.values())


def offline() -> bool:
    """Whether ``STYLETRANSFER_OFFLINE`` forbids to ask the Hub."""
    return os.environ.get("STYLETRANSFER_OFFLINE", "").strip().lower() not in NO


def fetch(file: HubFile) -> Path:
    """The local copy of a file, downloaded if need be; its download is among :func:`transfers` meanwhile.

    Raises CheckpointError when it cannot be had, or is not what it should be.
    """
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        cached = try_to_load_from_cache(file.repository, file.name, revision=file.revision)
    except HFValidationError as error:
        raise CheckpointError(f"{file.repository} is not the name of a Hub repository; write OWNER/NAME.") from error
    if isinstance(cached, str) and sha256(Path(cached)) == file.sha256:
        return Path(cached)
    if offline():
        raise CheckpointError(f"{file} is not in the cache, and STYLETRANSFER_OFFLINE is set; unset it to download.")
    path = _download(file, again=isinstance(cached, str))
    if (found := sha256(path)) != file.sha256:
        _remove(path)
        raise CheckpointError(f"{file} is not what it should be (sha256 {found[:12]}, expected {file.sha256[:12]}).")
    return path


def sha256(path: Path) -> str:
    """The hash of a file; it is read again only when its size or time has changed."""
    status = path.stat()
    return _sha256(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=64)
def _sha256(path: Path, size: int, mtime_ns: int) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _download(file: HubFile, again: bool) -> Path:
    """From the Hub into the client's cache, ``again`` also if a file is there."""
    from httpx2 import HTTPError
    from huggingface_hub import hf_hub_download

    _transfers[file] = Transfer(file, 0, 0)
    try:
        path = hf_hub_download(
            file.repository, file.name, revision=file.revision, force_download=again, tqdm_class=_reporting(file)
        )
    except (OSError, HTTPError) as error:
        raise CheckpointError(f"{file} cannot be fetched from the Hugging Face Hub: {_reason(error, file)}.") from error
    finally:
        _transfers.pop(file, None)
    return Path(path)


def _reporting(file: HubFile) -> type[tqdm]:
    """The client's progress bar, which tells :func:`transfers`, too."""
    from huggingface_hub.utils import tqdm

    class Bar(tqdm):
        def __init__(self, *args, **kwargs) -> None:
            super().__init__(*args, **kwargs)
            _transfers[file] = Transfer(file, kwargs.get("initial", 0), kwargs.get("total") or 0)

        def update(self, n: float | None = 1) -> bool | None:
            before = _transfers[file]  # a bar that is not shown does not count
            _transfers[file] = Transfer(file, before.done + int(n or 0), before.total)
            return super().update(n)

    return Bar


def _reason(error: Exception, file: HubFile) -> str:
    from huggingface_hub import errors

    reasons = {
        errors.GatedRepoError: "its owner has to grant access; ask there, then set HF_TOKEN",
        errors.RepositoryNotFoundError: "there is no such repository, or it is private; check its name and HF_TOKEN",
        errors.RevisionNotFoundError: f"the repository has no revision {file.revision}",
        errors.RemoteEntryNotFoundError: f"the repository has no such file at revision {file.revision[:12]}",
        errors.OfflineModeIsEnabled: "HF_HUB_OFFLINE is set",
        errors.LocalEntryNotFoundError: "the Hub cannot be reached; connect to the network",
        PermissionError: "its cache cannot be written; set HF_HOME to another folder",
        errors.HfHubHTTPError: "the Hub answers with an error; try again later",
    }
    # What the Hub answers to the first question is the cause of an error that only says that it failed.
    known = (text for link in (error.__cause__, error) for kind, text in reasons.items() if isinstance(link, kind))
    return next(known, " ".join(str(error).split()).rstrip(".") or type(error).__name__)


def _remove(path: Path) -> None:
    """A wrong file goes, and what its name in the cache points to."""
    path.resolve().unlink()
    path.unlink(missing_ok=True)
