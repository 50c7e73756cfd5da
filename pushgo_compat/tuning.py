"""What a server asks of the interpreter and of the C library, once it has started."""

from __future__ import annotations

import ctypes
import gc
import sys

GC_THRESHOLDS = (20_000, 50, 100)
"""Arguments of ``gc.set_threshold``: new objects, then rounds of each generation."""
SWITCH_INTERVAL_S = 0.000_5
"""The longest turn of a thread that works on a costly request, in seconds."""
MAPPED_BYTES = 1024 * 1024
"""Blocks of memory from this size on go back to the system when they are free."""
_M_MMAP_THRESHOLD = -3
"""Of ``mallopt`` (glibc's malloc.h)."""


def keep_free_memory_out() -> None:
    """Let large blocks that are free leave the process; other C libraries do anyway.

    glibc raises the size from which it maps blocks when one is freed. After the first
    password check (argon2 takes 19 MiB) it would keep 19 MB for good.
    """
    if hasattr(c_library := ctypes.CDLL(None), "mallopt"):
        c_library.mallopt(_M_MMAP_THRESHOLD, MAPPED_BYTES)


def settle() -> None:
    """Call it when everything that stays has been made.

    The collector need not look at that again. A request's objects die with it, so it
    looks seldom (measured: 7 % of an old call).
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.set_threshold(*GC_THRESHOLDS)
    gc.collect()
    gc.freeze()
