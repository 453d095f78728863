"""`/capsules/{capsule}/cron-jobs` and `/cron-jobs/{cron_job}`: commands by the clock."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.api.access import requires
from capsule.api.auth import CurrentActor
from capsule.api.uow import DbSession
from capsule.control.delivery.cron_jobs import service
from capsule.control.delivery.cron_jobs.repository import CronJobRepository
from capsule.control.delivery.cron_jobs.schedule import Schedule
from capsule.control.delivery.cron_jobs.schemas import (
    CronJobShape,
    NewCronJob,
    SchedulePreview,
    UpdateCronJob,
)
from capsule.control.delivery.runs.repository import RunRepository
from capsule.control.delivery.runs.schemas import RunShape
from capsule.control.policy import Action, Actor
from capsule.control.shapes.base import Items
from capsule.kit.clock import now
from capsule.models import Capsule, CronJob

router = APIRouter(tags=["cron jobs"])

_PREVIEWED = 3


@router.get("/capsules/{capsule}/cron-jobs")
async def list_cron_jobs(
    capsule: Annotated[Capsule, requires(Action.cron_job_read)], actor: CurrentActor, db_session: DbSession
) -> Items[CronJobShape]:
    jobs = await CronJobRepository(db_session).of_capsule(capsule.id)
    return Items(items=[await _shape(db_session, job, actor) for job in jobs])


@router.get("/capsules/{capsule}/cron-jobs/preview")
async def preview_schedule(
    capsule: Annotated[Capsule, requires(Action.cron_job_read)],
    schedule: Annotated[str, Query(max_length=100)],
    timezone: Annotated[str, Query(max_length=60)] = "UTC",
) -> SchedulePreview:
    """Say when a schedule would be due next, or what is wrong with it."""
    return SchedulePreview(next_times=Schedule(schedule, timezone).following(now(), _PREVIEWED))


@router.post("/capsules/{capsule}/cron-jobs", status_code=201)
async def create_cron_job(
    wanted: NewCronJob,
    capsule: Annotated[Capsule, requires(Action.cron_job_create)],
    actor: CurrentActor,
    db_session: DbSession,
) -> CronJobShape:
    job = await service.create(db_session, capsule, wanted, at=now())
    return await _shape(db_session, job, actor)


@router.get("/cron-jobs/{cron_job}")
async def read_cron_job(
    cron_job: Annotated[CronJob, requires(Action.cron_job_read)], actor: CurrentActor, db_session: DbSession
) -> CronJobShape:
    return await _shape(db_session, cron_job, actor)


@router.patch("/cron-jobs/{cron_job}")
async def update_cron_job(
    wanted: UpdateCronJob,
    cron_job: Annotated[CronJob, requires(Action.cron_job_update)],
    actor: CurrentActor,
    db_session: DbSession,
) -> CronJobShape:
    await service.update(db_session, cron_job, wanted, at=now())
    return await _shape(db_session, cron_job, actor)


@router.delete("/cron-jobs/{cron_job}", status_code=204)
async def delete_cron_job(
    cron_job: Annotated[CronJob, requires(Action.cron_job_delete)], db_session: DbSession
) -> None:
    """Remove the job; a run of it that goes on comes to its own end, and the history stays."""
    await service.delete(db_session, cron_job)


@router.post("/cron-jobs/{cron_job}/run", status_code=201)
async def run_cron_job_now(
    cron_job: Annotated[CronJob, requires(Action.run_create)], actor: CurrentActor, db_session: DbSession
) -> RunShape:
    """Run it once more, now; its concurrency policy holds."""
    capsule = await db_session.get_one(Capsule, cron_job.capsule_id)
    run = await service.run_now(db_session, capsule, cron_job, requested_by=actor.user.id)
    return RunShape.of(run, actor)


async def _shape(db_session: AsyncSession, job: CronJob, actor: Actor) -> CronJobShape:
    newest = await RunRepository(db_session).of_capsule(job.capsule_id, cron_job_id=job.id, limit=1)
    return CronJobShape.of(job, actor, last_run=newest[0] if newest else None)
