"""Assemble the web application from its parts. Opens nothing; everything comes in the Context."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

import capsule
from capsule.api import health, problem
from capsule.api.access import check_routes
from capsule.api.console import Console
from capsule.api.context import Context
from capsule.api.middleware import Bugs, RequestId, SameOrigin
from capsule.api.routers import GIT_ROUTER, ROUTERS

_MAX_JSON_BYTES = 1024 * 1024
"""Routes that take larger, streamed bodies say so with `max_body_size` of their own."""


class _Server(FastAPI):
    def build_middleware_stack(self) -> ASGIApp:
        return RequestId(super().build_middleware_stack())


def create_app(
    context: Context,
    *,
    routers: Sequence[APIRouter] = ROUTERS,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None,
) -> FastAPI:
    """Return the server's ASGI app. Raises UndeclaredRoute when a route has no rule."""
    app = _Server(
        title="Capsule",
        version=context.version,
        lifespan=lifespan,
        max_body_size=_MAX_JSON_BYTES,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.context = context
    problem.install(app)
    app.include_router(health.router)
    for router in routers:
        app.include_router(router, prefix="/api/v1")
    app.include_router(GIT_ROUTER)
    check_routes(app.routes)
    app.mount("/", Console(context.console))
    app.add_middleware(SameOrigin)
    app.add_middleware(Bugs)
    return app


def describe() -> dict[str, object]:
    """Return the OpenAPI document without a running platform."""
    app = FastAPI(title="Capsule", version=capsule.__version__)
    app.include_router(health.router)
    for router in ROUTERS:
        app.include_router(router, prefix="/api/v1")
    return app.openapi()
