"""IterativeStylizer with a random encoder: from picture to picture, stopped, limited, warm, cold and short of memory."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from PIL import Image

from styletransfer import checkpoints
from styletransfer.checkpoints import load_encoder
from styletransfer.errors import CheckpointError, ImageError, StyleError, StyleTransferError
from styletransfer.images import keep_color
from styletransfer.stylizers.iterative import IterativeConfig, IterativeStylizer, paint_start
from styletransfer.stylizers.iterative import stylizer as module
from styletransfer.stylizers.iterative.colors import match_colors
from styletransfer.stylizers.iterative.objective import Losses, Objective

QUICK = IterativeConfig(steps=6, coarsest=32)


@pytest.fixture
def stylizer(encoder):
    return IterativeStylizer(encoder, device=torch.device("cpu"), precision="fp32")


@pytest.fixture
def style(make_picture):
    return make_picture(50, 70, 9)


def values(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(int)


def paint(stylizer, photo, style, mask=None, **options) -> Image.Image:
    return stylizer(photo, style=style, mask=mask, config=dataclasses.replace(QUICK, **options))


def test_progress_is_told_at_every_step(stylizer, photo, style):
    steps = list(stylizer.stylize(photo, style=style, config=QUICK))
    assert [step.step for step in steps] == [1, 2, 3, 4, 5, 6]
    assert {step.total for step in steps} == {6}
    assert [step.scale for step in steps] == [43, 43, 43, 61, 61, 61]
    assert steps[0].content_loss < 1e-3 < steps[2].content_loss
    assert steps[2].total_loss < steps[0].total_loss
    assert steps[-1].seconds_left == 0 < steps[0].seconds_left
    assert steps[0].preview.size == (43, 33)
    assert all(step.result.size == photo.size for step in steps)
    assert not steps[-1].warnings


def test_whoever_stops_has_the_best_picture_so_far(stylizer, photo, style):
    run = stylizer.stylize(photo, style=style, config=QUICK)
    first, second = next(run), next(run)
    run.close()
    assert second.result.size == photo.size
    assert values(first.result).std() > 0


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_the_picture_moves_to_the_style(stylizer, photo, style, optimizer):
    *_, last = stylizer.stylize(
        photo, style=style, config=IterativeConfig(steps=30, coarsest=64, optimizer=optimizer, strength=1)
    )
    first = next(stylizer.stylize(photo, style=style, config=IterativeConfig(steps=30, coarsest=64)))
    assert last.style_loss < 0.5 * first.style_loss


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_noise_with_one_seed_gives_one_picture(stylizer, photo, style, optimizer):
    one, again, other = (paint(stylizer, photo, style, init="noise", optimizer=optimizer, seed=seed) for seed in (5, 5, 6))
    assert np.array_equal(values(one), values(again))
    assert not np.array_equal(values(one), values(other))


def test_style_alone_from_noise_gives_its_texture(photo):
    """With the bundled encoder. The distance of the Gram matrices falls below 1 % of the start's."""
    stylizer = IterativeStylizer(load_encoder("compact"), device=torch.device("cpu"), precision="fp32")
    rows, columns = np.mgrid[0:64, 0:64]
    style = Image.fromarray(np.stack([rows * 3, 255 - columns * 3, (rows + columns) // 8 % 2 * 200], axis=-1).astype(np.uint8))
    config = IterativeConfig(
        steps=500, init="noise", strength=1, coarsest=64, tv_weight=0, range_weight=0, history=50,
        style_layers=("relu1_1", "relu2_1"), style_layer_weights=(1, 1),
    )  # fmt: skip
    steps = [step.style_loss for step in stylizer.stylize(Image.new("RGB", (64, 64)), style=style, config=config)]
    assert min(steps) < 0.01 * steps[0]


def test_a_warm_start_is_painted_by_the_fast_method(encoder, photo, style):
    asked = []

    def fast(photo, styles, init):
        asked.append((photo.size, [share for _, share in styles], init))
        return Image.new("RGB", photo.size, (10, 200, 30))

    stylizer = IterativeStylizer(encoder, warm_start=fast, device=torch.device("cpu"), precision="fp32")
    config = dataclasses.replace(QUICK, init="wave", steps=1)
    step = next(stylizer.stylize(photo, style=[(style, 1), (photo, 3)], config=config))
    assert asked == [((61, 46), [0.25, 0.75], "wave")]
    np.testing.assert_allclose(values(step.result).mean(axis=(0, 1)), (10, 200, 30), atol=1)


def test_a_start_may_be_given(stylizer, photo, style):
    """It stands for what the config says, which is not even looked at."""
    config = dataclasses.replace(QUICK, init="wave", steps=1)
    start = Image.new("RGBA", (20, 30), (10, 200, 30, 99))
    step = next(stylizer.stylize(photo, style=style, config=config, start=start))
    np.testing.assert_allclose(values(step.result).mean(axis=(0, 1)), (10, 200, 30), atol=1)


@pytest.mark.parametrize("colors", ["off", "match"])
def test_a_start_painted_before_is_the_one_painted_on_the_way(encoder, photo, style, colors):
    """The same photo, styles and init are handed to the fast method."""
    asked = []

    def fast(photo, styles, init):
        asked.append([np.asarray(picture).tolist() for picture in (photo, *(picture for picture, _ in styles))])
        return photo

    config = dataclasses.replace(QUICK, init="wave", steps=1, preserve_color=colors)
    stylizer = IterativeStylizer(encoder, warm_start=fast, device=torch.device("cpu"), precision="fp32")
    next(stylizer.stylize(photo, style=style, config=config))
    assert paint_start(photo, style, config, fast) is not None
    assert asked[0] == asked[1]


@pytest.mark.parametrize("changes", [{"init": "photo"}, {"init": "noise"}, {"init": "meta", "strength": 0.0}])
def test_not_every_start_is_painted(photo, style, changes):
    assert paint_start(photo, style, dataclasses.replace(QUICK, **changes), pytest.fail) is None


def test_strength_0_gives_the_photo_back(stylizer, photo, style):
    assert np.array_equal(values(paint(stylizer, photo, style, strength=0)), values(photo))


def test_weights_of_styles_matter(stylizer, photo, style, make_picture):
    other = make_picture(60, 60, 4)
    alone = paint(stylizer, photo, style)
    assert np.array_equal(values(alone), values(paint(stylizer, photo, [(style, 2), (other, 0)])))
    assert not np.array_equal(values(alone), values(paint(stylizer, photo, [(style, 1), (other, 1)])))


def test_outside_the_mask_the_photo_stays(stylizer, photo, style):
    mask = Image.new("L", photo.size)
    mask.paste(255, (0, 0, 30, 46))
    painted = values(paint(stylizer, photo, style, mask=mask, strength=0.9)) - values(photo)
    assert np.abs(painted[:, 30:]).max() == 0
    assert np.abs(painted[:, :25]).mean() > 2


def test_luminance_keeps_the_photos_colours(stylizer, photo, style):
    painted = paint(stylizer, photo, style, preserve_color="luminance")
    again = keep_color(painted, photo)
    assert np.abs(values(again) - values(painted)).mean() < 1
    grey = paint(stylizer, photo.convert("L"), style, preserve_color="luminance")
    assert np.ptp(values(grey), axis=2).max() <= 2


def test_matched_colours_are_those_of_the_style_recoloured(stylizer, photo, style):
    matched = paint(stylizer, photo, style, preserve_color="match")
    assert np.array_equal(values(matched), values(paint(stylizer, photo, match_colors(style, photo))))
    assert not np.array_equal(values(matched), values(paint(stylizer, photo, style)))


def test_transparency_is_kept(stylizer, photo, style):
    photo.putalpha(Image.linear_gradient("L").resize(photo.size))
    painted = paint(stylizer, photo, style, size=40)
    assert (painted.mode, painted.size) == ("RGBA", (40, 30))
    assert painted.getchannel("A").getextrema()[0] < 20


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (33, 35)])
def test_tiny_photos_and_styles(stylizer, make_picture, size):
    tiny = make_picture(*size)
    assert paint(stylizer, tiny, make_picture(64, 64, 3)).size == size
    assert paint(stylizer, make_picture(64, 64, 3), tiny).size == (64, 64)


def test_too_large_is_reduced_with_a_warning(stylizer, make_picture, style, monkeypatch):
    monkeypatch.setattr(module, "free_memory", lambda device: 40 << 20)
    *_, last = stylizer.stylize(make_picture(600, 300), style=style, config=QUICK)
    width, height = last.result.size
    assert 32 <= width < 600 and width == pytest.approx(2 * height, abs=2)
    assert last.warnings == (f"600 × 300 pixels do not fit into memory here; the result has {width} × {height}.",)


def test_losses_that_are_not_finite_end_it_with_a_warning(stylizer, photo, style, monkeypatch):
    measure = Objective.__call__
    calls = []

    def broken(self, image):
        calls.append(1)
        found = measure(self, image)
        return Losses(found.content, found.style, found.total * math.inf) if len(calls) == 4 else found

    monkeypatch.setattr(Objective, "__call__", broken)
    steps = list(stylizer.stylize(photo, style=style, config=QUICK))
    assert len(steps) == 4
    assert "infinite" in steps[-1].warnings[0]
    assert steps[-1].result.size == photo.size


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps is 0"), ({"strength": 1.5}, "Strength is 1.5"), ({"style_weight": math.nan}, "style weight is nan"),
        ({"optimizer": "sgd"}, 'no optimizer "sgd"'), ({"preserve_color": "yes"}, '"yes"'), ({"size": 5}, "size in pixels is 5"),
        ({"style_layers": ("relu1_1",)}, "1 style layers need as many weights"), ({"init": "sunflowers"}, "sunflowers"),
        ({"style_layers": ("conv9",), "style_layer_weights": (1,)}, "no layer conv9"),
    ],
)  # fmt: skip
def test_bad_settings(stylizer, photo, style, options, message):
    with pytest.raises(StyleTransferError, match=message):
        paint(stylizer, photo, style, **options)


