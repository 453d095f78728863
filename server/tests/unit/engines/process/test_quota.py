"""When the quota watch counts what a runtime has written."""

import pytest

from capsule.engines.process.quota import LOOK_SECONDS, _Ledger


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def test_who_does_nothing_is_not_counted(clock: list[float]) -> None:
    ledger = _Ledger()
    assert ledger.may_have_written(0.5)
    ledger.counted(0.5)
    clock[0] += 1000
    assert not ledger.may_have_written(0.5)


def test_much_work_is_counted_at_once_and_a_little_soon(clock: list[float]) -> None:
    ledger = _Ledger()
    ledger.counted(0.5)
    assert ledger.may_have_written(0.52)
    assert not ledger.may_have_written(0.501)
    clock[0] += LOOK_SECONDS + 0.1
    assert ledger.may_have_written(0.501)
