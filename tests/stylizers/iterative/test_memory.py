import pytest
import torch

from styletransfer.stylizers.iterative import IterativeConfig
from styletransfer.stylizers.iterative.memory import RESERVE, bytes_needed, largest_pixels

SQUARE = 1536 * 1536


def test_1536_pixels_fit_into_6_gigabytes(encoder):
    assert 3e9 < bytes_needed(encoder, IterativeConfig(), SQUARE) < 5.4e9  # the process itself has half a gigabyte


def test_the_largest_picture_is_one_that_fits(encoder):
    config = IterativeConfig()
    pixels = largest_pixels(encoder, config, 4 << 30)
    assert bytes_needed(encoder, config, pixels) == pytest.approx(RESERVE * (4 << 30), rel=1e-3)
    assert largest_pixels(encoder, config, 0) > 0


def test_half_precision_and_adam_need_less(encoder):
    full = bytes_needed(encoder, IterativeConfig(), SQUARE)
    assert bytes_needed(encoder, IterativeConfig(optimizer="adam"), SQUARE) < full
    assert bytes_needed(encoder.to(torch.bfloat16), IterativeConfig(), SQUARE) < full
