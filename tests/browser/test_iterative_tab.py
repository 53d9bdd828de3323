"""What a visitor does in the Iterative tab: watching, stopping, and giving it odd files."""

import numpy as np
import pytest
from PIL import Image

from styletransfer.images import read_settings
from styletransfer.stylizers.iterative import PRESETS

AFTER = "#iterative-result img >> nth=1"
RUNNING = "#iterative-status progress"
PATIENCE = 120_000  # milliseconds


@pytest.fixture
def open_tab(open_page):
    def open_tab(*args: object, size: int = 96, steps: int = 20, **options: object):
        page = open_page(*args, **options)
        page.get_by_role("tab", name="Iterative").click()
        page.wait_for_selector("#iterative-photo img")
        page.wait_for_selector("#iterative-style img")
        open_advanced(page)
        for name, value in (("size", size), ("steps", steps), ("coarsest", 64)):
            page.fill(f"#iterative-{name} input[type=number]", str(value))
            page.keyboard.press("Enter")
        return page

    return open_tab


def open_advanced(page) -> None:
    page.locator("#iterative-advanced button").first.click()
    page.wait_for_selector("#iterative-steps", state="visible")


def finish(page) -> str:
    """Waits for the end of a run and returns what the status says."""
    page.wait_for_selector("#iterative-film img", timeout=PATIENCE)
    return page.inner_text("#iterative-status")


def give(page, slot: str, path) -> None:
    before = page.get_attribute(f"#iterative-{slot} img", "src")
    page.set_input_files(f"#iterative-{slot} input[type=file]", path)
    page.wait_for_function(
        "([slot, before]) => ![null, before].includes(document.querySelector(`#iterative-${slot} img`)?.src ?? null)",
        arg=[slot, before],
    )


def saved(image: Image.Image, path):
    image.save(path)
    return path


def downloaded(page, folder):
    with page.expect_download() as waiting:
        page.click("#iterative-download")
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_a_run_from_start_to_end(open_tab, tmp_path):
    page = open_tab()
    page.click("#iterative-run")
    assert "Step 20 of 20 · 96 px · content" in finish(page)
    assert page.locator("#iterative-losses polyline").count() == 2
    assert page.is_hidden("#iterative-stop") and page.is_enabled("#iterative-run")
    path = downloaded(page, tmp_path)
    with Image.open(path) as picture:
        assert (picture.format, max(picture.size)) == ("PNG", 96)
    settings = read_settings(path)
    assert (settings["method"], settings["steps"], settings["size"]) == ("iterative", 20, 96)
    film = page.evaluate(
        "async () => { const data = await (await fetch(document.querySelector('#iterative-film img').src)).arrayBuffer();"
        "const film = new ImageDecoder({data, type: 'image/webp'}); await film.tracks.ready;"
        "return film.tracks.selectedTrack.frameCount }"
    )
    assert film > 5


def test_the_preview_moves_and_stop_leaves_a_picture(open_tab, tmp_path):
    page = open_tab(size=128, steps=1000)
    page.click("#iterative-run")
    page.wait_for_selector(AFTER, timeout=PATIENCE)
    seen = []
    for _ in range(3):
        seen.append(page.get_attribute(AFTER, "src"))
        page.wait_for_function(
            "before => document.querySelectorAll('#iterative-result img')[1]?.src !== before", arg=seen[-1], timeout=PATIENCE
        )
    assert len(set(seen)) == 3
    page.click("#iterative-stop")
    assert "stopped" in finish(page)
    assert page.is_visible(AFTER)
    assert Image.open(downloaded(page, tmp_path)).size == (128, 128)


def test_stopping_one_leaves_the_other(open_tab):
    one, other = open_tab(steps=1000), open_tab(steps=1000)
    for page in (one, other):
        page.click("#iterative-run")
        page.wait_for_selector(RUNNING, timeout=PATIENCE)
    one.click("#iterative-stop")
    assert "stopped" in finish(one)
    step = other.evaluate("document.querySelector('#iterative-status progress').value")
    other.wait_for_function(
        "step => document.querySelector('#iterative-status progress').value > step", arg=step, timeout=PATIENCE
    )
    assert "stopped" not in other.inner_text("#iterative-status")
    other.click("#iterative-stop")
    assert "stopped" in finish(other)


def test_presets_set_what_is_under_advanced(open_page):
    page = open_page()
    page.get_by_role("tab", name="Iterative").click()
    open_advanced(page)
    for label, preset in (("Best", "best"), ("Fast preview", "fast")):
        page.locator("#iterative-preset").get_by_text(label).click()
        for name in ("size", "steps", "coarsest"):
            page.wait_for_function(
                "([name, value]) => document.querySelector(`#iterative-${name} input[type=number]`).value == value",
                arg=[name, getattr(PRESETS[preset], name)],
            )


@pytest.mark.parametrize(("slot", "mode", "size"), [("style", "RGB", (1, 1)), ("photo", "L", (90, 70))])
def test_odd_pictures_are_painted(open_tab, tmp_path, slot, mode, size):
    page = open_tab()
    values = np.random.default_rng(0).integers(0, 256, (size[1], size[0], len(Image.new(mode, (1, 1)).getbands())), np.uint8)
    give(page, slot, saved(Image.fromarray(values.squeeze() if mode == "L" else values), tmp_path / "odd.png"))
    page.click("#iterative-run")
    assert "done" in finish(page)


def test_a_huge_photo_is_reduced(open_tab, tmp_path):
    page = open_tab()
    give(page, "photo", saved(Image.new("RGB", (6000, 5000), "teal"), tmp_path / "large.jpg"))
    page.click("#iterative-run")
    assert "96 px" in finish(page)


@pytest.mark.parametrize(
    ("slot", "width", "message"),
    [("photo", None, "not a picture that can be read"), ("style", None, "not a picture that can be read"),
     ("photo", 9000, "too large")],
)  # fmt: skip
def test_files_of_no_use_are_explained(open_tab, tmp_path, slot, width, message):
    page = open_tab()
    file = tmp_path / "wrong.png"
    if width:
        Image.new("1", (width, width)).save(file)
    else:
        file.write_bytes(b"of no use")
    page.set_input_files(f"#iterative-{slot} input[type=file]", file)
    page.wait_for_timeout(1000)
    page.click("#iterative-run")
    page.get_by_text(message).first.wait_for(timeout=PATIENCE)
    page.wait_for_selector("#iterative-stop", state="hidden")
    assert page.is_enabled("#iterative-run")


def test_without_pictures_there_is_a_sentence(open_tab):
    page = open_tab()
    page.click("#iterative-style button[aria-label='Remove Image']")
    page.click("#iterative-run")
    page.get_by_text("Choose a style picture first.").wait_for(timeout=PATIENCE)


def test_a_phone_shows_the_tab_without_scrolling_sideways(open_tab):
    page = open_tab(390, 844, has_touch=True, is_mobile=True)
    page.click("#iterative-run")
    finish(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    widest = """() => Math.max(...['photo', 'style', 'preset', 'result', 'losses', 'film', 'init', 'mask'].map(
        (name) => document.querySelector(`#iterative-${name}`).getBoundingClientRect().right))"""
    assert page.evaluate(widest) <= 390
