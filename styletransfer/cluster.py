"""A folder of photos, painted as :mod:`folder` paints it, by the machines of a Ray cluster.

Every worker is an actor that holds the network and gets a few photos at a time. When it dies, Ray starts another one and
gives it those photos again. That loses and doubles nothing: a result appears whole or not at all, under a name of its own,
and what became of a photo is said once.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import sys
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Any

from styletransfer import images
from styletransfer.errors import ImageError, StyleTransferError
from styletransfer.folder import FAILED, SKIPPED, FolderOptions, Job, Outcome, paint_folder
from styletransfer.locations import Location, location, remove_tree
from styletransfer.stylizers.batch import PaintBatch

RETRIES = 2  # of a task whose worker died
TASKS = 8  # for every worker, at least: so that none waits long for another at the end
PHOTOS = 16  # in a task, at most, unless a batch is larger: they are painted again when the worker dies
QUIET = {"RAY_BACKEND_LOG_LEVEL": "fatal", "RAY_DEDUP_LOGS_SKIP_REGEX": "."}  # else its daemons report every death at length

MakePainter = Callable[[], PaintBatch]
Task = dict[str, list]  # a row for Ray: "numbers", "sources" and "targets" of its photos


@dataclass(frozen=True)
class Pool:
    """So many workers, and what each of them uses (``num_cpus`` or ``num_gpus``)."""

    size: int
    uses: Mapping[str, float]


def paint_on_cluster(
    jobs: Sequence[Job], target: Location, make_painter: MakePainter, options: FolderOptions, workers: int | None = None
) -> Iterator[Outcome]:
    """Paint photos; yields what becomes of each, as it becomes known.

    ``target``: the folder of all results. ``make_painter`` is called once in every worker; it travels there by pickle.
    ``workers``: by default one for every GPU of the cluster or, if there is none, for every machine. The cluster is the one
    this process is connected to, else that of ``RAY_ADDRESS``, else one of this machine alone. Raises StyleTransferError if
    there is no Ray, no cluster or no way for the workers to start.
    """
    if workers is not None and workers < 1:
        raise StyleTransferError(f"There cannot be {workers} workers; give 1 or more.")
    _load_ray()
    # Not left to the workers: what a dead one had painted would count as skipped when its photos are painted again.
    done = _results(target) if options.skip_existing else set()
    yield from (job.outcome(SKIPPED) for job in jobs if job.target in done)
    left = {number: job for number, job in enumerate(jobs) if job.target not in done}
    if not left:
        return
    with _scratch_folder(target) as scratch, _connection():
        options = replace(options, skip_existing=False, scratch=scratch)
        pool = _pool(workers)
        # The second time every photo is alone, so that one which no worker survives takes no others with it.
        for size, waiting in ((_task_size(len(left), pool, options.batch_size), 1), (1, 0)):
            for number, status, error in _do(_tasks(left, size), pool, waiting, make_painter, options):
                yield left.pop(number).outcome(status, error)
    yield from (_failure(job, "no worker survived it") for job in left.values())


class _Worker:
    """An actor: it holds the network."""

    def __init__(self, make_painter: MakePainter, options: FolderOptions) -> None:
        self._paint, self._options = make_painter(), options

    def __call__(self, task: Task) -> list[dict[str, Any]]:
        """Do a task; returns what became of its photos, up to the first that fails as nobody expects."""
        jobs = [Job(location(source), location(target)) for source, target in zip(task["sources"], task["targets"], strict=True)]
        outcomes: list[Outcome] = []
        try:
            for outcome in paint_folder(jobs, self._paint, self._options):
                outcomes.append(outcome)
        except Exception as error:  # such as a GPU out of memory: one photo at a time may go well
            if len(jobs) == 1:
                outcomes = [_failure(jobs[0], _first_line(error))]
        return [
            {"number": number, "status": outcome.status, "error": outcome.error}
            for number, outcome in zip(task["numbers"], outcomes, strict=False)
        ]


def _failure(job: Job, reason: str) -> Outcome:
    return job.outcome(FAILED, f"{job.source.name} could not be painted ({reason}); try a smaller size.")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _results(target: Location) -> set[Location]:
    """What there is already, told by one listing: to ask for every single file of a bucket takes hours. Raises ImageError."""
    try:
        return set(images.find_pictures(target))
    except OSError as error:
        raise ImageError(f"{target} cannot be read ({error}); check the address and whether you may read it.") from error


def _do(
    tasks: list[Task], pool: Pool, waiting: int, make_painter: MakePainter, options: FolderOptions
) -> Iterator[tuple[int, str, str | None]]:
    """Do tasks, ``waiting`` of them at each worker besides its current one; yields number, status and error of the photos.

    Nothing comes of photos in tasks whose worker died too often. Raises StyleTransferError if no worker can start.
    """
    import ray.data
    from ray.util.annotations import RayDeprecationWarning

    if not tasks:
        return
    data = ray.data.from_items(tasks, override_num_blocks=len(tasks))
    data.context.enable_progress_bars = False
    data.context.max_errored_blocks = -1  # they are painted again
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RayDeprecationWarning)  # of max_task_retries, which has no other place
        data = data.flat_map(
            _Worker,
            fn_constructor_args=(make_painter, options),
            compute=ray.data.ActorPoolStrategy(size=pool.size, max_tasks_in_flight_per_actor=1 + waiting),
            max_task_retries=RETRIES,
            **pool.uses,
        )
    try:
        for row in data.iter_rows():
            yield row["number"], row["status"], row["error"]
    except ray.exceptions.RayError as error:
        reason = str(error).strip().splitlines()[-1]  # the lines before are the stack
        raise StyleTransferError(f"The workers cannot work ({reason}); install styletransfer on every machine.") from error


def _tasks(jobs: Mapping[int, Job], size: int) -> list[Task]:
    """Tasks of ``size`` photos, with paths that hold wherever a worker is."""
    numbers = list(jobs)
    groups = [numbers[start : start + size] for start in range(0, len(numbers), size)]
    return [
        {
            "numbers": group,
            "sources": [str(jobs[number].source.absolute()) for number in group],
            "targets": [str(jobs[number].target.absolute()) for number in group],
        }
        for group in groups
    ]


def _task_size(photos: int, pool: Pool, batch_size: int) -> int:
    return max(batch_size, min(PHOTOS, photos // (TASKS * pool.size)))


def _pool(workers: int | None) -> Pool:
    """Workers that share the GPUs of the cluster or, if there are none, the processors."""
    import ray

    gpus = int(ray.cluster_resources().get("GPU", 0))
    if gpus:
        workers = workers or gpus
        return Pool(workers, {"num_gpus": 1 / ceil(workers / gpus)})
    processors = [node["Resources"]["CPU"] for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
    workers = workers or len(processors) or 1
    return Pool(workers, {"num_cpus": max(1, int(min([*processors, sum(processors) / workers])))})


def _load_ray() -> None:
    """Import Ray, which reads its settings then. Raises StyleTransferError if it is not installed."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray.data  # noqa: F401
    except ImportError as error:
        raise StyleTransferError("Painting on many machines needs Ray; install it with: pip install .[ray]") from error


