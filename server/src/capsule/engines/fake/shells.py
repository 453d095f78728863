"""Shells of the fake engine: they echo what they are given; `exit <code>` ends them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from capsule.engines.contract import Exit
from capsule.engines.output import Output
from capsule.engines.shells import ShellNotFound, ShellOutput, ShellSpec, ShellStatus
from capsule.kit.clock import now

_EXIT = re.compile(rb"^exit (\d+)\s*$", re.MULTILINE)


@dataclass
class FakeShell:
    spec: ShellSpec
    status: ShellStatus
    output: Output = field(default_factory=Output)
    size: tuple[int, int] = (0, 0)


class FakeShells:
    def __init__(self, check_replica: Callable[[str], object]) -> None:
        """`check_replica` raises ReplicaNotFound for one that does not run."""
        self._check_replica = check_replica
        self.opened: dict[str, FakeShell] = {}

    async def open(self, spec: ShellSpec) -> ShellStatus:
        self._check_replica(spec.replica_id)
        status = ShellStatus(spec.id, spec.replica_id, spec.owner, is_running=True, opened_at=now())
        shell = FakeShell(spec, status, size=(spec.columns, spec.rows))
        self.opened[spec.id] = shell
        shell.output.add(b"$ ")
        if spec.argv:
            self._end(shell, Exit(code=0))
        return shell.status

    async def inspect(self, replica_id: str, shell_id: str) -> ShellStatus:
        return self._shell(replica_id, shell_id).status

    async def list(self, replica_id: str) -> Sequence[ShellStatus]:
        shells = [shell.status for shell in self.opened.values()]
        return [item for item in shells if item.replica_id == replica_id and item.is_running]

    async def read(
        self, replica_id: str, shell_id: str, *, after: int, wait_seconds: float = 20.0
    ) -> ShellOutput:
        shell = self._shell(replica_id, shell_id)
        pieces, following = await shell.output.read(after, wait_seconds)
        ended = shell.status if shell.output.is_read_to_the_end(following) else None
        return ShellOutput(pieces, following, ended)

    async def write(self, replica_id: str, shell_id: str, data: bytes, *, is_last: bool = False) -> None:
        shell = self._shell(replica_id, shell_id)
        if not shell.status.is_running:
            return
        shell.output.add(data)
        if match := _EXIT.search(data):
            self._end(shell, Exit(code=int(match[1])))
        elif is_last:
            self._end(shell, Exit(code=0))

    async def resize(self, replica_id: str, shell_id: str, columns: int, rows: int) -> None:
        self._shell(replica_id, shell_id).size = columns, rows

    async def close(self, replica_id: str, shell_id: str) -> None:
        shell = self.opened.get(shell_id)
        if shell is not None and shell.spec.replica_id == replica_id and shell.status.is_running:
            self._end(shell, Exit(signal="SIGHUP"))

    def replica_ended(self, replica_id: str) -> None:
        for shell in self.opened.values():
            if shell.spec.replica_id == replica_id and shell.status.is_running:
                self._end(shell, Exit(signal="SIGKILL"), "The replica has ended.")

    def _end(self, shell: FakeShell, ended: Exit, reason: str = "") -> None:
        ended = replace(ended, at=now())
        shell.status = replace(shell.status, is_running=False, end=ended, end_reason=reason)
        shell.output.close()

    def _shell(self, replica_id: str, shell_id: str) -> FakeShell:
        shell = self.opened.get(shell_id)
        if shell is None or shell.spec.replica_id != replica_id:
            raise ShellNotFound(f"There is no shell {shell_id}.")
        return shell
