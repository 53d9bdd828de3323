"""URLs: folders of photos in the memory of this process, by way of fsspec; what cannot be reached is said."""

import json
from pathlib import Path

import fsspec
import pytest
from fsspec.registry import known_implementations

from styletransfer.cli import main
from styletransfer.errors import ImageError
from styletransfer.folder import find_jobs
from styletransfer.images import find_pictures, open_image
from styletransfer.locations import Url, location, remove_tree


@pytest.fixture
def bucket(photos):
    """A folder of photos at memory://bucket/photos, in a bucket that is gone after the test."""
    files = fsspec.filesystem("memory")
    files.put(str(photos), "/bucket/photos", recursive=True)
    yield location("memory://bucket")
    files.rm("/bucket", recursive=True)


def names(folder):
    return [str(file.relative_to(folder)) for file in sorted(folder.files(True))]


def test_a_path_is_no_url():
    assert location("photos/s3") == Path("photos/s3")
    assert location("memory://bucket/photos/") == Url("memory://bucket/photos")


def test_pictures_of_a_url(bucket):
    (bucket / "photos" / "readme.txt").write_text("no picture", "utf-8")
    assert [str(file) for file in find_pictures(bucket / "photos")] == [
        f"memory://bucket/photos/{name}" for name in ("grey.png", "more/tall.webp", "palette.gif", "see_through.png", "wide.jpg")
    ]
    assert len(find_pictures(bucket / "photos", recursive=False)) == 4
    assert find_pictures(bucket / "nothing") == []


def test_a_file_is_replaced_whatever_its_name_is(bucket):
    for content in (b"first", b"second"):
        part = bucket / "odd [1]*" / ".part"
        part.write_bytes(content)
        part.replace(bucket / "odd [1]*" / "a [2]?#.jpg")
        assert (bucket / "odd [1]*" / "a [2]?#.jpg").read_bytes() == content
    assert names(bucket / "odd [1]*") == ["a [2]?#.jpg"]


def test_a_tree_is_removed(bucket, tmp_path):
    for folder in (bucket / "photos", tmp_path / "photos"):
        assert folder.is_dir()
        remove_tree(folder)
        assert not folder.exists()
        remove_tree(folder)


def test_results_within_the_folder_are_no_photos(bucket):
    jobs = find_jobs(bucket / "photos", bucket / "photos" / "more")
    assert len(jobs) == 4 and all(str(job.target).startswith("memory://bucket/photos/more/") for job in jobs)


def test_results_do_not_replace_the_photos(photos, bucket):
    for source, target in ((bucket / "photos", bucket / "photos"), (location(f"file://{photos}"), photos)):
        with pytest.raises(ImageError, match="another folder"):
            find_jobs(source, target)


def test_a_folder_elsewhere_is_painted_into_another(bucket, checkpoint):
    (bucket / "photos" / "broken.jpg").write_bytes(b"no picture")

    def run(*options):
        command = ["images", f"{bucket}/photos", "-o", f"{bucket}/out", "--style", "wave", "--checkpoint", str(checkpoint)]
        code = main([*command, "--recursive", "--max-side", "45", *options])
        report = json.loads((bucket / "out" / "report.json").read_bytes())
        return code, [report[key] for key in ("painted", "skipped", "failed")]

    assert run() == (1, [5, 0, 1])
    assert names(bucket / "out") == [
        "grey.png", "more/tall.webp", "palette.png", "report.json", "see_through.png", "wide.jpg",
    ]  # fmt: skip
    assert open_image(bucket / "out" / "wide.jpg").size == (45, 30)
    (bucket / "out" / "grey.png").unlink()
    assert run("--skip-existing") == (1, [1, 4, 1])


def test_what_a_file_system_raises_becomes_a_sentence(bucket, monkeypatch):
    def unreachable(*_, **__):
        raise RuntimeError("no credentials")

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "find", unreachable)
    monkeypatch.setattr(type(fsspec.filesystem("memory")), "cat_file", unreachable)
    with pytest.raises(ImageError, match=r"memory://bucket/photos cannot be read \(RuntimeError: no credentials\)"):
        find_jobs(bucket / "photos", bucket / "out")
    with pytest.raises(ImageError, match=r"wide\.jpg cannot be opened"):
        open_image(bucket / "photos" / "wide.jpg")


@pytest.mark.parametrize(
    ("source", "part"),
    [("nowhere://x", "nowhere://"), ("memory://nowhere", "memory://nowhere"), ("absent://x", "Install absentfs")],
)
def test_urls_that_cannot_be_used_are_exit_2(source, part, checkpoint, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(known_implementations, "absent", {"class": "absentfs.Files", "err": "Install absentfs"})
    assert main(["images", source, "-o", str(tmp_path), "--style", "wave", "--checkpoint", str(checkpoint)]) == 2
    assert part in capsys.readouterr().err
