"""The rate limit of sign-ins."""

import pytest

from capsule.kit.attempts import Attempts, TooManyAttempts


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_one_client_is_stopped_and_another_is_not(clock: Clock) -> None:
    attempts = Attempts(per_client=3, clock=clock)
    for _ in range(3):
        attempts.begin("a@x", "1.1.1.1")
    with pytest.raises(TooManyAttempts):
        attempts.begin("a@x", "1.1.1.1")
    attempts.begin("a@x", "2.2.2.2")
    attempts.begin("b@x", "1.1.1.1")


def test_many_clients_together_are_stopped(clock: Clock) -> None:
    attempts = Attempts(per_client=3, per_email=5, clock=clock)
    for number in range(5):
        attempts.begin("a@x", f"10.0.0.{number}")
    with pytest.raises(TooManyAttempts):
        attempts.begin("a@x", "fresh")


def test_waiting_helps(clock: Clock) -> None:
    attempts = Attempts(per_client=1, window_seconds=60, clock=clock)
    attempts.begin("a@x", "c")
    clock.now = 59
    with pytest.raises(TooManyAttempts) as refused:
        attempts.begin("a@x", "c")
    assert refused.value.context["retry_after"] == 2
    clock.now = 61
    attempts.begin("a@x", "c")


def test_success_forgets_the_clients_failures(clock: Clock) -> None:
    attempts = Attempts(per_client=2, clock=clock)
    for _ in range(5):
        attempts.begin("a@x", "c")
        attempts.succeeded("a@x", "c")


def test_successes_do_not_count_against_the_account(clock: Clock) -> None:
    attempts = Attempts(per_email=2, clock=clock)
    for number in range(10):
        attempts.begin("a@x", f"10.0.0.{number}")
        attempts.succeeded("a@x", f"10.0.0.{number}")


def test_memory_is_bounded(clock: Clock) -> None:
    attempts = Attempts(max_keys=100, clock=clock)
    for number in range(1000):
        attempts.begin(f"{number}@x", "c")
    assert len(attempts._failures) <= 100
