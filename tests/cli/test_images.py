"""``images``: trees, batches, bad files, going on, and the report."""

import json

import numpy as np
import pytest

from styletransfer import folder
from styletransfer.cli import main
from styletransfer.images import open_image, read_settings


@pytest.fixture
def run(checkpoint, photos, tmp_path):
    def run(*arguments, style="wave", weights=checkpoint, source=photos):
        command = ["images", source, "-o", tmp_path / "out", "--style", style, "--checkpoint", weights, *arguments]
        return main(list(map(str, command)))

    return run


@pytest.fixture
def report(tmp_path):
    return lambda: json.loads((tmp_path / "out" / "report.json").read_text())


def results(tmp_path):
    out = tmp_path / "out"
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*.*") if path.suffix != ".json")


def test_the_tree_is_kept(run, tmp_path, report, capsys):
    assert run("--recursive", "--max-side", 45) == 0
    assert results(tmp_path) == ["grey.png", "more/tall.webp", "palette.png", "see_through.png", "wide.jpg"]
    assert open_image(tmp_path / "out" / "wide.jpg").size == (45, 30)
    assert open_image(tmp_path / "out" / "see_through.png").mode == "RGBA"
    assert read_settings(tmp_path / "out" / "wide.jpg")["style"] == ["wave"]
    assert [report()[key] for key in ("painted", "skipped", "failed")] == [5, 0, 0] and len(report()["files"]) == 5
    assert "5 painted, 0 skipped, 0 failed" in capsys.readouterr().out


def test_folders_within_are_left_out_unless_asked_for(run, tmp_path):
    assert run() == 0
    assert results(tmp_path) == ["grey.png", "palette.png", "see_through.png", "wide.jpg"]


@pytest.mark.parametrize("batch_size", [1, 3])
def test_a_bad_file_does_not_stop_the_run(run, photos, tmp_path, report, capsys, batch_size):
    (photos / "m_broken.jpg").write_bytes(b"no picture")
    assert run("--batch-size", batch_size) == 1
    assert results(tmp_path) == ["grey.png", "palette.png", "see_through.png", "wide.jpg"]
    failed = [entry for entry in report()["files"] if entry["status"] == "failed"]
    assert len(failed) == 1 and failed[0]["source"].endswith("m_broken.jpg") and "not a picture" in failed[0]["error"]
    assert "m_broken.jpg" in capsys.readouterr().err


def test_a_result_that_cannot_be_written_does_not_stop_the_run(run, tmp_path, report):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "more").write_text("in the way")
    assert run("--recursive") == 1
    assert [report()[key] for key in ("painted", "failed")] == [4, 1]


def test_it_goes_on_where_it_was(run, tmp_path, report):
    assert run() == 0
    (tmp_path / "out" / "wide.jpg").unlink()
    before = (tmp_path / "out" / "grey.png").stat().st_mtime_ns
    assert run("--skip-existing", "--recursive") == 0
    assert [report()[key] for key in ("painted", "skipped")] == [2, 3]
    assert (tmp_path / "out" / "grey.png").stat().st_mtime_ns == before
    assert run() == 0
    assert (tmp_path / "out" / "grey.png").stat().st_mtime_ns > before


def test_batches_are_painted_like_single_photos(run, tmp_path, make_picture, monkeypatch):
    source = tmp_path / "same"
    source.mkdir()
    for number in range(5):
        make_picture(50, 37, number).save(source / f"{number}.png")
    make_picture(37, 50, 9).save(source / "2b.png")
    options = ["--strength", 0.7, "--preserve-color"]
    assert run(*options, source=source) == 0
    alone = {name: np.asarray(open_image(tmp_path / "out" / name), dtype=int) for name in results(tmp_path)}
    from styletransfer.runtime import Painter

    sizes, frame = [], Painter.frame
    monkeypatch.setattr(Painter, "frame", lambda self, pixels, *rest: (sizes.append(len(pixels)), frame(self, pixels, *rest))[1])
    assert run(*options, "--batch-size", 4, source=source) == 0
    assert sizes == [3, 2] and len(alone) == 6
    for name, expected in alone.items():
        assert np.abs(np.asarray(open_image(tmp_path / "out" / name), dtype=int) - expected).mean() <= 1


@pytest.mark.parametrize("strength", [1, 0.5])
def test_a_picture_as_the_style(run, tmp_path, meta_checkpoint, make_picture, strength):
    make_picture(70, 60, 5).save(tmp_path / "own.jpg")
    assert run("--strength", strength, "--batch-size", 2, style=tmp_path / "own.jpg", weights=meta_checkpoint) == 0
    assert len(results(tmp_path)) == 4


def test_stopping_writes_the_report(run, report, monkeypatch):
    paint = folder._paint

    def stop(batch, *rest):
        if batch[0][0].source.name == "palette.gif":
            raise KeyboardInterrupt
        return paint(batch, *rest)

    monkeypatch.setattr(folder, "_paint", stop)
    assert run() == 130
    assert [report()[key] for key in ("painted", "failed")] == [1, 0]


def test_results_within_the_folder_are_no_photos(photos, make_picture):
    jobs = folder.find_jobs(photos, photos / "more")
    assert len(jobs) == 4 and all("more" in job.target.parts for job in jobs)


@pytest.mark.parametrize(
    ("options", "keywords", "part"),
    [
        (["--batch-size", 0], {}, "batch size"), (["--max-side", 0], {}, "0 pixels"), (["--strength", 9], {}, "Strength"),
        ([], {"style": "sunflowers"}, "sunflowers"), ([], {"source": "nowhere"}, "nowhere"),
        (["--style", "kiss"], {}, "one --style"),
    ],
)  # fmt: skip
def test_bad_input_is_exit_2(run, capsys, options, keywords, part):
    assert run(*options, **keywords) == 2
    assert part in capsys.readouterr().err


def test_results_do_not_replace_the_photos(photos, checkpoint, capsys):
    assert main(["images", str(photos), "-o", str(photos), "--style", "wave", "--checkpoint", str(checkpoint)]) == 2
    assert "another folder" in capsys.readouterr().err
