"""Turn calls of the command line into HTTP requests, and answers into plain data or `CapsuleError`.

Knows the conventions of the API (problem documents, `{"items": […]}`, server-sent events that go on after a
dropped connection) and no single command.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from cpsl import __version__
from cpsl._problems import ApiError, CapsuleError, InvalidInput, Unreachable

if TYPE_CHECKING:
    import httpx2

PREFIX = "/api/v1"
CHUNK = 256 * 1024
RECONNECT_SECONDS = 1.0
SILENCE_SECONDS = 60.0
"""Streams send a heartbeat every 15 s; one that is silent for longer is a dead connection."""

Record = dict[str, Any]
Advance = Callable[[int], None]


@dataclass(frozen=True)
class Event:
    """One server-sent event."""

    name: str
    data: Any
    id: str


class Api:
    """One installation, called as one person. Safe to use from several threads."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url.rstrip("/")
        self.token = token

    @cached_property
    def _client(self) -> httpx2.Client:
        import httpx2

        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InvalidInput(
                f"'{self.url}' is not the address of a server.",
                hint="Such as: --server http://localhost:8080",
            )
        headers = {"User-Agent": f"capsule-cli/{__version__}", "Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return httpx2.Client(
            base_url=self.url,
            headers=headers,
            timeout=httpx2.Timeout(60.0, connect=5.0),
            # Reading the certificate store takes 100 ms, so only where there is TLS.
            verify=parts.scheme == "https",
            trust_env=not is_loopback(parts.hostname),
        )

    def close(self) -> None:
        if "_client" in self.__dict__:
            self._client.close()

    def get(self, path: str, /, **params: object) -> Any:
        return self.call("GET", path, params=params)

    def post(self, path: str, /, body: object = None, **params: object) -> Any:
        return self.call("POST", path, body=body, params=params)

    def patch(self, path: str, body: object) -> Any:
        return self.call("PATCH", path, body=body)

    def delete(self, path: str, /, **params: object) -> Any:
        return self.call("DELETE", path, params=params)

    def items(self, path: str, /, **params: object) -> list[Record]:
        """Return what a list route answers."""
        found = self.get(path, **params)
        return list(found["items"]) if isinstance(found, dict) else list(found)

    def call(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        params: dict[str, object] | None = None,
        content: bytes | Iterable[bytes] | None = None,
        headers: dict[str, str] | None = None,
        timeout: float | None = None,
    ) -> Any:
        """Send one request and return the decoded answer, None when it has no body.

        Raises ApiError for a refusal, Unreachable when there is no answer.
        """
        import httpx2

        client = self._client
        options: dict[str, Any] = {} if timeout is None else {"timeout": timeout}
        try:
            response = client.request(
                method,
                PREFIX + path,
                params=_present(params),
                json=body,
                content=content,
                headers=headers,
                **options,
            )
        except httpx2.RequestError as error:
            raise self._unreachable(error) from error
        self._raise_for(response.status_code, response.content, dict(response.headers))
        if not response.content:
            return None
        try:
            return response.json()
        except ValueError as error:
            raise CapsuleError(
                f"{self.url} does not answer like a Capsule server.",
                code="foreign_server",
                hint="Check the address given with --server, CAPSULE_URL or at login.",
            ) from error

    def send(
        self,
        method: str,
        path: str,
        file: IO[bytes],
        *,
        size: int,
        content_type: str = "application/octet-stream",
        params: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        advance: Advance | None = None,
    ) -> Any:
        """Stream `file` as the body of one request."""

        def chunks() -> Iterator[bytes]:
            while chunk := file.read(CHUNK):
                yield chunk
                if advance is not None:
                    advance(len(chunk))

        return self.call(
            method,
            path,
            params=params,
            content=chunks(),
            headers={"Content-Type": content_type, "Content-Length": str(size), **(headers or {})},
            timeout=600.0,
        )

    def receive(
        self,
        path: str,
        into: IO[bytes],
        *,
        params: dict[str, object] | None = None,
        started: Callable[[int | None], None] | None = None,
        advance: Advance | None = None,
    ) -> int:
        """Stream an answer into `into` and return the number of bytes; `started` learns the size first."""
        import httpx2

        client, received = self._client, 0
        try:
            with client.stream("GET", PREFIX + path, params=_present(params)) as response:
                if response.is_error:
                    response.read()
                self._raise_for(
                    response.status_code,
                    response.content if response.is_error else b"",
                    dict(response.headers),
                )
                if started is not None:
                    length = response.headers.get("content-length")
                    started(int(length) if length else None)
                for chunk in response.iter_bytes():
                    into.write(chunk)
                    received += len(chunk)
                    if advance is not None:
                        advance(len(chunk))
        except httpx2.RequestError as error:
            raise self._unreachable(error) from error
        return received

    def events(
        self,
        path: str,
        *,
        params: dict[str, object] | None = None,
        resume_params: dict[str, object] | None = None,
        patience: float | None = 60.0,
        dropped: Callable[[CapsuleError], None] | None = None,
    ) -> Iterator[Event]:
        """Yield the events of a stream, connecting again after a break where it left off.

        Ends never by itself: the caller leaves when it has seen what it waits for. `resume_params` replace
        `params` on later connections. After `patience` seconds without a connection (None: for ever) the
        failure is raised; refusals are raised at once.
        """
        last_id, failing_since, current = "", None, params
        while True:
            try:
                for event in self._connection(path, current, last_id):
                    failing_since = None
                    last_id = event.id or last_id
                    yield event
            except (ApiError, Unreachable) as error:
                if isinstance(error, ApiError) and error.status < 500:
                    raise
                if failing_since is None:
                    failing_since = time.monotonic()
                    if dropped is not None:
                        dropped(error)
                if patience is not None and time.monotonic() - failing_since > patience:
                    raise
            if resume_params is not None:
                current = resume_params
            time.sleep(RECONNECT_SECONDS)

    def _connection(self, path: str, params: dict[str, object] | None, last_id: str) -> Iterator[Event]:
        import httpx2

        headers = {"Last-Event-ID": last_id} if last_id else None
        timeout = httpx2.Timeout(SILENCE_SECONDS, connect=5.0)
        try:
            with self._client.sse(
                PREFIX + path, params=_present(params), headers=headers, timeout=timeout
            ) as source:
                response = source.response
                if response.is_error:
                    response.read()
                    self._raise_for(response.status_code, response.content, dict(response.headers))
                for event in source:
                    yield Event(event.event, _decoded(event.data), event.id)
        except httpx2.RequestError as error:
            raise self._unreachable(error) from error

    def _raise_for(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        if status < 400:
            return
        error = ApiError.from_problem(status, body, headers)
        if error.status == 401 and error.code != "wrong_credentials":
            error.hint = f"Log in again: capsule login --server {self.url}"
        raise error

    def _unreachable(self, error: Exception) -> CapsuleError:
        import httpx2

        if isinstance(error, (httpx2.UnsupportedProtocol, httpx2.InvalidURL)):
            return InvalidInput(f"'{self.url}' is not the address of a server: {error}.")
        if is_loopback(urlsplit(self.url).hostname or ""):
            hint = "Start it with: capsule up    (another one: --server URL, or: capsule login --server URL)"
        else:
            hint = "Check the address and the network, then try again."
        reason = str(error).strip() or type(error).__name__
        return Unreachable(f"The server at {self.url} does not answer ({reason}).", hint=hint)


def segment(value: str) -> str:
    """Return `value` as one segment of a path, whatever it holds."""
    return quote(value, safe="")


def is_loopback(host: str) -> bool:
    return host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")


def _present(params: dict[str, object] | None) -> dict[str, str] | None:
    if not params:
        return None
    return {key: str(value) for key, value in params.items() if value is not None}


def _decoded(data: str) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return data
