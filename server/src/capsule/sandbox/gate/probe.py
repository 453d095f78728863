"""Find out whether this machine can have gates, by passing one connection through one."""

import contextlib
import errno
import os
import select
import signal
import socket
import warnings
from typing import NoReturn

from capsule.kit.addresses import parse
from capsule.sandbox import bpf
from capsule.sandbox.gate import kernel
from capsule.sandbox.gate.caller import Caller, CallFails, look_at
from capsule.sandbox.gate.locked import can_lock_peers, connecting_socket
from capsule.sandbox.seccomp import notify_program

_LOOPBACK = "127.0.0.1"
_PATIENCE_SECONDS = 2.0
_CONNECTED = b"connected"


class _Missing(Exception):
    """What this machine lacks."""


def why_no_gate() -> str:
    """Return why not, as a part of a sentence; empty when it can. Takes some ms and leaves nothing behind."""
    if bpf.this_arch() is None:
        return f"there are no filters for the architecture {os.uname().machine}"
    with contextlib.ExitStack() as stack:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stack.enter_context(ours)
        stack.enter_context(theirs)
        target = stack.enter_context(socket.create_server((_LOOPBACK, 0)))
        child = _fork()
        if child == 0:
            _be_the_child(theirs, target.getsockname())
        stack.callback(_end, child)
        theirs.close()
        ours.settimeout(_PATIENCE_SECONDS)
        try:
            _pass_one_connection(ours, target.getsockname()[1])
        except _Missing as exc:
            return str(exc)
        except (OSError, CallFails) as exc:
            return f"a trial failed: {exc}"
    return ""


def _pass_one_connection(channel: socket.socket, port: int) -> None:
    message, fds, _, _ = socket.recv_fds(channel, 200, 1)
    if not fds:
        raise _Missing(message.decode() or "a trial ended early")
    listener = fds[0]
    try:
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        notification = kernel.receive(listener) if poll.poll(_PATIENCE_SECONDS * 1000) else None
        if notification is None:
            raise _Missing("the kernel tells of no calls")
        caller = look_at(notification)
        with caller.socket:
            _replace(listener, caller, port)
        kernel.answer(listener, notification)
        message = channel.recv(200)
        if message != _CONNECTED:
            raise _Missing(message.decode())
    finally:
        os.close(listener)


def _replace(listener: int, caller: Caller, port: int) -> None:
    with socket.socket() as here:
        if caller.is_in_network(kernel.netns_cookie(here)):
            raise _Missing("a process cannot have a network of its own")
    sock, code = connecting_socket(caller.socket, parse(_LOOPBACK), port, lock_peer=can_lock_peers())
    with sock:
        if code not in (0, errno.EINPROGRESS):
            raise _Missing(f"a trial connection failed: {os.strerror(code)}")
        caller.replace_socket(listener, sock)


def _fork() -> int:
    with warnings.catch_warnings():
        # Other threads are no danger: the child takes none of their locks and leaves by _exit.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _end(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _be_the_child(channel: socket.socket, target: tuple[str, int]) -> NoReturn:
    """Connect from an empty network and say how that went."""
    step = "it may not make network namespaces"
    try:
        kernel.enter_empty_network()
        step = "the kernel has no listener for system calls"
        listener = kernel.install(notify_program(), listen=True)
        step = "a trial connection failed"
        socket.send_fds(channel, [b"ready"], [listener])
        os.close(listener)
        with socket.socket() as sock:
            sock.setblocking(False)
            sock.connect_ex(target)
            channel.send(_CONNECTED if sock.getpeername() == target else b"a connection went astray")
    except OSError as exc:
        with contextlib.suppress(OSError):
            channel.send(f"{step}: {exc.strerror or exc}".encode())
    finally:
        os._exit(0)
