"""Tell about refused connections without letting an app that tries again and again fill the log."""

import time
from collections.abc import Callable

from capsule.kit.addresses import Address
from capsule.sandbox.gate.judging import Refuse

_QUIET_SECONDS = 60.0
_MOST_PER_MINUTE = 20


class Refusals:
    def __init__(
        self, tell: Callable[[str, int], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tell = tell
        self._clock = clock
        self._told: dict[tuple[Address, int], float] = {}

    def tell(self, refused: Refuse, pid: int) -> None:
        """Tell, unless the same was told within a minute or too much was."""
        address, port = refused.address, refused.port
        now = self._clock()
        self._told = {key: at for key, at in self._told.items() if now - at < _QUIET_SECONDS}
        if (address, port) in self._told or len(self._told) > _MOST_PER_MINUTE:
            return
        self._told[address, port] = now
        if len(self._told) > _MOST_PER_MINUTE:
            self._tell("More connections to other addresses were refused; not all are told here.", pid)
            return
        where = f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"
        self._tell(f"Connection to {where} refused: {refused.reason}", pid)
