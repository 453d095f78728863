"""`/capsules/{capsule}/serves` and `/serves/{serve}`: an app straight from a developer's working folder."""

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse
from pydantic import ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import ClientDisconnect

from capsule.api.access import requires
from capsule.api.auth import CurrentActor
from capsule.api.context import Context, CurrentContext
from capsule.api.uow import DbSession
from capsule.build.sources.archive import unpack
from capsule.build.trees import remove_tree
from capsule.control.delivery.logs.endpoints import records
from capsule.control.delivery.logs.streams import APP_LOG
from capsule.control.delivery.serves import service
from capsule.control.delivery.serves.files import checked_path, stage
from capsule.control.delivery.sse import event, event_stream
from capsule.control.delivery.uploads.service import receive
from capsule.control.events import Events
from capsule.control.policy import Action
from capsule.control.shapes.base import Input, Shape
from capsule.control.workload.capsules.service import CapsuleService
from capsule.errors import InvalidInput
from capsule.kit.ids import new_id
from capsule.models import Build, Capsule, Serve

router = APIRouter(tags=["serves"])

_MAX_CHANGE_BYTES = 1024**3


class WantServe(Input):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False, hide_input_in_errors=True)

    upload_id: str
    entry: str
    shell: dict[str, str] = Field(
        default_factory=dict,
        description="Values of secrets from your shell: they win over the space's, in this serve only.",
    )


class ServeShape(Shape):
    id: str
    capsule_id: str
    status: str
    revision: int
    url: str
    reason: str | None
    build_id: str | None
    replica_id: str | None

    @classmethod
    async def of(cls, db_session: AsyncSession, serve: Serve, context: Context) -> "ServeShape":
        capsule = await db_session.get_one(Capsule, serve.capsule_id)
        return cls(
            id=serve.id,
            capsule_id=serve.capsule_id,
            status=serve.status,
            revision=serve.revision,
            url=context.site.url(context.site.serve_host(capsule.slug)),
            reason=serve.reason,
            build_id=serve.build_id,
            replica_id=serve.replica_id,
        )


class ServeDetail(ServeShape):
    manifest: dict[str, Any] | None = Field(default=None, description="What the app declares, once built.")


@router.post("/capsules/{capsule}/serves", status_code=201)
async def begin_serve(
    wanted: WantServe,
    capsule: Annotated[Capsule, requires(Action.serve_create)],
    actor: CurrentActor,
    db_session: DbSession,
    context: CurrentContext,
) -> ServeShape:
    """Build the uploaded folder and serve it beside the deployed app; an earlier serve ends."""
    serve = await service.begin(
        db_session,
        CapsuleService(db_session, Events()),
        capsule,
        upload_id=wanted.upload_id,
        entry=wanted.entry,
        user_id=actor.user.id,
        box=context.box,
        shell=wanted.shell,
    )
    return await ServeShape.of(db_session, serve, context)


@router.get("/serves/{serve}")
async def read_serve(
    serve: Annotated[Serve, requires(Action.serve_read)], db_session: DbSession, context: CurrentContext
) -> ServeDetail:
    shape = await ServeShape.of(db_session, serve, context)
    build = await db_session.get(Build, serve.build_id or "")
    return ServeDetail(**shape.model_dump(), manifest=build.manifest if build else None)


@router.post("/serves/{serve}/heartbeat")
async def keep_serve(
    serve: Annotated[Serve, requires(Action.serve_update)], db_session: DbSession, context: CurrentContext
) -> ServeShape:
    """Say every few seconds that the developer is still there; without it the serve ends after 20 s."""
    service.beat(serve)
    return await ServeShape.of(db_session, serve, context)


@router.delete("/serves/{serve}", status_code=204)
async def end_serve(serve: Annotated[Serve, requires(Action.serve_delete)]) -> None:
    """End it. Conversations held with it are kept."""
    service.finish(serve)


@router.post("/serves/{serve}/changes", max_body_size=_MAX_CHANGE_BYTES)
async def change_serve(
    serve: Annotated[Serve, requires(Action.serve_update, detached=True)],
    context: CurrentContext,
    request: Request,
    x_deleted: Annotated[str, Header(description="JSON list of deleted paths.")] = "[]",
) -> ServeShape:
    """Send changed files as .tar.gz, and the paths of deleted ones; the runtime is started anew."""
    deleted = _deleted(x_deleted)
    paths = context.paths
    archive = paths.serve_tree(serve.id).with_name(f"{new_id('chg')}.archive")
    unpacked = archive.with_suffix("")
    try:
        await _receive_change(request, archive, unpacked, context, may_be_empty=bool(deleted))
        async with context.database.unit_of_work() as db_session:
            current = await db_session.get_one(Serve, serve.id)
            revision = service.next_revision(current)
            await asyncio.to_thread(stage, paths, serve.id, revision, unpacked=unpacked, deleted=deleted)
            return await ServeShape.of(db_session, current, context)
    finally:
        await asyncio.to_thread(remove_tree, archive)
        await asyncio.to_thread(remove_tree, unpacked)


@router.get("/serves/{serve}/logs/stream")
async def follow_serve(
    serve: Annotated[Serve, requires(Action.serve_read, detached=True)], context: CurrentContext
) -> StreamingResponse:
    """Server-sent events: `line` for each line of the app, `serve` with the record when it changes."""
    return event_stream(_follow(context, serve))


async def _receive_change(
    request: Request, archive: Path, unpacked: Path, context: Context, *, may_be_empty: bool
) -> None:
    if may_be_empty and request.headers.get("content-length") == "0":
        unpacked.mkdir(parents=True)
        return
    try:
        await receive(request.stream(), archive, max_bytes=context.max_upload_bytes)
    except ClientDisconnect as exc:
        raise InvalidInput("The upload broke off; nothing was changed.") from exc
    await unpack(archive, unpacked)


def _deleted(header: str) -> list[str]:
    try:
        names = json.loads(header)
    except json.JSONDecodeError:
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InvalidInput("X-Deleted is not a JSON list of paths.", field="X-Deleted")
    return [str(checked_path(name)) for name in names]


async def _follow(context: Context, serve: Serve) -> AsyncGenerator[bytes, None]:
    """Merge two sources: changes of the record, and the app's lines from now on."""
    queue: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=1000)
    folder = context.paths.telemetry(serve.capsule_id)

    async def lines() -> None:
        async for line in records(folder, APP_LOG, "line", before=0, match={"environment": "serve"}):
            await queue.put(line)

    async def states() -> None:
        told: object = None
        with context.changes.listening(serve.capsule_id) as news:
            while True:
                news.clear()
                async with context.database.reading() as db_session:
                    current = await db_session.get(Serve, serve.id)
                    if current is None:
                        break
                    shape = await ServeShape.of(db_session, current, context)
                if shape != told:
                    told = shape
                    await queue.put(event("serve", shape.model_dump(mode="json")))
                if current.status == "stopped":
                    break
                await news.wait()
        await queue.put(None)

    tasks = [asyncio.create_task(lines()), asyncio.create_task(states())]
    try:
        while (item := await queue.get()) is not None:
            yield item
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
