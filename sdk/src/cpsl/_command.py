"""One command in a process group of its own, with its output as it comes."""

from __future__ import annotations

import codecs
import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import asyncio

StreamName = Literal["stdout", "stderr"]
Tell = Callable[[StreamName, str], None]

_READ_BYTES = 64 * 1024
_BREATH_BYTES = 1024 * 1024
_BREATH_SECONDS = 0.01
_LAST_WORDS_SECONDS = 0.5
_TERM_SECONDS = 2.0

EXIT_NOT_FOUND = 127
EXIT_NOT_RUNNABLE = 126


class Command:
    """A started command. Made and used inside a running loop.

    Raises FileNotFoundError when `cwd` is no directory. A program that is missing or cannot be run is no
    error but ends as it does in a shell, with code 127 or 126 and a line on stderr.
    """

    def __init__(self, argv: Sequence[str], *, cwd: str, env: Mapping[str, str], tell: Tell) -> None:
        import asyncio

        if not os.path.isdir(cwd):
            raise FileNotFoundError(f"The command cannot run in {cwd!r}: there is no such directory.")
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[int] = self._loop.create_future()
        self._pipes = [_Pipe(self._loop, name, tell) for name in ("stdout", "stderr")]
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = subprocess.Popen(
                list(argv),
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=self._pipes[0].write_end,
                stderr=self._pipes[1].write_end,
                start_new_session=True,
            )
        except OSError as exc:
            tell("stderr", f"{argv[0]}: {exc.strerror or exc}\n")
            missing = isinstance(exc, FileNotFoundError)
            self._ended.set_result(EXIT_NOT_FOUND if missing else EXIT_NOT_RUNNABLE)
        except BaseException:
            for pipe in self._pipes:
                pipe.abandon()
            raise
        finally:
            for pipe in self._pipes:
                pipe.start()
        if self._process is not None:
            # A thread and no watcher of the loop: waiting works in every loop and in forked runtimes.
            threading.Thread(target=self._wait, args=(self._process,), daemon=True).start()

    async def ended(self, within: float | None) -> bool:
        """Wait for the end, at most `within` seconds, and tell whether it came."""
        import asyncio

        await asyncio.wait([self._ended], timeout=within)
        return self._ended.done()

    async def finish(self) -> int:
        """Return the exit code of an ended command, once its output is in.

        What it left running in the background may go on, but is not heard any more.
        """
        import asyncio

        code = await self._ended
        await asyncio.wait([pipe.ended for pipe in self._pipes], timeout=_LAST_WORDS_SECONDS)
        for pipe in self._pipes:
            pipe.mute()
        return code

    async def stop(self) -> None:
        """End the whole group: politely, then by force."""
        self._signal(signal.SIGTERM)
        await self.ended(within=_TERM_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End the whole group at once."""
        self._signal(signal.SIGKILL)

    def mute(self) -> None:
        """Tell of no more output."""
        for pipe in self._pipes:
            pipe.mute()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        code = process.wait()
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._settle, code)

    def _settle(self, code: int) -> None:
        if not self._ended.done():
            self._ended.set_result(code)


class _Pipe:
    """One output of a command, decoded piece by piece. Read to its end even when nobody listens any more,
    so that a process left in the background is not stopped by a full pipe."""

    def __init__(self, loop: asyncio.AbstractEventLoop, name: StreamName, tell: Tell) -> None:
        self._loop = loop
        self._name: StreamName = name
        self._tell: Tell | None = tell
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._since_breath = 0
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        self.ended: asyncio.Future[None] = loop.create_future()

    def start(self) -> None:
        os.close(self.write_end)
        if self._read_end >= 0:
            self._loop.add_reader(self._read_end, self._read)

    def abandon(self) -> None:
        os.close(self._read_end)
        self._read_end = -1

    def mute(self) -> None:
        self._flush(b"", is_last=True)
        self._tell = None

    def _read(self) -> None:
        try:
            piece = os.read(self._read_end, _READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        self._flush(piece, is_last=not piece)
        if not piece:
            self._loop.remove_reader(self._read_end)
            os.close(self._read_end)
            self.ended.set_result(None)
            return
        self._since_breath += len(piece)
        if self._since_breath >= _BREATH_BYTES:  # a flood must not keep the loop from everybody else
            self._since_breath = 0
            self._loop.remove_reader(self._read_end)
            self._loop.call_later(_BREATH_SECONDS, self._loop.add_reader, self._read_end, self._read)

    def _flush(self, piece: bytes, *, is_last: bool) -> None:
        if self._tell is None:
            return
        text = self._decoder.decode(piece, final=is_last)
        if text:
            self._tell(self._name, text)
