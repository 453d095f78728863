"""Say how fast to listen to a runtime, so that one which floods leaves the app host's time to the others."""

import time

_BURST_BYTES = 2 * 1024 * 1024
_BYTES_PER_SECOND = 4 * 1024 * 1024
_LEAST_BYTES = 1024
"""Short messages cost time, too."""
_TURN_BYTES = 64 * 1024
"""After so much it is the others' turn."""


class Allowance:
    """A message is never too long for it; the next one then has to wait."""

    def __init__(self) -> None:
        self._left = float(_BURST_BYTES)
        self._refilled_at = time.monotonic()
        self._taken = 0

    def take(self, size: int) -> float | None:
        """Note a message; return how many seconds to pause after it, None for not at all."""
        now = time.monotonic()
        refill = (now - self._refilled_at) * _BYTES_PER_SECOND
        cost = max(size, _LEAST_BYTES)
        self._left = min(self._left + refill, _BURST_BYTES) - cost
        self._refilled_at = now
        self._taken += cost
        if self._left < 0:
            self._taken = 0
            return -self._left / _BYTES_PER_SECOND
        if self._taken >= _TURN_BYTES:
            self._taken = 0
            return 0.0
        return None
