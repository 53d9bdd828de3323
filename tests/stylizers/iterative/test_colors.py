import numpy as np
from PIL import Image

from styletransfer.stylizers.iterative.colors import match_colors


def test_mean_and_covariance_become_the_photos():
    narrow = np.random.default_rng(0).normal(128, 12, (80, 80, 3)) * (1, 0.5, 1) + (0, 60, 20)
    wide = np.random.default_rng(1).normal(0, 1, (80, 80, 3)) @ ((20, 10, 0), (0, 15, 5), (0, 0, 8)) + 120
    style, photo = (Image.fromarray(v.clip(0, 255).astype(np.uint8)) for v in (narrow, wide))
    matched = np.asarray(match_colors(style, photo)).reshape(-1, 3)
    wanted = np.asarray(photo).reshape(-1, 3)
    np.testing.assert_allclose(matched.mean(axis=0), wanted.mean(axis=0), atol=1)
    np.testing.assert_allclose(np.cov(matched.T), np.cov(wanted.T), atol=12)


def test_a_picture_of_one_colour_gets_the_photos_mean():
    photo = Image.fromarray(np.random.default_rng(1).integers(0, 256, (30, 30, 3), np.uint8))
    matched = np.asarray(match_colors(Image.new("RGB", (9, 9), (200, 0, 0)), photo))
    np.testing.assert_allclose(matched.reshape(-1, 3).mean(axis=0), np.asarray(photo).reshape(-1, 3).mean(axis=0), atol=1)
