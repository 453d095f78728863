"""The two lines to one user's runtime: turns there and effects back, lookups of callers that block.

Knows no session log.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from capsule.apps.contract import RuntimeGone, RuntimeUnready
from capsule.apps.runtimes.allowance import Allowance
from capsule.apps.runtimes.lines import decode, encode
from capsule.errors import PlatformError
from capsule.kit.sockets import short_path
from cpsl.wire import (
    MAX_LINE,
    Ack,
    DeleteValue,
    GetValue,
    Hello,
    Leaving,
    Lookup,
    Ready,
    Refused,
    SetValue,
    WireError,
    WireMessage,
)

log = logging.getLogger(__name__)

Receiver = Callable[[WireMessage, int], "asyncio.Future[Any] | None"]
"""Takes a message and its size on the wire; returns what is being worked out for it, unless that may take as
long as it likes."""
Room = Callable[[], Awaitable[None]]
"""Waits while whoever takes in the effects has too much in line."""
Question = Lookup | GetValue | SetValue | DeleteValue
Answerer = Callable[[str | None, Question], Awaitable[Any]]
"""Answers what belongs to no turn, for the user (None as long as it is not known who) of the runtime."""

_GREETING_SECONDS = 10.0
_OWED, _OWED_BYTES = 8, 4 * 1024 * 1024
"""Messages of one runtime worked out at once. Few, since a short one may ask for a long answer."""


@dataclass(frozen=True)
class Loss:
    """How a runtime ended: a sentence for the person in the chat, and if its turns may be tried again."""

    text: str
    may_try_again: bool


class RuntimeLink:
    """An open connection to a runtime that said it is ready."""

    def __init__(self, line: "_Line", lookups: "_Line", release: str, room: Room, answerer: Answerer) -> None:
        self.release = release
        self.user_id: str | None = None
        self.lost = asyncio.Event()
        """Set when the connection has ended, for whatever reason."""
        self.runtime_id = ""
        self.socket = Path()
        """Where further lines to this runtime are opened."""
        self.is_stopping = False
        """Somebody wants this runtime ended, with its turns."""
        self.explain: Callable[[], Awaitable[Loss]] | None = None
        """Finds out, once the connection is lost, why."""
        self._reader = line.reader
        self._writer = line.writer
        self._lookups = lookups
        self._answerer = answerer
        self._answering: set[asyncio.Task[None]] = set()
        self._owed: dict[asyncio.Future[Any], int] = {}
        """What is being worked out, with the size of its message."""
        self._receivers: dict[str, Receiver] = {}
        self._mourners: dict[str, Callable[[], None]] = {}
        self._left = asyncio.Event()
        self._is_leaving = False
        self._room = room
        self._task = asyncio.create_task(self._read())
        self._side = asyncio.create_task(self._look_up())

    @property
    def takes_turns(self) -> bool:
        return not self.lost.is_set() and not self._is_leaving

    @property
    def turns(self) -> list[str]:
        """The turns that run on this runtime now."""
        return list(self._receivers)

    def send(self, message: WireMessage) -> None:
        """Send without waiting; dropped when the connection has ended."""
        if not self.lost.is_set():
            self._writer.write(encode(message))

    def attach(self, turn_id: str, receiver: Receiver, on_lost: Callable[[], None]) -> None:
        """Hand every message of a turn to `receiver`; call `on_lost` when the connection ends first."""
        self._receivers[turn_id], self._mourners[turn_id] = receiver, on_lost
        if self.lost.is_set():
            on_lost()

    def detach(self, turn_id: str) -> None:
        """Let go of a turn; what the runtime still says of it is ignored."""
        self._receivers.pop(turn_id, None)
        self._mourners.pop(turn_id, None)
        self._left.set()

    async def idle(self) -> None:
        """Wait until no turn runs here (or the connection has ended)."""
        while self._receivers and not self.lost.is_set():
            self._left.clear()
            await self._left.wait()

    async def close(self) -> None:
        for task in (self._task, self._side):
            task.cancel()
        await asyncio.gather(self._task, self._side, return_exceptions=True)

    async def _read(self) -> None:
        allowance = Allowance()
        try:
            while line := await self._reader.readline():
                message = decode(line)
                if isinstance(message, Leaving):
                    self._is_leaving = True
                elif _is_question(message):
                    self._owe(self._answer(message, self._writer), len(line))
                elif receiver := self._receivers.get(getattr(message, "turn_id", "")):
                    self._owe(receiver(message, len(line)), len(line))
                while len(self._owed) >= _OWED or sum(self._owed.values()) > _OWED_BYTES:
                    await asyncio.wait(list(self._owed), return_when=asyncio.FIRST_COMPLETED)
                await self._room()
                await self._writer.drain()  # who does not read is not listened to either
                await self._pause(allowance.take(len(line)))
        except (ConnectionError, ValueError) as exc:
            log.warning("the connection to a runtime ended: %s", exc)
        finally:
            self.lost.set()
            self._left.set()
            for on_lost in list(self._mourners.values()):
                on_lost()
            self._writer.close()
            self._side.cancel()
            for task in list(self._answering):
                task.cancel()

    async def _look_up(self) -> None:
        """Answer callers in the runtime that block its loop."""
        allowance = Allowance()
        try:
            while line := await self._lookups.reader.readline():
                message = decode(line)
                if isinstance(message, Lookup):
                    await _reply(message, self._answerer, self.user_id, self._lookups.writer)
                await self._lookups.writer.drain()
                await asyncio.sleep(allowance.take(len(line)) or 0.0)
        except (ConnectionError, ValueError) as exc:
            log.warning("the line for lookups of a runtime ended: %s", exc)
        finally:
            self._lookups.writer.close()

    def _owe(self, work: "asyncio.Future[Any] | None", size: int) -> None:
        if work is not None:
            self._owed[work] = size
            work.add_done_callback(lambda done: self._owed.pop(done, None))

    def _answer(self, message: Any, writer: asyncio.StreamWriter) -> "asyncio.Task[None]":
        task = asyncio.create_task(_reply(message, self._answerer, self.user_id, writer))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
        return task

    async def _pause(self, seconds: float | None) -> None:
        if seconds:  # what comes meanwhile waits with its sender, not in our memory
            transport = cast(asyncio.Transport, self._writer.transport)
            transport.pause_reading()
            await asyncio.sleep(seconds)
            if not transport.is_closing():
                transport.resume_reading()
        elif seconds is not None:  # lines that are buffered already do not give way to others
            await asyncio.sleep(0)


@dataclass(frozen=True)
class _Line:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


async def connect(
    socket: Path, release: str, ready_seconds: float, room: Room, answerer: Answerer
) -> tuple[RuntimeLink, str]:
    """Connect, wait until `boot` has run, and return the link and the runtime's token.

    Raises RuntimeUnready when that takes too long, when `boot` failed, or when the runtime ended.
    """
    lookups = await _open(socket)
    try:
        await _open_lookups(lookups)
        side = asyncio.create_task(_look_up_while_booting(lookups, answerer))
        line = await _open(socket)
        try:
            token = await _greet(line, ready_seconds, answerer)
            side.cancel()
            await asyncio.gather(side, return_exceptions=True)
            link = RuntimeLink(line, lookups, release, room, answerer)
            link.socket = socket
            return link, token
        except BaseException:
            line.writer.close()
            raise
        finally:
            side.cancel()
    except BaseException:
        lookups.writer.close()
        raise


async def _open(socket: Path) -> _Line:
    try:
        with short_path(socket) as name:
            reader, writer = await asyncio.open_unix_connection(name, limit=MAX_LINE)
    except OSError as exc:
        raise _gone() from exc
    return _Line(reader, writer)


async def _open_lookups(line: _Line) -> None:
    line.writer.write(encode(Hello(line="lookups")))
    try:
        async with asyncio.timeout(_GREETING_SECONDS):
            answer = _read_message(await line.reader.readline())
    except TimeoutError:
        raise RuntimeUnready("The runtime did not answer.", hint="Look at the app's log.") from None
    except (ConnectionError, ValueError):
        answer = None
    if answer is None:
        raise _gone()
    if isinstance(answer, Refused):
        raise RuntimeUnready(answer.reason, hint="Look at the app's log.")


async def _look_up_while_booting(line: _Line, answerer: Answerer) -> None:
    with contextlib.suppress(ConnectionError, ValueError):
        while text := await line.reader.readline():
            message = decode(text)
            if isinstance(message, Lookup):
                await _reply(message, answerer, None, line.writer)
                await line.writer.drain()


async def _greet(line: _Line, seconds: float, answerer: Answerer) -> str:
    line.writer.write(encode(Hello()))
    answer: WireMessage | None = None
    try:
        # Not `wait_for`: on Python 3.11 it can lose a cancellation, and with it one of two connections.
        async with asyncio.timeout(seconds):
            while True:
                answer = _read_message(await line.reader.readline())
                if not _is_question(answer):
                    break
                await _reply(cast(Question, answer), answerer, None, line.writer)
                await line.writer.drain()
    except TimeoutError:
        raise RuntimeUnready(
            f"The app did not become ready within {seconds:g} s: its `boot` handler has not finished.",
            hint="Do what takes long at the first message, or in the background.",
        ) from None
    except (ConnectionError, ValueError):  # the latter for a line that is too long
        answer = None
    if answer is None:
        raise _gone()
    if isinstance(answer, Refused):
        raise RuntimeUnready(answer.reason, hint="Look at the app's log.")
    if not isinstance(answer, Ready):
        raise RuntimeUnready("The runtime answered something unexpected.")
    return answer.token


def _gone() -> RuntimeGone:
    return RuntimeGone("The runtime ended before it was ready.", hint="Look at the app's log.")


def _read_message(line: bytes) -> WireMessage | None:
    try:
        return decode(line) if line else None
    except WireError as exc:
        raise RuntimeUnready(f"The runtime answered something unknown: {exc}") from exc


def _is_question(message: WireMessage | None) -> bool:
    if isinstance(message, Lookup):
        return True
    return isinstance(message, (GetValue, SetValue, DeleteValue)) and not message.turn_id


async def _reply(
    question: Question, answerer: Answerer, user_id: str | None, writer: asyncio.StreamWriter
) -> None:
    try:
        answer = Ack(question.id, None, await answerer(user_id, question))
    except PlatformError as exc:
        answer = Ack(question.id, exc.detail)
    if not writer.is_closing():
        writer.write(encode(answer))
