"""Give back to the system what starting up left behind."""

import ctypes
import gc


def trim() -> None:
    """Collect garbage, exempt what lives on from later collections, return free heap to the system.

    For the end of a process's start: imports leave several MiB of holes in the heap. Where the C library
    has no `malloc_trim` (not glibc) that part is left out.
    """
    gc.collect()
    gc.freeze()
    give_back = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if give_back is not None:
        give_back(0)
