"""One process inside a replica, with its terminal or pipes: started, fed, read, ended."""

import array
import asyncio
import contextlib
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from capsule.engines.running_shell import TERMINAL, USUAL, RunningShell, exit_of, process_ended
from capsule.engines.shells import ShellFailed, ShellSpec, Stream

_PROGRAM = str(Path(__file__).with_name("enter.py"))
_START_SECONDS = 10.0
_LOOK_SECONDS = 0.05
_CHUNK = 64 * 1024


@dataclass(frozen=True)
class Entrance:
    """Where and as what a process joins a running replica."""

    pid: int
    """A process of the box that the platform started, whose namespaces are the box's."""
    has_walls: bool
    groups: list[str]
    """Folders of its control groups."""
    uid: int | None
    """None: stays the platform's own user."""
    env: dict[str, str]
    cwd: str


class Shell(RunningShell):
    def __init__(self, spec: ShellSpec, is_replica_running: Callable[[], bool]) -> None:
        super().__init__(spec, is_replica_running)
        self._child: subprocess.Popen[bytes] | None = None
        self._input = -1
        self._outputs: dict[int, Stream] = {}
        self._writing = asyncio.Lock()
        self._room = asyncio.Event()

    async def start(self, entrance: Entrance) -> None:
        """Raises ShellFailed; nothing is left behind then."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        pipes = [] if self.spec.has_terminal else [os.pipe() for _ in range(3)]
        try:
            theirs_of_pipes = [pipes[0][0], pipes[1][1], pipes[2][1]] if pipes else [subprocess.DEVNULL] * 3
            self._child = _launch(theirs.fileno(), theirs_of_pipes)
            theirs.close()
            async with asyncio.timeout(_START_SECONDS):
                await self._loop.sock_sendall(ours, self._order(entrance))
                master = await self._answer(ours)
            if pipes:
                self._use(pipes[0][1], {pipes[1][0]: "stdout", pipes[2][0]: "stderr"})
                pipes = [(pipes[0][0], -1), (-1, pipes[1][1]), (-1, pipes[2][1])]
            else:
                self._use(master, {master: "stdout"})
        except BaseException as exc:
            await asyncio.shield(self._undo())
            if isinstance(exc, TimeoutError):
                raise ShellFailed("The replica could not be entered in time.") from None
            if isinstance(exc, OSError):
                raise ShellFailed(f"The replica could not be entered: {exc}") from exc
            raise
        finally:
            theirs.close()
            ours.close()
            for descriptor in (end for pipe in pipes for end in pipe if end >= 0):
                os.close(descriptor)
        self._minding = asyncio.create_task(self._mind())

    async def write(self, data: bytes, *, is_last: bool) -> None:
        async with self._writing:
            left = memoryview(data)
            while left and self._input >= 0:
                self.active_at = self._loop.time()
                try:
                    left = left[os.write(self._input, left) :]
                except BlockingIOError:
                    await self._writable()
                except OSError:  # its reader has gone
                    self._close_input()
            if is_last and not self.spec.has_terminal:
                self._close_input()

    async def resize(self, columns: int, rows: int) -> None:
        if self.spec.has_terminal and self._input >= 0:
            with contextlib.suppress(OSError):
                fcntl.ioctl(self._input, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    async def let_go(self) -> None:
        if self._minding is not None:
            self._minding.cancel()
            await asyncio.gather(self._minding, return_exceptions=True)
        await self._undo()

    def _order(self, entrance: Entrance) -> bytes:
        env = {**entrance.env, "TERM": TERMINAL} if self.spec.has_terminal else entrance.env
        order = {
            "box": entrance.pid,
            "joins": entrance.has_walls,
            "groups": entrance.groups,
            "uid": entrance.uid,
            "env": env,
            "cwd": entrance.cwd,
            "argv": list(self.spec.argv or USUAL),
            "terminal": self.spec.has_terminal,
            "columns": self.spec.columns,
            "rows": self.spec.rows,
        }
        return json.dumps(order).encode() + b"\n"

    async def _answer(self, channel: socket.socket) -> int:
        """Return the terminal's descriptor, -1 without one."""
        descriptors = array.array("i")
        text = b""
        while True:
            await _readable(channel)
            try:
                data, rights, _, _ = channel.recvmsg(4096, socket.CMSG_SPACE(descriptors.itemsize))
            except BlockingIOError:
                continue
            for _, _, received in rights:
                descriptors.frombytes(received)
            text += data
            for line in text.splitlines():
                with contextlib.suppress(ValueError):
                    message = json.loads(line)
                    if "error" in message:
                        for descriptor in descriptors:
                            os.close(descriptor)
                        raise ShellFailed(f"The replica could not be entered: {message['error']}")
                    self._pid = message.get("pid", self._pid)
                    if "ready" in message and self._pid:
                        return _terminal(descriptors) if self.spec.has_terminal else -1
            if not data:
                raise ShellFailed("The replica ended while it was entered.")

    def _use(self, given: int, outputs: dict[int, Stream]) -> None:
        self._input, self._outputs = given, outputs
        for descriptor in {given, *outputs}:
            os.set_blocking(descriptor, False)
        self._resume()

    def _resume(self) -> None:
        for descriptor in self._outputs:
            self._loop.add_reader(descriptor, self._on_output, descriptor)

    def _on_output(self, descriptor: int) -> None:
        try:
            data = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return
        except OSError:  # a terminal whose last user has gone
            data = b""
        if not data:
            self._drop(descriptor)
            return
        self.active_at = self._loop.time()
        self.output.add(data, self._outputs[descriptor])
        if self.output.is_full:
            for other in self._outputs:
                self._loop.remove_reader(other)

    def _drop(self, descriptor: int) -> None:
        self._loop.remove_reader(descriptor)
        del self._outputs[descriptor]
        if descriptor != self._input:
            os.close(descriptor)

    def _close_input(self) -> None:
        if self._input >= 0 and self._input not in self._outputs:
            self._loop.remove_writer(self._input)
            os.close(self._input)
        self._input = -1

    async def _writable(self) -> None:
        self._room.clear()
        descriptor = self._input
        self._loop.add_writer(descriptor, self._room.set)
        try:
            await self._room.wait()
        finally:
            if self._input == descriptor:
                self._loop.remove_writer(descriptor)

    async def _mind(self) -> None:
        assert self._child is not None
        await _gone(self._child)
        while self._outputs and not self._has_given_up:
            if self.output.is_full:  # until somebody reads on
                await asyncio.sleep(_LOOK_SECONDS)
            elif not self._read_all():
                break  # held open by what the command left running
        self._let_go_of_files()
        await self._note_end(exit_of(self._child.returncode))

    def _read_all(self) -> bool:
        """Read what is there; say whether there was anything."""
        before = self.output.end
        for descriptor in list(self._outputs):
            self._on_output(descriptor)
        return self.output.end != before

    async def _undo(self) -> None:
        if self._child is not None:
            self._child.kill()  # the command dies with it
            await _gone(self._child)
        self._let_go_of_files()

    def _let_go_of_files(self) -> None:
        for descriptor in list(self._outputs):
            self._loop.remove_reader(descriptor)
        descriptors = {self._input, *self._outputs} - {-1}
        if self._input >= 0:
            self._loop.remove_writer(self._input)
        self._outputs, self._input = {}, -1
        for descriptor in descriptors:
            os.close(descriptor)
        self._room.set()  # who waits to write finds that there is nobody


def _launch(channel: int, streams: list[int]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", _PROGRAM, str(channel)],
        pass_fds=[channel],
        stdin=streams[0],
        stdout=streams[1],
        stderr=streams[2],
        env={},
        cwd="/",
        start_new_session=True,
    )


def _terminal(descriptors: "array.array[int]") -> int:
    """Return the descriptor that came from inside the box, once it is certain to be a terminal's."""
    if len(descriptors) != 1 or not os.isatty(descriptors[0]):
        for descriptor in descriptors:
            os.close(descriptor)
        raise ShellFailed("The replica has no terminals.")
    return descriptors[0]


async def _gone(child: subprocess.Popen[bytes]) -> None:
    """Return when our child has ended; its return code is known then."""
    if child.poll() is not None:
        return
    await process_ended(child.pid)
    child.wait()


async def _readable(channel: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    news = asyncio.Event()
    loop.add_reader(channel, news.set)
    try:
        await news.wait()
    finally:
        loop.remove_reader(channel)
