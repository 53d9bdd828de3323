import sys
from types import SimpleNamespace

import pytest
import torch

from styletransfer import devices


def test_free_memory_is_some_of_this_machines():
    assert 10**7 < devices.free_memory(torch.device("cpu")) < 10**14


@pytest.mark.parametrize(
    ("files", "free"),
    [
        ({}, sys.maxsize), ({"memory.max": "max\n", "memory.current": "5\n"}, sys.maxsize),
        ({"memory.max": "100\n", "memory.current": "30\n"}, 70),
        ({"memory/memory.limit_in_bytes": "90", "memory/memory.usage_in_bytes": "60"}, 30),
    ],
)  # fmt: skip
def test_a_containers_limit_counts(tmp_path, files, free):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert devices._free_in_container(tmp_path) == free


def test_freed_memory_is_kept_until_the_end_of_the_block(monkeypatch):
    calls = []
    libc = SimpleNamespace(mallopt=lambda *values: calls.append(values), malloc_trim=lambda pad: calls.append("trim"))
    monkeypatch.setattr(devices.sys, "platform", "linux")
    monkeypatch.setattr(devices.ctypes, "CDLL", lambda _: libc)
    with pytest.raises(KeyError), devices.keeping_freed_memory():
        assert calls == [(devices.M_MMAP_THRESHOLD, devices.GIB), (devices.M_TRIM_THRESHOLD, 2 * devices.GIB - 1)]
        calls.clear()
        raise KeyError
    assert [call[0] for call in calls[:2]] == [devices.M_MMAP_THRESHOLD, devices.M_TRIM_THRESHOLD]
    assert calls[2:] == ["trim"]


@pytest.mark.parametrize(("platform", "libc"), [("linux", SimpleNamespace()), ("darwin", None)])
def test_where_there_is_no_glibc_memory_is_left_alone(monkeypatch, platform, libc):
    monkeypatch.setattr(devices.sys, "platform", platform)
    monkeypatch.setattr(devices.ctypes, "CDLL", lambda _: libc)
    with devices.keeping_freed_memory():
        pass
