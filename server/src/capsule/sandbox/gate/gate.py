"""Answer the `connect` calls of walled runtimes: let on, make the connection for them, or refuse.

Nothing is remembered about a caller. A connection on its way lies in the caller's own descriptor from the
first moment, and a blocking caller waits for it in the kernel, so time limits, signals and the end of the
caller are the kernel's business, and a new agent can take the listener over between any two calls. (Where
sockets cannot be locked, a worker waits in the kernel's place; see `performing`.)
"""

import asyncio
import contextlib
import errno
import os
import socket
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from capsule.sandbox.gate import kernel
from capsule.sandbox.gate.caller import Caller, CallFails, look_at
from capsule.sandbox.gate.judging import ConnectOutside, Refuse, Step, Verdict, judge
from capsule.sandbox.gate.locked import can_lock_peers
from capsule.sandbox.gate.performing import Performer, error_code
from capsule.sandbox.gate.policy import Policy
from capsule.sandbox.gate.refusals import Refusals
from capsule.sandbox.seccomp import notify_program

_V = TypeVar("_V")

Refused = Callable[[str, int], None]
"""Told one sentence for the log, and the pid (as seen here) of who was refused."""

_WINDOW_SECONDS = 0.1
_CALLS_PER_WINDOW = 400
"""So many calls take a quarter of a window of this process's time; one busy replica must not take all."""
_WORKERS, _WORKERS_THAT_WAIT = 4, 32
_NAMES_MAX_AGE_SECONDS = 5.0
_EVER = 1e9
_LOOK_UP_SECONDS = 2.0
"""A non-blocking caller has to wait, too."""


def gate_program() -> bytes:
    """Return the filter for a zygote whose listener a `Gate` of this process will read."""
    return notify_program(listen=not can_lock_peers())


class Gate:
    """Reads the listener of one zygote, for all the runtimes that came from it. Owns the descriptor."""

    def __init__(
        self, listener: int, policy: Policy, on_refused: Refused, *, locks_peers: bool | None = None
    ) -> None:
        self._listener = listener
        self._policy = policy
        self._refusals = Refusals(on_refused)
        self._locks_peers = can_lock_peers() if locks_peers is None else locks_peers
        self._performer = Performer(listener, locks_peers=self._locks_peers)
        # Replacing a descriptor waits for the caller's thread, which may have used up its processor time.
        workers = _WORKERS if self._locks_peers else _WORKERS_THAT_WAIT
        self._workers = ThreadPoolExecutor(workers, thread_name_prefix="gate")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lookups: set[asyncio.Task[None]] = set()
        self._window_began = 0.0
        self._calls = 0
        self._resume: asyncio.TimerHandle | None = None
        self._is_closed = False
        with socket.socket(socket.AF_UNIX) as here:
            self._cookie = kernel.netns_cookie(here)

    def start(self) -> None:
        """Begin to answer, on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._listener, self._on_call)
        if self._policy.is_stale(_NAMES_MAX_AGE_SECONDS):
            self._spawn(self._policy.refresh(_NAMES_MAX_AGE_SECONDS))

    async def close(self) -> None:
        """Answer what was begun, take nothing more, and close the listener. Idempotent.

        With a duplicate of the listener alive elsewhere, later calls wait for the next gate; without one,
        they fail.
        """
        if self._is_closed:
            return
        self._is_closed = True
        if self._loop is not None:
            self._loop.remove_reader(self._listener)
        if self._resume is not None:
            self._resume.cancel()
        for task in self._lookups:
            task.cancel()
        if self._lookups:
            await asyncio.wait(self._lookups)
        self._performer.stop()
        await asyncio.to_thread(self._workers.shutdown)
        os.close(self._listener)

    def _on_call(self) -> None:
        assert self._loop is not None
        if not self._may_take_one_more(self._loop):
            return
        notification = kernel.receive(self._listener)
        if notification is None:
            if kernel.is_over(self._listener):
                self._loop.remove_reader(self._listener)
            return
        try:
            caller = look_at(notification)
        except (CallFails, OSError) as exc:
            kernel.answer(self._listener, notification, error_code(exc))
            return
        if kernel.is_waiting(self._listener, notification):
            self._serve(caller)
        else:
            caller.socket.close()

    def _serve(self, caller: Caller, *, may_look_up: bool = True) -> None:
        """Answer, or hand the caller on to whoever will."""
        try:
            verdict = judge(caller, self._policy, self._cookie)
        except Exception as exc:
            self._fail(caller, error_code(exc))
            if not isinstance(exc, (CallFails, OSError)):
                raise
            return
        if may_look_up and self._names_may_tell(caller, verdict):
            self._look_up_and_serve(caller)
        elif isinstance(verdict, ConnectOutside):
            self._hand_over(self._performer.connect_outside, caller, verdict)
        elif isinstance(verdict, Refuse):
            self._refusals.tell(verdict, caller.notification.pid)
            self._fail(caller, errno.EACCES)
        elif self._locks_peers:
            # Whatever is done to its arguments from here on, no socket of ours can be put to use by it.
            caller.socket.close()
            kernel.let_go_on(self._listener, caller.notification)
        else:
            self._hand_over(self._performer.stay_inside, caller, verdict)

    def _hand_over(self, work: Callable[[Caller, _V], None], caller: Caller, verdict: _V) -> None:
        self._workers.submit(work, caller, verdict).add_done_callback(self._show_bug)

    def _show_bug(self, done: Future[None]) -> None:
        if done.exception() is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(done.result)  # where exceptions are logged

    def _fail(self, caller: Caller, code: int) -> None:
        caller.socket.close()
        kernel.answer(self._listener, caller.notification, code)

    def _names_may_tell(self, caller: Caller, verdict: Verdict) -> bool:
        """Say whether the address may be one of a listed name that we have not heard of yet."""
        if isinstance(verdict, Refuse):
            return self._policy.is_stale(_NAMES_MAX_AGE_SECONDS)
        # A name of the machine's own loopback has to be known before the runtime's is meant.
        return verdict is Step.inside and caller.is_tcp and self._policy.is_stale(_EVER)

    def _look_up_and_serve(self, caller: Caller) -> None:
        async def look_up() -> None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_UP_SECONDS):
                    await self._policy.refresh(_NAMES_MAX_AGE_SECONDS)

        def go_on(looked_up: asyncio.Task[None]) -> None:
            if looked_up.cancelled():
                self._fail(caller, errno.ENETDOWN)
            else:
                self._serve(caller, may_look_up=False)

        self._spawn(look_up()).add_done_callback(go_on)

    def _may_take_one_more(self, loop: asyncio.AbstractEventLoop) -> bool:
        now = time.monotonic()
        if now - self._window_began >= _WINDOW_SECONDS:
            self._window_began, self._calls = now, 0
        self._calls += 1
        if self._calls <= _CALLS_PER_WINDOW:
            return True
        loop.remove_reader(self._listener)
        rest = self._window_began + _WINDOW_SECONDS - now
        self._resume = loop.call_later(rest, loop.add_reader, self._listener, self._on_call)
        return False

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self._lookups.add(task)
        task.add_done_callback(self._lookups.discard)
        return task
