"""Answer one request of a git client with `git http-backend`, both ways streamed. Knows no capsule."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

log = logging.getLogger(__name__)

_CHUNK = 64 * 1024
_KIND_SECONDS = 3.0
_BAND_ERROR = b"\x03"


@dataclass(frozen=True)
class RefUpdate:
    old: str
    new: str
    ref: str

    @property
    def is_deletion(self) -> bool:
        return not self.new.strip("0")

    @property
    def branch(self) -> str:
        """Name of the branch; empty for anything else."""
        return self.ref.partition("refs/heads/")[2] if self.ref.startswith("refs/heads/") else ""


class Hook:
    """The pre-receive hook of a push: shows lines to the person who pushes."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self.is_gone = asyncio.Event()

    async def say(self, text: str) -> None:
        for line in text.splitlines() or [""]:
            await self._send(b" " + line.encode(errors="replace") + b"\n")

    async def answer(self, *, is_accepted: bool) -> None:
        await self._send(b"accepted\n" if is_accepted else b"refused\n")

    async def watch(self) -> None:
        """Note when nobody is at the other end any more."""
        with contextlib.suppress(OSError):
            while await self._loop.sock_recv(self._connection, 1):
                pass
        self.is_gone.set()

    async def _send(self, line: bytes) -> None:
        try:
            await self._loop.sock_sendall(self._connection, line)
        except OSError:
            self.is_gone.set()


Decide = Callable[[list[RefUpdate], dict[str, str], Hook], Awaitable[bool]]
"""Told what a push would change, and git's variables by which the new objects are read. True accepts."""
Stored = Callable[[list[RefUpdate]], Awaitable[None]]
"""Told what has changed in the repository."""


class GitAnswer(Response):
    """Runs `git http-backend` when it is sent.

    A push that has come in whole is decided whether or not the client is still there; one that breaks off
    before is thrown away.
    """

    def __init__(
        self,
        env: Mapping[str, str],
        *,
        most_bytes: int,
        too_large: str,
        decide: Decide | None = None,
        stored: Stored | None = None,
    ) -> None:
        super().__init__()
        self._env = dict(env)
        self._most_bytes = most_bytes
        self._too_large = too_large
        self._decide = decide
        self._stored = stored
        self._is_asked = False
        self._accepted: list[RefUpdate] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with ours:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    "git",
                    "http-backend",
                    env=self._env | {"CAPSULE_PUSH": str(theirs.fileno())},
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,
                )
            deciding = asyncio.create_task(self._answer_hook(ours)) if self._decide else None
            try:
                if not await self._exchange(process, receive, send):
                    await self._finish(process, ours, deciding)
                    await _refuse(send, self._too_large)
                elif deciding is not None and self._accepted and self._stored is not None:
                    await process.wait()
                    await self._stored(self._accepted)
            except ConnectionAbortedError:
                log.info("a git client left before all had come")
            finally:
                await self._finish(process, ours, deciding)

    async def _finish(
        self,
        process: asyncio.subprocess.Process,
        connection: socket.socket,
        deciding: "asyncio.Task[None] | None",
    ) -> None:
        """End git, and return when none of its processes is left: they remove what was not accepted."""
        if deciding is None or self._is_asked:
            if deciding is not None:
                deciding.cancel()
                await asyncio.gather(deciding, return_exceptions=True)
            connection.close()
            await _end(process)
            return
        await _end(process)
        # Each process of a push holds the other end of the connection; it closes with the last of them.
        await asyncio.wait({deciding}, timeout=_KIND_SECONDS)
        deciding.cancel()
        await asyncio.gather(deciding, return_exceptions=True)

    async def _exchange(self, process: asyncio.subprocess.Process, receive: Receive, send: Send) -> bool:
        """Pass on what both sides say. Returns whether the limit was kept; nothing was answered if not."""
        taking = asyncio.create_task(self._take_in(process, receive))
        try:
            if not await asyncio.shield(taking):
                return False
            gone = asyncio.create_task(_until_gone(receive)) if self._decide is None else None
            try:
                await self._give_out(process, send, gone)
            finally:
                if gone is not None:
                    gone.cancel()
            return True
        finally:
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)

    async def _take_in(self, process: asyncio.subprocess.Process, receive: Receive) -> bool:
        """Hand the body to git. Tell whether it kept the limit. Raises ConnectionError when it broke off."""
        assert process.stdin is not None
        taken = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ConnectionAbortedError("The client is gone.")
            body = message.get("body", b"")
            taken += len(body)
            if taken > self._most_bytes:
                return False
            with contextlib.suppress(ConnectionError):  # git ended early; what it said is what counts
                process.stdin.write(body)
                await process.stdin.drain()
            if not message.get("more_body", False):
                break
        process.stdin.close()
        return True

    async def _give_out(
        self, process: asyncio.subprocess.Process, send: Send, gone: "asyncio.Task[None] | None"
    ) -> None:
        assert process.stdout is not None
        try:
            head = await process.stdout.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            log.error("git http-backend gave no answer")
            head = b"Status: 500 Internal Server Error\r\nContent-Type: text/plain\r\n\r\n"
        status, headers = _parse_head(head)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        while chunk := await process.stdout.read(_CHUNK):
            if gone is not None and gone.done():
                return
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _answer_hook(self, connection: socket.socket) -> None:
        """Wait for the hook, ask `decide`, and tell the hook."""
        assert self._decide is not None
        loop = asyncio.get_running_loop()
        asked = b""
        while not asked.endswith(b"\n"):
            came = await loop.sock_recv(connection, _CHUNK)
            if not came:
                return
            asked += came
        self._is_asked = True
        question = json.loads(asked)
        updates = [RefUpdate(*update) for update in question["updates"]]
        hook = Hook(connection)
        watching = asyncio.create_task(hook.watch())
        try:
            is_accepted = await self._decide(updates, question["env"], hook)
        except Exception:
            log.exception("a push could not be decided")
            await hook.say("The platform made a mistake; the server's log has the details.")
            is_accepted = False
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        if is_accepted:
            self._accepted = updates
        await hook.answer(is_accepted=is_accepted)


def _parse_head(head: bytes) -> tuple[int, list[tuple[bytes, bytes]]]:
    """Turn the head of a CGI answer into a status and headers."""
    status, headers = 200, []
    for line in head.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if not colon:
            continue
        if name.lower() == b"status":
            status = int(value.strip()[:3])
        else:
            headers.append((name.lower(), value.strip()))
    return status, headers


async def _refuse(send: Send, reason: str) -> None:
    """End a push with a sentence that git shows; an HTTP error would be shown as its number alone."""
    content = _BAND_ERROR + reason.encode() + b"\n"
    headers = [(b"content-type", b"application/x-git-receive-pack-result"), (b"cache-control", b"no-cache")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    body = f"{len(content) + 4:04x}".encode() + content
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _end(process: asyncio.subprocess.Process) -> None:
    """End git and all it started. At the end of its input it removes what it had not accepted yet."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    rest = asyncio.create_task(process.stdout.read())
    try:
        for kind in (None, signal.SIGTERM, signal.SIGKILL):
            if kind is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, kind)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_KIND_SECONDS):
                    await process.wait()
                    return
    finally:
        rest.cancel()
        await asyncio.gather(rest, return_exceptions=True)
