"""From a name to verified weights. Only safetensors files are read; what they are stands in their metadata."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from styletransfer import hub
from styletransfer.encoders import Encoder, Pooling, load_compact, load_torchvision
from styletransfer.errors import CheckpointError
from styletransfer.hub import HubFile
from styletransfer.networks import MetaConfig, MetaNet, MultiStyleNet, TransformConfig, TransformNet

log = logging.getLogger(__name__)

WEIGHTS = Path(__file__).resolve().parent.parent / "weights"
MANIFEST = WEIGHTS / "manifest.json"
SUFFIX = ".safetensors"
NO_STYLES = "holds no network of fixed styles; give a file made by train fixed, train single or weights import."
# The commits that added the weights, and the sha256 the Hub shows for them. Licence: BSD-3-Clause.
HUB_ENCODERS = {
    "vgg16": HubFile(
        "timm/vgg16.tv_in1k", "3394518cba29aee1ea82a49d971be90d2dd1dab7", "model.safetensors",
        "57b026918159a6bf9faf8405c3a551903768e7138989d9c6224a14227203fad8",
    ),
    "vgg19": HubFile(
        "timm/vgg19.tv_in1k", "128d4708565b3a414bcbb9bbad440b2fe37b9f18", "model.safetensors",
        "11aea017b543ff59233749d8f1cf544cda749378f5790d2fedab841fb86b7669",
    ),
}  # fmt: skip


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

    @property
    def caption(self) -> str:
        """Artist and label, a line each; the artist of a style from elsewhere may not be known."""
        return "\n".join(filter(None, (self.artist, self.label)))

    @property
    def credit(self) -> str:
        """Label and artist in one line."""
        return ", ".join(filter(None, (self.label, self.artist)))


@lru_cache(maxsize=1)
def manifest() -> dict[str, dict[str, Any]]:
    """The project's checkpoints by name: file, bytes, sha256, method and more. Raises CheckpointError without a manifest."""
    try:
        return json.loads(MANIFEST.read_text(encoding="utf-8"))["checkpoints"]
    except OSError as error:
        raise CheckpointError("The weights folder is missing; use a clone of the project, or give a file.") from error


def find(name: str | Path) -> Path:
    """The local file of a checkpoint: a path as it is; or a name, from the weights folder, the Hub's cache or the Hub.

    What the manifest lists is verified by its sha256; other files may lie in the weights folder, too. Raises
    CheckpointError when there is no such file or name, or when the file is not what the manifest says.
    """
    path = Path(name)
    if path.suffix == SUFFIX:
        if not path.is_file():
            raise CheckpointError(f"There is no weights file {path}; check the path.")
        return path
    if path.is_file():
        raise CheckpointError(f"{path.name} is no {SUFFIX} file; convert it with: python -m styletransfer weights import.")
    if str(name) in manifest():
        return _verified(manifest()[str(name)])
    if str(name) in dropped():
        return dropped()[str(name)]
    raise CheckpointError(f'There are no weights called "{name}"; give a {SUFFIX} file or one of {", ".join(manifest())}.')


def dropped() -> dict[str, Path]:
    """Files that somebody put into the weights folder beside those of the manifest, by their names."""
    known = {entry["file"] for entry in manifest().values()}
    return {path.stem: path for path in sorted(WEIGHTS.glob(f"*{SUFFIX}")) if path.name not in known}


def _verified(entry: Mapping[str, Any]) -> Path:
    """The file of an entry of the manifest."""
    path = WEIGHTS / entry["file"]
    if not path.is_file():
        return hub.fetch(hub_file(entry))
    if (found := hub.sha256(path)) != entry["sha256"]:
        raise CheckpointError(
            f"{path.name} is damaged (sha256 {found[:12]}, expected {entry['sha256'][:12]}); clone or install the project again."
        )
    return path


