"""The pyramid that is optimised."""

import pytest
import torch

from styletransfer.stylizers.iterative.canvas import COARSER, LEVELS, Canvas


@pytest.mark.parametrize("size", [(37, 52), (32, 32)])
def test_a_new_canvas_is_its_start_and_each_level_paints_all_of_it(size):
    start = torch.rand(1, 3, *size)
    canvas = Canvas(start)
    assert torch.equal(canvas.picture(), start)
    assert len(canvas.levels) == LEVELS
    for index, level in enumerate(canvas.levels):
        with torch.no_grad():
            level.fill_(1)
            torch.testing.assert_close(canvas.picture(), start + COARSER**index)
            level.zero_()
