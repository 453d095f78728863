"""Shells of several engines as one: each is where its replica is."""

from collections.abc import Callable, Sequence

from capsule.engines.contract import Engine
from capsule.engines.shells import ShellOutput, Shells, ShellSpec, ShellStatus, shells_of


class ChosenShells:
    """Implements `Shells`. Every method raises NoShells for a replica whose engine has none."""

    def __init__(self, home: Callable[[str], Engine]) -> None:
        """`home` returns the engine that has a replica."""
        self._home = home

    async def open(self, spec: ShellSpec) -> ShellStatus:
        return await self._of(spec.replica_id).open(spec)

    async def inspect(self, replica_id: str, shell_id: str) -> ShellStatus:
        return await self._of(replica_id).inspect(replica_id, shell_id)

    async def list(self, replica_id: str) -> Sequence[ShellStatus]:
        return await self._of(replica_id).list(replica_id)

    async def read(
        self, replica_id: str, shell_id: str, *, after: int, wait_seconds: float = 20.0
    ) -> ShellOutput:
        return await self._of(replica_id).read(replica_id, shell_id, after=after, wait_seconds=wait_seconds)

    async def write(self, replica_id: str, shell_id: str, data: bytes, *, is_last: bool = False) -> None:
        await self._of(replica_id).write(replica_id, shell_id, data, is_last=is_last)

    async def resize(self, replica_id: str, shell_id: str, columns: int, rows: int) -> None:
        await self._of(replica_id).resize(replica_id, shell_id, columns, rows)

    async def close(self, replica_id: str, shell_id: str) -> None:
        await self._of(replica_id).close(replica_id, shell_id)

    def _of(self, replica_id: str) -> Shells:
        return shells_of(self._home(replica_id))