def hub_file(entry: Mapping[str, Any]) -> HubFile:
    """Where the Hub has the file of an entry of the manifest; the environment may name another repository and revision.

    Raises CheckpointError when neither says where.
    """
    repository = os.environ.get("STYLETRANSFER_HUB_REPO") or entry.get("repository")
    if not repository:
        raise CheckpointError(
            f"{entry['file']} is missing from the weights folder; clone the project again, "
            "or set STYLETRANSFER_HUB_REPO to a Hub repository that has it."
        )
    revision = os.environ.get("STYLETRANSFER_REVISION") or entry.get("revision") or "main"
    return HubFile(repository, revision, entry["file"], entry["sha256"])


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors in fp32, and metadata. Raises CheckpointError for what is no safetensors file."""
    try:
        with safe_open(path, framework="pt") as file:
            return {key: file.get_tensor(key).float() for key in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{Path(path).name} is not a readable safetensors file; download it again.") from error


def _metadata(path: Path) -> dict[str, str]:
    """Metadata alone; the tensors are not read."""
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{Path(path).name} is not a readable safetensors file; download it again.") from error


def read_shape(path: Path) -> TransformConfig | None:
    """The shape of the TransformNet that a file says to hold, None where it says none. Raises CheckpointError."""
    metadata = _metadata(path)
    try:
        return TransformConfig(**json.loads(metadata["config"]))
    except (KeyError, TypeError, ValueError):
        return None


def read_styles(path: Path) -> list[Style]:
    """The styles of a file of fixed styles, without its weights. Raises CheckpointError."""
    metadata = _metadata(path)
    try:
        return [Style(**style) for style in json.loads(metadata["styles"])]
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path.name} {NO_STYLES}") from error


def save_fixed(
    network: MultiStyleNet | TransformNet, styles: Sequence[Style], path: Path, notes: Mapping[str, Any] | None = None,
    dtype: torch.dtype = torch.float16,
) -> None:  # fmt: skip
    """Write a multi-style or single-style network, with its shape, styles and ``notes`` as metadata."""
    config = network.transform.config if isinstance(network, MultiStyleNet) else network.config
    metadata = {
        "format": "styletransfer",
        "method": "fixed",
        "config": json.dumps(asdict(config)),
        "styles": json.dumps([asdict(style) for style in styles], ensure_ascii=False),
        "notes": json.dumps(dict(notes or {}), ensure_ascii=False),
    }
    save_file(_as(dtype, network.state_dict()), path, metadata)


def save_meta(network: MetaNet, path: Path, notes: Mapping[str, Any] | None = None) -> None:
    """Write a MetaNet in fp16, with its shape and ``notes`` as metadata."""
    metadata = {
        "format": "styletransfer",
        "method": "meta",
        "config": json.dumps(asdict(network.config)),
        "notes": json.dumps(dict(notes or {}), ensure_ascii=False),
    }
    save_file(_as(torch.float16, network.state_dict()), path, metadata)


def _as(dtype: torch.dtype, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {key: (value.to(dtype) if value.is_floating_point() else value).cpu().contiguous() for key, value in state.items()}


def save_encoder(encoder: Encoder, path: Path, notes: Mapping[str, Any] | None = None) -> None:
    """Write an encoder in fp16, with ``notes`` as metadata."""
    metadata = {"format": "styletransfer", "method": "encoder", "notes": json.dumps(dict(notes or {}))}
    save_file(_as(torch.float16, encoder.state_dict()), path, metadata)


def load_encoder(name: str | Path, pooling: Pooling = "max") -> Encoder:
    """``compact`` (bundled), ``vgg16`` or ``vgg19`` (from the Hub), or a safetensors file of a compact encoder.

    Of the large ones only the convolutions are read. Raises CheckpointError when the weights cannot be had.
    """
    if name in HUB_ENCODERS:
        return load_torchvision(hub.fetch(HUB_ENCODERS[name]), name, pooling)
    return load_compact(find("encoder" if name == "compact" else name), pooling)


def load_encoder_or_compact(name: str, pooling: Pooling = "max") -> Encoder:
    """As :func:`load_encoder`; where those weights cannot be had it says so in the log and takes the bundled encoder."""
    try:
        return load_encoder(name, pooling)
    except CheckpointError as error:
        log.warning("%s Using the bundled CompactVGG instead of %s.", error, name)
        return load_encoder("compact", pooling)


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
        raise CheckpointError(f"{path.name} {NO_STYLES}") from error
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
