"""Talk to deployed apps from any Python program, waiting (`Client`) or awaiting (`AsyncClient`).

Both only move bytes; what is said and how answers are read lies in `_client_calls`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from . import _client_calls as calls
from ._client_calls import AnswerStream, Call, ChatResponse, StreamChunk
from ._errors import NotYetAvailable

__all__ = ["AsyncClient", "ChatResponse", "Client", "StreamChunk"]


class _Face:
    """What both kinds of client hold."""

    def __init__(self, token: str | None = None, gateway_url: str | None = None) -> None:
        login = calls.find_login(token, gateway_url)
        self._url = login.url
        self._names = calls.AppNames()
        self._headers = {"Authorization": f"Bearer {login.token}"}

    def _options(self, call: Call) -> dict[str, Any]:
        url = f"{self._url}/api/v1{call.path}"
        return {"method": call.method, "url": url, "json": call.body, "params": call.params}

    def _stream_options(self, answer: AnswerStream) -> dict[str, Any]:
        url = f"{self._url}/api/v1{answer.path}"
        return {"method": "GET", "url": url, "params": answer.params(), "headers": answer.headers()}


class Client(_Face):
    """Calls the platform with the saved login, or with an address and a token."""

    def list_apps(self) -> list[dict[str, Any]]:
        """Return the apps that this login reaches, as `{id, name, hostname, ...}`."""
        return calls.read_apps(self._send(calls.LIST_APPS))

    def get_app(self, name_or_id: str) -> dict[str, Any]:
        """Return one app. Raises ValueError when there is none of that name."""
        return calls.read_app(self._send(calls.get_app(self._app_id(name_or_id))))

    def chat(self, app: str, text: str, session_id: str | None = None) -> ChatResponse:
        """Send `text` and wait for the whole answer; `session_id` continues a conversation.

        When the app asks something meanwhile, the answer comes at once with status `waiting`: see `answer`.
        """
        return calls.read_chat(self._send(calls.chat(self._app_id(app), text, session_id)))

    def answer(
        self,
        app: str,
        session_id: str,
        prompt_id: str,
        *,
        approved: bool | None = None,
        dismissed: bool = False,
    ) -> ChatResponse:
        """Answer what the app asks (`ChatResponse.prompts`) and wait for what it replies then."""
        call = calls.answer(self._app_id(app), session_id, prompt_id, approved=approved, dismissed=dismissed)
        return calls.read_chat(self._send(call))

    def stream(self, app: str, text: str, session_id: str | None = None) -> Iterator[StreamChunk]:
        """Send `text` and yield the answer while it is made; the last chunk is `done`.

        A connection that breaks is made again, and the answer goes on where it was.
        """
        import httpx2

        answer = AnswerStream(self._app_id(app), text, session_id)
        while not answer.is_over():
            problem, pause = RuntimeError("The stream ended too early."), answer.patience.pause()
            answer.begin()
            try:
                with (
                    httpx2.Client(timeout=calls.TIMEOUT_SECONDS, headers=self._headers) as client,
                    client.stream(**self._stream_options(answer)) as response,
                ):
                    if response.status_code >= 400:
                        response.read()
                        problem = calls.failure(response.status_code, response.text)
                        pause = answer.patience.pause(response.status_code)
                    else:
                        for line in response.iter_lines():
                            yield from answer.read(line)
                            if answer.is_over():
                                return
            except httpx2.TransportError as exc:
                problem, pause = calls.unreachable(self._url, exc), answer.patience.pause()
            if pause is None:
                raise problem
            time.sleep(pause)

    def create_checkout(self, app: str, return_url: str = "") -> str:
        raise NotYetAvailable("Paid apps")

    def list_payments(self, app: str) -> list[dict[str, Any]]:
        raise NotYetAvailable("Paid apps")

    def get_earnings(self, app: str) -> dict[str, Any]:
        raise NotYetAvailable("Paid apps")

    def reset_onboarding(self, app: str) -> dict[str, Any]:
        raise NotYetAvailable("Onboarding")

    def _app_id(self, name_or_id: str) -> str:
        return self._names.known(name_or_id) or self._names.learn(self.list_apps(), name_or_id)

    def _send(self, call: Call) -> dict[str, Any]:
        import httpx2

        patience = calls.Patience(call)
        with httpx2.Client(timeout=calls.TIMEOUT_SECONDS, headers=self._headers) as client:
            while True:
                try:
                    answer = client.request(**self._options(call))
                    if answer.status_code < 400:
                        found: dict[str, Any] = answer.json()
                        return found
                    problem = calls.failure(answer.status_code, answer.text)
                    pause = patience.pause(answer.status_code)
                except httpx2.TransportError as exc:
                    problem, pause = calls.unreachable(self._url, exc), patience.pause()
                if pause is None:
                    raise problem
                time.sleep(pause)


class AsyncClient(_Face):
    """The same as `Client`, for programs that run an event loop."""

    async def list_apps(self) -> list[dict[str, Any]]:
        """See `Client.list_apps`."""
        return calls.read_apps(await self._send(calls.LIST_APPS))

    async def get_app(self, name_or_id: str) -> dict[str, Any]:
        """See `Client.get_app`."""
        return calls.read_app(await self._send(calls.get_app(await self._app_id(name_or_id))))

    async def chat(self, app: str, text: str, session_id: str | None = None) -> ChatResponse:
        """See `Client.chat`."""
        return calls.read_chat(await self._send(calls.chat(await self._app_id(app), text, session_id)))

    async def answer(
        self,
        app: str,
        session_id: str,
        prompt_id: str,
        *,
        approved: bool | None = None,
        dismissed: bool = False,
    ) -> ChatResponse:
        """See `Client.answer`."""
        app_id = await self._app_id(app)
        call = calls.answer(app_id, session_id, prompt_id, approved=approved, dismissed=dismissed)
        return calls.read_chat(await self._send(call))

    async def stream(self, app: str, text: str, session_id: str | None = None) -> AsyncIterator[StreamChunk]:
        """See `Client.stream`."""
        import httpx2

        answer = AnswerStream(await self._app_id(app), text, session_id)
        while not answer.is_over():
            problem, pause = RuntimeError("The stream ended too early."), answer.patience.pause()
            answer.begin()
            try:
                async with (
                    httpx2.AsyncClient(timeout=calls.TIMEOUT_SECONDS, headers=self._headers) as client,
                    client.stream(**self._stream_options(answer)) as response,
                ):
                    if response.status_code >= 400:
                        await response.aread()
                        problem = calls.failure(response.status_code, response.text)
                        pause = answer.patience.pause(response.status_code)
                    else:
                        async for line in response.aiter_lines():
                            for chunk in answer.read(line):
                                yield chunk
                            if answer.is_over():
                                return
            except httpx2.TransportError as exc:
                problem, pause = calls.unreachable(self._url, exc), answer.patience.pause()
            if pause is None:
                raise problem
            await asyncio.sleep(pause)

    async def create_checkout(self, app: str, return_url: str = "") -> str:
        raise NotYetAvailable("Paid apps")

    async def list_payments(self, app: str) -> list[dict[str, Any]]:
        raise NotYetAvailable("Paid apps")

    async def get_earnings(self, app: str) -> dict[str, Any]:
        raise NotYetAvailable("Paid apps")

    async def reset_onboarding(self, app: str) -> dict[str, Any]:
        raise NotYetAvailable("Onboarding")

    async def _app_id(self, name_or_id: str) -> str:
        return self._names.known(name_or_id) or self._names.learn(await self.list_apps(), name_or_id)

    async def _send(self, call: Call) -> dict[str, Any]:
        import httpx2

        patience = calls.Patience(call)
        async with httpx2.AsyncClient(timeout=calls.TIMEOUT_SECONDS, headers=self._headers) as client:
            while True:
                try:
                    answer = await client.request(**self._options(call))
                    if answer.status_code < 400:
                        found: dict[str, Any] = answer.json()
                        return found
                    problem = calls.failure(answer.status_code, answer.text)
                    pause = patience.pause(answer.status_code)
                except httpx2.TransportError as exc:
                    problem, pause = calls.unreachable(self._url, exc), patience.pause()
                if pause is None:
                    raise problem
                await asyncio.sleep(pause)
