"""Appends to a session's log against bare SQLite: the same rows in transactions of the same size."""

import asyncio
import itertools
import sqlite3
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.chat.echo import verdict
from benchmarks.report import Measure, show
from capsule.apps.sessions.log import SessionLog
from capsule.apps.sessions.records import NewSession
from capsule.apps.sessions.store import SessionStore
from capsule.apps.sessions.transaction import Transaction

_BATCHES = (1, 10, 100, 1000)
_SECONDS = 1.0
_ROUNDS = 5
_TEXT = "One of the things that an answer says."


def appends() -> None:
    rows = []
    with tempfile.TemporaryDirectory(prefix="c", dir="/tmp") as folder:
        for size in _BATCHES:
            rounds = [
                (
                    asyncio.run(_through_log(Path(folder) / f"log-{size}-{number}", size)),
                    _bare(Path(folder) / f"bare-{size}-{number}", size),
                )
                for number in range(_ROUNDS)
            ]
            ours, bare = (statistics.median(side) for side in zip(*rounds, strict=True))
            share = statistics.median(one / other for one, other in rounds)
            rows.append(
                Measure(
                    f"appends per second, {size} to a commit",
                    f"{ours:,.0f}",
                    f"{bare:,.0f} in bare SQLite: {share:.2f}×",
                    f"≥ 0.5×: {verdict(share >= 0.5)}",
                )
            )
    show("Session log, against SQLite with the same table and settings", rows)


async def _through_log(path: Path, size: int) -> float:
    """Return events per second, each of `size` appended by an operation of its own."""
    with ThreadPoolExecutor(2) as executor:
        log = SessionLog(SessionStore(path), executor)
        await log.submit(lambda t: t.create_session(NewSession("ses_1", "usr_1")))

        def append(transaction: Transaction) -> None:
            transaction.append("ses_1", "reply", "trn_1", {"id": "rpl_1", "text": _TEXT})

        written, began = 0, time.perf_counter()
        while time.perf_counter() - began < _SECONDS:
            for _ in range(size):
                last = log.submit(append)
            await last
            written += size
        taken = time.perf_counter() - began
        await log.close()
    return written / taken


def _bare(path: Path, size: int) -> float:
    SessionStore(path).close()  # for its tables
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    data = f'{{"id":"rpl_1","text":"{_TEXT}"}}'
    offsets = itertools.count(1)
    written, began = 0, time.perf_counter()
    while time.perf_counter() - began < _SECONDS:
        batch = [("ses_1", next(offsets), "reply", time.time(), "trn_1", data, 1) for _ in range(size)]
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", batch)
        connection.execute("COMMIT")
        written += size
    taken = time.perf_counter() - began
    connection.close()
    return written / taken
