"""Distillation of CompactVGG: its start, its scales, and the measure of agreement."""

from copy import deepcopy

import numpy as np
import pytest
import torch

from styletransfer.encoders import HEAD_LAYERS, load_compact
from styletransfer.errors import TrainingError
from styletransfer.training import encoder as recipe_module
from styletransfer.training.data import list_pictures, load_square
from styletransfer.training.encoder import EncoderConfig, EncoderRecipe, agreement
from styletransfer.training.loop import LoopConfig, train

pytestmark = pytest.mark.usefixtures("on_cpu")
CPU = torch.device("cpu")


@pytest.fixture
def recipe(photos, encoder) -> EncoderRecipe:
    recipe = EncoderRecipe(encoder, [photos], EncoderConfig(image_size=64), 4)
    recipe.to(CPU, torch.float32)
    return recipe


def test_the_student_starts_with_responses_of_mean_0_and_variance_1(recipe):
    with torch.no_grad():
        responses = recipe.network(recipe.sampler.batch(0, 16))
    assert set(HEAD_LAYERS) <= set(responses)
    for layer, response in responses.items():
        var, mean = torch.var_mean(response, dim=(0, 2, 3), correction=0)
        assert float(mean.abs().max()) < 0.01, layer
        assert float((var - 1).abs().median()) < 0.01, layer  # but for channels that never answer


def test_scales_are_the_typical_size_of_the_teachers_features(recipe, encoder):
    with torch.no_grad():
        features = encoder(recipe.sampler.batch(0, 16), HEAD_LAYERS)
    for layer in HEAD_LAYERS:
        assert recipe.scales[layer] == pytest.approx(float(features[layer].square().mean().sqrt()), rel=1e-4)


def test_export_multiplies_the_scales_into_the_heads(recipe, tmp_path):
    recipe.export(recipe.network, tmp_path / "encoder.safetensors", {})
    image = recipe.sampler.batch(1, 2)
    with torch.no_grad():
        responses = recipe.network(image)
        features = load_compact(tmp_path / "encoder.safetensors")(image, HEAD_LAYERS)
    for layer in HEAD_LAYERS:
        expected = recipe.scales[layer] * responses[layer].relu()
        assert float((features[layer] - expected).square().mean() / expected.square().mean()) < 1e-4
    again = recipe.network(image)
    assert all(torch.equal(again[layer], responses[layer]) for layer in HEAD_LAYERS)  # the student stays as it is


def test_the_teacher_in_the_students_place_makes_no_error(recipe):
    """Answering what the teacher answers, divided by its scales, every layer's loss is 0; twice that, it is not."""
    batch = recipe.batch(0)

    def answer(factor):
        with torch.no_grad():
            found = recipe_module._responses(recipe.teacher, batch["image"])
        return lambda image: {layer: factor * found[layer] / recipe.scales[layer] for layer in HEAD_LAYERS}

    right, double = (recipe.losses(answer(factor), batch) for factor in (1, 2))
    for layer in HEAD_LAYERS:
        assert float(right[layer]) == pytest.approx(0, abs=1e-6)
        assert float(double[layer]) == pytest.approx(1 + recipe.config.gram_weight * (4 - 1) ** 2, rel=1e-3)


def test_real_steps_lower_the_loss_and_give_an_encoder(recipe, tmp_path):
    batch = recipe.batch(0)

    def total():
        recipe.to(CPU, torch.float32)
        with torch.no_grad():
            return float(sum(recipe.losses(recipe.network, batch).values()))

    before = total()
    path = train(recipe, LoopConfig(tmp_path / "run", steps=4, batch_size=4, learning_rate=2e-2, precision="fp32"))
    assert total() < 0.97 * before
    assert load_compact(path).layers == HEAD_LAYERS
    assert (tmp_path / "run" / "preview_000004.jpg").exists()


