"""Training pictures: reproducible crops, and folders with broken files in them."""

import logging
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from styletransfer.errors import TrainingError
from styletransfer.training.data import PictureSampler, held_out, list_pictures, load_square, prefetched, preview_photos


def spoil(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:60])
    return path


def test_lists_pictures_of_all_subfolders_in_order(photos):
    (photos / "notes.txt").touch()
    names = [path.relative_to(photos).as_posix() for path in list_pictures(photos)]
    assert names == ["grey.png", "more/tall.webp", "palette.gif", "see_through.png", "wide.jpg"]


@pytest.mark.parametrize("name", ["empty", "missing"])
def test_a_folder_without_pictures(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(TrainingError, match=f"no pictures in .*{name}"):
        list_pictures(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "aside"),
    [("35.jpg", True), ("coco_000070.jpg", True), ("36.jpg", False), ("photo.jpg", False), ("350/1.jpg", False)],
)
def test_which_pictures_are_set_aside(name, aside):
    assert held_out(Path(name)) == aside


def test_samples_are_a_function_of_seed_and_index(photos):
    paths = list_pictures(photos)
    sampler = PictureSampler(paths, 24, seed=3)
    batches = [sampler.batch(step, 3) for step in range(4)]
    assert batches[0].shape == (3, 3, 24, 24)
    assert min(map(torch.min, batches)) >= 0 and 0.5 < max(map(torch.max, batches)) <= 1
    fresh = PictureSampler(paths, 24, seed=3)
    assert torch.equal(fresh.batch(3, 3), batches[3])  # out of turn
    assert torch.equal(fresh.batch(0, 6), torch.cat(batches[:2]))  # whatever the batch size
    assert not torch.equal(PictureSampler(paths, 24, seed=4).batch(0, 3), batches[0])


def test_every_picture_comes_once_per_epoch_in_changing_order(tmp_path):
    for level in range(5):
        Image.new("RGB", (20, 20), (50 * level,) * 3).save(tmp_path / f"{level}.png")
    sampler = PictureSampler(list_pictures(tmp_path), 8, seed=0)
    levels = [round(float(sampler.batch(index, 1).mean()) * 255 / 50) for index in range(20)]
    epochs = [levels[i : i + 5] for i in range(0, 20, 5)]
    assert all(sorted(epoch) == [0, 1, 2, 3, 4] for epoch in epochs)
    assert len(set(map(tuple, epochs))) > 1


def test_crops_are_squares_within_the_picture(tmp_path):
    """Of a picture whose red and green tell the place: no stretching, 70 to 100 % of the short side, some mirrored."""
    rows, columns = np.mgrid[0:100, 0:200]
    place = np.stack([columns, rows, 0 * rows], -1).astype(np.uint8)
    Image.fromarray(place).save(tmp_path / "place.png")
    sampler = PictureSampler([tmp_path / "place.png"], 50, seed=0)
    widths, heights, mirrored = [], [], []
    for crop in (sampler.batch(index, 1)[0] * 255 for index in range(30)):
        left_to_right, top_to_bottom = float((crop[0, :, -2] - crop[0, :, 1]).mean()), float((crop[1, -2] - crop[1, 1]).mean())
        widths.append(abs(left_to_right) * 50 / 47)
        heights.append(top_to_bottom * 50 / 47)
        mirrored.append(left_to_right < 0)
    assert np.allclose(widths, heights, atol=2)
    assert 68 <= min(heights) < 80 and 90 < max(heights) <= 102
    assert 5 < sum(mirrored) < 25


def test_a_broken_picture_is_skipped_and_reported_once(photos, caplog):
    broken = spoil(photos / "wide.jpg")
    sampler = PictureSampler(list_pictures(photos), 16, seed=0)
    assert sampler.batch(0, 15).shape == (15, 3, 16, 16)
    assert sampler.skipped == {broken}
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1 and "wide.jpg" in warnings[0]


def test_resuming_past_a_broken_picture_gives_the_same_samples(photos):
    spoil(photos / "grey.png")
    first, second = (PictureSampler(list_pictures(photos), 16, seed=0) for _ in range(2))
    first.batch(0, 10)
    assert torch.equal(first.batch(3, 4), second.batch(3, 4))


def test_nothing_but_broken_pictures(photos):
    paths = [spoil(path) for path in list_pictures(photos)]
    with pytest.raises(TrainingError, match="None of the training pictures"):
        PictureSampler(paths, 16, seed=0).batch(0, 1)
    with pytest.raises(TrainingError, match="can be read"):
        preview_photos(paths, 16)


def test_no_pictures_at_all():
    with pytest.raises(TrainingError, match="no pictures to train on"):
        PictureSampler([], 16, seed=0)


@pytest.mark.parametrize(("count", "expected"), [(3, 3), (99, 5)])
def test_preview_photos(photos, count, expected):
    found = preview_photos(list_pictures(photos), 20, count)
    assert found.shape == (expected, 3, 20, 20)
    assert torch.equal(found, preview_photos(list_pictures(photos), 20, count))


def test_load_square_keeps_the_whole_picture(tmp_path):
    halves = Image.new("RGB", (40, 10), "red")
    halves.paste("blue", (20, 0, 40, 10))
    halves.save(tmp_path / "halves.png")
    square = load_square(tmp_path / "halves.png", 16)
    assert square.size == (16, 16)
    assert square.getpixel((1, 8))[0] > 240 and square.getpixel((14, 8))[2] > 240


@pytest.mark.parametrize("steps", [range(0), range(1), range(3, 12)])
def test_prefetched_keeps_the_order(steps):
    assert list(prefetched(lambda step: step * 10, steps)) == [step * 10 for step in steps]


def test_prefetched_makes_the_next_one_meanwhile_and_everything_once():
    made, second = Counter(), threading.Event()

    def make(step):
        made[step] += 1
        if step == 1:
            second.set()
        return step

    stream = prefetched(make, range(3))
    next(stream)
    assert second.wait(10)
    assert list(stream) == [1, 2]
    assert made == {0: 1, 1: 1, 2: 1}


def test_prefetched_passes_errors_on():
    def make(step):
        if step == 2:
            raise TrainingError("no more")
        return step

    stream = prefetched(make, range(5))
    assert [next(stream), next(stream)] == [0, 1]
    with pytest.raises(TrainingError, match="no more"):
        next(stream)
