"""A folder painted by the two workers of a Ray cluster on this machine, some of which are killed.

What runs in the workers is defined within the tests: it travels there by value, as the tests cannot be imported there.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
import ray

from styletransfer import cluster
from styletransfer.cli import main
from styletransfer.cluster import paint_on_cluster
from styletransfer.errors import ImageError, StyleTransferError
from styletransfer.folder import FAILED, PAINTED, FolderOptions, find_jobs, summary
from styletransfer.images import open_image

ROOT = Path(__file__).resolve().parent.parent
PHOTOS = 24


@pytest.fixture(scope="module")
def two_workers():
    """A cluster with two processors; yields its address."""
    quiet = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        context = ray.init("local", num_cpus=2, object_store_memory=100 * 2**20, **quiet)
    yield context.address_info["gcs_address"]
    ray.shutdown()


@pytest.fixture
def many(tmp_path, make_picture) -> Path:
    """A folder with PHOTOS pictures, three sizes of them, and two files that are none."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(PHOTOS):
        make_picture(40 + number % 3, 30, number).save(folder / f"{number:02}.png")
    (folder / "05_broken.png").write_bytes(b"no picture")
    (folder / "17_empty.png").touch()
    return folder


def outcomes_of(source, target, make_painter, **options):
    jobs = find_jobs(source, target)
    return list(paint_on_cluster(jobs, target, make_painter, FolderOptions(**options), workers=2))


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def good(number):
    return f"{number:02}.png"


def test_it_does_what_one_machine_does(two_workers, photos, checkpoint, tmp_path):
    (photos / "m_broken.jpg").write_bytes(b"no picture")
    reports, pictures = [], []
    for options in (["--engine", "local"], ["--engine", "ray", "--workers", 2]):
        target = tmp_path / options[1]
        arguments = ["--style", "wave:0.6,night:0.4", "--checkpoint", checkpoint, "--recursive", "--batch-size", 2, *options]
        assert main(list(map(str, ["images", f"file://{photos}", "-o", f"file://{target}", *arguments]))) == 1
        text = (target / "report.json").read_text().replace(str(target), "")
        reports.append({key: value for key, value in json.loads(text).items() if key != "seconds"})
        pictures.append({name: open_image(target / name).tobytes() for name in files(target) if name[-5:] in ("e.jpg", "h.png")})
    assert reports[0] == reports[1] and [reports[1][key] for key in ("painted", "failed")] == [5, 1]
    assert pictures[0] == pictures[1] and pictures[1]
    assert files(tmp_path / "local") == files(tmp_path / "ray")


def test_workers_that_cannot_start_are_said(two_workers, many, tmp_path):
    def make_painter():
        raise RuntimeError("no network here")

    with pytest.raises(StyleTransferError, match=r"cannot work \(RuntimeError: no network here\)"):
        outcomes_of(many, tmp_path / "out", make_painter)
    assert files(tmp_path / "out") == []


def test_a_killed_worker_loses_and_doubles_nothing(two_workers, many, tmp_path):
    target, flag, log = tmp_path / "out", tmp_path / "flag", tmp_path / "log"
    log.mkdir()

    def make_painter():
        def wait_for_death(part, path, replace=Path.replace):
            if path.name == "13.png" and not flag.exists():
                flag.touch()
                (log / f"victim-{os.getpid()}").touch()
                time.sleep(600)
            return replace(part, path)

        def paint(photos):
            (log / f"{os.getpid()}-{time.monotonic_ns()}").touch()
            return [photo.rotate(180) for photo in photos]

        Path.replace = wait_for_death
        return paint

    def kill():
        while not (victims := list(log.glob("victim-*"))):
            time.sleep(0.02)
        unfinished.extend(target.glob(".unfinished-*/.*.part"))
        os.kill(int(victims[0].name.partition("-")[2]), signal.SIGKILL)

    unfinished = []
    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    outcomes = outcomes_of(many, target, make_painter, batch_size=3)
    killer.join(10)
    assert not killer.is_alive() and len(unfinished) == 1  # it died with a result that had no name yet
    assert len({path.name.partition("-")[0] for path in log.glob("[0-9]*")}) == 3  # another worker took its place
    assert summary(outcomes) == {"painted": PHOTOS, "skipped": 0, "failed": 2}
    assert Counter(Path(outcome.source).name for outcome in outcomes) == Counter(path.name for path in many.iterdir())
    assert files(target) == [good(number) for number in range(PHOTOS)]
    for name in files(target):
        assert open_image(target / name).tobytes() == open_image(many / name).rotate(180).tobytes()


def test_it_goes_on_where_it_was(two_workers, many, tmp_path):
    target, log = tmp_path / "out", tmp_path / "log"
    log.mkdir()
    target.mkdir()
    for number in range(PHOTOS - 3):
        (target / good(number)).write_bytes(b"of yesterday")

    def make_painter():
        def paint(photos):
            (log / f"{photos[0].width}-{time.monotonic_ns()}").touch()
            return list(photos)

        return paint

    outcomes = outcomes_of(many, target, make_painter, skip_existing=True)
    assert summary(outcomes) == {"painted": 3, "skipped": PHOTOS - 3, "failed": 2}
    assert sorted(path.name[:2] for path in log.iterdir()) == ["40", "41", "42"]
    assert (target / good(0)).read_bytes() == b"of yesterday"
    assert files(target) == [good(number) for number in range(PHOTOS)]