@contextlib.contextmanager
def _connection() -> Iterator[None]:
    """To a cluster, if there is none yet. Raises StyleTransferError."""
    import ray

    if ray.is_initialized():
        yield
        return
    _check_address(os.environ.get("RAY_ADDRESS", ""))
    for handler in logging.getLogger("ray.data").handlers:
        if isinstance(handler, logging.StreamHandler):  # not that of Ray's log files, where everything is
            handler.setLevel(logging.CRITICAL)
    logging.getLogger("ray").setLevel(logging.ERROR)
    try:
        with _without_stderr():
            ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        raise StyleTransferError(f"There is no connection to a Ray cluster ({_first_line(error)}); check RAY_ADDRESS.") from error
    try:
        yield
    finally:
        ray.shutdown()


def _check_address(address: str) -> None:
    """Ray itself would try for minutes, in silence. Raises StyleTransferError where nobody answers at HOST:PORT."""
    host, _, port = address.rpartition(":")
    if not host or "://" in address:  # a word, or a protocol of Ray's own
        return
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except (OSError, ValueError) as error:
        raise StyleTransferError(f"No Ray cluster answers at {address}; start one there or change RAY_ADDRESS.") from error


@contextlib.contextmanager
def _without_stderr() -> Iterator[None]:
    """The native parts of Ray write to the descriptor itself, even that they are to write less."""
    sys.stderr.flush()
    stderr = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


@contextlib.contextmanager
def _scratch_folder(target: Location) -> Iterator[Location]:
    """A folder for unfinished results, which goes away with all that dead workers left in it. Raises ImageError."""
    scratch = target / f".unfinished-{uuid.uuid4().hex}"
    try:
        scratch.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImageError(f"The folder {target} cannot be written to ({error}); choose another one.") from error
    try:
        yield scratch.absolute()
    finally:
        remove_tree(scratch)
