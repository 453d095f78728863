"""Ask the app host something over its unix socket, on behalf of a person who is signed in here."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, suppress
from typing import Any

import httpx2
from fastapi.responses import Response, StreamingResponse

from capsule.api.context import Context
from capsule.control.policy import Actor
from capsule.errors import Unavailable
from capsule.kit.sockets import short_path
from capsule.models import Capsule

_SECONDS = 130.0
"""A little more than `cpsl.Client` waits."""


async def ask(
    context: Context, app: Capsule, actor: Actor, method: str, path: str, **request: Any
) -> Response:
    """Return the app host's whole answer. Raises Unavailable when there is none."""
    async with AsyncExitStack() as stack:
        client = await _client(stack, context, app, actor)
        try:
            return _copy(await client.request(method, path, **request))
        except httpx2.HTTPError as exc:
            raise _away(exc) from exc


async def ask_stream(
    context: Context, app: Capsule, actor: Actor, method: str, path: str, **request: Any
) -> Response:
    """Return the app host's event stream as it comes, or its refusal. Raises Unavailable like `ask`."""
    stack = AsyncExitStack()
    try:
        client = await _client(stack, context, app, actor)
        answer = await stack.enter_async_context(client.stream(method, path, **request))
        if answer.status_code != 200:
            await answer.aread()
            await stack.aclose()
            return _copy(answer)
    except httpx2.HTTPError as exc:
        await stack.aclose()
        raise _away(exc) from exc
    except BaseException:
        await stack.aclose()
        raise
    return StreamingResponse(_pass_on(stack, answer), media_type="text/event-stream")


def _copy(answer: httpx2.Response) -> Response:
    return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type", ""))


async def _pass_on(stack: AsyncExitStack, answer: httpx2.Response) -> AsyncGenerator[bytes, None]:
    # Readers of a stream that broke off come back and go on behind the last event.
    async with stack:
        with suppress(httpx2.TransportError):
            async for chunk in answer.aiter_raw():
                yield chunk


async def _client(stack: AsyncExitStack, context: Context, app: Capsule, actor: Actor) -> httpx2.AsyncClient:
    socket = stack.enter_context(short_path(context.paths.apps_socket))
    return await stack.enter_async_context(
        httpx2.AsyncClient(
            transport=httpx2.AsyncHTTPTransport(uds=socket),
            base_url=f"http://{context.site.host(app.slug)}",
            headers={
                "X-Capsule-Route": app.id,
                "X-Capsule-User": actor.user.id,
                "X-Capsule-Email": actor.user.email,
            },
            timeout=httpx2.Timeout(_SECONDS, connect=5.0),
        )
    )


def _away(exc: httpx2.HTTPError) -> Unavailable:
    if isinstance(exc, httpx2.TimeoutException):
        return Unavailable(f"The app did not answer within {_SECONDS:g} s.")
    return Unavailable("The app host cannot be reached.", hint="capsule status")
