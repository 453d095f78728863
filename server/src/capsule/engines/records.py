"""Log records of replicas: stamped, labelled, without secrets, in one stream per capsule."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from capsule.kit.clock import now
from capsule.telemetry.segments import SegmentWriter

_REDACTED = "[redacted]"
_SHORTEST_SECRET = 4
"""Hiding shorter values would hide ordinary text."""


class AppLogs:
    """One writer per capsule, shared by its replicas."""

    def __init__(self, telemetry: Callable[[str], Path]) -> None:
        self._telemetry = telemetry
        self._writers: dict[str, tuple[SegmentWriter, int]] = {}

    def open(self, capsule_id: str) -> SegmentWriter:
        writer, users = self._writers.get(capsule_id) or (
            SegmentWriter(self._telemetry(capsule_id), "app"),
            0,
        )
        self._writers[capsule_id] = writer, users + 1
        return writer

    def close(self, capsule_id: str) -> None:
        writer, users = self._writers.pop(capsule_id)
        if users > 1:
            self._writers[capsule_id] = writer, users - 1
        else:
            writer.close()


class Records:
    """Writes the lines of one replica."""

    def __init__(
        self, replica_id: str, labels: dict[str, str], redact: Iterable[str], writer: SegmentWriter
    ) -> None:
        self._replica_id = replica_id
        self._labels = labels
        self._secret = _pattern(redact)
        self._writer = writer

    def append(self, stream: str, text: str, runtime_id: str = "") -> None:
        """Add a line; it reaches readers at the next `flush`."""
        if self._secret is not None:
            text = self._secret.sub(_REDACTED, text)
        at = now().isoformat(timespec="milliseconds")
        record: dict[str, object] = {"at": at, "replica": self._replica_id, "stream": stream, "text": text}
        if runtime_id:
            record["runtime"] = runtime_id
        self._writer.append({**record, **self._labels} if self._labels else record)

    def flush(self) -> None:
        self._writer.flush()


def _pattern(redact: Iterable[str]) -> re.Pattern[str] | None:
    """Match any of the values. A log is read by lines, so each line of a value counts; the longest first."""
    lines = {line for value in redact for line in value.splitlines() if len(line) >= _SHORTEST_SECRET}
    return (
        re.compile("|".join(re.escape(line) for line in sorted(lines, key=len, reverse=True)))
        if lines
        else None
    )
