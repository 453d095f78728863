"""Keep a long-lived process small."""

import ctypes
import gc
from pathlib import Path


def settle() -> None:
    """Give back what importing and starting took, once they are over.

    Saves a quarter of a small process. Harmless where the C library has nothing to trim.
    """
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def available_share() -> float:
    """Return how much of the machine's memory can still be given out, from 0 to 1."""
    found: dict[str, int] = {}
    for line in Path("/proc/meminfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in ("MemTotal", "MemAvailable"):
            found[name] = int(value.split()[0])
    return found["MemAvailable"] / found["MemTotal"]
