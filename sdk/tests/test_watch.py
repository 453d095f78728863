"""The watch over the event loop: awake while there are turns, asleep with the runtime."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator

import pytest

from cpsl.runtime import watch
from cpsl.runtime.watch import LoopWatch


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(watch, "_BEAT_SECONDS", 0.01)
    before = signal.getsignal(signal.SIGUSR2)
    yield
    signal.signal(signal.SIGUSR2, before)


async def test_it_beats_from_a_turn_until_a_moment_after_the_last_one() -> None:
    turns: dict[str, asyncio.Task[None]] = {}
    watching = LoopWatch(turns, lambda: [])

    def is_awake() -> bool:
        return watching.is_awake

    watching.start()
    try:
        assert not is_awake()
        turns["trn_1"] = asyncio.create_task(asyncio.sleep(60))
        watching.turn_begins()
        await asyncio.sleep(0.2)
        assert is_awake()
        turns.pop("trn_1").cancel()
        deadline = time.monotonic() + 10
        while is_awake():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
        watching.turn_begins()
        assert is_awake()
    finally:
        watching.stop()


async def test_a_loop_that_stands_still_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(watch, "_SLOW_SECONDS", 0.05)
    watching = LoopWatch({}, lambda: [])
    watching.start()
    try:
        watching.turn_begins()
        await asyncio.sleep(0.02)
        time.sleep(0.3)  # noqa: ASYNC251
    finally:
        watching.stop()
    assert [record.message for record in caplog.records if "kept the app busy" in record.message] != []
