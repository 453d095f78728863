"""Judge by the access log how a release does. Reads files; knows no database."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from capsule.control.delivery.logs.streams import ACCESS_LOG
from capsule.telemetry.segments import tail

_MOST_RECORDS = 50_000
_ERROR_SHARE = 0.5
_TIMES_WORSE = 5.0
ENOUGH_REQUESTS = 20
"""Fewer say nothing about a release."""


@dataclass(frozen=True)
class Served:
    requests: int
    errors: int
    """Answered with a status of 500 or more."""
    p99_ms: float | None
    """None without a request."""

    @property
    def error_share(self) -> float:
        return self.errors / self.requests if self.requests else 0.0


def served(
    folder: Path,
    *,
    since: datetime,
    until: datetime | None = None,
    replicas: Collection[str] | None = None,
) -> Served:
    """Sum up the requests that began between two times, on these replicas or on all."""
    records = tail(folder, ACCESS_LOG, limit=_MOST_RECORDS, since=since, until=until)
    if replicas is not None:
        records = [record for record in records if record.get("replica") in replicas]
    durations = sorted(float(record["duration_ms"]) for record in records)
    errors = sum(1 for record in records if record["status"] >= 500)
    place = math.ceil(len(durations) * 0.99) - 1
    return Served(len(records), errors, durations[place] if durations else None)


def worse(now: Served, before: Served, *, enough: int = ENOUGH_REQUESTS) -> str:
    """Return why the answers of `now` speak against a release, or nothing.

    At least half of them must be errors, and that several times as often as before: an app that always
    answered with errors is not better off with its old release.
    """
    if now.requests < enough or now.error_share < _ERROR_SHARE:
        return ""
    if now.error_share < _TIMES_WORSE * before.error_share:
        return ""
    sentence = f"{now.errors} of {now.requests} requests were answered with an error"
    return f"{sentence} (before: {before.errors} of {before.requests})."
