"""Camera frames: what is painted, what is remembered, and that a still scene stays still."""

from itertools import pairwise

import numpy as np
import pytest

from styletransfer import FixedStylizer, MetaStylizer
from styletransfer.networks import TransformConfig
from styletransfer.stylizers.live import Camera, fit_frame, from_bytes, to_bytes


def frame(number: int = 0, height: int = 48, width: int = 64) -> np.ndarray:
    return np.random.default_rng(number).integers(40, 216, (height // 8, width // 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)


@pytest.fixture(scope="module")
def stylizer(checkpoint) -> FixedStylizer:
    return FixedStylizer.from_pretrained(checkpoint)


@pytest.fixture(scope="module")
def meta(meta_checkpoint) -> MetaStylizer:
    return MetaStylizer.from_pretrained(meta_checkpoint)


def difference(a, b) -> float:
    return float(np.abs(np.asarray(a, dtype=float) - np.asarray(b, dtype=float)).mean())


def test_the_first_frame_is_painted_like_a_photo(stylizer):
    painted = Camera()(frame(), stylizer.live("night:1,kiss:3", 0.7))
    assert painted.dtype == np.uint8 and painted.shape == (48, 64, 3)
    assert difference(painted, stylizer(frame(), style="night:1,kiss:3", strength=0.7)) <= 1


def test_a_generated_style_is_painted_like_a_photo(meta):
    style, scene = meta.encode(frame(1)), meta.encode(frame())
    painted = Camera()(frame(), meta.live(style, 0.5, scene))
    assert difference(painted, meta(frame(), style=style, strength=0.5, scene=scene)) <= 1


def test_a_style_goes_to_another_process_where_pytorch_paints(stylizer, meta):
    for style in (stylizer.live("night:1,kiss:3", 0.7), meta.live(meta.encode(frame(1)), 0.5)):
        sent = from_bytes(to_bytes(style))
        assert sent.painter.backend.name.startswith("PyTorch") and sent.painter is not style.painter
        assert difference(Camera()(frame(), sent), Camera()(frame(), style)) <= 1


def test_style_and_size_may_change_at_any_time(stylizer):
    camera, wave, night = Camera(), stylizer.live("wave"), stylizer.live("night")
    for picture, style, name in ((frame(), wave, "wave"), (frame(), night, "night"), (frame(height=32), night, "night")):
        assert difference(camera(picture, style), stylizer(picture, style=name)) <= 1


def test_the_network_may_change_at_any_time(stylizer, make_network, styles):
    """The statistics of a network of another width are of no use."""
    wider = FixedStylizer(make_network(TransformConfig(base=8, norm="conditional"), len(styles)), styles)
    camera = Camera()
    for each in (stylizer, wider, stylizer):
        assert difference(camera(frame(), each.live("night")), each(frame(), style="night")) <= 1


def test_another_scene_is_seen_at_once(stylizer):
    camera, style = Camera(), stylizer.live("wave")
    camera(frame(), style)
    assert difference(camera(255 - frame(), style), stylizer(255 - frame(), style="wave")) <= 1


def test_what_moves_is_not_blurred(stylizer, monkeypatch):
    """A square that jumps leaves no ghost, whereas what is around it keeps its average."""
    camera, seen = Camera(), []
    still, moved = np.full((64, 96, 3), 90, np.uint8), np.full((64, 96, 3), 92, np.uint8)
    still[16:48, 8:40], moved[16:48, 56:88] = 200, 200
    style = stylizer.live("wave")
    paint = style.painter.frame
    monkeypatch.setattr(style.painter, "frame", lambda pixels, *rest: (seen.append(pixels[0]), paint(pixels, *rest))[1])
    camera(still, style)
    camera(moved, style)
    assert (seen[1][16:48, 56:88] == 200).all() and (seen[1][20:44, 12:36] == 92).all()
    assert (seen[1][:8] == 90).all()  # 90 + 0.25 * 2, rounded to even


def test_two_cameras_know_nothing_of_each_other(stylizer):
    style, ours, theirs = stylizer.live("wave"), Camera(), Camera()
    ours(frame(1), style)
    theirs(frame(2), style)
    assert difference(theirs(frame(2), style), stylizer(frame(2), style="wave")) <= 1


@pytest.mark.parametrize("name", ["fixed", "meta"])
def test_a_still_scene_does_not_shimmer(name, examples):
    """With the bundled networks: sensor noise of 2/255 changes the painting at most twice as much as the picture."""
    photo = fit_frame(np.asarray(examples["photo"]), 320, 240)
    if name == "fixed":
        stylizer = FixedStylizer.from_pretrained()
        styles = [stylizer.live(style) for style in stylizer.styles]
    else:
        stylizer = MetaStylizer.from_pretrained()
        styles = [stylizer.live(stylizer.encode(painting)) for painting in examples["paintings"]]
    for style in styles:
        rng, camera = np.random.default_rng(0), Camera()
        noisy = [(photo + rng.normal(0, 2, photo.shape)).round().clip(0, 255).astype(np.uint8) for _ in range(8)]
        painted = [camera(picture, style) for picture in noisy]
        changes = [np.mean([difference(a, b) for a, b in pairwise(clip[3:])]) for clip in (noisy, painted)]
        assert changes[1] <= 2 * changes[0]


@pytest.mark.parametrize(
    ("size", "box"), [((240, 320), (0, 0, 240, 320)), ((240, 426), (0, 53, 240, 320)), ((480, 320), (120, 0, 240, 320))]
)
def test_fit_frame_takes_the_middle(size, box):
    picture = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    top, left, height, width = box
    assert np.array_equal(fit_frame(picture, 320, 240), picture[top : top + height, left : left + width])
    assert np.array_equal(fit_frame(picture, 320, 240, mirror=True), picture[top : top + height, left : left + width][:, ::-1])


@pytest.mark.parametrize("size", [(1, 1), (1080, 1920), (3000, 7)])
def test_fit_frame_resizes(size):
    fitted = fit_frame(np.full((*size, 3), 77, np.uint8), 320, 240)
    assert fitted.shape == (240, 320, 3) and (fitted == 77).all() and fitted.flags.c_contiguous
