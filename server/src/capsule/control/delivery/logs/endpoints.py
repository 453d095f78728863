"""`/capsules/{capsule}/logs` and `/access-logs`: newest records, search, live stream."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from capsule.api.access import requires
from capsule.api.context import CurrentContext
from capsule.control.delivery.logs.streams import ACCESS_LOG, APP_LOG
from capsule.control.delivery.sse import event, event_stream
from capsule.control.policy import Action
from capsule.control.shapes.base import Items, Shape
from capsule.control.shapes.delivery import LogLineShape
from capsule.models import Capsule
from capsule.telemetry.segments import end, follow, tail

router = APIRouter(prefix="/capsules/{capsule}", tags=["logs"])

Limit = Annotated[int, Query(ge=1, le=5000)]
Search = Annotated[str | None, Query(max_length=200, description="Text, whatever the case.")]
Tail = Annotated[int, Query(ge=0, le=5000, description="So many earlier records first.")]
Moment = Annotated[datetime | None, Query(description="ISO 8601.")]


class AccessRecord(Shape):
    at: datetime
    method: str
    path: str
    host: str
    status: int
    duration_ms: float
    bytes_in: int
    bytes_out: int
    replica: str | None = None
    client: str = ""
    user_agent: str = ""


@router.get("/logs")
async def read_logs(
    capsule: Annotated[Capsule, requires(Action.log_read, detached=True)],
    context: CurrentContext,
    limit: Limit = 200,
    since: Moment = None,
    until: Moment = None,
    search: Search = None,
    replica: str | None = None,
    environment: str | None = None,
) -> Items[LogLineShape]:
    """Return the newest lines that fit, the oldest first."""
    lines = await asyncio.to_thread(
        tail,
        context.paths.telemetry(capsule.id),
        APP_LOG,
        limit=limit,
        since=_aware(since),
        until=_aware(until),
        search=search,
        match=_match(replica=replica, environment=environment),
    )
    return Items(items=[LogLineShape.model_validate(line) for line in lines])


@router.get("/logs/stream")
async def follow_logs(
    capsule: Annotated[Capsule, requires(Action.log_read, detached=True)],
    context: CurrentContext,
    tail: Tail = 100,
    search: Search = None,
    replica: str | None = None,
    environment: str | None = None,
) -> StreamingResponse:
    """Server-sent events: `line` for each line."""
    match = _match(replica=replica, environment=environment)
    folder = context.paths.telemetry(capsule.id)
    return event_stream(records(folder, APP_LOG, "line", before=tail, search=search, match=match))


@router.get("/access-logs")
async def read_access_logs(
    capsule: Annotated[Capsule, requires(Action.access_log_read, detached=True)],
    context: CurrentContext,
    limit: Limit = 200,
    since: Moment = None,
    until: Moment = None,
    search: Search = None,
) -> Items[AccessRecord]:
    """Return the newest requests that fit, the oldest first."""
    found = await asyncio.to_thread(
        tail,
        context.paths.telemetry(capsule.id),
        ACCESS_LOG,
        limit=limit,
        since=_aware(since),
        until=_aware(until),
        search=search,
    )
    return Items(items=[AccessRecord.model_validate(record) for record in found])


@router.get("/access-logs/stream")
async def follow_access_logs(
    capsule: Annotated[Capsule, requires(Action.access_log_read, detached=True)],
    context: CurrentContext,
    tail: Tail = 100,
    search: Search = None,
) -> StreamingResponse:
    """Server-sent events: `line` for each request."""
    folder = context.paths.telemetry(capsule.id)
    return event_stream(records(folder, ACCESS_LOG, "line", before=tail, search=search))


async def records(
    folder: Path,
    stem: str,
    name: str,
    *,
    before: int,
    search: str | None = None,
    match: dict[str, str] | None = None,
) -> AsyncGenerator[bytes, None]:
    """Yield the newest `before` records as events, then each new one; none is missed in between."""
    position = await asyncio.to_thread(end, folder, stem)
    if before:
        earlier = await asyncio.to_thread(
            tail, folder, stem, limit=before, search=search, match=match, before=position
        )
        for record in earlier:
            yield event(name, record)
    async for record in follow(folder, stem, after=position, search=search, match=match):
        yield event(name, record)


def _match(**wanted: str | None) -> dict[str, str]:
    return {key: value for key, value in wanted.items() if value}


def _aware(moment: datetime | None) -> datetime | None:
    return moment.astimezone() if moment is not None and moment.tzinfo is None else moment
