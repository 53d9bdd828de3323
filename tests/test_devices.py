import sys

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
