"""Notice a handler that keeps the event loop to itself: say where in the log, and let Stop end it.

While a handler computes or waits without `await`, nothing else of the app runs, the reading of a Stop
included. A thread looks after that: it finds the Stop where it waits, in the socket, and interrupts the
handler as a cancelled task would be. A runtime without turns does nothing at all: many of them wait for
their users at any time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from types import FrameType
from typing import Any

from cpsl.wire import CancelTurn, WireError, decode

from .loader import is_own

log = logging.getLogger(__name__)

_BEAT_SECONDS = 0.25
_LAST_BEATS = 4
"""After the last turn, since the next one often comes soon."""
_STUCK_SECONDS = 1.0
_SLOW_SECONDS = 3.0
_PEEK = 1024 * 1024
_SIGNAL = signal.SIGUSR2


class LoopWatch:
    """Watches the running loop. `turns` by their ids, `descriptors` of the sockets that Stop comes from."""

    def __init__(
        self, turns: Mapping[str, asyncio.Task[None]], descriptors: Callable[[], Iterable[int]]
    ) -> None:
        self._turns = turns
        self._descriptors = descriptors
        self._loop = asyncio.get_running_loop()
        self._main = threading.get_ident()
        self._beaten_at = time.monotonic()
        self._is_ended = threading.Event()
        self._is_awake = threading.Event()
        self._beats_left = 0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin; call it from the loop's own thread, the main one."""
        signal.signal(_SIGNAL, self._interrupt)
        threading.Thread(target=self._look, name="loop watch", daemon=True).start()

    def stop(self) -> None:
        self._is_ended.set()
        self._is_awake.set()
        if self._timer is not None:
            self._timer.cancel()

    @property
    def is_awake(self) -> bool:
        return self._is_awake.is_set()

    def turn_begins(self) -> None:
        """Watch from now on, until a moment after the last turn."""
        if self._timer is None:
            self._beats_left = _LAST_BEATS
            self._beat()
            self._is_awake.set()

    def _beat(self) -> None:
        self._beaten_at = time.monotonic()
        self._beats_left = _LAST_BEATS if self._turns else self._beats_left - 1
        if self._beats_left >= 0:
            self._timer = self._loop.call_later(_BEAT_SECONDS, self._beat)
        else:
            self._is_awake.clear()
            self._timer = None

    def _stuck_seconds(self) -> float:
        if not self._is_awake.is_set():
            return 0.0
        return time.monotonic() - self._beaten_at - _BEAT_SECONDS

    def _look(self) -> None:
        told_of = 0.0
        while self._is_awake.wait() and not self._is_ended.wait(_BEAT_SECONDS):
            stuck = self._stuck_seconds()
            if stuck > _STUCK_SECONDS and self._current_turn() in self._stopped_turns():
                signal.pthread_kill(self._main, _SIGNAL)
            elif stuck > _SLOW_SECONDS and told_of != self._beaten_at:
                told_of = self._beaten_at
                log.warning(
                    "%s has kept the app busy for %g s; nobody else is answered meanwhile"
                    " (await what takes long, or write the handler with plain `def`)",
                    self._place(),
                    _SLOW_SECONDS,
                )

    def _current_turn(self) -> str | None:
        task = asyncio.current_task(self._loop)
        for turn_id, running in list(self._turns.items()):
            if running is task:
                return turn_id
        return None

    def _stopped_turns(self) -> set[str]:
        found: set[str] = set()
        for descriptor in self._descriptors():
            with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as peer:
                waiting = peer.recv(_PEEK, socket.MSG_PEEK | socket.MSG_DONTWAIT)
                found.update(_cancelled(waiting))
        return found

    def _interrupt(self, _number: int, _frame: Any) -> None:
        # The loop may have come free between the look and now; then the Stop is read as always.
        if self._stuck_seconds() > _STUCK_SECONDS and self._current_turn() is not None:
            raise asyncio.CancelledError

    def _place(self) -> str:
        frame: FrameType | None = sys._current_frames().get(self._main)
        while frame is not None:
            if is_own(frame.f_code.co_filename):
                return f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"
            frame = frame.f_back
        return "A handler"


def _cancelled(waiting: bytes) -> Iterable[str]:
    for line in waiting.split(b"\n"):
        if b'"cancel_turn"' in line:
            with contextlib.suppress(WireError):
                message = decode(line)
                if isinstance(message, CancelTurn):
                    yield message.turn_id
