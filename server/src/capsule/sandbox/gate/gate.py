"""Answer the `connect` calls of walled runtimes: let on, make the connection for them, or refuse.

Nothing is remembered about a caller. A connection on its way lies in the caller's own descriptor from the
first moment, and a blocking caller waits for it in the kernel, so time limits, signals and the end of the
caller are the kernel's business, and a new agent can take the listener over between any two calls.
"""

import asyncio
import errno
import os
import socket
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum

from capsule.sandbox.gate import kernel
from capsule.sandbox.gate.addresses import Address, plain
from capsule.sandbox.gate.caller import Caller, CallFails, look_at
from capsule.sandbox.gate.locked import connecting_socket
from capsule.sandbox.gate.policy import Policy, Way
from capsule.sandbox.gate.refusals import Refusals

Refused = Callable[[str, int], None]
"""Told one sentence for the log, and the pid (as seen here) of who was refused."""

_WINDOW_SECONDS = 0.1
_CALLS_PER_WINDOW = 400
"""So many calls take a quarter of a window of this process's time; one busy replica must not take all."""
_WORKERS = 4
_NAMES_MAX_AGE_SECONDS = 5.0
_USED = "this socket was used for a connection outwards already; the app needs a new one for another kind"


class Gate:
    """Reads the listener of one zygote, for all the runtimes that came from it. Owns the descriptor."""

    def __init__(self, listener: int, policy: Policy, on_refused: Refused) -> None:
        self._listener = listener
        self._policy = policy
        self._refusals = Refusals(on_refused)
        self._loop: asyncio.AbstractEventLoop | None = None
        # Replacing a descriptor waits for the caller's thread, which may have used up its processor time.
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="gate")
        self._lookups: set[asyncio.Task[None]] = set()
        self._window_began = 0.0
        self._calls = 0
        self._resume: asyncio.TimerHandle | None = None
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
        if self._listener < 0:
            return
        listener, self._listener = self._listener, -1
        if self._loop is not None:
            self._loop.remove_reader(listener)
        if self._resume is not None:
            self._resume.cancel()
        if self._lookups:
            await asyncio.wait(self._lookups)
        await asyncio.to_thread(self._workers.shutdown)
        os.close(listener)

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
            kernel.answer(self._listener, notification, _code(exc))
            return
        if kernel.is_waiting(self._listener, notification):
            self._serve(caller)
        else:
            caller.socket.close()

    def _serve(self, caller: Caller, *, may_look_up: bool = True) -> None:
        """Answer, or hand the caller on to whoever will. Closes the caller."""
        try:
            step = self._consider(caller, may_look_up=may_look_up)
        except Exception as exc:
            caller.socket.close()
            kernel.answer(self._listener, caller.notification, _code(exc))
            if not isinstance(exc, (CallFails, OSError)):
                raise
            return
        if isinstance(step, _Connect):
            self._workers.submit(step.run, self._listener, caller)
        elif step is _Step.look_up:
            self._spawn(self._look_up_and_serve(caller))
        else:
            self._end_call(caller, step)

    def _end_call(self, caller: Caller, step: "_Step") -> None:
        if self._locks_peers:
            # What becomes of the call, whatever is done to its arguments now, is no use against a locked socket.
            caller.socket.close()
            kernel.let_go_on(self._listener, caller.notification)
        else:
            self._workers.submit(_perform, self._listener, caller, step)

    def _consider(self, caller: Caller, *, may_look_up: bool) -> "_Step | _Connect":
        """Raises CallFails to refuse."""
        is_outside = caller.is_in_network(self._cookie)
        if not caller.is_tcp:
            # The kernel answers, in the runtime's empty network: unix sockets, netlink, UDP to itself.
            return _inside(is_outside, errno.EACCES)
        if caller.family == socket.AF_UNSPEC:
            # One of our sockets is never disconnected: it would be good for nothing.
            return _inside(is_outside, errno.EOPNOTSUPP)
        if is_outside:
            if not caller.is_idle():
                # On its way or connected: the kernel waits, or says so, and does not look at the address.
                return _Step.go_on
            caller.fail_as_before()
        address, port = caller.destination()
        decision = self._policy.decide(address, port)
        if decision.way is Way.out:
            return _Connect(address, port)
        if decision.way is Way.inside and not is_outside:
            return _Step.go_on
        if may_look_up and self._policy.is_stale(_NAMES_MAX_AGE_SECONDS):
            return _Step.look_up
        self._refusals.tell(plain(address), port, decision.reason or _USED, caller.notification.pid)
        raise CallFails(errno.EACCES)

    async def _look_up_and_serve(self, caller: Caller) -> None:
        """Decide anew: the address may be one that a listed name has got meanwhile."""
        await self._policy.refresh(_NAMES_MAX_AGE_SECONDS)
        self._serve(caller, may_look_up=False)

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

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._lookups.add(task)
        task.add_done_callback(self._lookups.discard)


class _Step(Enum):
    go_on = "go_on"
    look_up = "look_up"


def _inside(is_outside: bool, code: int) -> _Step:
    if is_outside:
        raise CallFails(code)
    return _Step.go_on


@dataclass(frozen=True)
class _Connect:
    address: Address
    port: int

    def run(self, listener: int, caller: Caller) -> None:
        """Put a connecting socket in place of the caller's and answer. For a worker: it may have to wait."""
        with caller.socket:
            try:
                sock, code = connecting_socket(caller.socket, self.address, self.port)
                with sock:
                    if code not in (0, errno.EINPROGRESS):
                        raise CallFails(code)
                    is_blocking = caller.is_blocking
                    os.set_blocking(sock.fileno(), is_blocking)
                    caller.replace_socket(listener, sock)
            except (CallFails, OSError) as exc:
                kernel.answer(listener, caller.notification, _code(exc))
                return
        if is_blocking:
            kernel.let_go_on(listener, caller.notification)
        else:
            kernel.answer(listener, caller.notification, code)


def _code(exc: Exception) -> int:
    """Return what to tell the caller; a bug of ours must not leave it waiting either."""
    if isinstance(exc, CallFails):
        return exc.code
    return (exc.errno if isinstance(exc, OSError) else None) or errno.EACCES
