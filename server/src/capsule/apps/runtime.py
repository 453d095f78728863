"""The connection to one user's runtime. Carries turns there and their effects back; knows no session log."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

from capsule.apps.allowance import Allowance
from capsule.apps.contract import RuntimeUnready
from capsule.kit.sockets import short_path
from cpsl.wire import (
    MAX_LINE,
    Hello,
    Leaving,
    Ready,
    Refused,
    WireError,
    WireMessage,
    decode,
    encode,
)

log = logging.getLogger(__name__)

Receiver = Callable[[WireMessage, int], None]
"""Takes a message and its size on the wire."""
Room = Callable[[], Awaitable[None]]
"""Waits while whoever takes in the effects has too much in line."""


class RuntimeLink:
    """An open connection to a runtime that said it is ready."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, release: str, room: Room
    ) -> None:
        self.release = release
        self.lost = asyncio.Event()
        """Set when the connection has ended, for whatever reason."""
        self.runtime_id = ""
        self.explain: Callable[[], Awaitable[str]] | None = None
        """Finds out, once the connection is lost, why: a sentence for the person in the chat."""
        self._reader = reader
        self._writer = writer
        self._receivers: dict[str, Receiver] = {}
        self._left = asyncio.Event()
        self._is_leaving = False
        self._room = room
        self._task = asyncio.create_task(self._read())

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

    def attach(self, turn_id: str, receiver: Receiver) -> None:
        """Hand every message of a turn to `receiver`."""
        self._receivers[turn_id] = receiver

    def detach(self, turn_id: str) -> None:
        """Let go of a turn; what the runtime still says of it is ignored."""
        self._receivers.pop(turn_id, None)
        self._left.set()

    async def idle(self) -> None:
        """Wait until no turn runs here (or the connection has ended)."""
        while self._receivers and not self.lost.is_set():
            self._left.clear()
            await self._left.wait()

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _read(self) -> None:
        allowance = Allowance()
        try:
            while line := await self._reader.readline():
                message = decode(line)
                if isinstance(message, Leaving):
                    self._is_leaving = True
                elif receiver := self._receivers.get(getattr(message, "turn_id", "")):
                    receiver(message, len(line))
                await self._room()
                await self._writer.drain()  # who does not read is not listened to either
                await self._pause(allowance.take(len(line)))
        except (ConnectionError, ValueError) as exc:
            log.warning("the connection to a runtime ended: %s", exc)
        finally:
            self.lost.set()
            self._left.set()
            self._writer.close()

    async def _pause(self, seconds: float | None) -> None:
        if seconds:  # what comes meanwhile waits with its sender, not in our memory
            transport = cast(asyncio.Transport, self._writer.transport)
            transport.pause_reading()
            await asyncio.sleep(seconds)
            if not transport.is_closing():
                transport.resume_reading()
        elif seconds is not None:  # lines that are buffered already do not give way to others
            await asyncio.sleep(0)


async def connect(socket: Path, release: str, ready_seconds: float, room: Room) -> tuple[RuntimeLink, str]:
    """Connect, wait until `boot` has run, and return the link and the runtime's token.

    Raises RuntimeUnready when that takes too long, when `boot` failed, or when the runtime ended.
    """
    try:
        with short_path(socket) as name:
            reader, writer = await asyncio.open_unix_connection(name, limit=MAX_LINE)
    except OSError as exc:
        raise RuntimeUnready("The runtime ended before it was ready.") from exc
    try:
        token = await _greet(reader, writer, ready_seconds)
        return RuntimeLink(reader, writer, release, room), token
    except BaseException:
        writer.close()
        raise


async def _greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> str:
    writer.write(encode(Hello()))
    line = b""
    try:
        # Not `wait_for`: on Python 3.11 it can lose a cancellation, and with it one of two connections.
        async with asyncio.timeout(seconds):
            line = await reader.readline()
    except TimeoutError:
        raise RuntimeUnready(
            f"The app did not become ready within {seconds:g} s: its `boot` handler has not finished.",
            hint="Do what takes long at the first message, or in the background.",
        ) from None
    except (ConnectionError, ValueError):  # the latter for a line that is too long
        pass
    if not line:
        raise RuntimeUnready("The runtime ended before it was ready.", hint="Look at the app's log.")
    try:
        answer = decode(line)
    except WireError as exc:
        raise RuntimeUnready(f"The runtime answered something unknown: {exc}") from exc
    if isinstance(answer, Refused):
        raise RuntimeUnready(answer.reason, hint="Look at the app's log.")
    if not isinstance(answer, Ready):
        raise RuntimeUnready("The runtime answered something unexpected.")
    return answer.token
