"""What a visitor does in the Fixed tab."""

import re

import numpy as np
import pytest
from PIL import Image

from styletransfer import FixedStylizer
from styletransfer.checkpoints import manifest
from styletransfer.images import read_settings

STYLES = manifest()["fixed"]["styles"]
NAMES = [style["name"] for style in STYLES]
SIZE = (1300, 700)  # larger than what the page paints by default
AFTER = "#fixed-result img >> nth=1"


@pytest.fixture
def photo(tmp_path):
    rows, columns = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    pixels = np.stack([columns % 256, rows % 256, (rows // 40 + columns // 40) % 2 * 200], axis=-1)
    path = tmp_path / "holiday.png"
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return path


def upload(page, photo):
    page.set_input_files("#fixed-photo input[type=file]", photo)
    page.wait_for_function("document.querySelector('#fixed-caption').innerText.includes('1024 × 551')")


def shown(page) -> str:
    return page.get_attribute(AFTER, "src")


def wait_for_change(page, before: str) -> None:
    page.wait_for_function("before => document.querySelectorAll('#fixed-result img')[1]?.src !== before", arg=before)


def pick(page, name: str) -> None:
    before = shown(page)
    page.check(f'#fixed-style input[value="{name}"]')
    wait_for_change(page, before)


def download(page, folder):
    with page.expect_download() as waiting:
        page.click("#fixed-download")
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_the_page_opens_with_a_painted_example_and_the_first_style(open_page):
    page = open_page()
    assert page.is_checked(f'#fixed-style input[value="{NAMES[0]}"]')
    assert page.inner_text("#fixed-caption").startswith(STYLES[0]["title"])
    assert page.locator("#fixed-style input").count() == len(NAMES)
    assert "painter" in page.inner_text("#introduction")


def test_the_thumbnails_are_there(open_page):
    page = open_page()
    image = page.evaluate("getComputedStyle(document.querySelector('#fixed-style input')).backgroundImage")
    address = re.search(r'url\("([^"]+)"\)', image).group(1)
    assert page.request.get(address).headers["content-type"] == "image/jpeg"


def test_upload_pick_move_and_download_at_full_size(open_page, photo, tmp_path):
    page = open_page()
    upload(page, photo)
    pick(page, NAMES[1])
    assert page.inner_text("#fixed-caption").startswith(STYLES[1]["title"])
    before = shown(page)
    page.fill("#fixed-strength input[type=number]", "0.6")
    page.keyboard.press("Enter")
    wait_for_change(page, before)
    page.get_by_label("Original").check()
    page.wait_for_function("document.querySelector('#fixed-caption').innerText.includes('1300 × 700')")
    path = download(page, tmp_path)
    assert path.name == f"holiday-{NAMES[1]}.png"
    settings = read_settings(path)
    assert settings == {"method": "fixed", "style": {NAMES[1]: 1}, "strength": 0.6, "preserve_color": False, "max_side": None}
    painted = Image.open(path)
    assert painted.size == SIZE
    expected = FixedStylizer.from_pretrained()(photo, style=NAMES[1], strength=0.6)
    np.testing.assert_allclose(np.asarray(painted, np.float32), np.asarray(expected, np.float32), atol=2)


def test_dragging_the_strength_shows_the_photo_at_its_end(open_page, photo):
    page = open_page()
    upload(page, photo)
    before = shown(page)
    page.focus("#fixed-strength input[type=range]")
    page.keyboard.press("Home")
    wait_for_change(page, before)
    colors = """() => [...document.querySelectorAll('#fixed-result img')].map((image) => {
        const canvas = document.createElement('canvas'); canvas.width = canvas.height = 8;
        const context = canvas.getContext('2d'); context.drawImage(image, 0, 0, 8, 8);
        return [...context.getImageData(0, 0, 8, 8).data];
    })"""
    first, second = (np.array(values) for values in page.evaluate(colors))
    assert np.abs(first - second).mean() < 3  # JPEG


def test_mixing_in_a_second_style(open_page):
    page = open_page()
    before = shown(page)
    page.click("#fixed-second input")
    page.get_by_role("option", name=f"{STYLES[2]['title']}, {STYLES[2]['artist']}").click()
    wait_for_change(page, before)
    caption = page.inner_text("#fixed-caption")
    assert f"{STYLES[0]['title']} 50% + {STYLES[2]['title']} 50%" in caption


def test_keeping_the_colours(open_page):
    page = open_page()
    before = shown(page)
    page.get_by_label("Keep the photo's colours").check()
    wait_for_change(page, before)


def test_an_example_photo_is_painted_at_once(open_page):
    page = open_page()
    before = shown(page)
    page.locator(".gallery-item").nth(1).click()
    wait_for_change(page, before)


def test_a_photo_can_be_replaced_without_removing_the_old_one(open_page, photo):
    page = open_page()
    with page.expect_file_chooser() as chooser:
        page.locator("#fixed-photo .source-selection button").first.click()
    chooser.value.set_files(photo)
    page.wait_for_function("document.querySelector('#fixed-caption').innerText.includes('1024 × 551')")


def test_a_photo_can_be_dropped_on_the_old_one(open_page):
    page = open_page()
    before = page.get_attribute("#fixed-photo img", "src")
    files = page.evaluate_handle(
        """async () => {
            const blob = await (await fetch(document.querySelector('#fixed-photo img').src)).blob();
            const transfer = new DataTransfer();
            transfer.items.add(new File([blob], 'dropped.jpg', { type: 'image/jpeg' }));
            return transfer;
        }"""
    )
    page.locator("#fixed-photo img").dispatch_event("drop", {"dataTransfer": files})
    page.wait_for_function("before => !['', before].includes(document.querySelector('#fixed-photo img')?.src ?? '')", arg=before)
    assert page.get_attribute("#fixed-photo img", "src").endswith("dropped.jpg")


def test_a_snapshot_of_the_webcam_is_painted(open_page):
    page = open_page()
    before = shown(page)
    page.click("#fixed-photo button[aria-label='Remove Image']")
    page.wait_for_selector("#fixed-result img", state="detached")
    page.click("#fixed-photo button[aria-label='Capture from camera']")
    page.get_by_title("grant webcam access").click()
    page.wait_for_function("document.querySelector('#fixed-photo video')?.videoWidth > 0")
    page.click("#fixed-photo button.capture-button")
    page.wait_for_selector(AFTER)
    assert shown(page) != before


def test_removing_the_photo_empties_the_result_and_the_download_says_why(open_page):
    page = open_page()
    page.click("#fixed-photo button[aria-label='Remove Image']")
    page.wait_for_selector("#fixed-result img", state="detached")
    page.click("#fixed-download")
    page.get_by_text("Choose a photo first.").wait_for()


def test_a_broken_file_is_explained(open_page, tmp_path):
    page = open_page()
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    page.set_input_files("#fixed-photo input[type=file]", broken)
    page.get_by_text("not a picture that can be read").first.wait_for()


def test_a_phone_shows_the_page_without_scrolling_sideways(open_page):
    page = open_page(390, 844, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    widest = """() => Math.max(...['photo', 'style', 'result', 'strength', 'side'].map(
        (name) => document.querySelector(`#fixed-${name}`).getBoundingClientRect().right))"""
    assert page.evaluate(widest) <= 390


def test_dark_mode_is_dark(open_page):
    brightness = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0)"
    assert open_page(color_scheme="dark").evaluate(brightness) < 150
    assert open_page(color_scheme="light").evaluate(brightness) > 600
