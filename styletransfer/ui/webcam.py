"""The Webcam tab: the camera on one side, its picture painted on the other, live."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from styletransfer.errors import StyleError
from styletransfer.stylizers import StyleCode
from styletransfer.stylizers.live import Camera, LiveStyle, fit_frame
from styletransfer.ui import common
from styletransfer.ui.choice import PICTURE, TRAINED, build_choice
from styletransfer.ui.components import FreeDropdown, FreeRadio, FreeSlider, LiveImage
from styletransfer.ui.errors import plain_errors
from styletransfer.ui.examples import example_paintings
from styletransfer.ui.frames import decode_frame, encode_frame
from styletransfer.ui.models import fixed_styles, fixed_stylizer, loading_fixed, loading_meta, meta_stylizer, style_code
from styletransfer.ui.photos import changed, save_download, short

QUEUE = "webcam"
PAINTED_AT_ONCE = 2  # visitors
TURN_SECONDS = 30
GRACE_SECONDS = 5  # pages end their turn themselves, between two frames
SCENE_SECONDS = 5.0  # how long what the camera saw serves to tell how a weaker style looks
SMALL, LARGE = (320, 240), (640, 480)
SIZES = [(f"{width} × {height}", f"{width}x{height}") for width, height in (SMALL, LARGE)]
NO_STYLE = ""
SCRIPT = Path(__file__).with_name("webcam.js").read_text(encoding="utf-8").replace("TURN_SECONDS", str(TURN_SECONDS))
CAMERA = """
<video muted playsinline></video>
<div class="camera-note"><p></p><button type="button" class="camera-start">Start the camera</button></div>
<button type="button" class="camera-stop">Stop</button>
"""
HIDDEN = {"show_progress": "hidden", "api_visibility": "private"}
ASIDE = {"concurrency_id": "webcam-aside", "concurrency_limit": 2, **HIDDEN}  # frames do not wait for it


@dataclass(frozen=True)
class Settings:
    """How to paint: names of trained styles, or files of pictures, with their shares, which sum to 1."""

    trained: bool
    styles: dict[str, float]
    strength: float

    @classmethod
    def of(cls, kind: Any, picture: str | None, style: Any, strength: Any, second_style: Any, share: Any) -> Settings:
        """From what a browser sends; a second style of the other kind is left out. Raises StyleTransferError."""
        trained = kind == TRAINED
        if not trained and not picture:
            raise StyleError("Choose a picture to paint like.")
        first, second = str(style if trained else picture), _seconds(kind).get(second_style)
        part = common.clamp(share, 0, 1, "The share of the second style") if second else 0.0
        shares = {first: 1 - part}
        if second:
            shares[second] = shares.get(second, 0.0) + part
        return cls(trained, {name: each for name, each in shares.items() if each}, common.clamp_strength(strength))

    @property
    def needs_scene(self) -> bool:
        """Whether it depends on what the camera sees."""
        return not self.trained and self.strength < 1

    @property
    def metadata(self) -> dict[str, Any]:
        """What a snapshot remembers of how it was made."""
        styles = {name if self.trained else Path(name).name: share for name, share in self.styles.items()}
        return {"method": "webcam", "style": styles, "strength": self.strength}


def _seconds(kind: Any) -> dict[Any, str]:
    """What can be mixed in: value of the choice -> name of the trained style, or file of the painting."""
    return {name: name for name in fixed_styles()} if kind == TRAINED else {Path(path).stem: path for path in example_paintings()}


class Live:
    """What one visitor's camera shows and how it is painted. Never shared."""

    def __init__(self) -> None:
        self._camera = Camera()
        self._chosen: tuple[Settings, LiveStyle | None] | None = None
        self._scene: tuple[float, StyleCode] | None = None
        self._frame: np.ndarray | None = None
        self._prepared: LiveStyle | None = None
        self.painted: tuple[np.ndarray, Settings] | None = None

    def choose(self, settings: Settings) -> None:
        """Paint so from the next frame on. Raises StyleTransferError."""
        waits = settings.needs_scene and self._frame is None
        style = None if waits else self._style(settings, self._frame)
        if style and not (self._prepared and style.painter is self._prepared.painter):
            # A network is prepared for a size when it is first used: not while the frames wait for it.
            Camera()(np.zeros((*SMALL[::-1], 3), np.uint8) if self._frame is None else self._frame, style)
            self._prepared = style
        self._chosen = settings, style

    def paint(self, frame: np.ndarray) -> np.ndarray:
        """(H,W,3) uint8 -> (H,W,3) uint8. To be called after ``choose``."""
        settings, style = chosen = self._chosen
        if style is None:
            style = self._style(settings, frame)
            if self._chosen is chosen:
                self._chosen = settings, style
        self._frame, painted = frame, self._camera(frame, style)
        self.painted = painted, settings
        return painted

    def _style(self, settings: Settings, frame: np.ndarray | None) -> LiveStyle:
        if settings.trained:
            return fixed_stylizer().live(settings.styles, settings.strength)
        style = meta_stylizer().mix([(style_code(path, changed(path), 1.0), share) for path, share in settings.styles.items()])
        return meta_stylizer().live(style, settings.strength, self._look(frame) if settings.needs_scene else None)

    def _look(self, frame: np.ndarray) -> StyleCode:
        """What the camera sees, looked at now and then: a moving slider should not wait for it."""
        now = time.monotonic()
        if self._scene is None or now - self._scene[0] > SCENE_SECONDS:
            self._scene = now, meta_stylizer().encode(frame)
        return self._scene[1]


