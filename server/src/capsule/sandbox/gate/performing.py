"""Make calls in a caller's stead, on a duplicate of its socket and with what was read of its address once.

For where a gate cannot lock its sockets' peers (an ordinary user on a recent kernel). A call that is let go on
looks at descriptor and address again, so a second thread could slip one of the gate's sockets into it. Here
nothing is looked at twice. The price: a worker waits with each blocking caller, and who accepts on a unix
socket sees the agent, which is the same user, as its peer.
"""

import errno
import os
import select
import socket
import struct
import time

from capsule.sandbox.gate import kernel
from capsule.sandbox.gate.caller import Caller

_LOOK_SECONDS = 0.25
_RETRY_SECONDS = 0.01
_LONGEST_SECONDS = 150.0
"""A little longer than the kernel tries to connect."""
_SUN_PATH = 2
_TIMEVAL = struct.Struct("@ll")


def perform_connect(listener: int, caller: Caller) -> int | None:
    """Connect within the caller's own network. Returns the error to answer with; None when it has gone."""
    is_blocking = caller.is_blocking
    # The duplicate shares the flag, so the caller's other threads see it for the moment.
    os.set_blocking(caller.socket.fileno(), False)
    try:
        code = _connect(caller)
        give_up = _time_limit(caller.socket)
        while is_blocking and code == errno.EAGAIN:  # a unix socket whose listener has its hands full
            if time.monotonic() > give_up or not kernel.is_waiting(listener, caller.notification):
                break
            time.sleep(_RETRY_SECONDS)
            code = _connect(caller)
    finally:
        os.set_blocking(caller.socket.fileno(), is_blocking)
    if is_blocking and code == errno.EINPROGRESS:
        return wait_for_connect(listener, caller, caller.socket)
    return code


def wait_for_connect(listener: int, caller: Caller, sock: socket.socket) -> int | None:
    """Wait as a blocking connect does. Returns the error to answer with; None when the caller has gone."""
    poll = select.poll()
    poll.register(sock, select.POLLOUT)
    give_up = _time_limit(sock)
    while not poll.poll(_LOOK_SECONDS * 1000):
        if time.monotonic() > give_up:
            return errno.EINPROGRESS  # what the kernel says after SO_SNDTIMEO
        if not kernel.is_waiting(listener, caller.notification):
            return None
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


def _time_limit(sock: socket.socket) -> float:
    limit = sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _TIMEVAL.size)
    seconds, microseconds = _TIMEVAL.unpack(limit)
    return time.monotonic() + min(seconds + microseconds / 1e6 or _LONGEST_SECONDS, _LONGEST_SECONDS)


def _connect(caller: Caller) -> int:
    path = caller.sockaddr[_SUN_PATH:].partition(b"\0")[0]
    if caller.socket.family != socket.AF_UNIX or caller.family != socket.AF_UNIX or not path:
        return kernel.connect(caller.socket, caller.sockaddr)
    process = f"/proc/{caller.notification.pid}"
    try:
        if not path.startswith(b"/"):
            path = os.path.join(os.readlink(os.fsencode(f"{process}/cwd")), path)
        root = os.open(f"{process}/root", os.O_PATH | os.O_CLOEXEC)
        try:
            target = kernel.open_below(root, path)
        finally:
            os.close(root)
    except OSError as exc:
        return exc.errno or errno.ENOENT
    try:
        name = b"/proc/self/fd/%d\0" % target
        return kernel.connect(caller.socket, struct.pack("=H", socket.AF_UNIX) + name)
    finally:
        os.close(target)
