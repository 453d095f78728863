"""Pass on what runtimes print, line by line, each marked with its runtime.

A runtime must not hold the pipe of the whole replica: whoever has one end of a pipe can open the other, and
so read what the runtimes of other users say. Nor must it inherit what others have said: text lies in buffers
that the kernel wipes in each fork, and nowhere else in this process.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import selectors
import time
from collections.abc import Callable

MARK, GAP = b"\x1e", b"\x1f"
"""A line of a runtime is `MARK id GAP text`."""

_READ = 32 * 1024
_LONGEST_LINE = 16 * 1024
_WINDOW_SECONDS = 0.25
_PER_WINDOW = 128 * 1024
_MOST_PIECES = 1023
"""That one call writes: whole lines, of three pieces each."""
_LAST_READS = 64
"""Of a stream that somebody may still hold open: more than a pipe can hold."""
_MADV_WIPEONFORK = 18


class Stream:
    """One output stream of one runtime."""

    def __init__(self, descriptor: int, runtime_id: str, target: int) -> None:
        self.descriptor = descriptor
        self.is_closed = False
        self._prefix = MARK + runtime_id.encode() + GAP
        self._target = target
        self._buffer = _private_memory(_LONGEST_LINE + _READ)
        self._kept = 0
        """Bytes at the start of the buffer that are the begin of a line."""
        self._window = 0.0
        self._used = 0
        os.set_blocking(descriptor, False)

    def pump(self) -> bool:
        """Pass on what is there, once; say whether there may be more, now or later."""
        with memoryview(self._buffer) as view:
            try:
                count = os.readv(self.descriptor, [view[self._kept : self._kept + _READ]])
            except BlockingIOError:
                return True
            except OSError:
                count = 0
            end = self._kept + count
            self._used += count
            complete = self._buffer.rfind(b"\n", self._kept, end) + 1
            if not complete and (count == 0 or end > _LONGEST_LINE):
                complete = end
            self._pass_on(view, complete)
        self._kept = end - complete
        self._buffer.move(0, complete, self._kept)
        return count > 0

    def is_over(self) -> bool:
        """Tell whether this stream has used up its share for now: one that floods must not delay births."""
        now = time.monotonic()
        if now - self._window >= _WINDOW_SECONDS:
            self._window, self._used = now, 0
        return self._used > _PER_WINDOW

    def close(self) -> None:
        self.is_closed = True
        os.close(self.descriptor)
        self._buffer.close()

    def _pass_on(self, view: memoryview, end: int) -> None:
        pieces: list[bytes | memoryview] = []
        begin = 0
        while begin < end:
            line_end = self._buffer.find(b"\n", begin, end)
            line_end = end if line_end < 0 else line_end
            pieces += [self._prefix, view[begin:line_end], b"\n"]
            begin = line_end + 1
        _write_all(self._target, pieces)


class Relay:
    """All streams, read through the selector of the zygote's loop."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._selector = selector
        self._streams: dict[str, list[Stream]] = {}
        self._paused: list[Stream] = []

    @property
    def pause_seconds(self) -> float | None:
        """How long the loop may sleep, because a stream waits for its next share."""
        return _WINDOW_SECONDS if self._paused else None

    def add(self, runtime_id: str, outputs: tuple[tuple[int, int], ...]) -> None:
        """Follow (descriptor, target) pairs of a runtime."""
        streams = [Stream(descriptor, runtime_id, target) for descriptor, target in outputs]
        self._streams[runtime_id] = streams
        for stream in streams:
            self._follow(stream)

    def end(self, runtime_id: str) -> None:
        """Pass on the last words and let go."""
        for stream in self._streams.pop(runtime_id, []):
            for _ in range(_LAST_READS):
                if not stream.pump():
                    break
            if stream in self._paused:
                self._paused.remove(stream)
            elif stream.descriptor in self._selector.get_map():
                self._selector.unregister(stream.descriptor)
            stream.close()

    def resume(self) -> None:
        """Follow again what was paused and has a new share."""
        for stream in [stream for stream in self._paused if not stream.is_over()]:
            self._paused.remove(stream)
            self._follow(stream)

    def _follow(self, stream: Stream) -> None:
        self._selector.register(stream.descriptor, selectors.EVENT_READ, self._reader(stream))

    def _reader(self, stream: Stream) -> Callable[[], None]:
        def read() -> None:
            if stream.is_closed:
                return  # since the selector said that there is something to read
            if not stream.pump():
                self._selector.unregister(stream.descriptor)
            elif stream.is_over():
                self._selector.unregister(stream.descriptor)
                self._paused.append(stream)

        return read


def _private_memory(size: int) -> mmap.mmap:
    """Return memory that a forked process finds empty."""
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.madvise(_MADV_WIPEONFORK)
    return memory


def _write_all(descriptor: int, pieces: list[bytes | memoryview]) -> None:
    with contextlib.suppress(OSError):
        while pieces:
            written = os.writev(descriptor, pieces[:_MOST_PIECES])
            done = 0
            while done < len(pieces) and written >= len(pieces[done]):
                written -= len(pieces[done])
                done += 1
            pieces = pieces[done:]
            if written:
                pieces[0] = pieces[0][written:]
