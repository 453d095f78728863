"""Slow down guessing of passwords: count failures per email and client, in memory and bounded."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator

from capsule.errors import PlatformError


class TooManyAttempts(PlatformError):
    code, title, status, exit_code, retryable = (
        "too_many_attempts",
        "Too many attempts",
        429,
        75,
        True,
    )


class Attempts:
    """Failures of the last `window_seconds`; forgets the oldest keys when there are too many."""

    def __init__(
        self,
        *,
        per_client: int = 10,
        per_email: int = 100,
        window_seconds: float = 900.0,
        max_keys: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_client = per_client
        self._per_email = per_email
        self._window = window_seconds
        self._max_keys = max_keys
        self._clock = clock
        self._failures: OrderedDict[tuple[str, ...], deque[float]] = OrderedDict()

    def begin(self, email: str, client: str, *, what: str = "failed sign-ins for this account") -> None:
        """Count one attempt, before its outcome is known, so that many at once gain nothing.

        Raises TooManyAttempts while this client, or all clients together, failed too often.
        """
        now = self._clock()
        for key, limit in self._keys(email, client):
            failures = self._failures.get(key)
            while failures and failures[0] <= now - self._window:
                failures.popleft()
            if failures and len(failures) >= limit:
                wait = int(failures[0] + self._window - now) + 1
                raise TooManyAttempts(
                    f"Too many {what}.",
                    hint=f"Try again in {max(1, round(wait / 60))} min.",
                    retry_after=wait,
                )
        for key, limit in self._keys(email, client):
            self._failures.setdefault(key, deque(maxlen=limit)).append(now)
            self._failures.move_to_end(key)
        while len(self._failures) > self._max_keys:
            self._failures.popitem(last=False)

    def succeeded(self, email: str, client: str) -> None:
        """Forget this client's failures and this attempt; those of other clients stay counted."""
        self._failures.pop((email, client), None)
        if together := self._failures.get((email,)):
            together.pop()

    def _keys(self, email: str, client: str) -> Iterator[tuple[tuple[str, ...], int]]:
        yield (email, client), self._per_client
        yield (email,), self._per_email