def test_a_picture_as_the_style_needs_nothing_on_the_other_machines(two_workers, photos, meta_checkpoint, make_picture, tmp_path):
    """Run as people do, in a process of its own; Ray is not heard."""
    make_picture(70, 60, 5).save(tmp_path / "own.jpg")
    command = [sys.executable, "-m", "styletransfer", "images", "photos", "-o", "out", "--style", "own.jpg"]
    command += ["--checkpoint", str(meta_checkpoint), "--strength", "0.5", "--engine", "ray"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "RAY_ADDRESS": two_workers}
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "4 painted, 0 skipped, 0 failed\n"
    assert all("photo" in line for line in result.stderr.splitlines() if line), result.stderr
    assert files(tmp_path / "out") == ["grey.png", "palette.png", "report.json", "see_through.png", "wide.jpg"]
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert {file["source"] for file in report["files"]} == {
        f"photos/{name}" for name in ("grey.png", "palette.gif", "see_through.png", "wide.jpg")
    }


def test_a_photo_that_no_worker_survives_fails_alone(two_workers, many, tmp_path, monkeypatch, make_picture):
    make_picture(60, 30).save(many / "07_deadly.png")
    make_picture(50, 30).save(many / "08_too_large.png")
    monkeypatch.setattr(cluster, "RETRIES", 0)

    def make_painter():
        def paint(photos):
            if photos[0].width == 60:
                os.kill(os.getpid(), signal.SIGKILL)
            if photos[0].width == 50:
                raise RuntimeError("out of memory\nand so on")
            return list(photos)

        return paint

    outcomes = outcomes_of(many, tmp_path / "out", make_painter, batch_size=3)
    errors = {Path(outcome.source).name: outcome.error for outcome in outcomes if outcome.status == FAILED}
    assert sorted(errors) == ["05_broken.png", "07_deadly.png", "08_too_large.png", "17_empty.png"]
    assert "07_deadly.png could not be painted (no worker survived it)" in errors["07_deadly.png"]
    assert "08_too_large.png could not be painted (out of memory)" in errors["08_too_large.png"]
    assert sum(outcome.status == PAINTED for outcome in outcomes) == PHOTOS == len(outcomes) - 4
    assert files(tmp_path / "out") == [good(number) for number in range(PHOTOS)]


@pytest.mark.parametrize(
    ("gpus", "machines", "workers", "expected"),
    [
        (0, [16, 16], None, (2, {"num_cpus": 16})), (0, [16, 4], None, (2, {"num_cpus": 4})),
        (0, [0, 8], 4, (4, {"num_cpus": 2})), (0, [2], 5, (5, {"num_cpus": 1})), (0, [], None, (1, {"num_cpus": 1})),
        (3, [16, 16], None, (3, {"num_gpus": 1})), (2, [16], 3, (3, {"num_gpus": 0.5})), (2, [16], 1, (1, {"num_gpus": 1})),
    ],
)  # fmt: skip
def test_workers_share_the_gpus_or_else_the_processors(monkeypatch, gpus, machines, workers, expected):
    monkeypatch.setattr(ray, "cluster_resources", lambda: {"GPU": gpus} if gpus else {})
    nodes = [{"Alive": True, "Resources": {"CPU": number} if number else {}} for number in machines]
    monkeypatch.setattr(ray, "nodes", lambda: [*nodes, {"Alive": False, "Resources": {}}])
    pool = cluster._pool(workers)
    assert (pool.size, pool.uses) == expected


@pytest.mark.parametrize(("photos", "batch_size", "size"), [(14, 1, 1), (14, 4, 4), (160, 1, 10), (9999, 4, 16), (9999, 32, 32)])
def test_tasks_are_small_but_no_smaller_than_a_batch(photos, batch_size, size):
    assert cluster._task_size(photos, cluster.Pool(2, {}), batch_size) == size


def arguments(photos, checkpoint, tmp_path):
    return ["images", str(photos), "-o", str(tmp_path / "out"), "--style", "wave", "--checkpoint", str(checkpoint)]


@pytest.mark.parametrize(
    ("options", "part"),
    [(["--engine", "ray", "--workers", "0"], "0 workers"), (["--workers", "2"], "belongs to --engine ray")],
)
def test_bad_numbers_of_workers_are_exit_2(photos, checkpoint, tmp_path, capsys, options, part):
    assert main([*arguments(photos, checkpoint, tmp_path), *options]) == 2
    assert part in capsys.readouterr().err


def test_without_ray_it_says_how_to_get_it(photos, checkpoint, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray.data", None)
    assert main([*arguments(photos, checkpoint, tmp_path), "--engine", "ray"]) == 2
    assert "pip install .[ray]" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("address", ["127.0.0.1:9", "127.0.0.1:nowhere"])
def test_a_cluster_that_does_not_answer_is_exit_2(photos, checkpoint, tmp_path, capsys, monkeypatch, address):
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setenv("RAY_ADDRESS", address)
    assert main([*arguments(photos, checkpoint, tmp_path), "--engine", "ray"]) == 2
    assert f"No Ray cluster answers at {address}" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_to_is_said(photos, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ImageError, match="cannot be written to"):
        outcomes_of(photos, tmp_path / "file" / "out", lambda: list)
