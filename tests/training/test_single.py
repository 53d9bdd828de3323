"""The recipe of the classic network, in its forms."""

import pytest
import torch
from PIL import Image

from styletransfer import FixedStylizer
from styletransfer.checkpoints import load_fixed
from styletransfer.networks import TransformConfig
from styletransfer.training.loop import LoopConfig, train
from styletransfer.training.perceptual import LossConfig
from styletransfer.training.single import SingleConfig, SingleRecipe

pytestmark = pytest.mark.usefixtures("on_cpu")


@pytest.fixture
def make_recipe(photos, encoder, styles, make_picture, tmp_path):
    make_picture(80, 60, 10).save(tmp_path / "wave.png")

    def make(network: TransformConfig) -> SingleRecipe:
        config = SingleConfig(network, image_size=128, style_size=128, loss=LossConfig(content_layers=("relu3_1",)))
        recipe = SingleRecipe(photos, tmp_path / "wave.png", styles[0], encoder, config, 2)
        recipe.to(torch.device("cpu"), torch.float32)
        return recipe

    return make


@pytest.mark.parametrize("network", [TransformConfig(4), TransformConfig(4, "batch", "transposed", "tanh")], ids=str)
def test_real_steps_lower_the_loss_and_give_weights_that_paint(make_recipe, tmp_path, photo, network):
    recipe = make_recipe(network)
    batch = recipe.batch(0)

    def total():
        with torch.no_grad():
            return float(sum(recipe.losses(recipe.network, batch).values()))

    before = total()
    config = LoopConfig(tmp_path / "run", steps=5, batch_size=2, learning_rate=3e-3, precision="fp32", ema_decay=0.0)
    path = train(recipe, config)
    with Image.open(tmp_path / "run" / "preview_000005.jpg") as sheet:
        assert sheet.size == (3 * 128, 2 * 128)  # photos above, painted below
    loaded, styles = load_fixed(path)
    assert (loaded.transform.config, styles) == (network, [recipe.style])
    for key, value in recipe.network.state_dict().items():
        torch.testing.assert_close(loaded.transform.state_dict()[key], value, rtol=1e-3, atol=1e-3)
    assert FixedStylizer.from_pretrained(path)(photo, style="wave").size == photo.size
    assert total() < 0.97 * before  # last, for measuring moves the statistics of a batch norm


def test_the_preview_is_painted_for_use_and_leaves_training_as_it_was(make_recipe):
    recipe = make_recipe(TransformConfig(4, "batch"))
    before = {key: value.clone() for key, value in recipe.network.state_dict().items()}
    recipe.preview(recipe.network)
    assert recipe.network.training
    assert all(torch.equal(value, before[key]) for key, value in recipe.network.state_dict().items())


def test_every_picture_of_a_batch_is_measured_against_the_style(make_recipe):
    recipe = make_recipe(TransformConfig(4))
    style = recipe.targets
    assert style.colors.shape[0] == 1
    image = torch.nn.functional.interpolate(torch.rand(2, 3, 16, 16), scale_factor=8)
    both = recipe.losses(lambda x: x, {"image": image})
    each = [recipe.losses(lambda x: x, {"image": image[i : i + 1]}) for i in range(2)]
    for name, value in both.items():
        assert float(value) == pytest.approx((float(each[0][name]) + float(each[1][name])) / 2, rel=1e-4, abs=1e-6)
    assert float(both["content"]) == 0  # the photo itself
