"""Where and in which precision to compute."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from styletransfer.errors import StyleTransferError

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # <malloc.h>
MIB, GIB = 1 << 20, 1 << 30


def zero_gpu() -> bool:
    """Whether this is a ZeroGPU Space: there is a GPU, but only within calls that ask for it (:mod:`ui.gpu`)."""
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")


def training_device() -> torch.device:
    """The first GPU if there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def cpu_has_bf16() -> bool:
    """Whether this processor multiplies bf16 natively (AVX512-BF16 or AMX)."""
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def training_dtype(device: torch.device, precision: str) -> torch.dtype:
    """``precision`` "fp32", "bf16" or "auto": bf16 where the hardware has it."""
    if precision not in ("auto", "fp32", "bf16"):
        raise StyleTransferError(f"Unknown precision {precision!r}; choose auto, fp32 or bf16.")
    has_bf16 = torch.cuda.is_bf16_supported() if device.type == "cuda" else cpu_has_bf16()
    return torch.bfloat16 if precision == "bf16" or (precision == "auto" and has_bf16) else torch.float32


@contextmanager
def keeping_freed_memory() -> Iterator[None]:
    """Have glibc keep freed blocks for the next step, and give them back to the system at the end.

    Every step needs the same big blocks; fetching them anew costs a third of a training step on a CPU.
    """
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if not hasattr(libc, "mallopt"):
        yield
        return
    try:
        libc.mallopt(M_MMAP_THRESHOLD, GIB)
        libc.mallopt(M_TRIM_THRESHOLD, 2 * GIB - 1)
        yield
    finally:
        # glibc's own thresholds in a process that has worked for a while
        libc.mallopt(M_MMAP_THRESHOLD, 32 * MIB)
        libc.mallopt(M_TRIM_THRESHOLD, 64 * MIB)
        libc.malloc_trim(0)


def free_memory(device: torch.device) -> int:
    """Bytes a computation can still have: of the GPU, or of this machine and of the container it may be in."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return min(_free_in_machine(), _free_in_container())


def _free_in_machine() -> int:
    """What Linux calls available; elsewhere half of all memory."""
    meminfo = Path("/proc/meminfo")
    if meminfo.is_file():
        lines = dict(line.split(":") for line in meminfo.read_text().splitlines())
        return int(lines["MemAvailable"].split()[0]) * 1024
    if hasattr(os, "sysconf"):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    return 4 * GIB


def _free_in_container(root: Path = Path("/sys/fs/cgroup")) -> int:
    """Limit minus use of control groups, version 2 or 1; without a limit more than any machine has."""
    for limit, used in (("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")):
        if (root / limit).is_file() and (text := (root / limit).read_text().strip()) != "max":
            return int(text) - int((root / used).read_text())
    return sys.maxsize