def test_resumed_training_is_the_uninterrupted_one_bit_for_bit(photos, encoder_file, tmp_path, monkeypatch):
    """With the state of the preconditioner, renewed now and then."""
    monkeypatch.setattr(recipe_module, "PRECONDITION_EVERY", 2)
    monkeypatch.setattr("styletransfer.training.loop._learning_rate", lambda *_: 0.01)  # it depends on the number of steps

    def run(name, steps):
        recipe = EncoderRecipe(load_compact(encoder_file), [photos], EncoderConfig(image_size=64), 1)
        train(recipe, LoopConfig(tmp_path / name, steps, precision="fp32"))
        return recipe.network.state_dict()

    whole, _, resumed = run("whole", 5), run("parts", 3), run("parts", 5)
    assert all(torch.equal(resumed[key], whole[key]) for key in whole)


def test_rates_are_relative_to_the_size_of_the_weights(recipe):
    groups = recipe.optimizer(0.0).param_groups
    assert sum(len(group["params"]) for group in groups) == len(list(recipe.network.parameters()))
    for group in groups:
        assert group["scale"] == pytest.approx(group["params"][0].square().mean().sqrt().item())


def test_a_share_of_a_batch_is_disturbed(recipe, monkeypatch):
    monkeypatch.setattr(recipe_module, "DISTURBED_SHARE", 0.3)
    plain, batch = recipe.sampler.batch(3, 4), recipe.batch(3)["image"]
    changed = [not torch.equal(a, b) for a, b in zip(plain, batch, strict=True)]
    assert changed == [True, False, False, False]
    assert batch.min() >= 0 and batch.max() <= 1
    assert torch.equal(recipe.batch(3)["image"], batch)


def test_pictures_set_aside_are_not_trained_on(photos, encoder, make_picture):
    make_picture(40, 30).save(photos / "35.jpg")
    recipe = EncoderRecipe(encoder, [photos], EncoderConfig(image_size=64), 2)
    assert "35.jpg" not in {path.name for path in recipe.sampler.paths}
    assert len(recipe.sampler.paths) == len(list_pictures(photos)) - 1


def test_nothing_left_to_train_on(tmp_path, encoder, make_picture):
    make_picture(40, 30).save(tmp_path / "35.jpg")
    with pytest.raises(TrainingError, match="no pictures to train on"):
        EncoderRecipe(encoder, [tmp_path], EncoderConfig(image_size=64), 2)


def test_the_teacher_agrees_with_itself(encoder, photos):
    for match in agreement(encoder, encoder, list_pictures(photos)[:2], size=64).values():
        assert match.cosine == pytest.approx(1, abs=1e-4)
        assert match.gram_error == pytest.approx(0, abs=1e-8)


def test_agreement_by_hand(encoder, photos, tmp_path):
    """A student with other heads: cosines of channel vectors and relative Gram errors, averaged over pictures."""
    student, paths = deepcopy(encoder), list_pictures(photos)[:2]
    for head in student.heads.values():
        head.weight += 0.5 * head.weight.std() * torch.randn_like(head.weight)
    found = agreement(student, encoder, paths, size=64)
    for layer in HEAD_LAYERS:
        cosines, errors = [], []
        for path in paths:
            image = torch.from_numpy(np.array(load_square(path, 64))).permute(2, 0, 1)[None] / 255
            a, b = (network(image, [layer])[layer][0].flatten(1).double().numpy() for network in (student, encoder))
            cosines.append(np.mean((a * b).sum(0) / np.linalg.norm(a, axis=0) / np.linalg.norm(b, axis=0)))
            errors.append(np.sum((a @ a.T - b @ b.T) ** 2) / np.sum((b @ b.T) ** 2))
        assert found[layer].cosine == pytest.approx(np.mean(cosines), rel=1e-4)
        assert found[layer].gram_error == pytest.approx(np.mean(errors), rel=1e-4)
        assert found[layer].cosine < 0.99 and found[layer].gram_error > 0.01
