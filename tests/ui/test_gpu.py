"""ZeroGPU, with a stand-in for the ``spaces`` package that insists on its rules."""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
from gradio_client import Client, handle_file

from styletransfer.errors import StyleTransferError
from styletransfer.networks import TransformConfig
from styletransfer.runtime import backends
from styletransfer.ui import models
from styletransfer.ui.errors import plain_errors
from styletransfer.ui.gpu import LONGEST, RESERVE, SHORTEST, Signal, on_gpu

ROOT = Path(__file__).resolve().parents[2]
STUB = Path(__file__).parent / "zero_gpu"
PRELUDE = "import spaces, sys, time, threading\nfrom styletransfer.ui.gpu import on_gpu\n"


def run(code: str, *arguments: object, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (STUB, ROOT))), "SPACES_ZERO_GPU": "true"}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=timeout)


def test_without_spaces_nothing_is_done():
    assert "spaces" not in sys.modules
    assert on_gpu(lambda photo: 20)(plain_errors) is plain_errors


def test_only_app_py_imports_spaces():
    sources = [ROOT / "app.py", *(ROOT / "styletransfer").rglob("*.py")]
    assert [path.name for path in sources if "import spaces" in path.read_text(encoding="utf-8")] == ["app.py"]


def test_app_py_imports_spaces_first():
    lines = (ROOT / "app.py").read_text(encoding="utf-8").splitlines()
    imports = [line.split()[1] for line in lines if line.strip().startswith(("import ", "from "))]
    assert imports[imports.index("spaces") - 1] == "contextlib" and "styletransfer.ui" not in imports[: imports.index("spaces")]


HANDLERS = """
import gradio as gr
from styletransfer.errors import StyleTransferError
from styletransfer.ui.errors import plain_errors

made = []

@on_gpu(lambda steps: 0.5 * steps)
def steps(steps):
    for step in range(steps):
        made.append(step)
        yield step, bytes(2)

@on_gpu(lambda number: number)
@plain_errors
def refuse(number):
    raise StyleTransferError("No.")

assert list(steps(3)) == [(0, bytes(2)), (1, bytes(2)), (2, bytes(2))]
assert not made, "it ran here"
try:
    refuse(1e9)
except gr.Error as error:
    assert error.message == "No."
else:
    raise AssertionError("no error")
first = steps(100)
assert next(first)[0] == 0
first.close()
assert spaces.decorated == ["optimize_watched", "optimize", "paint_on_gpu", "steps", "refuse"], spaces.decorated
"""


def test_handlers_run_in_the_other_process_and_their_errors_come_back():
    result = run(PRELUDE + HANDLERS)
    assert result.returncode == 0, result.stderr


THREADS = """
import torch

def pad(): return torch.nn.functional.pad(torch.rand(1, 64, 256, 256), (1, 1, 1, 1), mode="reflect").shape

@on_gpu(lambda: 20)
def function(): return pad()

@on_gpu(lambda: 20)
def generator(): yield pad()

torch.set_num_threads(2)
pad()  # now this process has threads, and its children think that they have them, too
assert function() == next(generator()) == (1, 64, 258, 258)
"""


def test_the_other_process_does_not_wait_for_threads_it_lacks():
    result = run(PRELUDE + THREADS)
    assert result.returncode == 0, result.stderr


OTHERS_PAINT = """
from pathlib import Path
import gradio as gr
from PIL import Image
from styletransfer.ui import gpu, iterative, models, video
from styletransfer.ui.choice import PICTURE, TRAINED

gpu.SHORTEST = 60  # this machine may have much to do
photo, painting, clip = sys.argv[1:]
trained = next(iter(models.fixed_styles()))
picture, style = Image.open(photo).resize((320, 240)), models.meta_stylizer().encode(painting)
done = threading.Event()

def paint_for_others(stylizer, style):
    while not done.wait(0.001):
        stylizer(picture, style=style)

others = [
    threading.Thread(target=paint_for_others, args=[models.fixed_stylizer(), trained]),
    threading.Thread(target=paint_for_others, args=[models.meta_stylizer(), style]),
]
for thread in others:
    thread.start()

REST = 64, "lbfgs", "off", None, 0.5, None, "compact", "max", 1, 12, 3, 0
for init in ("meta", trained):
    settings = painting, 0.5, 1, 64, 3, init, *REST
    assert Path(iterative.stylize_iterative(photo, *settings)).is_file()
    *_, (_, status, *_) = iterative.watch(photo, None, *settings)
    assert "done" in status, status
    print("iterative", "meta" if init == "meta" else "trained", flush=True)
for kind, strength in ((TRAINED, 0.7), (PICTURE, 0.7), (PICTURE, 1)):
    *_, (status, player, _) = video.paint_clip(clip, None, kind, painting, trained, strength, 640)
    assert "Frame 12 of 12" in status, status
    print("video", kind, strength, flush=True)
done.set()
for thread in others:
    thread.join()
"""


