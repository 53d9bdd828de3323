"""Checkpoints: round trips, the bundle, and what is refused."""

import hashlib
import json
import pickle

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from styletransfer import checkpoints
from styletransfer.checkpoints import MANIFEST, WEIGHTS, Style, find, load_encoder, load_fixed, save_encoder, save_fixed
from styletransfer.encoders import compact_vgg
from styletransfer.errors import CheckpointError
from styletransfer.hub import HubFile
from styletransfer.networks import MultiStyleNet, TransformConfig

FORMS = [
    TransformConfig(4, "conditional"),
    TransformConfig(4, "instance", "transposed"),
    TransformConfig(4, "batch", "nearest", "tanh"),
]
LIMITS = {"fixed": 8_000_000, "encoder": 4_000_000, "meta": 36_000_000}


@pytest.mark.parametrize("config", FORMS, ids=str)
def test_round_trip(make_network, styles, tmp_path, config):
    conditional = config.norm == "conditional"
    network, styles = (make_network(config, 3), styles) if conditional else (make_network(config), styles[:1])
    path = tmp_path / "network.safetensors"
    save_fixed(network if conditional else network.transform, styles, path, {"steps": 7})
    loaded, found = load_fixed(path)
    assert found == styles
    assert loaded.transform.config == config
    assert not loaded.training
    state = loaded.state_dict()
    assert set(state) == set(network.state_dict())
    for key, value in network.state_dict().items():
        torch.testing.assert_close(state[key], value, rtol=1e-3, atol=1e-6)  # it is fp16
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    assert (metadata["format"], metadata["method"], json.loads(metadata["notes"])) == ("styletransfer", "fixed", {"steps": 7})


