"""The command line trains: a few steps of every network, going on, and what it says to bad input."""

import json
import logging

import pytest
import torch
from PIL import Image

from styletransfer import FixedStylizer
from styletransfer.checkpoints import load_encoder, load_fixed, load_meta
from styletransfer.cli import main
from styletransfer.networks import TransformConfig

pytestmark = pytest.mark.usefixtures("on_cpu")
SMALL = ["--base", "4", "--image-size", "128", "--style-size", "128"]
FAST = ["--batch-size", "1", "--precision", "fp32", "--content-layers", "relu2_1", "--style-layers", "relu1_1", "relu2_1"]


@pytest.fixture(autouse=True)
def log_level():
    """A training makes this package's log more talkative."""
    yield
    logging.getLogger("styletransfer").setLevel(logging.NOTSET)


@pytest.fixture
def style_folder(tmp_path, make_picture):
    (tmp_path / "styles").mkdir()
    for number, name in enumerate(("lilies", "scream")):
        make_picture(60, 50, 20 + number).save(tmp_path / "styles" / f"{name}.png")
    return tmp_path / "styles"


@pytest.fixture
def train(photos, encoder_file, style_folder, tmp_path):
    """Train ``fixed`` or ``single``; returns the exit code."""

    def train(kind, *options):
        style = ["--styles", style_folder] if kind == "fixed" else ["--style", style_folder / "scream.png"]
        where = [*style, "--photos", photos, "--encoder", encoder_file, "--out", tmp_path / "run"]
        return main(["train", kind, *map(str, where), *SMALL, *FAST, *map(str, options)])

    return train


def error(capsys):
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("styletransfer: ")
    return lines[0]


def logged(folder, key="step"):
    return [json.loads(line).get(key) for line in (folder / "log.jsonl").read_text().splitlines()]


def test_fixed_from_photos_to_a_painting(train, tmp_path, photos, capsys, caplog):
    (tmp_path / "catalog.json").write_text(json.dumps({"lilies": {"title": "Water Lilies", "artist": "Claude Monet"}}))
    assert train("fixed", "--steps", 2, "--catalog", tmp_path / "catalog.json") == 0
    weights = tmp_path / "run" / "network.safetensors"
    assert f"Wrote {weights}" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        "last.pt", "log.jsonl", "network.safetensors", "preview_000002.jpg"
    }  # fmt: skip
    network, styles = load_fixed(weights)
    assert network.transform.config == TransformConfig(4, "conditional")
    assert [(style.name, style.label, style.artist) for style in styles] == [
        ("lilies", "Water Lilies", "Claude Monet"), ("scream", "Scream", "")
    ]  # fmt: skip

    assert train("fixed", "--steps", 3) == 0
    assert "Going on from step 2" in caplog.text
    assert logged(tmp_path / "run") == [2, 3]
    command = ["fixed", str(photos / "wide.jpg"), "-o", str(tmp_path / "out.png"), "--checkpoint", str(weights)]
    assert main([*command, "--style", "lilies:1,scream:1"]) == 0
    with Image.open(tmp_path / "out.png") as painted:
        assert painted.size == (90, 60)


@pytest.mark.parametrize("options", [[], ["--norm", "batch", "--upsampling", "transposed", "--output", "tanh"]])
def test_single_in_its_forms(train, tmp_path, photo, options):
    assert train("single", "--steps", 2, *options) == 0
    weights = tmp_path / "run" / "network.safetensors"
    network, styles = load_fixed(weights)
    assert network.transform.config == TransformConfig(4, *options[1::2])
    assert [style.name for style in styles] == ["scream"]
    assert FixedStylizer.from_pretrained(weights)(photo, style="scream").size == photo.size
    assert train("single", "--steps", 3, *options) == 0
    assert logged(tmp_path / "run") == [2, 3]


def test_epochs_are_passes_over_the_photos(train, tmp_path):
    assert train("single", "--epochs", 2, "--batch-size", 2) == 0
    assert logged(tmp_path / "run") == [5]  # of five photos


@pytest.mark.parametrize("kind", ["fixed", "single"])
def test_starting_from_weights(train, tmp_path, kind):
    assert train(kind, "--steps", 2, "--seed", 1) == 0
    start = (tmp_path / "run").rename(tmp_path / "first") / "network.safetensors"
    assert train(kind, "--steps", 1, "--learning-rate", 1e-9, "--init", start) == 0
    first, second = (load_fixed(path)[0].state_dict() for path in (start, tmp_path / "run" / "network.safetensors"))
    assert first.keys() == second.keys()
    if kind == "fixed":  # only a network that starts untrained learns to copy first
        assert logged(tmp_path / "first", "copy")[0] > 0 == logged(tmp_path / "run", "copy")[0]
    for key in first:
        torch.testing.assert_close(first[key], second[key], rtol=0, atol=1e-3)


