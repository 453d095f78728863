"""The shells that an engine has opened: found by id, and ended by themselves when nobody needs them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

from capsule.engines.running_shell import RunningShell
from capsule.engines.shells import Patience, ShellNotFound, ShellOutput, ShellSpec, ShellStatus, TooManyShells

MOST = 10
"""Of one replica at a time."""
_LOOKS = 20
"""How often the shortest patience is looked at."""


class OpenShells:
    """Implements `Shells` over processes that the engine knows how to start."""

    def __init__(
        self, start: Callable[[ShellSpec], Awaitable[RunningShell]], patience: Patience | None = None
    ) -> None:
        """`start` raises ReplicaNotFound and ShellFailed."""
        self._start = start
        self._patience = patience or Patience()
        self._shells: dict[str, RunningShell] = {}
        self._looking: asyncio.Task[None] | None = None

    async def open(self, spec: ShellSpec) -> ShellStatus:
        if len(await self.list(spec.replica_id)) >= MOST:
            raise TooManyShells(f"Replica {spec.replica_id} has {MOST} shells.", hint="Close one of them.")
        shell = await self._start(spec)
        self._shells[spec.id] = shell
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_after())
        return shell.status

    async def inspect(self, replica_id: str, shell_id: str) -> ShellStatus:
        return self._shell(replica_id, shell_id).status

    async def list(self, replica_id: str) -> Sequence[ShellStatus]:
        return [shell.status for shell in self._running(replica_id)]

    async def read(
        self, replica_id: str, shell_id: str, *, after: int, wait_seconds: float = 20.0
    ) -> ShellOutput:
        shell = self._shell(replica_id, shell_id)
        shell.readers += 1
        try:
            pieces, following = await shell.output.read(after, wait_seconds)
        finally:
            shell.readers -= 1
            shell.read_at = asyncio.get_running_loop().time()
        ended = shell.status if shell.output.is_read_to_the_end(following) else None
        return ShellOutput(pieces, following, ended)

    async def write(self, replica_id: str, shell_id: str, data: bytes, *, is_last: bool = False) -> None:
        await self._shell(replica_id, shell_id).write(data, is_last=is_last)

    async def resize(self, replica_id: str, shell_id: str, columns: int, rows: int) -> None:
        await self._shell(replica_id, shell_id).resize(columns, rows)

    async def close(self, replica_id: str, shell_id: str) -> None:
        shell = self._shells.get(shell_id)
        if shell is not None and shell.spec.replica_id == replica_id:
            await shell.end()

    def pids(self, replica_id: str) -> Sequence[int]:
        """Return the processes of a replica's shells, as this machine counts."""
        return [pid for shell in self._running(replica_id) for pid in shell.pids()]

    async def let_go(self) -> None:
        """End them all: shells do not outlive this process."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
            self._looking = None
        await asyncio.gather(*(shell.let_go() for shell in self._shells.values()))
        self._shells.clear()

    async def _look_after(self) -> None:
        patience = self._patience
        pause = min(patience.idle, patience.unread, patience.kept) / _LOOKS
        while True:
            await asyncio.sleep(pause)
            at = asyncio.get_running_loop().time()
            for shell in list(self._shells.values()):
                if shell.ended_at is not None:
                    if at - shell.ended_at > patience.kept:
                        del self._shells[shell.spec.id]
                elif not shell.readers and at - shell.read_at > patience.unread:
                    await shell.end("Nobody was reading it any more.")
                elif at - shell.active_at > patience.idle:
                    await shell.end(f"Nothing happened in it for {_span(patience.idle)}.")

    def _running(self, replica_id: str) -> Iterator[RunningShell]:
        for shell in self._shells.values():
            if shell.spec.replica_id == replica_id and shell.status.is_running:
                yield shell

    def _shell(self, replica_id: str, shell_id: str) -> RunningShell:
        shell = self._shells.get(shell_id)
        if shell is None or shell.spec.replica_id != replica_id:
            raise ShellNotFound(f"There is no shell {shell_id}.", hint="It has ended; open another.")
        return shell


def _span(seconds: float) -> str:
    return f"{seconds / 60:g} minutes" if seconds >= 60 else f"{seconds:g} s"
