"""The connection to one runtime. Carries turns there and their effects back; knows no session log."""

import asyncio
import contextlib
import itertools
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

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

_RETRY_SECONDS = 0.05

_BURST = 64

Receiver = Callable[[WireMessage], None]
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
        try:
            for count in itertools.count(1):
                line = await self._reader.readline()
                if not line:
                    return
                message = decode(line)
                if isinstance(message, Leaving):
                    self._is_leaving = True
                elif receiver := self._receivers.get(getattr(message, "turn_id", "")):
                    receiver(message)
                await self._room()
                if count % _BURST == 0:  # lines that are buffered already do not give way to others
                    await asyncio.sleep(0)
        except (ConnectionError, ValueError) as exc:
            log.warning("the connection to a runtime ended: %s", exc)
        finally:
            self.lost.set()
            self._left.set()
            self._writer.close()


async def connect(socket: Path, release: str, ready_seconds: float, room: Room) -> RuntimeLink:
    """Connect as soon as the runtime listens and says it is ready.

    Raises RuntimeUnready when that takes too long, or when it speaks another protocol.
    """
    deadline = time.monotonic() + ready_seconds
    pause = _RETRY_SECONDS
    while True:
        streams = await _open(socket)
        if streams is not None:
            reader, writer = streams
            try:
                if await _greet(reader, writer, deadline - time.monotonic()):
                    return RuntimeLink(reader, writer, release, room)
            except BaseException:
                writer.close()
                raise
            writer.close()
        if time.monotonic() >= deadline:
            raise RuntimeUnready(
                f"The app did not become ready within {ready_seconds:g} s.",
                hint="Look at its log; the `boot` handler has to finish first.",
            )
        await asyncio.sleep(pause)
        pause = min(pause * 1.2, 0.5)


async def _open(socket: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    try:
        with short_path(socket) as name:
            return await asyncio.open_unix_connection(name, limit=MAX_LINE)
    except OSError:
        return None


async def _greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> bool:
    """Say hello and return whether the runtime is ready; False when it went away."""
    writer.write(encode(Hello()))
    line = b""
    # Not `wait_for`: on Python 3.11 it can lose a cancellation, and with it one of two connections.
    with contextlib.suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(max(seconds, 0.1)):
            line = await reader.readline()
    if not line:
        return False
    try:
        answer = decode(line)
    except WireError as exc:
        raise RuntimeUnready(f"The runtime answered something unknown: {exc}") from exc
    if isinstance(answer, Refused):
        raise RuntimeUnready(answer.reason, hint="Deploy the app again, so that it gets this platform's SDK.")
    return isinstance(answer, Ready)
