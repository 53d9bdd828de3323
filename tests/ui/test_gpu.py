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
from styletransfer.ui.gpu import LONGEST, SHORTEST, Signal, on_gpu

ROOT = Path(__file__).resolve().parents[2]
STUB = Path(__file__).parent / "zero_gpu"
PRELUDE = "import spaces, sys, time, threading\nfrom styletransfer.ui.gpu import on_gpu\n"


def run(code: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (STUB, ROOT))), "SPACES_ZERO_GPU": "true"}
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


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
assert spaces.decorated == ["watch", "stylize_iterative", "steps", "refuse"], spaces.decorated
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


@pytest.mark.parametrize(("asked", "given"), [(0.2, SHORTEST), (33.1, 34), (1e9, LONGEST)])
def test_time_is_computed_and_bounded(monkeypatch, asked, given):
    assert duration_told(monkeypatch, lambda seconds: seconds)(asked) == given


def test_a_signal_survives_pickling():
    signal = Signal.new()
    copy = pickle.loads(pickle.dumps(signal))
    assert not copy.is_set() and not Signal.new().is_set()
    signal.set()
    assert copy.is_set() and not Signal.new().is_set()


def test_bad_input_asks_for_little_time(monkeypatch):
    told = {}
    monkeypatch.setitem(
        sys.modules, "spaces", type("Spaces", (), {"GPU": staticmethod(lambda duration: told.update(f=duration))})
    )

    def seconds(steps):
        raise StyleTransferError("Steps must be a number.")

    assert duration_told(monkeypatch, seconds)("junk") == SHORTEST


def test_networks_that_paint_at_once_stay_on_the_processor(monkeypatch, make_network):
    network = make_network(TransformConfig(base=4)).transform
    monkeypatch.setattr(backends.torch.cuda, "is_available", lambda: True)
    assert len(list(backends._candidates(network, False))) == 2
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    assert len(list(backends._candidates(network, False))) == 1


@pytest.mark.parametrize("zero_gpu", ["", "true"])
def test_models_are_placed_by_the_main_thread_there(monkeypatch, zero_gpu):
    monkeypatch.setenv("SPACES_ZERO_GPU", zero_gpu)
    thread = models.start_loading(threading.current_thread).result()
    assert (thread is threading.main_thread()) == bool(zero_gpu)


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
    decorated = log.read_text().split()
    assert not [name for name in decorated if "iterative" not in name and "watch" not in name and "video" not in name]


def test_errors_of_gradio_keep_their_words():
    """What plain_errors raises is what ZeroGPU lets through."""
    with pytest.raises(gr.Error, match=r"No\."):
        plain_errors(lambda: (_ for _ in ()).throw(StyleTransferError("No.")))()
