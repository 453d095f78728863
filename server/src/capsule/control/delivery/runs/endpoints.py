"""`/capsules/{capsule}/runs` and `/runs/{run}`: one-off commands, their output and their end."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from capsule.api.access import requires
from capsule.api.auth import CurrentActor
from capsule.api.context import Context, CurrentContext
from capsule.api.uow import DbSession
from capsule.control.delivery.logs.streams import APP_LOG
from capsule.control.delivery.runs.repository import RunRepository
from capsule.control.delivery.runs.schemas import NewRun, RunShape
from capsule.control.delivery.runs.service import cancel_run, request_run
from capsule.control.delivery.sse import event, event_stream, last_event_id
from capsule.control.policy import Action
from capsule.control.shapes.base import Items
from capsule.control.shapes.delivery import UNFINISHED, LogLineShape
from capsule.models import Capsule, Run
from capsule.telemetry.segments import Follower, Position, first_since, tail

router = APIRouter(tags=["runs"])

_LOOK_SECONDS = 0.15


@router.get("/capsules/{capsule}/runs")
async def list_runs(
    capsule: Annotated[Capsule, requires(Action.run_read)],
    actor: CurrentActor,
    db_session: DbSession,
    cron_job: Annotated[str | None, Query(description="Only runs of this cron job, by its id.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Items[RunShape]:
    """List the newest runs, the newest first."""
    runs = await RunRepository(db_session).of_capsule(capsule.id, cron_job_id=cron_job, limit=limit)
    return Items(items=[RunShape.of(run, actor) for run in runs])


@router.post("/capsules/{capsule}/runs", status_code=201)
async def create_run(
    wanted: NewRun,
    capsule: Annotated[Capsule, requires(Action.run_create)],
    actor: CurrentActor,
    db_session: DbSession,
) -> RunShape:
    """Run a command once, in a fresh replica of the live release, also while the capsule is off."""
    run = await request_run(
        db_session,
        capsule,
        wanted.command,
        timeout_seconds=wanted.timeout_seconds,
        requested_by=actor.user.id,
    )
    return RunShape.of(run, actor)


@router.get("/runs/{run}")
async def read_run(run: Annotated[Run, requires(Action.run_read)], actor: CurrentActor) -> RunShape:
    return RunShape.of(run, actor)


@router.post("/runs/{run}/cancel", status_code=202)
async def cancel(run: Annotated[Run, requires(Action.run_cancel)], actor: CurrentActor) -> RunShape:
    """Cancel a queued or running command; every process of it is ended."""
    cancel_run(run)
    return RunShape.of(run, actor)


@router.get("/runs/{run}/logs")
async def read_run_log(
    run: Annotated[Run, requires(Action.run_read)],
    context: CurrentContext,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
) -> Items[LogLineShape]:
    """Return the newest lines of its output, the oldest first."""
    if run.replica_id is None:
        return Items(items=[])
    folder = context.paths.telemetry(run.capsule_id)
    match = {"replica": run.replica_id}
    lines = await asyncio.to_thread(tail, folder, APP_LOG, limit=limit, since=run.started_at, match=match)
    return Items(items=[LogLineShape.model_validate(line) for line in lines])


@router.get("/runs/{run}/logs/stream")
async def follow_run_log(
    run: Annotated[Run, requires(Action.run_read, detached=True)],
    context: CurrentContext,
    last: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
    after: Annotated[int, Query(ge=0, description="Id of the event read last.")] = 0,
) -> StreamingResponse:
    """Server-sent events: `status` when it changes, `line` for each line, `end` with the exit code."""
    return event_stream(_follow(context, run.id, last_event_id(last) or after))


async def _follow(context: Context, run_id: str, after: int) -> AsyncGenerator[bytes, None]:
    output: Follower | None = None
    run: Run | None = None
    status = ""
    async with context.database.reading() as db_session:
        first = await db_session.get_one(Run, run_id)
    with context.changes.listening(first.capsule_id) as news:
        news.set()
        while True:
            if news.is_set():
                news.clear()
                async with context.database.reading() as db_session:
                    run = await db_session.get(Run, run_id)
            if run is None:
                return
            if run.status != status:
                status = run.status
                yield event("status", {"status": status, "replica_id": run.replica_id})
            if output is None and run.replica_id is not None:
                output = _output(context, run, after)
            while output is not None:
                records, goes_on = await asyncio.to_thread(output.read)
                for position, record in records:
                    yield event("line", record, id=position.as_number())
                if not goes_on:
                    break
            if status not in UNFINISHED:
                yield event("end", _end(run))
                return
            await asyncio.sleep(_LOOK_SECONDS)


def _output(context: Context, run: Run, after: int) -> Follower:
    folder = context.paths.telemetry(run.capsule_id)
    start = Position.of_number(after) if after else first_since(folder, APP_LOG, run.started_at)
    return Follower(folder, APP_LOG, after=start, match={"replica": run.replica_id or ""})


def _end(run: Run) -> dict[str, object]:
    return {"status": run.status, "exit_code": run.exit_code, "reason": run.reason, "hint": run.hint}
