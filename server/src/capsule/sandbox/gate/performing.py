"""Make calls in a caller's stead. What is here may have to wait, so it runs in workers.

Connections outwards are always made so. Calls within the runtime's own network are only where a gate cannot
lock its sockets' peers (an ordinary user on a recent kernel): a call that is let go on looks at descriptor
and address again, so a second thread could slip one of the gate's sockets into it. Here everything was looked
at once. The price: a worker waits with each blocking caller, and who accepts on a unix socket sees the agent,
which is the same user, as its peer.
"""

import contextlib
import errno
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable

from capsule.sandbox.gate import kernel
from capsule.sandbox.gate.caller import Caller, CallFails, signed
from capsule.sandbox.gate.judging import ConnectOutside, Step
from capsule.sandbox.gate.locked import connecting_socket

_LOOK_SECONDS = 0.1
_RETRY_SECONDS = 0.01
_LONGEST_SECONDS = 150.0
"""A little longer than the kernel tries to connect."""
_SUN_PATH = 2
_TIMEVAL = struct.Struct("@ll")


class Performer:
    """Answers callers of one listener, and closes their sockets."""

    def __init__(self, listener: int, *, locks_peers: bool) -> None:
        self._listener = listener
        self._locks_peers = locks_peers
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Answer those who wait as if a signal had come: their connections go on without us."""
        self._stopping.set()

    def connect_outside(self, caller: Caller, to: ConnectOutside) -> None:
        """Put a connecting socket in place of the caller's."""
        self._answering(caller, lambda: self._connect_outside(caller, to))

    def stay_inside(self, caller: Caller, step: Step) -> None:
        """End a call that begins nothing outside."""
        self._answering(caller, lambda: self._stay_inside(caller, step))

    def _answering(self, caller: Caller, work: Callable[[], int | None]) -> None:
        """Do the work and answer with the error that it returns; None when it has answered itself."""
        with caller.socket:
            try:
                code = work()
            except Exception as exc:
                kernel.answer(self._listener, caller.notification, error_code(exc))
                if not isinstance(exc, (CallFails, OSError)):
                    raise
                return
        if code is not None:
            kernel.answer(self._listener, caller.notification, code)

    def _connect_outside(self, caller: Caller, to: ConnectOutside) -> int | None:
        sock, code = connecting_socket(caller.socket, to.address, to.port, lock_peer=self._locks_peers)
        with sock:
            if code not in (0, errno.EINPROGRESS):
                return code
            is_blocking = caller.is_blocking
            os.set_blocking(sock.fileno(), is_blocking)
            caller.replace_socket(self._listener, sock)
            if not is_blocking:
                return code
            if self._locks_peers:  # the kernel waits, and does not look at the address of a call on its way
                kernel.let_go_on(self._listener, caller.notification)
                return None
            return self._wait(caller, sock)

    def _stay_inside(self, caller: Caller, step: Step) -> int | None:
        if caller.notification.is_listen:
            return kernel.listen(caller.socket, signed(caller.notification.arguments[1]))
        if step is Step.in_use:
            return errno.EISCONN
        if step is Step.wait:
            return self._wait(caller, caller.socket) if caller.is_blocking else errno.EALREADY
        is_blocking = caller.is_blocking
        # The duplicate shares the flag, so the caller's other threads see it for the moment.
        os.set_blocking(caller.socket.fileno(), False)
        try:
            code = self._connect(caller)
            give_up = _time_limit(caller.socket)
            while is_blocking and code == errno.EAGAIN:  # a unix socket whose listener has its hands full
                if (early := self._why_stop(caller, give_up)) is not None:
                    return early
                time.sleep(_RETRY_SECONDS)
                code = self._connect(caller)
        finally:
            os.set_blocking(caller.socket.fileno(), is_blocking)
        return self._wait(caller, caller.socket) if is_blocking and code == errno.EINPROGRESS else code

    def _connect(self, caller: Caller) -> int:
        path = caller.sockaddr[_SUN_PATH:].partition(b"\0")[0]
        if caller.socket.family != socket.AF_UNIX or caller.family != socket.AF_UNIX or not path:
            return kernel.connect(caller.socket, caller.sockaddr)
        process = f"/proc/{caller.notification.pid}"
        if not path.startswith(b"/"):
            path = os.path.join(os.readlink(os.fsencode(f"{process}/cwd")), path)
        root = os.open(f"{process}/root", os.O_PATH | os.O_CLOEXEC)
        try:
            if not kernel.is_waiting(self._listener, caller.notification):
                return errno.EINTR  # it was the root of a later process with the caller's number
            target = kernel.open_below(root, path)
        finally:
            os.close(root)
        try:
            name = b"/proc/self/fd/%d\0" % target
            return kernel.connect(caller.socket, struct.pack("=H", socket.AF_UNIX) + name)
        finally:
            os.close(target)

    def _wait(self, caller: Caller, sock: socket.socket) -> int | None:
        """Wait as a blocking connect does."""
        poll = select.poll()
        poll.register(sock, select.POLLOUT)
        give_up = _time_limit(sock)
        while not poll.poll(_LOOK_SECONDS * 1000):
            if (early := self._why_stop(caller, give_up)) is not None:
                return early
        return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def _why_stop(self, caller: Caller, give_up: float) -> int | None:
        if not kernel.is_waiting(self._listener, caller.notification):
            return errno.EINTR  # nobody hears it
        if self._stopping.is_set() or _has_signal(caller.notification.pid):
            return errno.EINTR
        return errno.EINPROGRESS if time.monotonic() > give_up else None  # as the kernel after SO_SNDTIMEO


def _has_signal(thread: int) -> bool:
    """Say whether a handler wants to run, which the kernel lets wait until the gate has answered."""
    sets = {}
    with contextlib.suppress(OSError), open(f"/proc/{thread}/status", "rb") as file:
        for line in file:
            name, _, value = line.partition(b":")
            if name in (b"SigPnd", b"ShdPnd", b"SigBlk", b"SigCgt"):
                sets[name] = int(value, 16)
    if len(sets) < 4:
        return False
    return bool((sets[b"SigPnd"] | sets[b"ShdPnd"]) & sets[b"SigCgt"] & ~sets[b"SigBlk"])


def error_code(exc: Exception) -> int:
    """Return what to tell the caller; a bug of ours must not leave it waiting either."""
    if isinstance(exc, CallFails):
        return exc.code
    return (exc.errno if isinstance(exc, OSError) else None) or errno.EACCES


def _time_limit(sock: socket.socket) -> float:
    seconds, microseconds = _TIMEVAL.unpack(
        sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _TIMEVAL.size)
    )
    return time.monotonic() + min(seconds + microseconds / 1e6 or _LONGEST_SECONDS, _LONGEST_SECONDS)
