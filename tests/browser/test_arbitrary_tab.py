"""What a visitor does in the Arbitrary tab. The bundled network need not be a good painter for it."""

import numpy as np
import pytest
from PIL import Image

from styletransfer.images import read_settings
from styletransfer.stylizers import MetaStylizer
from styletransfer.ui.examples import example_paintings, example_photos

AFTER = "#arbitrary-result img >> nth=1"
LOAD = "[data-testid='Load a saved style-upload-button']"


@pytest.fixture
def style(tmp_path):
    """A picture of diagonal stripes."""
    rows, columns = np.mgrid[0:200, 0:300]
    stripes = (rows + columns) // 20 % 2
    path = tmp_path / "stripes.png"
    Image.fromarray(np.stack([stripes * 220, 90 + 60 * stripes, 200 - 160 * stripes], axis=-1).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def open_tab(open_page):
    def open_tab(*args: object, **options: object):
        page = open_page(*args, **options)
        page.get_by_role("tab", name="Arbitrary").click()
        page.wait_for_selector(AFTER)
        settle(page)
        return page

    return open_tab


def settle(page) -> None:
    """Waits until nothing is being painted: opening the tab sets a photo and a style, and paints for each."""
    page.wait_for_timeout(300)
    page.wait_for_function("!document.querySelector('#arbitrary-caption')?.closest('.under-result').querySelector('.pending')")


def shown(page) -> str:
    return page.get_attribute(AFTER, "src")


def wait_for_change(page, before: str) -> None:
    page.wait_for_function("before => document.querySelectorAll('#arbitrary-result img')[1]?.src !== before", arg=before)


def choose_style(page, style, slot: str = "style") -> None:
    before = shown(page)
    page.set_input_files(f"#arbitrary-{slot} input[type=file]", style)
    wait_for_change(page, before)


def click_and_download(page, button: str, folder):
    with page.expect_download() as waiting:
        page.click(button)
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def title(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".jpg").replace("_", " ")


def test_the_tab_opens_with_the_first_photo_in_the_first_style(open_tab):
    page = open_tab()
    assert page.inner_text("#arbitrary-caption").startswith(title(example_paintings()[0]))
    for name, file in (("photo", example_photos()[0]), ("style", example_paintings()[0])):
        assert page.get_attribute(f"#arbitrary-{name} img", "src").endswith(file)


def test_a_style_of_ones_own_its_strength_and_its_strokes(open_tab, style):
    page = open_tab()
    choose_style(page, style)
    assert page.inner_text("#arbitrary-caption").startswith("stripes · ")
    for control, value in (("strength", "0.5"), ("strokes", "0.5")):
        before = shown(page)
        page.fill(f"#arbitrary-{control} input[type=number]", value)
        page.keyboard.press("Enter")
        wait_for_change(page, before)


def test_an_example_style_is_painted_at_once(open_tab):
    page = open_tab()
    before = shown(page)
    page.locator("#arbitrary-style-examples .gallery-item").nth(1).click()
    wait_for_change(page, before)
    page.get_by_text(f"{title(example_paintings()[1])} · ").wait_for()


def test_mixing_in_another_style(open_tab, style):
    page = open_tab()
    page.get_by_text("Mix in more styles").click()
    choose_style(page, style, "style-2")
    first = title(example_paintings()[0])
    assert page.inner_text("#arbitrary-caption").startswith(f"{first} 50% + stripes 50% · ")
    page.fill("#arbitrary-weight-1 input[type=number]", "0")
    page.keyboard.press("Enter")
    page.locator("#arbitrary-caption").get_by_text("stripes · ").wait_for()


def test_a_result_remembers_how_it_was_made(open_tab, style, tmp_path):
    page = open_tab()
    choose_style(page, style)
    path = click_and_download(page, "#arbitrary-download", tmp_path)
    assert path.name == "astronaut-stripes.png"
    assert read_settings(path) == {
        "method": "arbitrary",
        "style": [["stripes.png", 1]],
        "strength": 1,
        "stroke_size": 1,
        "preserve_color": False,
        "max_side": 1024,
    }


def test_a_style_is_saved_and_loaded_and_removed(open_tab, style, tmp_path):
    page = open_tab()
    choose_style(page, style)
    path = click_and_download(page, "#arbitrary-save", tmp_path / "saved")
    assert path.name == "stripes.safetensors"
    assert MetaStylizer.from_pretrained().load_style(path).title == "stripes"
    mine = path.rename(path.with_name("mine.safetensors"))
    page.set_input_files(LOAD, mine)
    page.get_by_text("Painting with the saved style mine").wait_for()
    page.locator("#arbitrary-caption").get_by_text("mine · ").wait_for()
    page.click("#arbitrary-remove")
    page.locator("#arbitrary-caption").get_by_text("stripes · ").wait_for()
    assert not page.is_visible("#arbitrary-loaded")


@pytest.mark.parametrize(
    ("input", "name", "message"),
    [
        ("#arbitrary-style input[type=file]", "broken.png", "broken.png is not a picture that can be read"),
        (LOAD, "broken.safetensors", "broken.safetensors is not a readable safetensors file"),
    ],
)
def test_a_broken_style_is_explained(open_tab, tmp_path, input, name, message):
    page = open_tab()
    broken = tmp_path / name
    broken.write_bytes(b"of no use")
    page.set_input_files(input, broken)
    page.get_by_text(message).first.wait_for()


def test_without_a_style_there_is_a_hint(open_tab):
    page = open_tab()
    page.click("#arbitrary-style button[aria-label='Remove Image']")
    page.wait_for_selector("#arbitrary-result img", state="detached")
    assert page.inner_text("#arbitrary-caption") == "Choose a style picture to begin."
    page.click("#arbitrary-download")
    page.get_by_text("Choose a style picture first.").wait_for()


def test_a_phone_shows_the_tab_without_scrolling_sideways(open_tab):
    page = open_tab(390, 844, has_touch=True, is_mobile=True)
    page.get_by_text("Mix in more styles").click()
    page.wait_for_selector("#arbitrary-style-4")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    widest = """() => Math.max(...['photo', 'style', 'result', 'strokes', 'style-3', 'weight-4', 'save'].map(
        (name) => document.querySelector(`#arbitrary-${name}`).getBoundingClientRect().right))"""
    assert page.evaluate(widest) <= 390
