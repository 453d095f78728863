"""A transcript of commands in the chat."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ._checks import check_text, check_timeout
from ._transcript import Capture, Run, Transcript, now_ms

if TYPE_CHECKING:
    from ._command import StreamName
    from ._session import Session

_PASSING_SECONDS = 0.1
_KEPT_SECONDS = 2.0
_CHARS_PER_SECOND = 1_000_000
_FAREWELL_SECONDS = 2.0


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
    """A named transcript of one session. It shows itself with its first command, or by `show`."""

    def __init__(
        self,
        session: Session,
        name: str,
        *,
        title: str = "",
        cwd: str | None = None,
        env: dict[str, str] | None = None,
    ) -> None:
        self._session = session
        self.name = check_text(name, "The name of a terminal")
        import hashlib

        digest = hashlib.sha1(f"{session.id}:{self.name}".encode(), usedforsecurity=False)
        self.block_id = f"term_{digest.hexdigest()[:16]}"
        self._transcript = _transcript_of(session, self.block_id)
        self.title = title or self._transcript.title or self.name
        self.cwd = cwd
        self.env = _checked_env(env)
        self._passing_at = self._kept_at = 0.0

    async def show(self, *, title: str | None = None) -> Terminal:
        """Show the transcript, with a new title if one is given."""
        if title:
            self.title = title
        await self._show()
        return self

    async def shell(
        self,
        command: str,
        *,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
        timeout: float | None = None,
    ) -> TerminalResult:
        """Run `command` in `/bin/sh` and return how it ended; output appears in the chat as it comes.

        A code other than 0 does not raise. After `timeout` seconds the command and all that it started are
        ended. A command that finished is not run again when its turn is.
        """
        check_text(command, "The command of shell()")
        return await self._run("shell", command, None, ["/bin/sh", "-c", command], cwd, env, timeout)

    async def exec(
        self,
        cmd: str,
        *args: str,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
        timeout: float | None = None,
    ) -> TerminalResult:
        """Run a program with its arguments, without a shell; otherwise as `shell`."""
        import shlex

        check_text(cmd, "The command of exec()")
        argv = [cmd, *(str(arg) for arg in args)]
        return await self._run("exec", shlex.join(argv), argv, argv, cwd, env, timeout)

    async def _run(
        self,
        mode: str,
        command: str,
        shown_argv: list[str] | None,
        argv: list[str],
        cwd: str | None,
        env: dict[str, str] | None,
        timeout: float | None,
    ) -> TerminalResult:
        limit = None if timeout is None else check_timeout(timeout, f"{mode}()")
        full_env = {**os.environ, **self.env, **_checked_env(env)}
        where = os.path.abspath(cwd or self.cwd or os.getcwd())
        run = self._transcript.begin(mode, command, shown_argv, where)
        await self._show()

        async def work() -> dict[str, Any]:
            return asdict(await self._execute(run, argv, full_env, limit))

        backend = self._session._backend
        try:
            found = await work() if backend is None else await backend.record("command", work)
        except GeneratorExit:  # nothing can be awaited any more
            raise
        except BaseException:
            await self._give_up(run)
            raise
        result = TerminalResult(**found)
        if run.status == "running":
            self._fill(run, result)
        await self._show()
        return result

    async def _execute(
        self, run: Run, argv: list[str], env: dict[str, str], timeout: float | None
    ) -> TerminalResult:
        from ._command import Command

        captures: dict[StreamName, Capture] = {"stdout": Capture(), "stderr": Capture()}

        def tell(stream: StreamName, text: str) -> None:
            captures[stream].add(text)
            self._transcript.add(run, stream, text)

        command = Command(argv, cwd=run.cwd, env=env, tell=tell)
        deadline = None if timeout is None else time.monotonic() + timeout
        timed_out = False
        try:
            while not await command.ended(self._patience(deadline)):
                if deadline is not None and time.monotonic() >= deadline:
                    timed_out = True
                    await command.stop()
                    break
                await self._show_progress()
            code = await command.finish()
        except BaseException:
            command.kill()
            command.mute()
            raise
        run.status = "timeout" if timed_out else "failed" if code else "completed"
        run.exit_code, run.ended_at = code, now_ms()
        return TerminalResult(
            exit_code=code,
            stdout=captures["stdout"].text(),
            stderr=captures["stderr"].text(),
            status=run.status,
            command=run.command,
            argv=run.argv,
            timed_out=timed_out,
        )

    def _patience(self, deadline: float | None) -> float:
        # A long transcript is sent less often: every state is sent whole.
        pause = max(_PASSING_SECONDS, self._transcript.size / _CHARS_PER_SECOND)
        return pause if deadline is None else max(0.0, min(pause, deadline - time.monotonic()))

    def _fill(self, run: Run, result: TerminalResult) -> None:
        """Show the output of a command that an earlier attempt at this turn has run."""
        run.add("stdout", result.stdout)
        run.add("stderr", result.stderr)
        run.status, run.exit_code, run.ended_at = result.status, result.exit_code, now_ms()

    async def _give_up(self, run: Run) -> None:
        """Show that a command was cut off, if that still can be shown."""
        import asyncio

        if run.status == "running":
            run.status, run.ended_at = "failed", now_ms()
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self._show(), _FAREWELL_SECONDS)

    async def _show(self) -> None:
        self._kept_at = self._passing_at = time.monotonic()
        await self._session._put("terminal", self._payload(), self.block_id)

    async def _show_progress(self) -> None:
        now = time.monotonic()
        if not self._transcript.is_changed:
            return
        if now - self._kept_at >= _KEPT_SECONDS:
            await self._show()
        elif now - self._passing_at >= _PASSING_SECONDS:
            self._passing_at = now
            await self._session._put_passing("terminal", self._payload(), self.block_id)

    def _payload(self) -> dict[str, Any]:
        return self._transcript.to_payload(self.name, self.title, self.cwd or os.getcwd())


def _transcript_of(session: Session, block_id: str) -> Transcript:
    found = session._transcripts.get(block_id)
    if found is None:
        found = session._transcripts[block_id] = Transcript(session._shown(block_id))
    return found


def _checked_env(env: dict[str, str] | None) -> dict[str, str]:
    for name, value in (env or {}).items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(f"env= maps texts to texts; {name!r} has {value!r}.")
    return dict(env or {})


TerminalBlock = Terminal
