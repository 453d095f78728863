"""Tell when files in a folder change (inotify), and give back disk space of what was read (fallocate)."""

import asyncio
import ctypes
import itertools
import logging
import os
import struct
from collections.abc import Callable
from pathlib import Path

_IN_MODIFY, _IN_MOVED_TO = 0x2, 0x80
_PUNCH_HOLE_KEEP_SIZE = 0x3
_POLL_SECONDS = 0.2
_HEAD = struct.Struct("iIII")

log = logging.getLogger(__name__)

_libc = ctypes.CDLL(None, use_errno=True)


class Watcher:
    """Call back with the name of each file that was written or moved into a watched folder.

    Where the machine has no inotify left, with "" for any file, several times a second.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._callbacks: dict[int, Callable[[str], None]] = {}
        self._keys = itertools.count(1)
        self._polling: asyncio.TimerHandle | None = None
        self._fd: int = _libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd >= 0:
            self._loop.add_reader(self._fd, self._read)
        else:
            log.warning("no inotify (%s): logs are polled", os.strerror(ctypes.get_errno()))
            self._poll()

    def add(self, folder: Path, callback: Callable[[str], None]) -> int:
        """Watch a folder; return the key for `remove`."""
        if self._fd < 0:
            key = next(self._keys)
        else:
            key = _libc.inotify_add_watch(self._fd, os.fsencode(folder), _IN_MODIFY | _IN_MOVED_TO)
            if key < 0:
                raise OSError(ctypes.get_errno(), "inotify", str(folder))
        self._callbacks[key] = callback
        return key

    def remove(self, key: int) -> None:
        if self._callbacks.pop(key, None) is not None and self._fd >= 0:
            _libc.inotify_rm_watch(self._fd, key)

    def close(self) -> None:
        if self._polling is not None:
            self._polling.cancel()
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1
        self._callbacks.clear()

    def _poll(self) -> None:
        self._polling = self._loop.call_later(_POLL_SECONDS, self._poll)
        for callback in list(self._callbacks.values()):
            callback("")

    def _read(self) -> None:
        try:
            data = os.read(self._fd, 65536)
        except BlockingIOError:
            return
        changed: set[tuple[int, str]] = set()
        position = 0
        while position < len(data):
            key, _, _, length = _HEAD.unpack_from(data, position)
            position += _HEAD.size
            name = data[position : position + length].rstrip(b"\0")
            position += length
            changed.add((key, os.fsdecode(name)))
        if any(key < 0 for key, _ in changed):  # the kernel's queue overflowed: look everywhere
            changed = {(key, "") for key in self._callbacks}
        for key, file in changed:
            if callback := self._callbacks.get(key):
                callback(file)


def punch_hole(fd: int, length: int) -> bool:
    """Free the first `length` bytes of a file, which keeps its size. False where that cannot be done."""
    result = _libc.fallocate(fd, _PUNCH_HOLE_KEEP_SIZE, ctypes.c_int64(0), ctypes.c_int64(length))
    return bool(result == 0)
