"""Pass on what runtimes print, line by line, each marked with its runtime.

A runtime must not hold the pipe of the whole replica: whoever has one end of a pipe can open the other, and
so read what the runtimes of other users say.
"""

from __future__ import annotations

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


class Stream:
    """One output stream of one runtime."""

    def __init__(self, descriptor: int, runtime_id: str, target: int) -> None:
        self.descriptor = descriptor
        self._prefix = MARK + runtime_id.encode() + GAP
        self._target = target
        self._rest = b""
        self._window = 0.0
        self._used = 0
        os.set_blocking(descriptor, False)

    def pump(self) -> bool:
        """Pass on what is there, once; say whether there may be more."""
        try:
            data = os.read(self.descriptor, _READ)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self._pass_on(self._rest + b"\n" if self._rest else b"")
            self._rest = b""
            return False
        self._used += len(data)
        data = self._rest + data
        complete, _, self._rest = data.rpartition(b"\n")
        if not complete and len(self._rest) > _LONGEST_LINE:
            complete, self._rest = self._rest, b""
        self._pass_on(complete + b"\n" if complete else b"")
        return True

    def is_over(self) -> bool:
        """Tell whether this stream has used up its share for now: one that floods must not delay births."""
        now = time.monotonic()
        if now - self._window >= _WINDOW_SECONDS:
            self._window, self._used = now, 0
        return self._used > _PER_WINDOW

    def _pass_on(self, lines: bytes) -> None:
        if lines:
            marked = b"".join(self._prefix + line + b"\n" for line in lines[:-1].split(b"\n"))
            _write_all(self._target, marked)


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
            for _ in range(64):
                if not stream.pump():
                    break
            if stream in self._paused:
                self._paused.remove(stream)
            elif stream.descriptor in self._selector.get_map():
                self._selector.unregister(stream.descriptor)
            os.close(stream.descriptor)

    def resume(self) -> None:
        """Follow again what was paused and has a new share."""
        for stream in [stream for stream in self._paused if not stream.is_over()]:
            self._paused.remove(stream)
            self._follow(stream)

    def _follow(self, stream: Stream) -> None:
        self._selector.register(stream.descriptor, selectors.EVENT_READ, self._reader(stream))

    def _reader(self, stream: Stream) -> Callable[[], None]:
        def read() -> None:
            if not stream.pump():
                self._selector.unregister(stream.descriptor)
            elif stream.is_over():
                self._selector.unregister(stream.descriptor)
                self._paused.append(stream)

        return read


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except OSError:
            return
