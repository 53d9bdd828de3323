"""The networks as models of the Hub: to a folder and back, to the fake Hub and back."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from safetensors.torch import load_file, save_file

from styletransfer.checkpoints import Style, load_fixed, load_meta
from styletransfer.errors import CheckpointError
from styletransfer.networks import TransformConfig
from styletransfer.pretrained import FixedModel, MetaModel
from styletransfer.stylizers import FixedStylizer

FACTS = {"licence": "MIT", "rights": "In the public domain.", "metrics": {"content": 0.5}, "notes": {"steps": 7}}


@pytest.fixture
def fixed(checkpoint) -> FixedModel:
    return FixedModel.of(*load_fixed(checkpoint), FACTS)


@pytest.fixture
def meta(meta_checkpoint) -> MetaModel:
    return MetaModel.of(load_meta(meta_checkpoint), FACTS)


def assert_same(found: torch.nn.Module, expected: torch.nn.Module) -> None:
    assert not found.training
    assert set(found.state_dict()) == set(expected.state_dict())
    for name, value in expected.state_dict().items():
        torch.testing.assert_close(found.state_dict()[name], value, rtol=1e-3, atol=1e-6)  # it is fp16


def test_fixed_to_a_folder_and_back(fixed, tmp_path, photo):
    fixed.save_pretrained(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "model.safetensors", "picture.jpg", "README.md"}
    loaded = FixedModel.from_pretrained(tmp_path)
    assert_same(loaded, fixed)
    assert loaded.styles == fixed.styles and loaded.facts == FACTS
    ours = FixedStylizer.from_pretrained(tmp_path / "model.safetensors")  # the file is one of ours, too
    painted = FixedStylizer(loaded, loaded.styles)(photo, style="wave")
    assert np.array_equal(np.asarray(painted), np.asarray(ours(photo, style="wave")))


def test_a_network_that_owns_its_norms(make_network, tmp_path):
    model = FixedModel.of(make_network(TransformConfig(4, "batch")), [Style("one")], FACTS)
    model.save_pretrained(tmp_path)
    assert_same(FixedModel.from_pretrained(tmp_path), model)


def test_meta_to_a_folder_and_back(meta, tmp_path):
    meta.save_pretrained(tmp_path)
    assert_same(MetaModel.from_pretrained(tmp_path), meta)
    assert load_meta(tmp_path / "model.safetensors").config == meta.config
    assert Image.open(tmp_path / "picture.jpg").width > 3 * 100


def test_the_config_and_the_card(fixed, tmp_path):
    fixed.save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["shape"]["base"] == 4 and config["styles"][0]["name"] == "wave"
    card = (tmp_path / "README.md").read_text()
    front = yaml.safe_load(card.split("---")[1])
    assert (front["license"], front["library_name"], front["pipeline_tag"]) == ("mit", "styletransfer", "image-to-image")
    for part in ("(picture.jpg)", "Katsushika Hokusai", '"content": 0.5', '"steps": 7', "In the public domain.", "## Limits"):
        assert part in card


def test_to_the_hub_and_back(fake_hub, fixed, monkeypatch):
    fixed.push_to_hub("painter/wave", token="hf_secret")
    assert set(fake_hub.head) == {"config.json", "model.safetensors", "picture.jpg", "README.md"}
    commit = fake_hub.heads["painter/wave"]
    fake_hub.push("painter/wave", {"config.json": b"{}"})
    assert_same(FixedModel.from_pretrained("painter/wave", revision=commit), fixed)


@pytest.mark.parametrize("change", ["missing", "extra", "shape"])
def test_loading_is_strict(fixed, tmp_path, change):
    fixed.save_pretrained(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    if change == "missing":
        tensors.pop("affine")
    elif change == "extra":
        tensors["extra"] = torch.zeros(1)
    else:
        tensors["affine"] = torch.zeros(2, 2)
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"of another shape than its config\.json says"):
        FixedModel.from_pretrained(tmp_path)


def test_pickles_are_not_looked_for(fake_hub, fixed, tmp_path):
    fixed.save_pretrained(tmp_path)
    torch.save(fixed.state_dict(), tmp_path / "pytorch_model.bin")
    (tmp_path / "model.safetensors").unlink()
    fake_hub.push("painter/old", {path.name: path.read_bytes() for path in tmp_path.iterdir()})
    for place in (tmp_path, "painter/old"):
        with pytest.raises(OSError if place == "painter/old" else CheckpointError):
            FixedModel.from_pretrained(place)
    assert not [path for _, path, _ in fake_hub.requests if path.endswith(".bin")]


def test_the_bundle_as_models():
    assert {style.name for style in FixedModel.from_bundle().styles} >= {"hokusai_great_wave"}
    assert MetaModel.from_bundle().facts["licence"] == "MIT"
