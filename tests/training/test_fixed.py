"""The recipe of the multi-style network: its mixes, its targets, and a few real steps."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from styletransfer import FixedStylizer, losses
from styletransfer.checkpoints import load_fixed
from styletransfer.training import fixed
from styletransfer.training.fixed import FixedConfig, FixedRecipe
from styletransfer.training.loop import LoopConfig, train
from styletransfer.training.perceptual import LossConfig

pytestmark = pytest.mark.usefixtures("on_cpu")
CPU = torch.device("cpu")
CONFIG = FixedConfig(base=4, image_size=128, style_size=128, fade_in=False, loss=LossConfig(content_layers=("relu3_1",)))


@pytest.fixture
def style_pictures(tmp_path, make_picture, styles):
    pictures = {}
    for number, style in enumerate(styles):
        path = tmp_path / f"{style.name}.png"
        make_picture(70 + 10 * number, 60, 10 + number).save(path)
        pictures[path] = style
    return pictures


@pytest.fixture
def make_recipe(photos, style_pictures, encoder):
    def make(batch_size=2, dtype=torch.float32, **changes):
        recipe = FixedRecipe(photos, style_pictures, encoder, replace(CONFIG, **changes), batch_size)
        recipe.to(CPU, dtype)
        return recipe

    return make


def test_mixes_are_shares(make_recipe):
    recipe = make_recipe(batch_size=5)
    mixes = torch.cat([recipe._mixes(step) for step in range(400)])
    assert mixes.shape == (2000, 4) and mixes.min() >= 0
    torch.testing.assert_close(mixes.sum(dim=1), torch.ones(2000))
    weakened, mixed = mixes[:, 0] > 0, (mixes[:, 1:] > 0).sum(dim=1) == 2
    assert float(weakened.float().mean()) == pytest.approx(0.25, abs=0.03)
    assert float(mixed.float().mean()) == pytest.approx(0.1 * 2 / 3, abs=0.02)
    assert not (weakened & mixed).any()
    assert torch.equal(recipe._mixes(7), recipe._mixes(7))


@pytest.mark.parametrize("batch_size", [1, 2, 4])
def test_every_style_comes_equally_often(make_recipe, batch_size, monkeypatch):
    monkeypatch.setattr(fixed, "MIX_SHARE", 0.0)
    recipe = make_recipe(batch_size=batch_size)
    styles = torch.cat([recipe._mixes(step)[:, 1:].argmax(dim=1) for step in range(30)]).view(-1, 3)
    assert torch.equal(styles.sort(dim=1).values, torch.arange(3).expand_as(styles))  # once each in three samples
    assert len(styles.unique(dim=0)) > 1


def test_styles_fade_in(make_recipe):
    assert [float(make_recipe(fade_in=True).batch(step)["fade"]) for step in (0, 100, 400, 900)] == [0, 0.25, 1, 1]
    assert float(make_recipe().batch(0)["fade"]) == 1


@pytest.mark.parametrize("fade", [0.0, 0.5, 1.0])
def test_fading_weighs_copying_against_style(make_recipe, fade):
    recipe = make_recipe()
    batch = recipe.batch(0)
    with torch.no_grad():
        full, faded = (recipe.losses(recipe.network, batch | {"fade": torch.tensor(f)}) for f in (1.0, fade))
        painted = recipe.network(batch["image"], batch["mix"])
    assert set(faded) == {"content", "style", "color", "tv", "range", "copy"}
    for name in ("style", "color"):
        assert float(faded[name]) == pytest.approx(fade * float(full[name]), rel=1e-4)
    assert float(faded["content"]) == pytest.approx(float(full["content"]), rel=1e-4)
    assert float(faded["copy"]) == pytest.approx((1 - fade) * 10 * float((painted - batch["image"]).abs().mean()), rel=1e-4)


def test_mixed_targets_by_hand(make_recipe):
    recipe = make_recipe()
    image = recipe.batch(0)["image"]
    mix = torch.tensor([[0.0, 0.25, 0, 0.75], [0.4, 0, 0.6, 0]])
    targets = recipe._mixed_targets(image, mix)
    style, own = recipe.targets, recipe.loss.targets(image[1:])
    for layer, grams in targets.grams.items():
        pictures = style.grams[layer]
        assert grams.shape == (2, *pictures.shape[1:])
        torch.testing.assert_close(grams[0], 0.25 * pictures[0] + 0.75 * pictures[2])
        torch.testing.assert_close(grams[1], 0.4 * own.grams[layer][0] + 0.6 * pictures[1])
    torch.testing.assert_close(targets.colors[0], 0.25 * style.colors[0] + 0.75 * style.colors[2])
    torch.testing.assert_close(targets.colors[1], 0.4 * own.colors[0] + 0.6 * style.colors[1])


def test_style_targets_are_those_of_the_pictures(make_recipe, encoder):
    recipe = make_recipe()
    for number, picture in enumerate(recipe.style_pictures):
        assert picture.size == (128, 128)
        x = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None] / 255
        for layer, features in encoder(x, CONFIG.loss.style_layers).items():
            torch.testing.assert_close(recipe.targets.grams[layer][number], losses.gram(features)[0])


def test_weighted_terms_by_hand(make_recipe, encoder):
    recipe = make_recipe()
    image, painted = torch.rand(2, 3, 128, 128), torch.rand(2, 3, 128, 128) * 1.2
    targets = recipe._mixed_targets(image, torch.tensor([[0.0, 1, 0, 0]]).repeat(2, 1))
    terms = recipe.loss(painted, image, targets)
    ours, theirs = encoder(painted, encoder.layers), encoder(image, ["relu3_1"])
    style = [losses.gram_loss(losses.gram(ours[layer]), recipe.targets.grams[layer][:1]) for layer in encoder.layers]
    quantiles = losses.color_quantiles(painted, losses.color_directions(32))
    expected = {
        "content": losses.content_loss(ours["relu3_1"], theirs["relu3_1"]),
        "style": 3 * sum(style) / 5,
        "color": 5 * losses.color_loss(quantiles, recipe.targets.colors[:1]),
        "tv": 0.1 * losses.total_variation(painted),
        "range": losses.out_of_range(painted),
    }
    assert set(terms) == set(expected)
    for name, value in expected.items():
        assert float(terms[name]) == pytest.approx(float(value), rel=1e-4), name


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_real_steps_lower_the_loss_and_give_weights_that_paint(make_recipe, tmp_path, photo, precision):
    recipe = make_recipe()
    batch = recipe.batch(0)

    def total():
        recipe.to(CPU, torch.float32)
        with torch.no_grad():
            return float(sum(recipe.losses(recipe.network, batch).values()))

    before = total()
    config = LoopConfig(tmp_path / "run", steps=6, batch_size=2, learning_rate=3e-3, precision=precision, ema_decay=0.0)
    path = train(recipe, config)
    assert total() < 0.95 * before
    with Image.open(tmp_path / "run" / "preview_000006.jpg") as sheet:
        assert sheet.size == (4 * 128, 3 * 128)  # a photo per row; identity and three styles
    network, styles = load_fixed(path)
    assert styles == recipe.styles
    torch.testing.assert_close(network.affine, recipe.network.affine, rtol=1e-3, atol=1e-3)
    assert FixedStylizer.from_pretrained(path)(photo, style="wave:1,kiss:1").size == photo.size


def test_styles_learn_faster_than_the_shared_weights(make_recipe):
    recipe = make_recipe()
    shared, own = recipe.optimizer(0.25).param_groups
    assert len(own["params"]) == 1 and own["params"][0] is recipe.network.affine
    assert own["scale"] > shared["scale"] == 1
    assert shared["weight_decay"] == own["weight_decay"] == 0.25
    assert len(shared["params"]) + 1 == len(list(recipe.network.parameters()))


def test_the_seed_decides_the_start(make_recipe):
    first, same, other = (make_recipe(seed=seed).network.state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[key], same[key]) for key in first)
    assert not torch.equal(first["affine"], other["affine"])
