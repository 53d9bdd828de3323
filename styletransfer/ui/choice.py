"""The choice of a style of either kind: any picture, or a trained one."""

from __future__ import annotations

import gradio as gr

from styletransfer.ui import common
from styletransfer.ui.components import FreeRadio, PhotoInput
from styletransfer.ui.examples import example_paintings

PICTURE, TRAINED = "picture", "trained"
KINDS = [("Any picture", PICTURE), ("A trained style", TRAINED)]


def build_choice(tab: str) -> tuple[gr.Radio, PhotoInput, gr.Radio]:
    """The kind of style, the picture with examples, and the trained styles; of the last two the page shows one."""
    kind = FreeRadio(KINDS, value=PICTURE, label="Paint like", elem_id=f"{tab}-kind")
    with gr.Column() as any_picture:
        picture = common.build_picture(tab, "picture", "Picture to paint like", height=200)
        gr.Examples(
            [[path] for path in example_paintings()], picture, label="Or try one of these", elem_id=f"{tab}-examples",
            examples_per_page=50, api_visibility="private",
        )  # fmt: skip
    with gr.Column(visible=False) as trained:
        style = common.build_styles(tab)
    kind.change(
        lambda kind: (gr.Column(visible=kind != TRAINED), gr.Column(visible=kind == TRAINED)), kind, [any_picture, trained],
        **common.QUIET,
    )  # fmt: skip
    return kind, picture, style
