"""``weights`` and ``space``: what they print, write and upload, with a weights folder of their own and a Hub on this machine."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image, ImageOps

from styletransfer import checkpoints, publishing
from styletransfer.cli import main
from styletransfer.images import open_image, to_image, to_tensor
from styletransfer.stylizers import StyleCollection
from styletransfer.ui import examples

ROOT = Path(__file__).resolve().parents[2]
NEEDED = (
    "README.md", "app.py", "requirements.txt", "styletransfer/hub.py", "styletransfer/ui/webcam.js", "examples/gallery.jpg",
)  # fmt: skip
NOT_NEEDED = (".git/config", ".env", "tests/test_x.py", "styletransfer/__pycache__/a.pyc", "runs/last.pt", "weights/part.py")


@pytest.fixture
def folder(tmp_path, checkpoint, monkeypatch):
    """A project folder whose bundle is one network, ``fixed``, and rubbish that stays at home."""
    root = tmp_path / "project"
    weights = root / "weights"
    weights.mkdir(parents=True)
    shutil.copy(checkpoint, weights / "fixed.safetensors")
    for name in (*NEEDED, *NOT_NEEDED):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (weights / "README.md").write_text("---\nlicense: mit\n---\n![Four photos](../examples/gallery.jpg)\n")
    entry = {"file": "fixed.safetensors", "bytes": 1, "method": "fixed", "styles": [{"name": "wave"}, {"name": "night"}]}
    entry["sha256"] = checkpoints.hub.sha256(weights / "fixed.safetensors")
    (weights / "manifest.json").write_text(json.dumps({"checkpoints": {"fixed": entry}}))
    for module in (checkpoints, publishing):
        monkeypatch.setattr(module, "WEIGHTS", weights)
        monkeypatch.setattr(module, "MANIFEST", weights / "manifest.json")
    monkeypatch.setattr(publishing, "ROOT", root)
    checkpoints.manifest.cache_clear()
    yield root
    checkpoints.manifest.cache_clear()


def error(capsys) -> str:
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("styletransfer: ")
    return line


def test_list(folder, checkpoint, capsys):
    shutil.copy(checkpoint, folder / "weights" / "mine.safetensors")
    assert main(["weights", "list"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names == ["fixed", "mine"]


def test_verify(folder, capsys):
    assert main(["weights", "verify"]) == 0
    assert capsys.readouterr().out == "fixed: as the manifest says\n"
    (folder / "weights" / "fixed.safetensors").write_bytes(b"other")
    assert main(["weights", "verify"]) == 1
    assert "damaged: sha256" in capsys.readouterr().out
    (folder / "weights" / "fixed.safetensors").unlink()
    assert main(["weights", "verify"]) == 1
    assert "missing" in capsys.readouterr().out


def test_push_then_pull(fake_hub, folder, capsys):
    """What is published pins itself in the manifest, and comes back from there."""
    assert main(["weights", "push", "painter/styles"]) == 0
    assert set(fake_hub.head) == {"fixed.safetensors", "manifest.json", "README.md", "gallery.jpg"}
    assert fake_hub.head["README.md"].decode().endswith("![Four photos](gallery.jpg)\n")
    commit = fake_hub.heads["painter/styles"]
    entry = checkpoints.manifest()["fixed"]
    assert (entry["repository"], entry["revision"]) == ("painter/styles", commit)
    path = folder / "weights" / "fixed.safetensors"
    content = path.read_bytes()
    path.unlink()
    fake_hub.push("painter/styles", {"fixed.safetensors": b"somebody else's"})
    assert main(["weights", "pull"]) == 0
    assert path.read_bytes() == content
    assert main(["weights", "pull"]) == 0
    assert "Nothing is missing." in capsys.readouterr().out


def test_push_dry_run_asks_nobody(fake_hub, folder, capsys):
    assert main(["weights", "push", "painter/styles", "--dry-run"]) == 0
    listed = [line.split()[-1] for line in capsys.readouterr().out.splitlines()[:-1]]
    assert listed == ["fixed.safetensors", "manifest.json", "README.md", "gallery.jpg"]
    assert not fake_hub.requests


def test_push_refuses_a_damaged_bundle(fake_hub, folder, capsys):
    (folder / "weights" / "fixed.safetensors").write_bytes(b"other")
    assert main(["weights", "push", "painter/styles"]) == 2
    assert "fixed is damaged" in error(capsys)
    assert not fake_hub.requests


def test_names_that_are_none(fake_hub, folder, capsys):
    for command in (["weights", "push", "a/b/c"], ["space", "deploy", "a/b/c"], ["space", "deploy", "demo"]):
        assert main(command) == 2
        assert "write OWNER/NAME" in error(capsys)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_who_may_not_write(fake_hub, folder, capsys, status):
    fake_hub.fault = str(status)
    for command in (["weights", "push", "painter/styles"], ["space", "deploy", "painter/demo"]):
        assert main(command) == 2
        assert "You may not write to painter/" in error(capsys)
    assert "revision" not in checkpoints.manifest()["fixed"]


def test_a_hub_that_breaks(fake_hub, folder, capsys):
    fake_hub.fault = "400"
    assert main(["weights", "push", "painter/styles"]) == 2
    assert "painter/styles could not be written" in error(capsys)


def test_pull_without_a_place_to_pull_from(folder, capsys):
    (folder / "weights" / "fixed.safetensors").unlink()
    assert main(["weights", "pull"]) == 2
    assert "STYLETRANSFER_HUB_REPO" in error(capsys)


def test_a_space_gets_what_it_needs_and_nothing_else(fake_hub, folder):
    fake_hub.push("painter/demo", {"old.py": b"gone", "app.py": b"old"})
    assert main(["space", "deploy", "painter/demo", "--private"]) == 0
    assert fake_hub.created == [
        {"name": "demo", "organization": "painter", "visibility": "private", "type": "space", "sdk": "gradio"}
    ]
    weights = {"weights/fixed.safetensors", "weights/manifest.json", "weights/README.md"}
    assert set(fake_hub.head) == weights | set(NEEDED)
    assert fake_hub.head["app.py"] == b"app.py"


def test_space_hardware(fake_hub, folder):
    assert main(["space", "deploy", "painter/demo", "--hardware", "zero-a10g"]) == 0
    assert fake_hub.created[0]["hardware"] == "zero-a10g"
    assert fake_hub.hardware == "zero-a10g"


def test_space_dry_run_asks_nobody(fake_hub, folder, capsys):
    assert main(["space", "deploy", "painter/demo", "--dry-run"]) == 0
    assert "app.py" in capsys.readouterr().out.splitlines()
    assert not fake_hub.requests


def test_the_real_folder_is_complete():
    """Every module, and everything the app reads, is on the list; nothing else is."""
    files = publishing.space_files()
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "styletransfer").rglob("*.py")}
    bundle = {f"weights/{entry['file']}" for entry in checkpoints.manifest().values()}
    assert modules | bundle | {"app.py", "README.md", "requirements.txt", "weights/manifest.json"} <= set(files)
    assert not [file for file in files if re.search(r"(^|/)(\.|tests/|runs/|__pycache__)", file)]
    assets = [path for path in (ROOT / "styletransfer").rglob("*") if path.is_file() and path.suffix not in (".pyc", ".pyi")]
    assert {path.relative_to(ROOT).as_posix() for path in assets} <= set(files)


def test_the_model_card():
    card = (ROOT / "weights" / "README.md").read_text(encoding="utf-8")
    front = yaml.safe_load(card.split("---")[1])
    assert front["license"] == "mit" and front["pipeline_tag"] == "image-to-image"
    pictures = publishing.bundle_files()
    assert [name for name in pictures if name.endswith(".jpg")]
    assert all(path.is_file() for path in pictures.values())
    for heading in ("## Data and licence", "## Limits"):
        assert heading in card


def test_import_writes_a_style_that_paints(folder, tmp_path, capsys, make_picture, theirs):
    target = folder / "weights" / "candy.safetensors"
    assert main(["weights", "import", str(theirs), "-o", str(target), "--title", "Candy", "--artist", "Somebody"]) == 0
    assert capsys.readouterr().out.startswith(f"Wrote {target}")
    make_picture(40, 30).save(tmp_path / "photo.png")
    out = tmp_path / "out.png"
    for options in (["--checkpoint", str(target)], []):  # by its path, or because it lies in the folder
        assert main(["fixed", str(tmp_path / "photo.png"), "-o", str(out), "--style", "candy", *options]) == 0
        assert Image.open(out).size == (40, 30)
        out.unlink()
    assert main(["styles"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["wave", "night", "candy"]


@pytest.mark.parametrize(("output", "part"), [("out.pth", "must end in .safetensors"), ("out.safetensors", "no file")])
def test_import_of_bad_input(tmp_path, capsys, output, part):
    assert main(["weights", "import", str(tmp_path / "none.pth"), "-o", str(tmp_path / output)]) == 2
    assert part in error(capsys)


def test_a_collection_paints_in_the_styles_of_all_networks(folder, make_network, photo, caplog):
    other = make_network(checkpoints.TransformConfig(base=4), 1).transform
    styles = [checkpoints.Style("kiss"), checkpoints.Style("mosaic")]
    for style in styles:  # "kiss" is a style of the bundled network already
        checkpoints.save_fixed(other, [style], folder / "weights" / f"new_{style.name}.safetensors")
    (folder / "weights" / "broken.safetensors").write_bytes(b"junk")
    collection = StyleCollection.from_pretrained()
    assert list(collection.styles) == ["wave", "night", "kiss", "mosaic"]
    assert [line.split()[0] for line in caplog.messages] == ["broken.safetensors", "There"]
    assert np.any(np.asarray(collection(photo, style="mosaic")) != np.asarray(collection(photo, style="kiss")))
    with pytest.raises(ValueError, match="wave and mosaic belong to different networks"):
        collection(photo, style={"wave": 0.5, "mosaic": 0.5})
    assert collection.live("mosaic").painter is not collection.live("wave").painter


def test_a_style_of_the_folder_has_a_thumbnail(folder, theirs):
    assert examples.thumbnail_css().count("data:image/jpeg") == 0
    assert main(["weights", "import", str(theirs), "-o", str(folder / "weights" / "candy.safetensors")]) == 0
    (rule,) = [line for line in examples.thumbnail_css().splitlines() if "data:image/jpeg" in line]
    assert rule.startswith('.styles input[value="candy"]')
    picture = Image.open(io.BytesIO(base64.b64decode(rule.split("base64,")[1].split('"')[0])))
    network, _ = checkpoints.load_fixed("candy")
    photo = ImageOps.fit(open_image(examples.example_photos()[0]), picture.size, Image.Resampling.LANCZOS)
    with torch.no_grad():
        expected = to_image(network.transform(to_tensor(photo)))
    assert np.abs(np.asarray(picture, np.float32) - np.asarray(expected, np.float32)).mean() < 25  # JPEG of noise
