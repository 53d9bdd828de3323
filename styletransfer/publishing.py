"""The bundle on the Hugging Face Hub, and the app on a Space. What is uploaded is listed, never guessed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from styletransfer import hub
from styletransfer.checkpoints import MANIFEST, WEIGHTS, hub_file, manifest
from styletransfer.errors import StyleTransferError

ROOT = WEIGHTS.parent
PICTURE = re.compile(r"(!\[[^\]]*\]\()([^)]+)(\))")
# All a Space needs; whatever else lies in the folder stays at home.
SPACE_FILES = (
    "README.md", "LICENSE", "app.py", "requirements.txt", "styletransfer/*.py", "styletransfer/**/*.py",
    "styletransfer/**/*.js", "weights/*.safetensors", "weights/manifest.json", "weights/README.md",
    "examples/*.jpg", "examples/**/*.jpg", "examples/README.md",
)  # fmt: skip


def pull() -> Iterator[tuple[str, Path]]:
    """Put the checkpoints that the weights folder lacks into it, from the Hub, and name them. Raises CheckpointError."""
    for name, entry in manifest().items():
        path = WEIGHTS / entry["file"]
        if not path.is_file():
            part = path.with_suffix(".part")
            part.write_bytes(hub.fetch(hub_file(entry)).read_bytes())
            part.replace(path)
            yield name, path


def verify() -> Iterator[tuple[str, str]]:
    """What is wrong with each checkpoint of the bundle; "" where nothing is."""
    for name, entry in manifest().items():
        path = WEIGHTS / entry["file"]
        if not path.is_file():
            yield name, "missing; get it with: python -m styletransfer weights pull"
        elif (found := hub.sha256(path)) != entry["sha256"]:
            yield name, f"damaged: sha256 {found}, expected {entry['sha256']}"
        else:
            yield name, ""


def bundle_files() -> dict[str, Path]:
    """What goes to a repository of the bundle: path there -> path here, the card and its pictures too."""
    files = [*(WEIGHTS / entry["file"] for entry in manifest().values()), MANIFEST, WEIGHTS / "README.md"]
    pictures = [(WEIGHTS / match[2]).resolve() for match in PICTURE.finditer((WEIGHTS / "README.md").read_text("utf-8"))]
    return {path.name: path for path in (*files, *pictures)}


def push(repository: str, private: bool = False) -> str:
    """Publish the bundle as one commit, pin it in the manifest here, and return the commit. Raises StyleTransferError."""
    from huggingface_hub import CommitOperationAdd, HfApi

    bad = [f"{name} is {problem}" for name, problem in verify() if problem]
    if bad:
        raise StyleTransferError(f"The bundle cannot be published: {'; '.join(bad)}.")
    card = PICTURE.sub(lambda match: match[1] + Path(match[2]).name + match[3], (WEIGHTS / "README.md").read_text("utf-8"))
    content = {name: path if name != "README.md" else card.encode() for name, path in bundle_files().items()}
    operations = [CommitOperationAdd(name, source) for name, source in content.items()]
    with _plain_errors(repository):
        api = HfApi()
        api.create_repo(repository, private=private, exist_ok=True)
        commit = api.create_commit(repository, operations, commit_message="Publish the weights of styletransfer").oid
    _pin(repository, commit)
    return commit


def _pin(repository: str, revision: str) -> None:
    """Write into the manifest where the Hub has the checkpoints."""
    everything = json.loads(MANIFEST.read_text(encoding="utf-8"))
    for entry in everything["checkpoints"].values():
        entry |= {"repository": repository, "revision": revision}
    MANIFEST.write_text(json.dumps(everything, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    manifest.cache_clear()


def space_files() -> list[str]:
    """The files of this folder that a Space gets."""
    return sorted({path.relative_to(ROOT).as_posix() for pattern in SPACE_FILES for path in ROOT.glob(pattern)})


def deploy(space: str, hardware: str | None = None, private: bool = False) -> str:
    """Create a Space if need be, make its files those of this folder, and return its address. Raises StyleTransferError."""
    from huggingface_hub import HfApi

    with _plain_errors(space):
        api = HfApi()
        url = api.create_repo(
            space, repo_type="space", space_sdk="gradio", space_hardware=hardware, private=private, exist_ok=True
        )
        api.upload_folder(
            repo_id=space, repo_type="space", folder_path=ROOT, allow_patterns=space_files(), delete_patterns="*",
            commit_message="Deploy styletransfer",
        )  # fmt: skip
        if hardware:
            api.request_space_hardware(space, hardware)
    return str(url)


@contextmanager
def _plain_errors(repository: str) -> Iterator[None]:
    from httpx2 import HTTPError
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    wrong_name = StyleTransferError(f"{repository} is not the name of a Hub repository; write OWNER/NAME.")
    if "/" not in repository:
        raise wrong_name
    try:
        yield
    except HFValidationError as error:
        raise wrong_name from error
    except (OSError, HTTPError) as error:
        if isinstance(error, HfHubHTTPError) and error.response.status_code in (401, 403, 404):
            raise StyleTransferError(
                f"You may not write to {repository}; log in with: hf auth login, or set HF_TOKEN to a token that may write."
            ) from error
        raise StyleTransferError(f"{repository} could not be written: {' '.join(str(error).split())}") from error
