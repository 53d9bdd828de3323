"""The recipe of MetaNet: which styles it sees, what is asked, and a few real steps."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from styletransfer import losses
from styletransfer.checkpoints import load_meta
from styletransfer.networks import MetaConfig, channel_statistics, palette
from styletransfer.training.loop import LoopConfig, train
from styletransfer.training.meta import STATISTICS_LAYERS, MetaRecipe, MetaTrainingConfig
from styletransfer.training.perceptual import LossConfig

pytestmark = pytest.mark.usefixtures("on_cpu")
CPU = torch.device("cpu")
CONFIG = MetaTrainingConfig(
    network=MetaConfig(base=4, hidden=8, components=4), image_size=128, style_sizes=(128,), fade_in=False,
    loss=LossConfig(content_layers=("relu3_1",)),
)  # fmt: skip
PUBLISHED = MetaConfig(base=4, hidden=8, form="published")


@pytest.fixture
def paintings(tmp_path, make_picture):
    folder = tmp_path / "paintings"
    folder.mkdir()
    for number in (33, 34, 35, 36, 37):
        make_picture(70, 60, number).save(folder / f"painting_{number:05d}.png")
    return folder


@pytest.fixture
def make_recipe(photos, paintings, encoder, tmp_path):
    def make(batch_size=2, **changes):
        recipe = MetaRecipe(photos, paintings, encoder, replace(CONFIG, **changes), batch_size, tmp_path / "measured.safetensors")
        recipe.to(CPU, torch.float32)
        return recipe

    return make


def test_every_35th_painting_is_set_aside(make_recipe):
    recipe = make_recipe()
    assert [path.stem[-2:] for path in recipe.paintings] == ["33", "34", "36", "37"]
    assert len(recipe.preview_styles) == 1


def test_paintings_are_measured_once(make_recipe, paintings, make_picture, monkeypatch):
    first = make_recipe().styles
    others = torch.rand(4, 1920)
    monkeypatch.setattr(MetaRecipe, "_measure", lambda self: {"statistics": others})
    again = make_recipe().styles
    assert all(torch.equal(again[name], values) for name, values in first.items())
    make_picture(50, 60, 9).save(paintings / "painting_00036.png")
    assert torch.equal(make_recipe().styles["statistics"], others)


def test_paintings_are_seen_at_each_of_the_sizes(make_recipe):
    small, large, both = (make_recipe(style_sizes=sizes).styles["statistics"] for sizes in ((128,), (192,), (128, 192)))
    assert torch.equal(both[0::2], small[0::2]) and torch.equal(both[1::2], large[1::2])
    assert not torch.allclose(small, large)


def test_what_is_known_of_a_style(make_recipe, encoder):
    recipe = make_recipe()
    image = recipe.preview_styles
    style, features = recipe._style(image), encoder(image, STATISTICS_LAYERS)
    assert torch.allclose(style["statistics"], channel_statistics(features))
    assert torch.allclose(style["palette"], palette(image))
    assert torch.allclose(style["relu2_1"], losses.gram(features["relu2_1"]))


@pytest.mark.parametrize(("every", "count", "different"), [(1, 0, [4, 4]), (1, 1, [1, 1]), (20, 1, [1, 1]), (2, 2, [2, 2])])
def test_how_many_styles_and_how_long(make_recipe, every, count, different):
    recipe = make_recipe(batch_size=4, style_every=every, styles_per_batch=count)
    assert [len(set(recipe._choose(step))) for step in (0, 5)] == different
    assert np.array_equal(recipe._choose(0), recipe._choose(every - 1))
    assert sorted({int(i) for step in range(0, 4 * every, every) for i in recipe._choose(step)}) == [0, 1, 2, 3]


def test_batches_depend_on_the_step_alone(make_recipe):
    recipe = make_recipe()
    once, again = recipe.batch(3), recipe.batch(3)
    assert all(torch.equal(once[name], again[name]) for name in once)


def test_a_weak_style_is_given_and_asked_between_photo_and_painting(make_recipe):
    recipe = make_recipe()
    batch = recipe.batch(0) | {"strength": torch.tensor([1.0, 0.25])}
    before = {name: batch[name].clone() for name in ("statistics", "relu1_1", "colors")}
    own = recipe._style(batch["image"][1:])
    recipe._weaken(batch["image"], batch)
    for name, full in before.items():
        assert torch.equal(batch[name][0], full[0])
        assert torch.allclose(batch[name][1], 0.75 * own[name][0] + 0.25 * full[1], atol=1e-4)


@pytest.mark.parametrize("network", [CONFIG.network, PUBLISHED], ids=["modulated", "published"])
def test_a_few_steps(make_recipe, tmp_path, network):
    """The losses fall, and what is exported paints as the preview does."""
    recipe = make_recipe(network=network)
    path = train(recipe, LoopConfig(out=tmp_path / "run", steps=12, batch_size=2, precision="fp32", preview_every=12))
    loaded = load_meta(path)
    assert loaded.config == network
    assert Image.open(tmp_path / "run" / "preview_000012.jpg").width == 2 * 128
    batch = recipe.batch(0)
    with torch.no_grad():
        painted = loaded(batch["image"], batch["statistics"], batch["palette"])
    assert painted.shape == batch["image"].shape and torch.isfinite(painted).all()


def test_going_on_keeps_the_principal_components(make_recipe, tmp_path):
    bases = []
    for steps in (2, 4):
        recipe = make_recipe()
        train(recipe, LoopConfig(out=tmp_path / "run", steps=steps, batch_size=2, precision="fp32"))
        bases.append(recipe.network.basis.clone())
    assert bases[0].any() and torch.equal(*bases)
