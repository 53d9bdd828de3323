"""From a name to verified weights. Only safetensors files are read; what they are stands in their metadata."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from styletransfer.encoders import Encoder, Pooling, load_compact, load_torchvision
from styletransfer.errors import CheckpointError
from styletransfer.networks import MetaConfig, MetaNet, MultiStyleNet, TransformConfig, TransformNet

WEIGHTS = Path(__file__).resolve().parent.parent / "weights"
MANIFEST = WEIGHTS / "manifest.json"
HUB_ENCODERS = {"vgg16": "timm/vgg16.tv_in1k", "vgg19": "timm/vgg19.tv_in1k"}


@dataclass(frozen=True)
class Style:
    """A style a network was trained for; ``name`` is how it is asked for."""

    name: str
    title: str = ""
    artist: str = ""
    year: str = ""

    @property
    def label(self) -> str:
        """Title, or the name made readable."""
        return self.title or self.name.replace("_", " ").capitalize()


@lru_cache(maxsize=1)
def manifest() -> dict[str, dict[str, Any]]:
    """The bundled checkpoints by name: file, bytes, sha256, method and more. Raises CheckpointError without a bundle."""
    try:
        return json.loads(MANIFEST.read_text(encoding="utf-8"))["checkpoints"]
    except OSError as error:
        raise CheckpointError("The weights folder is missing; use a clone of the project, or give a file.") from error


def find(name: str | Path) -> Path:
    """The local file of a checkpoint: a path as it is, or a name of the bundle, verified by its sha256.

    Raises CheckpointError when there is no such file or name, or when the file is not what the manifest says.
    """
    path = Path(name)
    if path.suffix == ".safetensors":
        if not path.is_file():
            raise CheckpointError(f"There is no weights file {path}; check the path.")
        return path
    entry = manifest().get(str(name))
    if entry is None:
        raise CheckpointError(
            f'There are no weights called "{name}"; give a .safetensors file or one of {", ".join(manifest())}.'
        )
    path = WEIGHTS / entry["file"]
    if not path.is_file():
        raise CheckpointError(f"{path.name} is missing from the weights folder; clone or install the project again.")
    status = path.stat()
    found = _sha256(path, status.st_size, status.st_mtime_ns)
    if found != entry["sha256"]:
        raise CheckpointError(
            f"{path.name} is damaged (sha256 {found[:12]}, expected {entry['sha256'][:12]}); clone or install the project again."
        )
    return path


@lru_cache(maxsize=32)
def _sha256(path: Path, size: int, mtime_ns: int) -> str:
    """Hash of a file; size and time are part of the key, so a file is read again only when it changed."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors in fp32, and metadata. Raises CheckpointError for what is no safetensors file."""
    try:
        with safe_open(path, framework="pt") as file:
            return {key: file.get_tensor(key).float() for key in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{Path(path).name} is not a readable safetensors file; download it again.") from error


def save_fixed(
    network: MultiStyleNet | TransformNet, styles: Sequence[Style], path: Path, notes: Mapping[str, Any] | None = None
) -> None:
    """Write a multi-style or single-style network in fp16, with its shape, styles and ``notes`` as metadata."""
    config = network.transform.config if isinstance(network, MultiStyleNet) else network.config
    metadata = {
        "format": "styletransfer",
        "method": "fixed",
        "config": json.dumps(asdict(config)),
        "styles": json.dumps([asdict(style) for style in styles], ensure_ascii=False),
        "notes": json.dumps(dict(notes or {}), ensure_ascii=False),
    }
    save_file(_halved(network.state_dict()), path, metadata)


def save_meta(network: MetaNet, path: Path, notes: Mapping[str, Any] | None = None) -> None:
    """Write a MetaNet in fp16, with its shape and ``notes`` as metadata."""
    metadata = {
        "format": "styletransfer",
        "method": "meta",
        "config": json.dumps(asdict(network.config)),
        "notes": json.dumps(dict(notes or {}), ensure_ascii=False),
    }
    save_file(_halved(network.state_dict()), path, metadata)


def _halved(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {key: (value.half() if value.is_floating_point() else value).cpu().contiguous() for key, value in state.items()}


def save_encoder(encoder: Encoder, path: Path, notes: Mapping[str, Any] | None = None) -> None:
    """Write an encoder in fp16, with ``notes`` as metadata."""
    metadata = {"format": "styletransfer", "method": "encoder", "notes": json.dumps(dict(notes or {}))}
    save_file(_halved(encoder.state_dict()), path, metadata)


def load_encoder(name: str | Path, pooling: Pooling = "max") -> Encoder:
    """``compact`` (bundled), ``vgg16`` or ``vgg19`` (from the Hub), or a safetensors file of a compact encoder.

    Raises CheckpointError when the weights cannot be had.
    """
    if name in HUB_ENCODERS:
        return load_torchvision(_from_hub(HUB_ENCODERS[name]), name, pooling)
    return load_compact(find("encoder" if name == "compact" else name), pooling)


def _from_hub(repository: str) -> Path:
    """The cached or downloaded ``model.safetensors`` of a Hub repository."""
    from huggingface_hub import hf_hub_download

    # What is cached is used without asking: an unreachable Hub is retried for many seconds.
    for local_only in (True, False):
        try:
            return Path(hf_hub_download(repository, "model.safetensors", local_files_only=local_only))
        except OSError as error:
            reason = error
    raise CheckpointError(
        f"{repository} cannot be fetched from the Hugging Face Hub; connect to the network, or use the compact encoder."
    ) from reason


def load_fixed(checkpoint: str | Path) -> tuple[MultiStyleNet, list[Style]]:
    """A multi-style network and its styles; a single-style one comes as a MultiStyleNet of one style."""
    path = find(checkpoint)
    state, metadata = read(path)
    try:
        config = TransformConfig(**json.loads(metadata["config"]))
        styles = [Style(**style) for style in json.loads(metadata["styles"])]
        network = MultiStyleNet(len(styles), config)
        if config.norm == "conditional":
            network.load_state_dict(state)
        else:
            network.transform.load_state_dict(state)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"{path.name} holds no network of fixed styles; give a file made by train fixed or train single."
        ) from error
    return network.eval(), styles


def load_meta(checkpoint: str | Path) -> MetaNet:
    """A MetaNet, by its name in the bundle or from a file made by ``train meta``. Raises CheckpointError."""
    path = find(checkpoint)
    state, metadata = read(path)
    try:
        network = MetaNet(MetaConfig(**json.loads(metadata["config"])))
        network.load_state_dict(state)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{path.name} holds no MetaNet; give a file made by train meta.") from error
    return network.eval()
