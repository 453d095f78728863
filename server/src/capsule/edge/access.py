"""Turn what a worker notes about a request into an access log record, and write it to its capsule's log."""

import re
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from capsule.edge.proxy.proxy import AccessEntry

STEM = "access"
_CLOSE_AFTER_SECONDS = 60.0
_DOORS = ("/api/account/", "/api/connections/", "/api/enter", "/api/files/")
"""Where links of mails, sign-ins elsewhere, the console and kept files lead in a chat app."""
_BEARER = re.compile(r"((?:^|&)(?:token|ticket|code|state|signature)=)[^&]*")
_PREVIEWS = "/_capsule/preview/"
"""The next part of the path is a key."""


class LogWriter(Protocol):
    """What `capsule.telemetry.segments.SegmentWriter` does."""

    def append(self, record: dict[str, object], /) -> object: ...

    def flush(self) -> None: ...

    def close(self) -> None: ...


OpenLog = Callable[[str], LogWriter]
"""Opens the access log of a capsule by its id."""


def open_in(telemetry: Callable[[str], Path]) -> OpenLog:
    """Return an OpenLog that writes segments into `telemetry(capsule_id)`."""
    from capsule.telemetry.segments import SegmentWriter

    return lambda capsule_id: SegmentWriter(telemetry(capsule_id), STEM)


class AccessLog:
    """The open access logs of all capsules; the parent process alone writes them."""

    def __init__(self, open_log: OpenLog) -> None:
        self._open = open_log
        self._writers: dict[str, LogWriter] = {}
        self._used: dict[str, float] = {}

    def write(self, entries: Iterable[AccessEntry], epoch: float) -> None:
        """Append and flush `entries`, whose clock stood at zero at `epoch`. Raises OSError."""
        touched: set[str] = set()
        for entry in entries:
            capsule_id = entry[0]
            writer = self._writers.get(capsule_id)
            if writer is None:
                writer = self._writers[capsule_id] = self._open(capsule_id)
            writer.append(record_of(entry, epoch))
            touched.add(capsule_id)
        now = time.monotonic()
        for capsule_id in touched:
            self._writers[capsule_id].flush()
            self._used[capsule_id] = now
        for capsule_id, used in list(self._used.items()):
            if now - used > _CLOSE_AFTER_SECONDS:
                self._close(capsule_id)

    def close(self) -> None:
        for capsule_id in list(self._writers):
            self._close(capsule_id)

    def _close(self, capsule_id: str) -> None:
        self._used.pop(capsule_id, None)
        self._writers.pop(capsule_id).close()


def record_of(entry: AccessEntry, epoch: float) -> dict[str, object]:
    """Return the record of one request. The query is a field of its own, as it may hold secrets.

    What by itself lets somebody in is masked: records are for more people than those whom it is for.
    """
    (
        _, started, method, target, host, status, seconds, bytes_in, bytes_out, replica, client, agent,
        held, is_old,
    ) = entry  # fmt: skip
    path, _, query = target.decode("utf-8", "replace").partition("?")
    if query and path.startswith(_DOORS):
        query = _BEARER.sub(r"\1…", query)
    elif path.startswith(_PREVIEWS):
        _, slash, rest = path[len(_PREVIEWS) :].partition("/")
        path = f"{_PREVIEWS}…{slash}{rest}"
    at = started + epoch
    second = int(at)
    return {
        "at": f"{_second(second)}.{int((at - second) * 1000):03d}Z",
        "method": method.decode("ascii"),
        "path": path,
        "query": query,
        "host": host,
        "status": status,
        "duration_ms": int(seconds * 10000) / 10,
        "held_ms": int(held * 10000) / 10,
        "bytes_in": bytes_in,
        "bytes_out": bytes_out,
        "replica": replica,
        "client": client,
        "user_agent": agent.decode("utf-8", "replace"),
        "protocol": "HTTP/1.0" if is_old else "HTTP/1.1",
    }


@lru_cache(maxsize=8)
def _second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
