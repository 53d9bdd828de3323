"""A folder of photos, painted into another one with the same tree. A bad file is reported, and the others go on."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath
from typing import Any

from PIL import Image

from styletransfer import __version__, images
from styletransfer.errors import ImageError, StyleTransferError
from styletransfer.formats import writable
from styletransfer.locations import Location
from styletransfer.pipeline import ahead, batched

PAINTED, SKIPPED, FAILED = "painted", "skipped", "failed"


@dataclass(frozen=True)
class Job:
    """A photo and where its result goes."""

    source: Location
    target: Location

    def outcome(self, status: str, error: str | None = None) -> Outcome:
        """What became of it."""
        return Outcome(str(self.source), str(self.target), status, error)


@dataclass(frozen=True)
class Outcome:
    """What became of a job: ``status`` is PAINTED, SKIPPED (it was there) or FAILED, for the reason ``error``."""

    source: str
    target: str
    status: str
    error: str | None = None


@dataclass(frozen=True)
class FolderOptions:
    """How to go about it. ``settings`` are written into every result; ``scratch``: see :func:`images.save_image`."""

    batch_size: int = 1
    max_side: int | None = None
    skip_existing: bool = False
    settings: Mapping[str, Any] | None = None
    scratch: Location | None = None

    def __post_init__(self) -> None:
        """Raises ImageError for what cannot be."""
        if self.batch_size < 1:
            raise ImageError(f"The batch size is {self.batch_size}; give 1 or more.")
        if self.max_side is not None and self.max_side < 1:
            raise ImageError(f"The longest side cannot be {self.max_side} pixels; give 1 or more.")


def find_jobs(source: Location, target: Location, recursive: bool = True) -> list[Job]:
    """The photos of a folder, each with its place in the other; no two results get the same name. Raises ImageError."""
    try:
        if not source.is_dir():
            raise ImageError(f"There is no folder {source}; check the path.")
        photos = images.find_pictures(source, recursive)
    except OSError as error:
        raise ImageError(f"{source} cannot be read ({error}); check the address and whether you may read it.") from error
    if source.resolve() == target.resolve():
        raise ImageError("The results would replace the photos; give another folder for them.")
    results = str(target.resolve())
    photos = [photo for photo in photos if not photo.resolve().is_relative_to(results)]
    if not photos:
        raise ImageError(f"There are no photos in {source}; give a folder of JPEG, PNG or WebP files.")
    places = unique_places([str(photo.relative_to(source)) for photo in photos])
    return [Job(photo, target / place) for photo, place in zip(photos, places, strict=True)]


def unique_places(names: Sequence[str]) -> Iterator[str]:
    """For each photo's place the one of its result."""
    taken: set[Path] = set()
    for name in names:
        place = writable(Path(name))
        if place in taken:
            place = place.with_name(f"{Path(name).name}.png")
        taken.add(place)
        yield str(place)


def paint_folder(
    jobs: Iterable[Job], paint: Callable[[Sequence[Image.Image]], list[Image.Image]], options: FolderOptions
) -> Iterator[Outcome]:
    """Paint photos, in batches of one size; the next ones are read meanwhile. Yields what becomes of each."""
    with contextlib.closing(ahead(_read(jobs, options), 2 * options.batch_size)) as loaded:
        for batch in batched(loaded, options.batch_size, _batch_key):
            if isinstance(batch[0][1], Outcome):
                yield from (outcome for _, outcome in batch)
            else:
                yield from _paint(batch, paint, options)


Loaded = tuple[Job, Image.Image | Outcome]


def _read(jobs: Iterable[Job], options: FolderOptions) -> Generator[Loaded, None, None]:
    """Photos as they are to be painted, or why they are not."""
    for job in jobs:
        if options.skip_existing and job.target.exists():
            yield job, job.outcome(SKIPPED)
            continue
        try:
            yield job, images.limit_side(images.open_image(job.source), options.max_side)
        except StyleTransferError as error:
            yield job, job.outcome(FAILED, str(error))


def _batch_key(loaded: Loaded) -> Any:
    photo = loaded[1]
    return "done" if isinstance(photo, Outcome) else (photo.size, photo.mode)


def _paint(batch: list[Loaded], paint: Callable, options: FolderOptions) -> Iterator[Outcome]:
    painted = paint([photo for _, photo in batch])
    for (job, _), picture in zip(batch, painted, strict=True):
        try:
            job.target.parent.mkdir(parents=True, exist_ok=True)
            images.save_image(picture, job.target, {**(options.settings or {}), "version": __version__}, options.scratch)
        except (StyleTransferError, OSError) as error:
            yield job.outcome(FAILED, str(error))
        else:
            yield job.outcome(PAINTED)


def summary(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How many were painted, skipped and failed."""
    counts = Counter(outcome.status for outcome in outcomes)
    return {status: counts[status] for status in (PAINTED, SKIPPED, FAILED)}


def write_report(path: Location, outcomes: Sequence[Outcome], seconds: float, settings: Mapping[str, Any]) -> None:
    """A JSON file: the numbers, the settings, and every file, sorted. Raises ImageError."""
    report = {**summary(outcomes), "seconds": round(seconds, 1), "settings": dict(settings), "version": __version__}
    files = [asdict(outcome) for outcome in sorted(outcomes, key=lambda outcome: PurePath(outcome.source))]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(report | {"files": files}, indent=1), encoding="utf-8")
    except OSError as error:
        reason = error.strerror or error
        raise ImageError(f"The report {path} cannot be written ({reason}); check the folder.") from error