def test_bad_pictures(stylizer, photo, style, tmp_path):
    with pytest.raises(ImageError, match="all black"):
        paint(stylizer, photo, style, mask=Image.new("L", (9, 9)))
    with pytest.raises(StyleError, match="sum to 0"):
        paint(stylizer, photo, [(style, 0)])
    with pytest.raises(ImageError, match=r"none\.png"):
        paint(stylizer, photo, tmp_path / "none.png")


def test_bf16_reaches_nearly_what_fp32_does(encoder_file, photo, style):
    totals = []
    for precision in ("fp32", "bf16"):
        stylizer = IterativeStylizer(load_encoder(encoder_file), device=torch.device("cpu"), precision=precision)
        steps = stylizer.stylize(photo, style=style, config=IterativeConfig(steps=20, coarsest=64))
        totals.append(min(step.total_loss for step in steps))
    assert totals[1] == pytest.approx(totals[0], rel=0.15)


def test_on_a_gpu_without_a_network_the_compact_encoder_does(monkeypatch, caplog):
    asked = []

    def load(name, pooling):
        asked.append(name)
        if name == "vgg19":
            raise CheckpointError("It cannot be fetched; use the compact encoder.")
        return load_encoder(name, pooling)

    for place in (module, checkpoints):
        monkeypatch.setattr(place, "load_encoder", load)
    monkeypatch.setattr(module, "training_device", lambda: torch.device("cuda"))
    monkeypatch.setattr(module.IterativeStylizer, "__init__", lambda self, encoder: None)
    IterativeStylizer.from_pretrained()
    assert asked == ["vgg19", "compact"]
    assert "cannot be fetched" in caplog.text
    with pytest.raises(CheckpointError):
        IterativeStylizer.from_pretrained("vgg19")