def test_runs_end_well_while_others_paint(tmp_path, make_picture, clip_file):
    """Wherever the other process is begun, somebody's picture is being painted in this one, by threads that it has not."""
    for name, seed in (("photo", 0), ("painting", 1)):
        make_picture(90, 60, seed).save(tmp_path / f"{name}.png")
    result = run(PRELUDE + OTHERS_PAINT, tmp_path / "photo.png", tmp_path / "painting.png", clip_file, timeout=500)
    assert result.stdout.splitlines() == [
        "iterative meta", "iterative trained", "video trained 0.7", "video picture 0.7", "video picture 1",
    ], result.stderr  # fmt: skip


BROKEN = """
import styletransfer.ui.gpu as gpu

def returns_a_lock(): return threading.Lock()
def takes_a_lock(lock): ...
async def is_async(): ...
def takes_too_long(): time.sleep(60)

gpu.SHORTEST = gpu.LONGEST = 2
for handler, args in ((is_async, ()), (returns_a_lock, ()), (takes_a_lock, (threading.Lock(),)), (takes_too_long, ())):
    try:
        on_gpu(lambda *args: 20)(handler)(*args)
    except Exception as error:
        print(handler.__name__, type(error).__name__, error)
"""


def test_the_stand_in_insists():
    assert run(PRELUDE + BROKEN).stdout.splitlines() == [
        "is_async RuntimeError TypeError",
        "returns_a_lock RuntimeError TypeError",
        "takes_a_lock TypeError cannot pickle '_thread.lock' object",
        "takes_too_long TimeoutError GPU task aborted",
    ]


def test_the_stand_in_insists_on_being_imported_first():
    result = run("import styletransfer\nimport spaces")
    assert result.returncode == 1 and "import spaces before" in result.stderr


def duration_told(monkeypatch, seconds):
    """What spaces.GPU is told when ``seconds`` are asked for."""
    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=lambda handler, duration: duration))
    return on_gpu(seconds)(lambda: None)


@pytest.mark.parametrize(("asked", "given"), [(0.2, RESERVE + SHORTEST), (33.1, RESERVE + 34), (1e9, LONGEST)])
def test_time_is_computed_and_bounded(monkeypatch, asked, given):
    assert duration_told(monkeypatch, lambda seconds: seconds)(asked) == given


def test_a_signal_survives_pickling():
    signal = Signal.new()
    copy = pickle.loads(pickle.dumps(signal))
    assert not copy.is_set() and not Signal.new().is_set()
    signal.set()
    assert copy.is_set() and not Signal.new().is_set()


BAD_INPUT = """
import gradio as gr
from styletransfer.ui import iterative, video
from styletransfer.ui.choice import PICTURE, TRAINED

spaces.Worker = lambda task: print("A GPU was asked for.")
photo, clip = sys.argv[1:]
rest = 0.5, 1, 64, 3, "{}", 64, "lbfgs", "off", None, 0.5, None, "compact", "max", 1, 12, 3, 0
photo_start, no_start = ([*rest[:4], init, *rest[5:]] for init in ("photo", "sunflowers"))
for run in (
    lambda: list(iterative.watch(None, None, photo, *photo_start)),
    lambda: list(iterative.watch(photo, None, None, *photo_start)),
    lambda: iterative.stylize_iterative(photo, photo, *no_start),
    lambda: list(video.paint_clip(None, None, TRAINED, None, "kiss", 1, 640)),
    lambda: list(video.paint_clip(clip, None, TRAINED, None, "sunflowers", 1, 640)),
    lambda: list(video.paint_clip(clip, None, PICTURE, None, "", 1, 640)),
):
    try:
        run()
    except gr.Error as error:
        print(error.message)
"""


