"""One process that the daemon starts inside the container of a replica: fed, read, ended.

The daemon gives it what the container's command has: user, capabilities, system-call filter, limits. It would
not end it when its connection goes, so that is done here by its pid; what a killed node agent has left is
ended when the replica is found again.
"""

import asyncio
import contextlib
import errno
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from capsule.docker.attached import Attached
from capsule.docker.errors import DockerRefused, DockerUnavailable
from capsule.engines.contract import Exit
from capsule.engines.docker.kept_shells import KeptShells
from capsule.engines.running_shell import TERMINAL, USUAL, RunningShell, exit_of, process_ended, send
from capsule.engines.shells import ShellFailed, ShellSpec
from capsule.kit.clock import now

if TYPE_CHECKING:
    from capsule.docker.client import DockerClient

_START_SECONDS = 10.0
_LAST_SECONDS = 5.0
"""So long the daemon may take to tell the rest. It waits two seconds itself for what others hold open."""
_LOOK_SECONDS = 0.02


@dataclass(frozen=True)
class Entrance:
    """Where another process can join a running replica."""

    container: str
    shells: KeptShells


class ContainerShell(RunningShell):
    def __init__(
        self, spec: ShellSpec, is_replica_running: Callable[[], bool], client: "DockerClient"
    ) -> None:
        super().__init__(spec, is_replica_running)
        self._client = client
        self._exec = ""
        """The daemon's id of it."""
        self._entrance: Entrance | None = None
        self._stream: Attached | None = None
        self._writing = asyncio.Lock()
        self._has_ended = False
        self._may_read = asyncio.Event()

    async def start(self, entrance: Entrance) -> None:
        """Raises ShellFailed; nothing is left behind then."""
        spec = self.spec
        try:
            async with asyncio.timeout(_START_SECONDS):
                self._exec = await self._client.create_exec(entrance.container, _describe(spec))
                self._entrance = entrance
                entrance.shells.note(self._exec)
                stream = await Attached.start(self._client.socket, self._exec, has_terminal=spec.has_terminal)
                self._stream = stream
                found = await self._begun()
                self._pid = found["Pid"]
                if self._pid:
                    await self.resize(spec.columns, spec.rows)
        except BaseException as exc:
            await asyncio.shield(self._undo())
            if isinstance(exc, TimeoutError):
                raise ShellFailed("The container could not be entered in time.") from None
            if isinstance(exc, DockerRefused | DockerUnavailable):
                raise ShellFailed(f"The container could not be entered: {exc.detail}") from exc
            raise
        minding = self._mind(stream) if self._pid else self._mind_nothing(stream)
        self._minding = asyncio.create_task(minding)

    async def write(self, data: bytes, *, is_last: bool) -> None:
        async with self._writing:
            if self._stream is None or not self.status.is_running:
                return
            self.active_at = self._loop.time()
            await self._stream.write(data)
            self.active_at = self._loop.time()
            if is_last and not self.spec.has_terminal:
                self._stream.end_input()

    async def resize(self, columns: int, rows: int) -> None:
        if self.spec.has_terminal and self.status.is_running:
            with contextlib.suppress(DockerRefused, DockerUnavailable):  # it has just ended
                await self._client.resize_exec(self._exec, columns, rows)

    async def let_go(self) -> None:
        if self._minding is not None:
            self._minding.cancel()
            await asyncio.gather(self._minding, return_exceptions=True)
        await self._undo()

    def _resume(self) -> None:
        self._may_read.set()

    async def _begun(self) -> dict[str, Any]:
        """Return what the daemon knows of it once it has a process, or has failed to get one."""
        while (found := await self._client.exec(self._exec)) is not None:
            if found["Pid"] or found["ExitCode"] is not None:
                return found
            await asyncio.sleep(_LOOK_SECONDS)
        raise ShellFailed("The replica ended while it was entered.")

    async def _mind(self, stream: Attached) -> None:
        reading = asyncio.create_task(self._read(stream))
        try:
            await process_ended(self._pid)
            self._has_ended = True  # the rest is little, and the daemon drops what is not read soon
            self._may_read.set()
            await asyncio.wait({reading}, timeout=_LAST_SECONDS)
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        ended = await self._how_it_ended()
        self._let_go_of_stream()
        await self._note_end(ended)

    async def _mind_nothing(self, stream: Attached) -> None:
        """Say of a command that cannot be run what a shell would say, not what the daemon says."""
        complaint = b""
        while (piece := await stream.read()) is not None:
            complaint += piece[1]
        code, text = _failure(complaint.decode(errors="replace").strip())
        command = (self.spec.argv or USUAL)[0]
        self.output.add(f"{command}: {text}\n".encode(), "stdout" if self.spec.has_terminal else "stderr")
        self._let_go_of_stream()
        await self._note_end(exit_of(code))

    async def _read(self, stream: Attached) -> None:
        while True:
            while self.output.is_full and not self._has_ended:
                self._may_read.clear()
                await self._may_read.wait()
            if (piece := await stream.read()) is None:
                return
            self.active_at = self._loop.time()
            self.output.add(piece[1], piece[0])

    async def _how_it_ended(self) -> Exit:
        with contextlib.suppress(DockerUnavailable, DockerRefused, TimeoutError):
            async with asyncio.timeout(_LAST_SECONDS):
                while (found := await self._client.exec(self._exec)) is not None:
                    if not found["Running"] and found["ExitCode"] is not None:
                        return exit_of(found["ExitCode"])
                    await asyncio.sleep(_LOOK_SECONDS)
        # Container and shell are gone: the kernel kills whatever is left in one.
        return Exit(signal=signal.SIGKILL.name, at=now())

    async def _undo(self) -> None:
        if not self._pid and self._exec:
            with contextlib.suppress(DockerUnavailable, DockerRefused):
                self._pid = ((await self._client.exec(self._exec)) or {}).get("Pid", 0)
        send(self.pids(), signal.SIGKILL)
        self._let_go_of_stream()

    def _let_go_of_stream(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        if self._entrance is not None:
            self._entrance.shells.forget(self._exec)


def _describe(spec: ShellSpec) -> Mapping[str, object]:
    return {
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
        "Tty": spec.has_terminal,
        "Env": [f"TERM={TERMINAL}"] if spec.has_terminal else [],
        "Cmd": list(spec.argv or USUAL),
    }


def _failure(complaint: str) -> tuple[int, str]:
    """Return the exit code and the words that shells have for what the daemon complains of."""
    if "executable file not found" in complaint or "no such file or directory" in complaint:
        return 127, os.strerror(errno.ENOENT)
    if "permission denied" in complaint:
        return 126, os.strerror(errno.EACCES)
    return 126, complaint.rpartition('": ')[2].removesuffix(": unknown") or "cannot be run"
