"""`/capsules/{capsule}/builds` and `/builds/{build}`: ask for builds, read them, follow their logs."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.api.access import requires
from capsule.api.auth import CurrentActor
from capsule.api.context import Context, CurrentContext
from capsule.api.uow import DbSession
from capsule.control.delivery.builds.comparison import Comparisons
from capsule.control.delivery.builds.repository import BuildRepository
from capsule.control.delivery.builds.service import cancel_build, request_build
from capsule.control.delivery.sources.repository import SourceRepository
from capsule.control.delivery.sse import event, event_stream, last_event_id
from capsule.control.events import Events
from capsule.control.policy import Action, Actor
from capsule.control.shapes.base import Input, Items, Shape
from capsule.control.shapes.delivery import UNFINISHED, BuildShape, LogLineShape
from capsule.control.workload.capsules.schemas import ConfigInput, UpdateCapsule
from capsule.control.workload.capsules.service import CapsuleService, ensure_present
from capsule.control.workload.capsules.source import Source, UploadSource
from capsule.models import Build, Capsule, Release
from capsule.telemetry.lines import LineReader, read_lines

router = APIRouter(tags=["builds"])

_MOST_LINES = 5000
_LOOK_SECONDS = 0.15


class WantBuild(Input):
    upload_id: str | None = None
    source: Source | None = None
    config: ConfigInput = ConfigInput()


class BuildLog(Shape):
    items: list[LogLineShape]
    next: int
    finished: bool


@router.get("/capsules/{capsule}/builds")
async def list_builds(
    capsule: Annotated[Capsule, requires(Action.build_read)], actor: CurrentActor, db_session: DbSession
) -> Items[BuildShape]:
    """List the newest builds, the newest first."""
    live = await _live(db_session, capsule)
    builds = await BuildRepository(db_session).of_capsule(capsule.id)
    compared = await _comparisons(db_session, builds[0]) if builds else Comparisons((), {})
    shapes = [BuildShape.of(build, actor, live=live, compare_url=compared.url(build)) for build in builds]
    return Items(items=shapes)


@router.post("/capsules/{capsule}/builds", status_code=201)
async def create_build(
    wanted: WantBuild,
    capsule: Annotated[Capsule, requires(Action.capsule_deploy)],
    actor: CurrentActor,
    db_session: DbSession,
) -> BuildShape:
    """Build and deploy, after changing source and config as sent; switches the capsule on."""
    ensure_present(capsule)
    source = wanted.source
    if wanted.upload_id is not None:
        source = UploadSource(kind="upload", upload_id=wanted.upload_id)
    # Nobody listens: the build that a change would ask for is the one asked for below.
    await CapsuleService(db_session, Events()).update(
        capsule, UpdateCapsule(source=source, config=wanted.config), actor=actor
    )
    capsule.is_on = True
    build = await request_build(db_session, capsule, trigger="manual", requested_by=actor.user.id)
    return BuildShape.of(build, actor, live=await _live(db_session, capsule))


@router.get("/builds/{build}")
async def read_build(
    build: Annotated[Build, requires(Action.build_read)], actor: CurrentActor, db_session: DbSession
) -> BuildShape:
    return await _shape(db_session, build, actor)


@router.post("/builds/{build}/cancel", status_code=202)
async def cancel(
    build: Annotated[Build, requires(Action.build_cancel)], actor: CurrentActor, db_session: DbSession
) -> BuildShape:
    """Cancel a queued or running build; every process of it is ended."""
    cancel_build(build)
    return await _shape(db_session, build, actor)


@router.get("/builds/{build}/logs")
async def read_build_log(
    build: Annotated[Build, requires(Action.build_read)],
    context: CurrentContext,
    after: Annotated[int, Query(ge=0, description="Number of the line read last.")] = 0,
) -> BuildLog:
    path = context.paths.build_log(build.id)
    lines, number = await asyncio.to_thread(read_lines, path, after, limit=_MOST_LINES)
    return BuildLog(
        items=[LogLineShape.model_validate(line) for line in lines],
        next=max(number, after),
        finished=build.status not in UNFINISHED and len(lines) < _MOST_LINES,
    )


@router.get("/builds/{build}/logs/stream")
async def follow_build_log(
    build: Annotated[Build, requires(Action.build_read, detached=True)],
    context: CurrentContext,
    last: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
    after: Annotated[int, Query(ge=0)] = 0,
) -> StreamingResponse:
    """Server-sent events: `line` for each line, `end` with the status when the build has ended."""
    return event_stream(_follow(context, build, last_event_id(last) or after))


async def _follow(context: Context, build: Build, after: int) -> AsyncGenerator[bytes, None]:
    reader = LineReader(context.paths.build_log(build.id), after)
    with context.changes.listening(build.capsule_id) as news:
        news.set()
        while True:
            ended: Build | None = None
            if news.is_set():
                news.clear()
                async with context.database.reading() as db_session:
                    ended = await db_session.get(Build, build.id)
                if ended is None:
                    return
            while lines := await asyncio.to_thread(reader.read, limit=500):
                for number, line in lines:
                    yield event("line", line, id=number)
            if ended is not None and ended.status not in UNFINISHED:
                yield event("end", {"status": ended.status, "reason": ended.reason, "hint": ended.hint})
                return
            await asyncio.sleep(_LOOK_SECONDS)


async def _shape(db_session: AsyncSession, build: Build, actor: Actor) -> BuildShape:
    capsule = await db_session.get_one(Capsule, build.capsule_id)
    compared = await _comparisons(db_session, build)
    live = await _live(db_session, capsule)
    return BuildShape.of(build, actor, live=live, compare_url=compared.url(build))


async def _comparisons(db_session: AsyncSession, newest: Build) -> Comparisons:
    succeeded = await BuildRepository(db_session).succeeded_before(newest)
    hosts = await SourceRepository(db_session).kinds_of_hosts(newest.team_id)
    return Comparisons(succeeded, hosts)


async def _live(db_session: AsyncSession, capsule: Capsule) -> Release | None:
    return await db_session.get(Release, capsule.release_id) if capsule.release_id else None
