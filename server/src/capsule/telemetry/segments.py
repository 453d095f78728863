"""Keep a bounded, searchable stream of JSON records in a folder, one a line. Knows no meaning of them.

A stream is the files `<stem>.<number>.jsonl`. One process writes (`SegmentWriter`), any number of others
read meanwhile (`tail`, `follow`). Numbers only grow, so a `Position` stays meaningful across rotation. A line
that a crash cut short is skipped by readers and closed by the next writer.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

_BLOCK = 256 * 1024
_BUFFER = 64 * 1024
_OFFSET_BITS = 28
"""Of a position as one number; a segment is far smaller than 256 MiB."""
_ROTATE_AFTER_SECONDS = 24 * 3600
"""A quiet stream is rotated daily, so that pruning by age has something to take."""


@dataclass(frozen=True, order=True)
class Position:
    """A place between two records of a stream."""

    segment: int
    offset: int

    def as_number(self) -> int:
        """Return the place as one number that only grows, for `Last-Event-ID`."""
        return self.segment << _OFFSET_BITS | self.offset

    @classmethod
    def of_number(cls, number: int) -> "Position":
        return cls(number >> _OFFSET_BITS, number & ((1 << _OFFSET_BITS) - 1))


class SegmentWriter:
    """Append records to one stream, bounded by size and age.

    A segment is left near `max_bytes`; `keep` of them stay, and none untouched for `max_age_days`.
    """

    def __init__(
        self,
        folder: Path,
        stem: str,
        *,
        max_bytes: int = 4 * 1024 * 1024,
        keep: int = 8,
        max_age_days: float = 14,
    ) -> None:
        self._folder = folder
        self._stem = stem
        self._max_bytes = max_bytes
        self._keep = keep
        self._max_age = max_age_days * 24 * 3600
        self._encoder = msgspec.json.Encoder()
        self._buffer = bytearray()
        self._fd = -1
        self._number = 0
        self._size = 0
        self._rotate_at = 0.0

    def append(self, record: dict[str, object]) -> None:
        """Add one record, as it is; it reaches readers at the next `flush` (or when 64 KiB have gathered)."""
        self._encoder.encode_into(record, self._buffer, -1)
        self._buffer.append(0x0A)
        if len(self._buffer) >= _BUFFER:
            self.flush()

    def flush(self) -> None:
        if not self._buffer:
            return
        if self._fd < 0:
            self._open_newest()
        if self._size and (self._size + len(self._buffer) > self._max_bytes or time.time() > self._rotate_at):
            self._rotate()
        data, self._buffer = self._buffer, bytearray()
        view = memoryview(data)
        while view:
            written = os.write(self._fd, view)
            view = view[written:]
            self._size += written

    def close(self) -> None:
        self.flush()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _open_newest(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        numbers = _numbers(self._folder, self._stem)
        self._open(numbers[-1] if numbers else 1)
        self._prune()

    def _open(self, number: int) -> None:
        path = _segment(self._folder, self._stem, number)
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._number = number
        self._size = os.fstat(self._fd).st_size
        if self._size and os.pread(self._fd, 1, self._size - 1) != b"\n":
            self._size += os.write(self._fd, b"\n")
        self._rotate_at = (_born(self._fd) if self._size else time.time()) + _ROTATE_AFTER_SECONDS

    def _rotate(self) -> None:
        os.close(self._fd)
        self._open(self._number + 1)
        self._prune()

    def _prune(self) -> None:
        oldest = time.time() - self._max_age
        for number in _numbers(self._folder, self._stem):
            path = _segment(self._folder, self._stem, number)
            if number < self._number and (
                number <= self._number - self._keep or path.stat().st_mtime < oldest
            ):
                path.unlink(missing_ok=True)


def end(folder: Path, stem: str) -> Position:
    """Return the place after the newest whole record: `tail` up to it, `follow` from it, miss nothing."""
    numbers = _numbers(folder, stem)
    if not numbers:
        return Position(0, 0)
    try:
        with _segment(folder, stem, numbers[-1]).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            start = size
            while start:
                block_start = max(0, start - _BLOCK)
                file.seek(block_start)
                newline = file.read(start - block_start).rfind(b"\n")
                if newline >= 0:
                    return Position(numbers[-1], block_start + newline + 1)
                start = block_start
    except FileNotFoundError:
        pass
    return Position(numbers[-1], 0)


def tail(
    folder: Path,
    stem: str,
    *,
    limit: int,
    since: datetime | None = None,
    until: datetime | None = None,
    search: str | None = None,
    match: dict[str, str] | None = None,
    before: Position | None = None,
    max_scan: int = 64 * 1024 * 1024,
) -> list[dict[str, Any]]:
    """Return the newest `limit` records that fit, oldest first.

    `search` is found in any text value, whatever the case; `match` wants equal values (a missing key is "").
    Reads backwards and gives up after `max_scan` bytes. `since` is included, `until` is not.
    """
    found: list[dict[str, Any]] = []
    fits = _Filter(search, match)
    scanned = 0
    for number in reversed(_numbers(folder, stem)):
        if before is not None and number > before.segment:
            continue
        stop = before.offset if before is not None and number == before.segment else None
        try:
            with _segment(folder, stem, number).open("rb") as file:
                if since is not None and os.fstat(file.fileno()).st_mtime < since.timestamp():
                    return found[::-1]
                for line in _lines_backwards(file.fileno(), stop):
                    scanned += len(line) + 1
                    if len(found) >= limit or scanned > max_scan:
                        return found[::-1]
                    record = fits(line)
                    if record is None:
                        continue
                    at = _time_of(record) if since is not None or until is not None else None
                    if since is not None and at is not None and at < since:
                        return found[::-1]
                    if until is not None and at is not None and at >= until:
                        continue
                    found.append(record)
        except FileNotFoundError:  # pruned meanwhile; everything older is gone too
            break
    return found[::-1]


async def follow(
    folder: Path,
    stem: str,
    *,
    after: Position | None = None,
    search: str | None = None,
    match: dict[str, str] | None = None,
    interval: float = 0.15,
) -> AsyncIterator[dict[str, Any]]:
    """Yield each new record after a position (None: from now on), for ever. Survives rotation and pruning."""
    follower = Follower(folder, stem, after=after, search=search, match=match)
    while True:
        records, read = follower.read()
        for _, record in records:
            yield record
        if not read:
            await asyncio.sleep(interval)


class Follower:
    """Reads on from a position, a block at a time. Survives rotation and pruning."""

    def __init__(
        self,
        folder: Path,
        stem: str,
        *,
        after: Position | None = None,
        search: str | None = None,
        match: dict[str, str] | None = None,
    ) -> None:
        """`after` None: from now on."""
        self._folder = folder
        self._stem = stem
        self._position = after if after is not None else end(folder, stem)
        self._fits = _Filter(search, match)

    def read(self) -> tuple[list[tuple[Position, dict[str, Any]]], bool]:
        """Return the next new records that fit, each with the place after it, and whether more may follow."""
        found: list[tuple[Position, dict[str, Any]]] = []
        numbers = [n for n in _numbers(self._folder, self._stem) if n >= self._position.segment]
        if not numbers:
            return found, False
        if numbers[0] != self._position.segment:
            self._position = Position(numbers[0], 0)
        # A later segment, seen before reading, proves that this one got its last record.
        is_final = len(numbers) > 1
        data = _read_from(self._folder, self._stem, self._position)
        whole = data[: data.rfind(b"\n") + 1]
        offset = self._position.offset
        for line in whole.split(b"\n")[:-1]:
            offset += len(line) + 1
            record = self._fits(line)
            if record is not None:
                found.append((Position(self._position.segment, offset), record))
        self._position = Position(self._position.segment, offset)
        if is_final and not whole:
            self._position = Position(numbers[1], 0)
        return found, is_final or bool(whole)


def first_since(folder: Path, stem: str, moment: datetime | None) -> Position:
    """Return a place from which every record since `moment` follows (and maybe some before)."""
    for number in _numbers(folder, stem):
        with contextlib.suppress(FileNotFoundError):
            if moment is None or _segment(folder, stem, number).stat().st_mtime >= moment.timestamp():
                return Position(number, 0)
    return end(folder, stem)


class _Filter:
    """Decode a line and say whether it fits: the record, or None."""

    def __init__(self, search: str | None, match: dict[str, str] | None) -> None:
        self._needle = search.casefold() if search else ""
        self._match = match or {}
        self._decoder = msgspec.json.Decoder(dict[str, Any])
        # Nearly all lines of a search don't fit: look at the bytes first, where they spell the text as it is.
        plain = self._needle.isascii() and self._needle.isprintable() and not set(self._needle) & {'"', "\\"}
        self._bytes = self._needle.encode() if plain else b""

    def __call__(self, line: bytes) -> dict[str, Any] | None:
        if not line or (self._bytes and self._bytes not in line.lower()):
            return None
        try:
            record = self._decoder.decode(line)
        except msgspec.MsgspecError:
            return None
        if any(str(record.get(key, "")) != value for key, value in self._match.items()):
            return None
        if self._needle and not any(
            isinstance(value, str) and self._needle in value.casefold() for value in record.values()
        ):
            return None
        return record


def _segment(folder: Path, stem: str, number: int) -> Path:
    return folder / f"{stem}.{number:08d}.jsonl"


def _numbers(folder: Path, stem: str) -> list[int]:
    numbers = []
    with contextlib.suppress(FileNotFoundError):
        for name in os.listdir(folder):
            parts = name.rsplit(".", 2)
            if len(parts) == 3 and parts[0] == stem and parts[2] == "jsonl" and parts[1].isdigit():
                numbers.append(int(parts[1]))
    return sorted(numbers)


def _born(fd: int) -> float:
    """Return the time of the first record; now when there is none."""
    line, newline, _ = os.pread(fd, _BUFFER, 0).partition(b"\n")
    if newline:
        with contextlib.suppress(msgspec.MsgspecError):
            at = _time_of(msgspec.json.decode(line))
            if at is not None:
                return at.timestamp()
    return time.time()


def _time_of(record: object) -> datetime | None:
    at = record.get("at") if isinstance(record, dict) else None
    if not isinstance(at, str):
        return None
    try:
        parsed = datetime.fromisoformat(at)
    except ValueError:
        return None
    return parsed if parsed.tzinfo is not None else None


def _lines_backwards(fd: int, stop: int | None) -> Iterator[bytes]:
    """Yield whole lines from the end; what follows the last newline is not whole."""
    position = os.fstat(fd).st_size if stop is None else stop
    rest = b""
    is_last = True
    while position > 0:
        start = max(0, position - _BLOCK)
        lines = (os.pread(fd, position - start, start) + rest).split(b"\n")
        position = start
        rest = lines[0]
        newer = lines[1:]
        if is_last and newer:
            newer.pop()  # "" after the last newline, or a line still being written
            is_last = False
        yield from reversed(newer)
    if not is_last:
        yield rest


def _read_from(folder: Path, stem: str, position: Position) -> bytes:
    try:
        with _segment(folder, stem, position.segment).open("rb") as file:
            data = os.pread(file.fileno(), _BLOCK, position.offset)
            while len(data) >= _BLOCK and b"\n" not in data:
                more = os.pread(file.fileno(), _BLOCK, position.offset + len(data))
                if not more:
                    break
                data += more
            return data
    except FileNotFoundError:
        return b""