def test_the_same_seed_gives_the_same_weights(train, tmp_path):
    weights = []
    for seed in (1, 1, 2):
        assert train("single", "--steps", 1, "--seed", seed) == 0
        run = (tmp_path / "run").rename(tmp_path / f"run {len(weights)}")
        weights.append(load_fixed(run / "network.safetensors")[0].transform.output.conv.weight)
    assert weights[0].equal(weights[1])
    assert not weights[0].equal(weights[2])


def test_encoder_from_pictures_to_agreement(photos, encoder_file, tmp_path, make_picture, capsys):
    make_picture(50, 40).save(photos / "35.png")  # set aside for the measure
    command = ["train", "encoder", "--teacher", str(encoder_file), "--data", str(photos), "--out", str(tmp_path / "run")]
    command += ["--batch-size", "2", "--precision", "fp32"]
    assert main([*command, "--steps", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Wrote ")
    assert [line.split(":")[0] for line in lines[1:]] == [f"relu{k}_1" for k in range(1, 6)]
    assert main([*command, "--steps", "3"]) == 0
    assert logged(tmp_path / "run") == [2, 3]
    assert load_encoder(str(tmp_path / "run" / "network.safetensors")).layers


@pytest.mark.parametrize(
    ("kind", "options", "part"),
    [
        ("fixed", ["--steps", 0], "--steps is 0"), ("single", ["--batch-size", -1], "--batch-size is -1"),
        ("fixed", ["--base", 0], "--base is 0"), ("single", ["--image-size", 64], "--image-size is 64"),
        ("fixed", ["--style-size", 100], "--style-size is 100"), ("single", ["--save-every", 0], "--save-every is 0"),
        ("fixed", ["--photos", "nowhere"], "pictures in nowhere"), ("fixed", ["--styles", "nowhere"], "pictures in nowhere"),
        ("single", ["--style", "none.jpg"], "none.jpg"), ("fixed", ["--encoder", "none.safetensors"], "none.safetensors"),
        ("single", ["--style-layers", "relu1_2"], "no layer relu1_2"), ("fixed", ["--catalog", "none.json"], "none.json"),
        ("fixed", ["--init", "none.safetensors"], "none.safetensors"),
    ],
)  # fmt: skip
def test_bad_input_is_exit_2_and_one_line(train, tmp_path, capsys, kind, options, part):
    assert train(kind, *options) == 2
    assert part in error(capsys)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("catalog", ["no json", '["lilies"]', '{"lilies": {"painter": "Monet"}}', '{"lilies": "Monet"}'])
def test_bad_catalogues(train, tmp_path, capsys, catalog):
    (tmp_path / "catalog.json").write_text(catalog)
    assert train("fixed", "--catalog", tmp_path / "catalog.json") == 2
    assert "catalogue" in error(capsys)


def test_styles_with_the_same_name(train, style_folder, make_picture, capsys):
    make_picture(30, 30).save(style_folder / "lilies.jpg")
    assert train("fixed") == 2
    assert "same name" in error(capsys)


@pytest.mark.parametrize("kind", ["fixed", "single"])
def test_weights_of_another_shape(train, checkpoint, capsys, kind):
    assert train(kind, "--init", checkpoint) == 2
    assert "another shape" in error(capsys)


def test_going_on_with_another_network(train, tmp_path, capsys):
    assert train("single", "--steps", 1) == 0
    capsys.readouterr()
    assert train("single", "--steps", 2, "--norm", "batch") == 2
    assert "choose another output folder" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, b"junk"])
def test_a_teacher_that_is_none(photos, tmp_path, capsys, content):
    teacher = tmp_path / "teacher.safetensors"
    if content is not None:
        teacher.write_bytes(content)
    command = ["train", "encoder", "--teacher", str(teacher), "--data", str(photos), "--out", str(tmp_path / "run")]
    assert main(command) == 2
    assert "teacher.safetensors" in error(capsys)


def test_meta_from_photos_and_paintings(photos, style_folder, encoder_file, tmp_path, make_picture):
    options = ["--base", 4, "--hidden", 8, "--image-size", 128, "--style-sizes", 128, 160, *FAST, "--steps", 1]
    where = ["--photos", photos, "--paintings", style_folder, "--encoder", encoder_file, "--out", tmp_path / "run"]
    assert main(["train", "meta", *map(str, [*where, *options])]) == 0
    weights = tmp_path / "run" / "network.safetensors"
    network = load_meta(weights)
    assert (network.config.base, network.config.hidden, network.config.form) == (4, 8, "modulated")
    again = [*where[:-1], tmp_path / "more", *options, "--init", weights]
    assert main(["train", "meta", *map(str, again)]) == 0


def test_style_sizes_have_a_smallest(photos, style_folder, tmp_path, capsys):
    options = ["--photos", photos, "--paintings", style_folder, "--out", tmp_path / "run", "--style-sizes", "64"]
    assert main(["train", "meta", *map(str, options)]) == 2
    assert "--style-sizes" in error(capsys)
