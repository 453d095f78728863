"""Calls of a git host's REST API; what goes wrong is told in one way for every host."""

from typing import Any
from urllib.parse import urlsplit

import httpx2

from capsule.errors import InvalidInput, NotFound, Unavailable
from capsule.kit.outbound import client

_TIMEOUT = 15.0


class HostRefused(InvalidInput):
    """The host does not let the token do this."""

    code, title = "git_host_refused", "Refused by the git host"


class TokenUnknown(HostRefused):
    """It was revoked, or has ended."""


class RepositoryNotFound(NotFound):
    code = "repository_not_found"


class HostUnavailable(Unavailable):
    code, title = "git_host_unavailable", "Git host unavailable"


class HostDisagrees(HostUnavailable):
    """It cannot do what was asked with the state that it is in."""


class HostApi:
    """Calls of one host's API, as one token."""

    def __init__(self, base: str, headers: dict[str, str], *, allow_private: bool) -> None:
        self._base = base
        self._headers = {**headers, "Accept": "application/json", "User-Agent": "capsule"}
        self._allow_private = allow_private
        self._name = urlsplit(base).netloc

    async def get(self, path: str, **query: str | int) -> Any:
        return await self._call("GET", path, query=query)

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        return await self._call("POST", path, body=body)

    async def delete(self, path: str) -> None:
        await self._call("DELETE", path)

    async def _call(
        self, method: str, path: str, *, query: dict[str, str | int] | None = None, body: object = None
    ) -> Any:
        try:
            async with client(allow_private=self._allow_private, timeout=_TIMEOUT) as http:
                answer = await http.request(
                    method, f"{self._base}{path}", params=query, json=body, headers=self._headers
                )
        except httpx2.HTTPError as exc:
            raise HostUnavailable(
                f"{self._name} cannot be reached: {type(exc).__name__}.", hint="Check the host's address."
            ) from exc
        if answer.status_code == 401:
            raise TokenUnknown(
                f"{self._name} does not know the token.", hint="Make a new one there.", field="token"
            )
        if answer.status_code in (403, 429):
            raise HostRefused(
                f"{self._name} does not let the token do this.",
                hint="It has to read repositories and write webhooks; or too much was asked, so wait a bit.",
                field="token",
            )
        if answer.status_code == 404:
            raise RepositoryNotFound(f"{self._name} has no such repository for this token.")
        if answer.status_code >= 400:
            kind = HostDisagrees if answer.status_code == 422 else HostUnavailable
            raise kind(f"{self._name} answers with {answer.status_code}.", hint="Try again later.")
        if answer.status_code == 204:
            return None
        try:
            return answer.json()
        except ValueError as exc:
            raise HostUnavailable(
                f"{self._name} does not answer as a git host does.", hint="Check the host's address."
            ) from exc
