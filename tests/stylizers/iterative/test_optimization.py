"""Descent on simple functions whose minimum is known."""

import math

import pytest
import torch

from styletransfer.stylizers.iterative import IterativeConfig
from styletransfer.stylizers.iterative.objective import Losses
from styletransfer.stylizers.iterative.optimization import Average, Best, minimize

TARGET = torch.linspace(0.2, 0.8, 48).view(1, 3, 4, 4)
WEIGHTS = torch.logspace(-2, 1, 48).view(1, 3, 4, 4)


def bowl(image: torch.Tensor) -> Losses:
    loss = ((image - TARGET).square() * WEIGHTS).mean()
    return Losses(loss, loss, loss)


def run(objective=bowl, steps=40, **options):
    return list(minimize(objective, torch.full((1, 3, 4, 4), 0.5), steps, IterativeConfig(**options)))


@pytest.mark.parametrize(("optimizer", "left"), [("lbfgs", 1e-6), ("adam", 0.05)])
def test_a_bowls_bottom_is_found(optimizer, left):
    iterates = run(optimizer=optimizer, steps=100)
    assert len(iterates) == 100
    assert float(bowl(iterates[-1].picture).total) < left * iterates[0].total


def test_lbfgs_measures_once_per_step_and_keeps_the_best():
    measured = []

    def objective(image):
        measured.append(image.detach().clone())
        return bowl(image)

    iterates = run(objective)
    assert len(measured) == 40
    totals = [float(bowl(picture).total) for picture in measured]
    assert [iterate.total for iterate in iterates] == pytest.approx(totals)
    for step, iterate in enumerate(iterates):
        assert float(bowl(iterate.picture).total) == pytest.approx(min(totals[: step + 1]))


def test_adam_gives_the_average():
    def objective(image):
        measured.append(image.detach().clone())
        loss = (image - 2).square().mean()
        return Losses(loss, loss, loss)

    measured = []
    iterates = run(objective, steps=3, optimizer="adam", learning_rate=0.5, ema_decay=0.5)
    weights = torch.tensor([0.125, 0.25, 0.5])
    expected = sum(w * m for w, m in zip(weights, measured, strict=True)) / weights.sum()
    torch.testing.assert_close(iterates[-1].picture, expected)


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_what_is_not_finite_ends_it_with_the_last_good_picture(optimizer):
    calls = []

    def objective(image):
        calls.append(1)
        loss = bowl(image).total * (math.nan if len(calls) == 6 else 1)
        return Losses(loss, loss, loss)

    iterates = run(objective, optimizer=optimizer)
    assert [iterate.is_finite for iterate in iterates] == [True] * 5 + [False]
    assert iterates[-1].picture is iterates[-2].picture
    assert iterates[-1].picture.isfinite().all()


def test_keepers():
    one, two = torch.zeros(2), torch.ones(2)
    best = Best()
    assert best(one, 3.0) is one
    assert best(two, 4.0) is one
    average = Average(0.75)
    torch.testing.assert_close(average(one, 0), one)
    torch.testing.assert_close(average(two, 0), torch.full((2,), 0.25 / (0.1875 + 0.25)))
