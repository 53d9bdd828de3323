"""The web demo. Only here is gradio imported; every tab is a module of its own."""

from __future__ import annotations

from typing import Any

import gradio as gr

from styletransfer.ui import arbitrary, downloads, fixed, iterative, video, webcam
from styletransfer.ui.examples import EXAMPLES, thumbnail_css
from styletransfer.ui.theme import CSS, SCRIPT, theme

TITLE = "styletransfer: your photo, painted in another style"
INTRODUCTION = """
# styletransfer

Give it a photo, pick a painting, and see your photo in that painter's hand within a second; or bring any picture as the
style.
"""
CACHE_SECONDS = 3600
MAX_FILE_SIZE = "200mb"  # clips are large
QUEUE_LENGTH = 32


def build_app() -> gr.Blocks:
    """The whole page. The networks start loading in the background, so that the page is there first."""
    gr.set_static_paths([EXAMPLES])
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(CACHE_SECONDS, CACHE_SECONDS)) as app:
        gr.Markdown(INTRODUCTION, elem_id="introduction")
        downloads.build(app)
        with gr.Tabs():
            fixed.build(app)
            arbitrary.build()
            iterative.build()
            webcam.build(app)
            video.build()
    return app.queue(max_size=QUEUE_LENGTH, default_concurrency_limit=1)


def launch_options() -> dict[str, Any]:
    """What ``launch`` has to be told besides the address."""
    return {
        "theme": theme(),
        "css": CSS + thumbnail_css(),
        "js": SCRIPT,
        "max_file_size": MAX_FILE_SIZE,
        "footer_links": ["api"],
        "run_history": False,
        "enable_monitoring": False,
        "ssr_mode": False,
    }
