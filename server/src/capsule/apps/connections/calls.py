"""Bounded HTTP calls to providers: nothing endless, nothing slow, no private address that an app names."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx2
import msgspec

from capsule.apps.connections.errors import ProviderUnavailable
from capsule.apps.connections.provider import Endpoint
from capsule.kit import outbound

_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "Capsule"}
_MAX_BODY = 256 * 1024


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]
    """Empty when it was no JSON object."""


class ProviderCalls:
    """The HTTP clients that all apps share, made at first use."""

    def __init__(self, *, seconds: float = 30.0) -> None:
        """`seconds`: within which an answer has to be complete."""
        self._seconds = seconds
        self._clients: dict[bool, httpx2.AsyncClient] = {}

    async def send(
        self,
        label: str,
        method: str,
        endpoint: Endpoint,
        *,
        form: dict[str, str] | None = None,
        json: object = None,
        headers: dict[str, str] | None = None,
        auth: httpx2.Auth | None = None,
    ) -> Answer:
        """Return what the provider named `label` answers. Raises ProviderUnavailable, AddressRefused."""
        client = self._client(endpoint.is_trusted)
        try:
            async with asyncio.timeout(self._seconds):
                request = client.build_request(
                    method, endpoint.url, data=form, json=json, headers={**_HEADERS, **(headers or {})}
                )
                answer = await client.send(request, auth=auth, stream=True)
                try:
                    content = await _read(label, answer)
                finally:
                    await answer.aclose()
        except TimeoutError as exc:
            raise ProviderUnavailable(f"{label} did not answer within {self._seconds:g} s.") from exc
        except (httpx2.HTTPError, httpx2.InvalidURL) as exc:
            raise ProviderUnavailable(
                f"{label} could not be reached ({type(exc).__name__}).", hint="Try again in a moment."
            ) from exc
        return Answer(answer.status_code, _object(content))

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    def _client(self, allow_private: bool) -> httpx2.AsyncClient:
        if allow_private not in self._clients:
            self._clients[allow_private] = outbound.client(allow_private=allow_private, timeout=self._seconds)
        return self._clients[allow_private]


async def _read(label: str, answer: httpx2.Response) -> bytes:
    content = bytearray()
    async for chunk in answer.aiter_raw():
        content += chunk
        if len(content) > _MAX_BODY:
            raise ProviderUnavailable(f"{label} answered with more than {_MAX_BODY >> 10} KiB.")
    return bytes(content)


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(content) if content else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