def test_a_multi_style_net_of_one_style_saves_its_affine(make_network, styles, tmp_path):
    network = make_network(TransformConfig(4, "conditional"))
    save_fixed(network, styles[:1], tmp_path / "one.safetensors")
    torch.testing.assert_close(load_fixed(tmp_path / "one.safetensors")[0].affine, network.affine, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_missing_file(tmp_path, suffix):
    with pytest.raises(CheckpointError, match="none"):
        load_fixed(tmp_path / f"none{suffix}")


@pytest.mark.parametrize("name", ["nobody", "fixed.pt", ""])
def test_an_unknown_name_lists_the_bundle(name):
    with pytest.raises(CheckpointError, match=r"no weights called .*one of .*fixed"):
        find(name)


class Bomb:
    def __reduce__(self):
        return exec, ("raise SystemExit('unpickled')",)


def damage(path, kind, checkpoint):
    if kind == "truncated":
        path.write_bytes(checkpoint.read_bytes()[:-100])
    elif kind == "pickle":
        path.write_bytes(pickle.dumps(Bomb()))
    elif kind == "torch":
        torch.save({"weight": Bomb()}, path)
    elif kind == "empty":
        path.touch()
    elif kind == "folder":
        path.mkdir()


@pytest.mark.parametrize("kind", ["truncated", "pickle", "torch", "empty", "folder"])
def test_what_is_no_safetensors_file_is_refused(tmp_path, checkpoint, kind):
    path = tmp_path / "bad.safetensors"
    damage(path, kind, checkpoint)
    with pytest.raises(CheckpointError, match=r"bad\.safetensors"):
        load_fixed(path)


@pytest.mark.parametrize(
    "change",
    [
        {"config": None}, {"styles": None}, {"config": "no json"}, {"config": '{"width": 3}'}, {"styles": '[{"title": "x"}]'},
        {"styles": '[{"name": "one"}]'}, {"config": '{"base": 8, "norm": "conditional"}'}, {"styles": "7"},
    ],
    ids=str,
)  # fmt: skip
def test_weights_of_another_kind_are_refused(tmp_path, checkpoint, change):
    tensors, metadata = checkpoints.read(checkpoint)
    metadata = {key: value for key, value in (metadata | change).items() if value is not None}
    save_file(tensors, tmp_path / "other.safetensors", metadata)
    with pytest.raises(CheckpointError, match=r"other\.safetensors holds no network"):
        load_fixed(tmp_path / "other.safetensors")


def test_an_encoder_is_no_network(encoder_file):
    with pytest.raises(CheckpointError, match="holds no network of fixed styles"):
        load_fixed(encoder_file)


def test_a_network_is_no_encoder(checkpoint):
    with pytest.raises(CheckpointError, match="holds no CompactVGG"):
        load_encoder(str(checkpoint))


def test_style_labels():
    assert Style("great_wave").label == "Great wave"
    assert Style("great_wave", "Under the Wave").label == "Under the Wave"


@pytest.fixture
def bundle(tmp_path, checkpoint, monkeypatch):
    """A weights folder with one checkpoint, ``tiny``."""
    path = tmp_path / "tiny.safetensors"
    path.write_bytes(checkpoint.read_bytes())
    entry = {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    (tmp_path / "manifest.json").write_text(json.dumps({"checkpoints": {"tiny": entry}}))
    monkeypatch.setattr(checkpoints, "WEIGHTS", tmp_path)
    monkeypatch.setattr(checkpoints, "MANIFEST", tmp_path / "manifest.json")
    checkpoints.manifest.cache_clear()
    yield path
    checkpoints.manifest.cache_clear()


def test_a_name_of_the_bundle(bundle):
    assert find("tiny") == bundle
    assert [style.name for style in load_fixed("tiny")[1]] == ["wave", "night", "kiss"]


def test_a_changed_file_of_the_bundle_is_refused(bundle):
    find("tiny")  # so that its hash is in the cache
    content = bytearray(bundle.read_bytes())
    content[-1] ^= 1
    bundle.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"tiny\.safetensors is damaged"):
        load_fixed("tiny")


def test_a_file_missing_from_the_bundle(bundle):
    bundle.unlink()
    with pytest.raises(CheckpointError, match=r"tiny\.safetensors is missing"):
        find("tiny")


def test_a_file_that_somebody_put_there_is_found_by_its_name(bundle, checkpoint):
    bundle.with_name("mine.safetensors").write_bytes(checkpoint.read_bytes())
    assert list(checkpoints.dropped()) == ["mine"]
    assert find("mine") == bundle.with_name("mine.safetensors")


@pytest.mark.parametrize("suffix", [".pth", ".pt"])
def test_a_pickle_is_not_opened(tmp_path, suffix):
    path = tmp_path / f"style{suffix}"
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(CheckpointError, match="convert it with: python -m styletransfer weights import"):
        load_fixed(path)


def test_the_hub_has_what_the_folder_lacks(bundle, monkeypatch):
    """A file's place on the Hub: the manifest says it, the environment comes first."""
    entry = checkpoints.manifest()["tiny"] | {"repository": "painter/styles", "revision": "a" * 40}
    assert checkpoints.hub_file(entry) == HubFile("painter/styles", "a" * 40, "tiny.safetensors", entry["sha256"])
    monkeypatch.setenv("STYLETRANSFER_HUB_REPO", "other/repo")
    monkeypatch.setenv("STYLETRANSFER_REVISION", "v2")
    assert checkpoints.hub_file(entry) == HubFile("other/repo", "v2", "tiny.safetensors", entry["sha256"])
    asked = []
    monkeypatch.setattr(checkpoints.hub, "fetch", lambda file: asked.append(file) or bundle)
    assert find("tiny") == bundle and not asked  # the folder comes first
    bundle.unlink()
    assert find("tiny") == bundle and asked == [checkpoints.hub_file(entry)]


def test_an_unknown_name_lists_this_bundle(bundle):
    with pytest.raises(CheckpointError, match="one of tiny"):
        load_encoder("compact")


def test_an_encoder_from_a_file(tmp_path):
    save_encoder(compact_vgg(), tmp_path / "mine.safetensors")
    assert load_encoder(str(tmp_path / "mine.safetensors"), "avg").pooling == "avg"


def bundled() -> dict:
    return json.loads(MANIFEST.read_text())["checkpoints"] if MANIFEST.exists() else {}


def test_the_bundle_has_the_fixed_network():
    assert "fixed" in bundled()


def test_the_manifest_names_every_file():
    assert {entry["file"] for entry in bundled().values()} == {path.name for path in WEIGHTS.glob("*.safetensors")}


@pytest.mark.parametrize("name", bundled())
def test_the_manifest_tells_the_truth(name):
    entry, path = bundled()[name], WEIGHTS / bundled()[name]["file"]
    content = path.read_bytes()
    assert (entry["bytes"], entry["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert len(content) <= LIMITS[name]
    assert entry["licence"] == "MIT"
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    assert entry["method"] == metadata["method"]
    for key in ("config", "styles", "notes"):
        assert entry.get(key) == (json.loads(metadata[key]) if key in metadata else None)
    assert entry.get("base") == entry.get("config", {}).get("base")
    assert entry["encoder"] and entry["metrics"]["pictures"]
    assert ("styles" in entry) == ("public domain" in entry.get("rights", ""))
    assert (entry["repository"] is None) == (entry["revision"] is None)  # published and pinned, or neither
    assert entry["revision"] is None or len(entry["revision"]) == 40


def test_the_bundled_networks_load():
    for name, entry in bundled().items():
        if entry["method"] == "fixed":
            network, styles = load_fixed(name)
            assert isinstance(network, MultiStyleNet)
            assert len({style.name for style in styles}) == len(styles) == len(network.affine) - 1
            assert all(parameter.isfinite().all() for parameter in network.parameters())
        else:
            assert load_encoder("compact").layers
