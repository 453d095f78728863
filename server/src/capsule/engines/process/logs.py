"""Bring what replicas write into telemetry: tail their output files, stamp each line, free what was read."""

import asyncio
import logging
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from capsule.engines.records import Records
from capsule.telemetry.segments import SegmentWriter
from capsule.telemetry.text import MAX_LINE, decode_line

log = logging.getLogger(__name__)

_CHUNK = 256 * 1024
_LONGEST = 64 * 1024
"""A line that has no end by then is cut; the rest up to its end is dropped."""
_BACKLOG = 32 * 1024 * 1024
_PUNCH_EVERY = 1024 * 1024
_GATHER_SECONDS = 0.02
_MARK, _GAP = b"\x1e", b"\x1f"
"""How a zygote marks the lines of its runtimes: mark, id, gap, text."""


class ReplicaLogs:
    """The log of one replica: its output and what the platform says about it."""

    def __init__(
        self,
        replica_id: str,
        labels: dict[str, str],
        redact: Iterable[str],
        writer: SegmentWriter,
        outputs: dict[str, Path],
        consumed: Path,
        punch: Callable[[int, int], bool],
    ) -> None:
        self._replica_id = replica_id
        self._records = Records(replica_id, labels, redact, writer)
        self._consumed = consumed
        self._punch = punch
        self._tails = [_Tail(stream, path) for stream, path in outputs.items()]
        self._timer: asyncio.TimerHandle | None = None
        self._offsets_fd = -1

    def attach(self) -> None:
        """Open the output files and go on where an earlier process of the node agent stopped."""
        self._offsets_fd = os.open(self._consumed, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        saved = os.pread(self._offsets_fd, 100, 0).split()
        for position, tail in enumerate(self._tails):
            tail.open(int(saved[position]) if position < len(saved) else 0)

    def detach(self, *, drain: bool) -> None:
        """Let go of the files; with `drain`, after reading all that is left."""
        if self._offsets_fd < 0:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if drain:
            while self._pump():
                pass
            for tail in self._tails:
                if rest := tail.rest():
                    self._records.append(tail.stream, rest)
        self._flush()
        for tail in self._tails:
            tail.close()
        os.close(self._offsets_fd)
        self._offsets_fd = -1

    def changed(self, _name: str = "") -> None:
        """Read soon; called whenever an output file was written."""
        if self._timer is None and self._offsets_fd >= 0:
            self._timer = asyncio.get_running_loop().call_later(_GATHER_SECONDS, self._on_timer)

    def say(self, text: str) -> None:
        """Write a line of the platform's own, after what the replica has written so far."""
        if self._offsets_fd >= 0:
            self._pump()
        self._records.append("platform", text)
        self._records.flush()

    def _on_timer(self) -> None:
        self._timer = None
        try:
            more = self._pump()
        except OSError:
            log.exception("log of %s cannot be written", self._replica_id)
            return
        if more:
            self.changed()

    def _pump(self) -> bool:
        """Read one chunk of each stream; say whether there is more."""
        more = False
        for tail in self._tails:
            dropped = tail.skip_backlog()
            if dropped:
                self._records.append(
                    "platform", f"{dropped} bytes of {tail.stream} were dropped: written too fast."
                )
            lines, is_more = tail.read()
            more = more or is_more
            for line in lines:
                runtime_id, line = _split_mark(line)
                self._records.append(tail.stream, decode_line(line), runtime_id)
        self._flush()
        return more

    def _flush(self) -> None:
        # Records first, offsets second: a crash in between repeats lines rather than losing them.
        self._records.flush()
        offsets = " ".join(f"{tail.offset:020d}" for tail in self._tails)
        os.pwrite(self._offsets_fd, offsets.encode(), 0)
        for tail in self._tails:
            tail.free(self._punch)


def _split_mark(line: bytes) -> tuple[str, bytes]:
    if not line.startswith(_MARK):
        return "", line
    runtime_id, gap, text = line[1:].partition(_GAP)
    return (runtime_id.decode("ascii", "replace"), text) if gap else ("", line)


class _Tail:
    """One growing file, read line by line."""

    def __init__(self, stream: str, path: Path) -> None:
        self.stream = stream
        self.offset = 0
        """Everything before it is in telemetry."""
        self._path = path
        self._fd = -1
        self._freed = 0
        self._is_cutting = False

    def open(self, offset: int) -> None:
        self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.offset = min(offset, os.fstat(self._fd).st_size)
        self._freed = self.offset
        self._is_cutting = False

    def close(self) -> None:
        os.close(self._fd)
        self._fd = -1

    def skip_backlog(self) -> int:
        """Pass over what is too much to keep; return how many bytes."""
        size = os.fstat(self._fd).st_size
        if size - self.offset <= _BACKLOG:
            return 0
        dropped = size - self.offset - _CHUNK
        self.offset += dropped
        self._is_cutting = True  # up to the next line's start
        return dropped

    def read(self) -> tuple[list[bytes], bool]:
        data = os.pread(self._fd, _CHUNK, self.offset)
        if not data:
            return [], False
        last = data.rfind(b"\n")
        if last < 0 and len(data) < _LONGEST:
            return [], False
        if last < 0:
            self.offset += len(data)
            if self._is_cutting:
                return [], True
            self._is_cutting = True
            return [data[: MAX_LINE * 4]], True
        lines = data[:last].split(b"\n")
        self.offset += last + 1
        if self._is_cutting:
            self._is_cutting = False
            lines = lines[1:]
        return lines, len(data) == _CHUNK

    def rest(self) -> str:
        """Return a last line without an end."""
        data = os.pread(self._fd, _LONGEST, self.offset)
        self.offset += len(data)
        return decode_line(data) if data and not self._is_cutting else ""

    def free(self, punch: Callable[[int, int], bool]) -> None:
        if self.offset - self._freed >= _PUNCH_EVERY:
            punch(self._fd, self.offset)
            self._freed = self.offset
