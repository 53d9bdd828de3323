import math

import pytest

from styletransfer.stylizers.iterative.plan import fit, plan_scales


def test_scales_grow_by_sqrt_2_to_the_full_size():
    scales = plan_scales((768, 512), 300, 192)
    assert [scale.side for scale in scales] == [192, 272, 384, 543, 768]
    assert (scales[-1].width, scales[-1].height) == (768, 512)
    assert scales[0].height == 128
    for scale in scales:
        assert scale.width / scale.height == pytest.approx(1.5, rel=0.01)


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 7, 50, 301])
@pytest.mark.parametrize("size", [(40, 40), (100, 768), (1536, 1024)])
def test_steps_add_up_and_fall(steps, size):
    scales = plan_scales(size, steps, 64)
    shares = [scale.steps for scale in scales]
    assert sum(shares) == steps
    assert min(shares) >= 1
    if steps > 50:
        assert shares == sorted(shares, reverse=True)


def test_a_picture_smaller_than_the_coarsest_scale_has_one():
    (scale,) = plan_scales((100, 60), 10, 192)
    assert (scale.width, scale.height, scale.steps) == (100, 60, 10)
    assert scale.work == 10 * 100 * 60


def test_fit_is_never_too_small_for_the_encoder():
    assert fit((1, 1), 1) == (32, 32)
    assert fit((1000, 10), math.sqrt(0.5)) == (707, 32)
