"""What a visitor does in the Video tab."""

from pathlib import Path

import pytest

from styletransfer.video import open_clip

RESULT = "() => { const v = document.querySelector('#video-result video'); return v && [v.videoWidth, v.duration, v.error]; }"


@pytest.fixture
def open_tab(open_page):
    def open_tab(**options: object):
        page = open_page(**options)
        page.get_by_role("tab", name="Video").click()
        page.wait_for_selector("#video-picture img")
        return page

    return open_tab


def bring(page, clip: Path) -> None:
    page.set_input_files("#video-clip input[type=file]", clip)
    page.wait_for_selector("#video-first img")
    page.wait_for_function("/to paint/.test(document.querySelector('#video-caption').innerText)")


def test_a_clip_is_previewed_painted_played_and_downloaded(open_tab, clip_file, tmp_path):
    page = open_tab()
    assert page.get_by_role("tab").all_inner_texts() == ["Fixed", "Arbitrary", "Iterative", "Webcam", "Video"]
    assert page.locator("#video-run").is_disabled()
    bring(page, clip_file)
    assert "64 × 48 · 12 frames" in page.inner_text("#video-caption")
    page.click("#video-run")
    page.wait_for_function(f"(({RESULT})() || [0])[0] === 64")
    assert page.evaluate(RESULT) == [64, pytest.approx(0.5, abs=0.1), None]
    assert "done" in page.inner_text("#video-caption")
    with page.expect_download() as waiting:
        page.click("#video-download")
    waiting.value.save_as(tmp_path / "painted.mp4")
    assert open_clip(tmp_path / "painted.mp4").has_sound


def test_stop_keeps_what_is_done(open_tab, tmp_path, make_clip, make_frames):
    page = open_tab()
    bring(page, make_clip(tmp_path / "long.mp4", make_frames(2000)))
    page.click("#video-run")
    page.wait_for_function("/fps/.test(document.querySelector('#video-caption').innerText)")
    page.click("#video-stop")
    page.wait_for_function(f"(({RESULT})() || [0])[0] === 64")
    assert "stopped" in page.inner_text("#video-caption")
    assert 0 < page.evaluate(RESULT)[1] < 2000 / 24


def test_what_is_no_clip_is_explained(open_tab, tmp_path):
    page = open_tab()
    (tmp_path / "junk.mp4").write_bytes(b"junk" * 100)
    page.set_input_files("#video-clip input[type=file]", tmp_path / "junk.mp4")
    page.get_by_text("is not a clip that can be read").first.wait_for()


def test_a_phone_shows_the_tab_without_scrolling_sideways(open_tab):
    page = open_tab(width=390, height=844, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.get_by_role("tab", name="Webcam").is_visible()  # all tabs fit
