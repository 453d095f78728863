"""The session log as its callers see it: what is committed together, where, and who is told."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from capsule.apps.sessions.log import SessionLog
from capsule.apps.sessions.records import NewSession
from capsule.apps.sessions.store import SessionStore
from capsule.apps.sessions.transaction import Transaction


class SlowStore(SessionStore):
    """On a disk that takes `seconds` for each commit; notes the threads that commit and write."""

    seconds = 0.0

    def __init__(self, path: Path) -> None:
        self.committed: list[int] = []
        self.wrote: list[int] = []
        super().__init__(path)

    def write(self, operations):  # type: ignore[no-untyped-def]
        self.wrote.append(threading.get_ident())
        return super().write(operations)

    def commit(self) -> None:
        self.committed.append(threading.get_ident())
        time.sleep(self.seconds)
        super().commit()


@pytest.fixture
def store(tmp_path: Path) -> SlowStore:
    return SlowStore(tmp_path / "s.db")


@pytest.fixture
async def log(store: SlowStore) -> AsyncIterator[SessionLog]:
    with ThreadPoolExecutor(1) as executor:
        log = SessionLog(store, executor)
        await log.submit(lambda t: t.create_session(NewSession("ses_1", "u")))
        yield log
        await log.close()


def say(transaction: Transaction) -> None:
    transaction.append("ses_1", "reply", "trn_1", {"id": "r", "text": "x"})


async def test_deltas_of_a_moment_are_one_event_in_one_commit(log: SessionLog, store: SlowStore) -> None:
    following = log.follow("ses_1", 0)
    await log.submit(say)
    assert len(await anext(following)) == 1
    before = len(store.committed)
    for piece in ("a", "b", "c"):
        log.append_delta("ses_1", "trn_1", "r", piece)
        await asyncio.sleep(0)
    assert [event.payload()["text"] for event in await anext(following)] == ["abc"]
    assert len(store.committed) == before + 1
    await following.aclose()  # type: ignore[attr-defined]


async def test_nobody_waits_for_deltas(log: SessionLog, store: SlowStore) -> None:
    """What somebody waits for goes at once, and takes along the deltas before it."""
    log.append_delta("ses_1", "trn_1", "r", "before")
    await log.submit(say)
    assert [event.type for event in store.events("ses_1", 0)] == ["reply_delta", "reply"]


async def test_a_slow_disk_holds_up_nobody_but_those_who_write(log: SessionLog, store: SlowStore) -> None:
    store.seconds = 0.05
    for _ in range(3):
        await log.submit(say)
    here, last = threading.get_ident(), store.committed[-1]
    assert last != here
    assert set(store.wrote) == {here}


async def test_what_is_long_is_done_in_a_thread(log: SessionLog, store: SlowStore) -> None:
    await log.submit(say, is_long=True)
    assert store.wrote[-1] != threading.get_ident()
    await log.submit(say)
    assert store.wrote[-1] == threading.get_ident()


async def test_a_stream_in_which_nothing_happens_shows_that_it_lives(log: SessionLog) -> None:
    following = log.follow("ses_1", 0, idle_seconds=0.05)
    began = time.monotonic()
    assert await anext(following) == []
    assert time.monotonic() - began >= 0.05
    await log.submit(say)
    assert [event.type for event in await anext(following)] == ["reply"]
    assert await anext(following) == []
    await following.aclose()  # type: ignore[attr-defined]
