"""How fast the app host listens to a runtime."""

import time

import pytest

from capsule.apps.runtimes.allowance import Allowance

MIB = 1024 * 1024


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


@pytest.mark.usefixtures("clock")
def test_ordinary_talk_never_waits() -> None:
    some = Allowance()
    pauses = [some.take(200) for _ in range(1000)]
    assert not any(pauses)
    assert pauses.count(0.0) == 1000 // 64  # but gives way


def test_a_long_message_is_heard_at_once_and_paid_for_afterwards(clock: list[float]) -> None:
    some = Allowance()
    assert some.take(2 * MIB) == 0.0
    assert some.take(8 * MIB) == pytest.approx(2.0)
    clock[0] += 2.0
    assert some.take(4 * MIB) == pytest.approx(1.0)
    clock[0] += 60.0
    assert not some.take(2 * MIB)


@pytest.mark.usefixtures("clock")
def test_many_short_messages_wait_too() -> None:
    some = Allowance()
    assert any(some.take(10) for _ in range(3000))
