"""Styles and mixes as people write them."""

import pytest

from styletransfer.errors import StyleError
from styletransfer.stylizers import parse_mix
from styletransfer.stylizers.mixing import check_strength, normalize_mix

NAMES = ["wave", "night", "kiss"]


@pytest.mark.parametrize(
    ("text", "mix"),
    [
        ("wave", {"wave": 1}),
        ("wave:0.6,night:0.4", {"wave": 0.6, "night": 0.4}),
        (" wave : 3 , night", {"wave": 3, "night": 1}),
        ("wave:,night:1e-3", {"wave": 1, "night": 0.001}),
        ("wave:1,wave:0.5", {"wave": 1.5}),
    ],
)
def test_parse(text, mix):
    assert parse_mix(text) == pytest.approx(mix)


@pytest.mark.parametrize("text", ["", " ", ",", "wave,", ":0.5", "wave,,night", "wave:x", "wave:0.5:0.5", "wave:0,5"])
def test_what_cannot_be_read_is_said_in_one_sentence(text):
    with pytest.raises(StyleError) as caught:
        normalize_mix(text, NAMES)
    assert "\n" not in str(caught.value) and len(str(caught.value)) > 20


@pytest.mark.parametrize(
    ("style", "weights"),
    [
        ("night", {"night": 1}),
        ("wave:3,night:1", {"wave": 0.75, "night": 0.25}),
        ({"wave": 2, "kiss": 0}, {"wave": 1, "kiss": 0}),
        ("wave,wave", {"wave": 1}),
    ],
)
def test_weights_sum_to_one(style, weights):
    assert normalize_mix(style, NAMES) == pytest.approx(weights)


@pytest.mark.parametrize(
    ("style", "message"),
    [
        ("sunflowers", 'no style "sunflowers"; choose among wave, night, kiss'),
        ({"wave": 1, "Night": 1}, 'no style "Night"'),
        ("wave:-0.5,night:1.5", "wave is -0.5"),
        ("wave:nan", "wave is nan"),
        ({"wave": float("inf")}, "wave is inf"),
        ("wave:0,night:0", "sum to 0"),
        ({}, "sum to 0"),
    ],
)
def test_impossible_mixes(style, message):
    with pytest.raises(StyleError, match=message):
        normalize_mix(style, NAMES)


@pytest.mark.parametrize("strength", [0, 0.5, 1])
def test_strength_within_bounds(strength):
    assert check_strength(strength) == strength


@pytest.mark.parametrize("strength", [-0.01, 1.01, float("nan"), float("inf")])
def test_strength_out_of_bounds(strength):
    with pytest.raises(StyleError, match="from 0"):
        check_strength(strength)
