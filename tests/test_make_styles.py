"""The example style pictures: painted by a program, and what is committed of them."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def load_program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_styles", EXAMPLES / "make_styles.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make_styles = load_program()


@pytest.mark.parametrize("slug", ["ink_mountains", "geometric_composition"])
def test_a_seed_paints_the_same_picture_again(slug):
    first, again, other = (make_styles.paint(slug, side=160, seed=seed) for seed in (3, 3, 4))
    assert first.mode == "RGB"
    assert max(first.size) == 160
    pixels = np.asarray(first)
    np.testing.assert_array_equal(pixels, np.asarray(again))
    assert (pixels != np.asarray(other)).any()
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 500
    assert pixels.std() > 20


@pytest.mark.parametrize("slug", make_styles.STYLES)
def test_every_picture_is_there(slug):
    path = make_styles.PAINTINGS / f"{slug}.jpg"
    assert path.stat().st_size <= make_styles.MOST_BYTES
    with Image.open(path) as picture:
        picture.load()
        assert (picture.format, picture.mode) == ("JPEG", "RGB")
        assert min(picture.size) >= 512


def test_there_are_no_others_and_the_readme_lists_them_all():
    assert {path.stem for path in make_styles.PAINTINGS.iterdir()} == set(make_styles.STYLES)
    readme = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for slug, style in make_styles.STYLES.items():
        assert f"| `{slug}.jpg` | {style.title} | {style.manner} |" in readme
