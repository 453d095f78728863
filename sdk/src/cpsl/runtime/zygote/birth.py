"""Fork one runtime and put it apart.

    zygote ─ fork ─▶ envoy: waits for its control group, new namespaces ─ fork ─▶ the runtime: mounts, then no
    power any more, then the app

The envoy ends at once, since only a child of it can be the first process of the new pid namespace. Without
walls there is no envoy. Only the newborn learns whose runtime it is (see `cpsl.wire._zygote`). Whatever fails
on the way is told to the engine, and nothing is left behind.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import stat
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from cpsl.wire import ZYGOTE, Outfit, Step, WallPlan

from . import walls

Life = Callable[[socket.socket], int]
"""What a runtime does with its listening socket; returns its exit code."""

_FAILED = 70
_BACKLOG = 8
_PR_SET_PDEATHSIG = 1
_GO_BYTES = 16
_GROUP_FILES = 8
_OUTFIT_BYTES = 1 << 18


@dataclass(frozen=True)
class Newborn:
    """What the zygote keeps of a birth."""

    pid: int
    """Of the envoy, or without walls of the runtime."""
    lineage: socket.socket
    """On which the envoy says the pid of the runtime, with the sockets of its nameserver."""
    outputs: tuple[tuple[int, int], ...]
    """(pipe to read, own descriptor to pass it on to)."""


def give_birth(
    channel: socket.socket, life: Life, files: list[tuple[int, str]], *, has_envoy: bool
) -> Newborn:
    """Fork; return in the zygote only. `files` are the app's own open descriptors, each with its path.

    Raises OSError; nothing is left open then.
    """
    with contextlib.ExitStack() as theirs, contextlib.ExitStack() as ours:
        lineage, child_lineage = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.callback(lineage.close)
        theirs.callback(child_lineage.close)
        ends = []
        for _ in ("stdout", "stderr"):
            reading, writing = os.pipe()
            ours.callback(os.close, reading)
            theirs.callback(os.close, writing)
            ends.append((reading, writing))
        (stdout, child_stdout), (stderr, child_stderr) = ends
        pid = os.fork()
        if pid == 0:
            child = _Child(channel, life, files, child_lineage, has_envoy=has_envoy)
            child.live(child_stdout, child_stderr)
        ours.pop_all()  # kept; on the way here anything may fail for want of descriptors or memory
    return Newborn(pid, lineage, ((stdout, 1), (stderr, 2)))


class _Child:
    """The way from the fork to the running app. Never comes back."""

    def __init__(
        self,
        channel: socket.socket,
        life: Life,
        files: list[tuple[int, str]],
        lineage: socket.socket,
        *,
        has_envoy: bool,
    ) -> None:
        self._channel = channel
        self._life = life
        self._files = files
        self._lineage = lineage
        self._has_envoy = has_envoy

    def live(self, stdout: int, stderr: int) -> NoReturn:
        code = _FAILED
        try:
            outfit = self._receive_outfit()
            plan = outfit.walls
            if plan["joins_group"]:  # first of all: what is used before is counted as the zygote's
                self._join_group()
            self._take_hold(stdout, stderr)
            listener = _listen(outfit.socket)
            self._go_apart(plan)
            walls.furnish(plan)
            self._reopen_files()
            os.chdir(plan["directory"])
            walls.confine(plan)
            self._tell(Step("walled"))
            self._channel.close()
            os.environ.update(outfit.env)
            code = self._life(listener)
        except BaseException as exc:
            text = f"{type(exc).__name__}: {exc}"
            with contextlib.suppress(OSError):
                self._tell(Step("failed", text))
            with contextlib.suppress(OSError):
                os.write(2, f"Error: the runtime could not be set apart: {text}\n".encode())
        finally:
            os._exit(code)

    def _take_hold(self, stdout: int, stderr: int) -> None:
        """Keep what is this runtime's own and nothing else of the zygote."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        if not self._has_envoy:  # with one, the whole namespace ends with its first process
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        nothing = os.open(os.devnull, os.O_RDWR)
        for source, target in ((nothing, 0), (stdout, 1), (stderr, 2)):
            os.dup2(source, target)
        kept = {self._channel.fileno(), *(descriptor for descriptor, _ in self._files)}
        if self._has_envoy:
            kept.add(self._lineage.fileno())
        _close_all_but(kept)

    def _receive_outfit(self) -> Outfit:
        message = ZYGOTE.decode(self._channel.recv(_OUTFIT_BYTES))
        if not isinstance(message, Outfit):
            raise TypeError(f"{type(message).__name__} came instead of an outfit")
        return message

    def _join_group(self) -> None:
        self._tell(Step("born"))
        word, descriptors, _, _ = socket.recv_fds(self._channel, _GO_BYTES, _GROUP_FILES)
        if not word:
            os._exit(_FAILED)  # the engine has given up
        for descriptor in descriptors:
            with contextlib.suppress(OSError):  # then the engine sees to it
                os.write(descriptor, b"0")
            os.close(descriptor)

    def _go_apart(self, plan: WallPlan) -> None:
        walls.go_apart(plan)
        sockets = walls.open_nameserver(plan)
        if self._has_envoy:
            pid = os.fork()
            if pid:
                descriptors = [item.fileno() for item in sockets]
                socket.send_fds(self._lineage, [str(pid).encode()], descriptors)
                os._exit(0)
            self._lineage.close()
        for item in sockets:
            item.close()

    def _reopen_files(self) -> None:
        """Give files that the app opened at import positions of their own.

        A folder that is not there any more is one that the mounts cover, and must not be a way around them.
        """
        for descriptor, path in self._files:
            is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
            try:
                position = 0 if is_folder else os.lseek(descriptor, 0, os.SEEK_CUR)
                fresh = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
                os.dup2(fresh, descriptor, inheritable=False)
                os.close(fresh)
                os.lseek(descriptor, position, os.SEEK_SET)
            except OSError:
                if is_folder:
                    os.close(descriptor)

    def _tell(self, step: Step) -> None:
        self._channel.send(ZYGOTE.encode(step))


def _listen(path: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    folder, _, name = path.rpartition("/")
    # Through a descriptor, since the kernel takes no socket name of more than 107 bytes.
    directory = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        listener.bind(f"/proc/self/fd/{directory}/{name}")
    finally:
        os.close(directory)
    listener.listen(_BACKLOG)
    return listener


def _close_all_but(kept: set[int]) -> None:
    first = 3
    for descriptor in sorted(kept):
        os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, 1 << 20)