@plain_errors
def choose_style(live: Live | None, *controls: Any) -> Live:
    """Takes effect with the next frame; the old style goes on until then."""
    live = live or Live()
    live.choose(Settings.of(*controls))
    return live


@plain_errors
def paint_frame(live: Live | None, event: gr.EventData) -> Any:
    """One frame of the camera -> its painting as a data URL that ends in the frame's number."""
    if live is None:
        return gr.skip()  # the networks are being loaded
    sent = event._data if isinstance(event._data, dict) else {}
    number = int(common.clamp(sent.get("number"), 0, 1e12, "The number of the frame"))
    frame = decode_frame(sent.get("frame"))
    # The page sends these sizes; for every other one a network would have to be prepared.
    fitted = fit_frame(frame, *(SMALL if frame.shape[1] <= SMALL[0] else LARGE))
    return f"{encode_frame(live.paint(fitted))}#{number}"


@plain_errors
def take_snapshot(live: Live | None) -> str:
    """The painting that is shown, as a PNG file; its settings are in the file as metadata."""
    if live is None or live.painted is None:
        raise StyleError("Start the camera first.")
    painted, settings = live.painted
    slug = short("-".join(Path(name).stem if not settings.trained else name for name in settings.styles))
    return save_download(Image.fromarray(painted), "camera", slug, settings.metadata)


def build(app: gr.Blocks) -> None:
    """Add the tab to the page."""
    loading_fixed()
    loading_meta()
    with gr.Tab("Webcam", id="webcam") as tab:
        live = gr.State(None)  # in the tab: beside it, it would be counted as one
        camera, painting, snapshot, file = _build_pictures(app)
        with gr.Row():
            with gr.Column(scale=7, min_width=300):
                kind, picture, style = build_choice("webcam")
            with gr.Column(scale=5, min_width=300):
                strength, second, share, size, mirror = _build_settings()
    common.fill_when_opened(tab, [(picture, example_paintings())])
    gr.on(
        [picture.change, *(control.input for control in (kind, style, strength, second, share))],
        choose_style, [live, kind, picture, style, strength, second, share], live,
        trigger_mode="always_last", **ASIDE,
    )  # fmt: skip
    kind.input(_offer_seconds, [kind, second], second, **common.QUIET)
    size.input(None, size, None, js="(size) => window.styletransferLive.resize(size)")
    mirror.input(None, mirror, None, js="(on) => window.styletransferLive.flip(on)")
    camera.stream(
        paint_frame, live, painting, concurrency_id=QUEUE, concurrency_limit=PAINTED_AT_ONCE,
        time_limit=TURN_SECONDS + GRACE_SECONDS, **HIDDEN,
    )  # fmt: skip
    taken = snapshot.click(take_snapshot, live, file, **ASIDE)
    taken.success(None, file, js=common.SAVE_FILE)


def _offer_seconds(kind: Any, second: Any) -> gr.Dropdown:
    return gr.Dropdown(choices=_second_choices(kind), value=second if second in _seconds(kind) else NO_STYLE)


def _second_choices(kind: Any) -> list[tuple[str, str]]:
    styles = fixed_styles()
    labels = {name: style.credit for name, style in styles.items()}
    return [("None", NO_STYLE), *((labels.get(name, name.replace("_", " ")), name) for name in _seconds(kind))]


def _build_pictures(app: gr.Blocks) -> tuple[gr.HTML, LiveImage, gr.Button, gr.DownloadButton]:
    """The camera beside its painting, and the line below them."""

    def count_waiting(_: Any) -> int:
        return len(app._queue.event_queue_per_concurrency_id[QUEUE].queue)

    with gr.Row(elem_classes="live"):
        camera = gr.HTML(
            html_template=CAMERA, js_on_load=SCRIPT, server_functions=[count_waiting], apply_default_css=False,
            label="Camera", show_label=True, container=True, elem_id="webcam-camera", elem_classes="camera",
        )  # fmt: skip
        painting = LiveImage(
            label="Painting", buttons=["fullscreen"], interactive=False, elem_id="webcam-painting", min_width=300
        )
    with gr.Row(elem_classes="under-result"):
        gr.HTML("<span></span>", elem_id="webcam-caption", elem_classes="caption")
        snapshot = gr.Button("Snapshot", variant="primary", size="md", elem_id="webcam-snapshot", scale=0, min_width=150)
        file = gr.DownloadButton(visible="hidden")
    return camera, painting, snapshot, file


def _build_settings() -> list[gr.components.Component]:
    """Strength, second style, its share, the size, and whether to mirror."""
    strength = common.build_strength("webcam")
    with gr.Row():
        second = FreeDropdown(
            _second_choices(PICTURE), value=NO_STYLE, label="Second style", elem_id="webcam-second", min_width=140
        )
        share = FreeSlider(0, 1, value=0.5, step=0.01, label="Its share", elem_id="webcam-share", min_width=140)
    with gr.Row():
        size = FreeRadio(SIZES, value=SIZES[0][1], label="Pixels", elem_id="webcam-size", scale=2, min_width=200)
        mirror = gr.Checkbox(True, label="Mirror", elem_id="webcam-mirror", min_width=100)
    return [strength, second, share, size, mirror]
