"""Calls between the platform's own processes: JSON lines over a unix socket.

One connection carries many calls at a time. A request is `{"id", "method", "params"}`, an answer
`{"id", "result"}` or `{"id", "error": {code, detail, hint, context}}`. Dropping the connection cancels
the calls that are still running on it, so a caller that goes away (or cancels) leaves nothing behind.
The socket is mode 0600 and the peer must run as the same operating-system user (or root).
"""

import asyncio
import contextlib
import functools
import itertools
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from capsule.errors import Conflict, InvalidInput, NotFound, PlatformError, Unavailable
from capsule.kit.sockets import short_path

log = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any]], Awaitable[object]]
"""Takes the decoded params; its result is encoded with msgspec."""

_MAX_LINE = 64 * 1024 * 1024
_CANCEL = "$cancel"


class RemoteError(PlatformError):
    """A failure that the other process named with a code unknown to this one."""

    code, title = "remote_error", "Remote error"

    def __init__(self, detail: str, *, remote_code: str, hint: str | None = None, **context: object) -> None:
        super().__init__(detail, hint=hint, **context)
        self.remote_code = remote_code


class RpcServer:
    """Serve `handlers` on a unix socket until `close`."""

    def __init__(self, path: Path, handlers: Mapping[str, Handler]) -> None:
        self._path = path
        self._handlers = handlers
        self._server: asyncio.AbstractServer | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Bind the socket, replacing a stale one.

        Raises Conflict when a live process still answers on it.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with short_path(self._path) as name:
            if self._path.exists():
                if _answers(name):
                    raise Conflict(f"Another process is already serving {self._path}.")
                self._path.unlink()
            self._server = await asyncio.start_unix_server(self._serve, name, limit=_MAX_LINE)
        self._path.chmod(0o600)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        calls: dict[int, asyncio.Task[None]] = {}
        try:
            if not _peer_is_trusted(writer):
                return
            while line := await reader.readline():
                request = msgspec.json.decode(line)
                if request["method"] == _CANCEL:
                    if call := calls.get(request["params"]["id"]):
                        call.cancel()
                    continue
                call = asyncio.create_task(self._call(request, writer))
                calls[request["id"]] = call
                call.add_done_callback(functools.partial(_forget, calls, request["id"]))
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            for call in list(calls.values()):
                call.cancel()
            await asyncio.gather(*list(calls.values()), return_exceptions=True)
            writer.close()
            self._connections.discard(task)

    async def _call(self, request: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        answer: dict[str, object]
        try:
            handler = self._handlers.get(request["method"])
            if handler is None:
                raise NotFound(f"No method {request['method']!r}.")
            answer = {"id": request["id"], "result": await handler(request.get("params") or {})}
        except PlatformError as exc:
            answer = {"id": request["id"], "error": _describe(exc)}
        except msgspec.ValidationError as exc:
            answer = {"id": request["id"], "error": _describe(InvalidInput(str(exc)))}
        except Exception as exc:
            log.exception("call of %s failed", request["method"])
            answer = {"id": request["id"], "error": _describe(PlatformError(f"{type(exc).__name__}: {exc}"))}
        if not writer.is_closing():
            writer.write(msgspec.json.encode(answer) + b"\n")
            with contextlib.suppress(ConnectionError):
                await writer.drain()


class RpcClient:
    """Call an `RpcServer`. Connects on first use and again after the server came back."""

    def __init__(self, path: Path, *, name: str) -> None:
        self._path = path
        self._name = name
        self._ids = itertools.count(1)
        self._pending: dict[int, asyncio.Future[Any]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._reader_task: asyncio.Task[None] | None = None
        self._connecting = asyncio.Lock()

    async def call(self, method: str, params: object = None, *, timeout: float | None = 30.0) -> Any:
        """Return the decoded result.

        Raises Unavailable when the process cannot be reached or goes away during the call, and the
        remote PlatformError otherwise (RemoteError when its code has no class here). `timeout` is in
        seconds; None waits for as long as the call takes.
        """
        writer = await self._connect()
        key = next(self._ids)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._pending[key] = future
        try:
            writer.write(msgspec.json.encode({"id": key, "method": method, "params": params}) + b"\n")
            await writer.drain()
            # Not wait_for: in Python 3.11 it loses a cancellation that meets the answer.
            async with asyncio.timeout(timeout):
                return await future
        except TimeoutError:
            self._cancel_remote(key)
            raise Unavailable(f"The {self._name} did not answer {method!r} within {timeout:g} s.") from None
        except ConnectionError as exc:
            raise self._unreachable() from exc
        except asyncio.CancelledError:
            self._cancel_remote(key)
            raise
        finally:
            self._pending.pop(key, None)

    async def close(self) -> None:
        if self._reader_task is not None:
            self._reader_task.cancel()
            await asyncio.gather(self._reader_task, return_exceptions=True)

    def _cancel_remote(self, key: int) -> None:
        if self._writer is not None and not self._writer.is_closing():
            notice = {"id": 0, "method": _CANCEL, "params": {"id": key}}
            self._writer.write(msgspec.json.encode(notice) + b"\n")

    async def _connect(self) -> asyncio.StreamWriter:
        async with self._connecting:
            if self._writer is not None and not self._writer.is_closing():
                return self._writer
            try:
                with short_path(self._path) as name:
                    reader, writer = await asyncio.open_unix_connection(name, limit=_MAX_LINE)
            except OSError as exc:
                raise self._unreachable() from exc
            self._writer = writer
            self._reader_task = asyncio.create_task(self._read(reader, writer))
            return writer

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                answer = msgspec.json.decode(line)
                future = self._pending.get(answer["id"])
                if future is None or future.done():
                    continue
                if "error" in answer:
                    future.set_exception(_raise_as(answer["error"]))
                else:
                    future.set_result(answer["result"])
        except ConnectionError:
            pass
        finally:
            writer.close()
            for future in self._pending.values():
                if not future.done():
                    future.set_exception(self._unreachable())

    def _unreachable(self) -> Unavailable:
        return Unavailable(f"The {self._name} cannot be reached.", hint="capsule status")


def _forget(calls: dict[int, asyncio.Task[None]], key: int, _: object) -> None:
    calls.pop(key, None)


def _describe(exc: PlatformError) -> dict[str, object]:
    return {"code": exc.code, "detail": exc.detail, "hint": exc.hint, "context": exc.context}


def _raise_as(error: dict[str, Any]) -> PlatformError:
    context = error.get("context") or {}
    for kind in _subclasses(PlatformError):
        if kind.code == error["code"] and kind is not RemoteError:
            return kind(error["detail"], hint=error.get("hint"), **context)
    return RemoteError(error["detail"], remote_code=error["code"], hint=error.get("hint"), **context)


def _subclasses(kind: type[PlatformError]) -> list[type[PlatformError]]:
    found = [kind]
    for sub in kind.__subclasses__():
        found.extend(_subclasses(sub))
    return found


def _answers(name: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(name)
        except OSError:
            return False
        return True


def _peer_is_trusted(writer: asyncio.StreamWriter) -> bool:
    peer: socket.socket = writer.get_extra_info("socket")
    credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", credentials)
    return uid in (0, os.getuid())
