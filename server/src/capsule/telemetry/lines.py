"""Keep the lines of one run (a build) in one file, numbered from 1. Bounded; read by others meanwhile."""

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from capsule.kit.clock import now
from capsule.telemetry.text import MAX_LINE, clean_line


class LineLog:
    """Write lines as `{at, replica: "", stream, text}`; each is readable at once."""

    def __init__(self, path: Path, *, max_bytes: int = 16 * 1024 * 1024) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)
        self._left = max_bytes - self._file.tell()

    def write(self, text: str, *, stream: str = "stdout") -> None:
        """Add `text`, split at newlines. Past the bound one last line says so, and the rest is dropped."""
        for line in text.split("\n") if "\n" in text else (text,):
            if self._left <= 0:
                return
            data = _encode(now(), stream, clean_line(line)[:MAX_LINE])
            self._left -= len(data)
            self._file.write(data)
            if self._left <= 0:
                self._file.write(_encode(now(), "platform", "The log is full; further output is not kept."))

    def close(self) -> None:
        self._file.close()


def read_lines(path: Path, after: int = 0, *, limit: int | None = None) -> tuple[list[dict[str, Any]], int]:
    """Return the lines after line number `after`, and the number to ask with next. Missing file: no lines."""
    reader = LineReader(path, after)
    items = [item for _, item in reader.read(limit=limit)]
    return items, reader.number


class LineReader:
    """Follow a line log without reading it again from the start."""

    def __init__(self, path: Path, after: int = 0) -> None:
        self._path = path
        self._offset = 0
        self._skip = after
        self.number = 0
        """Number of the line read last."""

    def read(self, *, limit: int | None = None) -> list[tuple[int, dict[str, Any]]]:
        """Return the new whole lines with their numbers. A line that a crash cut short is left out."""
        items: list[tuple[int, dict[str, Any]]] = []
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return items
        with file:
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n") or (limit is not None and len(items) >= limit):
                    break
                self._offset += len(line)
                self.number += 1
                if self.number <= self._skip:
                    continue
                try:
                    items.append((self.number, msgspec.json.decode(line, type=dict[str, Any])))
                except msgspec.MsgspecError:
                    continue
        return items


def _encode(at: datetime, stream: str, text: str) -> bytes:
    record = {"at": at.isoformat(timespec="milliseconds"), "replica": "", "stream": stream, "text": text}
    return msgspec.json.encode(record) + b"\n"