def test_bad_input_is_refused_before_a_gpu_is_asked_for(tmp_path, make_picture, clip_file):
    make_picture(90, 60).save(tmp_path / "photo.png")
    sentences = run(PRELUDE + BAD_INPUT, tmp_path / "photo.png", clip_file).stdout.splitlines()
    assert [sentence.split(".")[0].split(";")[0] for sentence in sentences] == [
        "Choose a photo first", "Choose a style picture first", 'There is no style "sunflowers"', "Choose a clip first",
        'There is no style "sunflowers"', "Choose a picture to paint like",
    ]  # fmt: skip


ENDLESS = """
import styletransfer.ui.gpu as gpu

gpu.LONGEST = gpu.RESERVE + 1

def ticks():
    while not gpu.time_is_up():
        time.sleep(0.1)
        yield "tick"

generator = on_gpu(lambda: 99)(ticks)

@on_gpu(lambda: 99)
def function():
    return list(ticks())

for _ in range(2):  # the second time in the same process
    assert len(list(generator())) > 1
    assert len(function()) > 1
    assert not gpu.time_is_up()
"""


def test_who_asks_ends_in_time():
    result = run(PRELUDE + ENDLESS)
    assert result.returncode == 0, result.stderr


def test_networks_that_paint_at_once_stay_on_the_processor(monkeypatch, make_network):
    network = make_network(TransformConfig(base=4)).transform
    monkeypatch.setattr(backends.torch.cuda, "is_available", lambda: True)
    assert len(list(backends._candidates(network, False))) == 2
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    assert len(list(backends._candidates(network, False))) == 1


@pytest.mark.parametrize(("zero_gpu", "placed"), [("", []), ("true", [("auto", "max", threading.main_thread())])])
def test_what_works_on_the_gpu_is_placed_by_the_main_thread_there(monkeypatch, zero_gpu, placed):
    """And nothing else: there that thread only seems to have a GPU, and computes in a way of its own."""
    calls = []
    monkeypatch.setattr(models, "iterative_stylizer", lambda *key: calls.append((*key, threading.current_thread())))
    monkeypatch.setenv("SPACES_ZERO_GPU", zero_gpu)
    models.place_iterative()
    assert calls == placed
    assert models.start_loading(threading.current_thread).result() is not threading.main_thread()


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    """app.py as a ZeroGPU Space runs it; its address, and what it had decorated."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("space") / "decorated.txt"
    log.touch()
    environment = os.environ | {"PYTHONPATH": str(STUB), "SPACES_ZERO_GPU": "true", "SPACES_STUB_LOG": str(log)}
    app = subprocess.Popen([sys.executable, "app.py", "--port", str(port)], cwd=ROOT, env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            assert app.poll() is None, "app.py ended"
            try:
                urllib.request.urlopen(f"{url}/config", timeout=5).close()
                break
            except OSError:
                time.sleep(0.5)
        yield url, log
    finally:
        app.terminate()
        app.wait(30)


def test_the_app_runs_there_and_what_is_quick_is_not_decorated(space, tmp_path, make_picture):
    url, log = space
    make_picture(64, 48).save(tmp_path / "photo.png")
    client = Client(url, verbose=False, download_files=tmp_path)
    style = client.predict(api_name="/styles")[0]["name"]
    settings = {"style": style, "strength": 1, "second_style": "", "mix": 0.5, "preserve_color": False, "max_side": 0}
    assert Path(client.predict(photo=handle_file(tmp_path / "photo.png"), **settings, api_name="/stylize_fixed")).is_file()
    assert log.read_text().split() == ["optimize_watched", "optimize", "paint_on_gpu"]
    files = {name: handle_file(tmp_path / "photo.png") for name in ("photo", "style")}
    settings = {"size": 64, "coarsest": 64, "steps": 2, "encoder": "compact"}
    for init in ("photo", "meta", style):
        assert Path(client.predict(**files, **settings, init=init, api_name="/stylize_iterative")).is_file()


def test_errors_of_gradio_keep_their_words():
    """What plain_errors raises is what ZeroGPU lets through, and what ZeroGPU says comes to the page."""
    for error in (StyleTransferError("No."), gr.Error("No.")):
        with pytest.raises(gr.Error, match=r"No\."):
            plain_errors(plain_errors(lambda error=error: (_ for _ in ()).throw(error)))()
