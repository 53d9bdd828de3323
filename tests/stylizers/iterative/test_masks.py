import numpy as np
import pytest
from PIL import Image

from styletransfer.errors import ImageError
from styletransfer.stylizers.iterative.masks import open_mask


def test_black_stays_black_and_edges_fade_inwards():
    values = np.zeros((100, 200), np.uint8)
    values[:, 100:] = 255
    mask = np.asarray(open_mask(Image.fromarray(values), (200, 100)), int)
    assert mask[:, :100].max() == 0
    assert mask[:, 110:].min() == 255
    edge = mask[50, 100:110]
    assert (np.diff(edge) >= 0).all() and len(np.unique(edge)) > 3


def test_grey_stays_grey():
    mask = open_mask(Image.new("RGB", (30, 20), (128, 128, 128)), (60, 40))
    assert (mask.size, mask.mode, mask.getextrema()) == ((60, 40), "L", (128, 128))


def test_an_all_black_mask_is_explained():
    with pytest.raises(ImageError, match="all black"):
        open_mask(Image.new("L", (30, 20)), (30, 20))
