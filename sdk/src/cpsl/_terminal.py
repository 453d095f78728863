"""A transcript of commands in the chat."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._errors import NotYetAvailable

if TYPE_CHECKING:
    from ._session import Session


@dataclass
class TerminalResult:
    """How a command ended. True when it succeeded, `int()` is its exit code, `str()` its output."""

    exit_code: int
    stdout: str
    stderr: str
    status: str
    command: str
    argv: list[str] | None = None
    timed_out: bool = False

    @property
    def ok(self) -> bool:
        return self.status == "completed" and self.exit_code == 0 and not self.timed_out

    def __bool__(self) -> bool:
        return self.ok

    def __int__(self) -> int:
        return self.exit_code

    def __str__(self) -> str:
        return self.stdout or self.stderr or f"exited with code {self.exit_code}"


class Terminal:
    """A named transcript of one session."""

    def __init__(
        self,
        session: Session,
        name: str,
        *,
        title: str = "",
        cwd: str | None = None,
        env: dict[str, str] | None = None,
    ) -> None:
        if not isinstance(name, str) or not name.strip():
            raise ValueError("A terminal needs a name.")
        self._session = session
        self.name = name.strip()
        self.title = title or self.name
        self.cwd = cwd
        self.env = dict(env or {})
        digest = hashlib.sha1(f"{session.id}:{self.name}".encode(), usedforsecurity=False)
        self.block_id = f"term_{digest.hexdigest()[:16]}"

    async def show(self, *, title: str | None = None) -> Terminal:
        raise NotYetAvailable("Showing a terminal in the chat")

    async def shell(
        self,
        command: str,
        *,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
        timeout: float | None = None,
    ) -> TerminalResult:
        if not command or not command.strip():
            raise ValueError("shell() needs a command.")
        raise NotYetAvailable("Running commands in a terminal")

    async def exec(
        self,
        cmd: str,
        *args: str,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
        timeout: float | None = None,
    ) -> TerminalResult:
        if not cmd or not cmd.strip():
            raise ValueError("exec() needs a command.")
        raise NotYetAvailable("Running commands in a terminal")


TerminalBlock = Terminal
