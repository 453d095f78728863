"""Make and change cron jobs, and decide what a time of the schedule means. The clock is the caller's."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.delivery.cron_jobs.repository import CronJobRepository
from capsule.control.delivery.cron_jobs.schedule import Schedule
from capsule.control.delivery.cron_jobs.schemas import NewCronJob, UpdateCronJob
from capsule.control.delivery.leases import end
from capsule.control.delivery.runs.repository import RunRepository
from capsule.control.delivery.runs.service import (
    REPLACED,
    cancel_run,
    check_command,
    ensure_runs_commands,
    request_run,
)
from capsule.errors import Conflict, PlatformError
from capsule.kit.ids import new_id
from capsule.models import Capsule, CronJob, Run

ON_TIME = timedelta(seconds=90)
"""What starts no later than this was not missed: a restart of the server is no absence."""


class CronJobExists(Conflict):
    code, title = "cron_job_exists", "Cron job exists"


class CronJobRuns(Conflict):
    """Its concurrency policy forbids another run now."""

    code, title, retryable = "cron_job_runs", "Cron job is running", True


async def create(db_session: AsyncSession, capsule: Capsule, wanted: NewCronJob, *, at: datetime) -> CronJob:
    """Raises BadSchedule, BadCommand, CronJobExists, RunsNoCommands."""
    ensure_runs_commands(capsule)
    check_command(wanted.command)
    schedule = Schedule(wanted.schedule, wanted.timezone)
    await _ensure_free(db_session, capsule.id, wanted.name)
    job = CronJob(
        id=new_id("crn"),
        team_id=capsule.team_id,
        capsule_id=capsule.id,
        next_at=schedule.next(at) if wanted.is_on else None,
        **wanted.model_dump(),
    )
    db_session.add(job)
    await db_session.flush()
    return job


async def update(db_session: AsyncSession, job: CronJob, wanted: UpdateCronJob, *, at: datetime) -> None:
    changes = wanted.model_dump(exclude_none=True)
    if "command" in changes:
        check_command(changes["command"])
    if changes.get("name", job.name) != job.name:
        await _ensure_free(db_session, job.capsule_id, changes["name"])
    was_on, when = job.is_on, (job.schedule, job.timezone)
    for key, value in changes.items():
        setattr(job, key, value)
    schedule = Schedule(job.schedule, job.timezone)
    if not job.is_on:
        job.next_at = None
    elif not was_on or when != (job.schedule, job.timezone):
        job.next_at = schedule.next(at)


async def delete(db_session: AsyncSession, job: CronJob) -> None:
    """Remove the job; a run of it that goes on comes to its own end."""
    for run in await RunRepository(db_session).with_status("queued", cron_job_id=job.id):
        cancel_run(run, "Its cron job was removed.")
    await db_session.delete(job)


async def run_now(db_session: AsyncSession, capsule: Capsule, job: CronJob, *, requested_by: str) -> Run:
    """Raises CronJobRuns, and what `request_run` raises."""
    if not await _make_way(db_session, job):
        raise CronJobRuns(
            f"A run of '{job.name}' goes on, and the job forbids two at a time.",
            hint="Wait for it, cancel it, or let the job allow or replace.",
        )
    return await request_run(
        db_session,
        capsule,
        job.command,
        timeout_seconds=job.timeout_seconds,
        requested_by=requested_by,
        cron_job=job,
    )


async def come_due(db_session: AsyncSession, job: CronJob, *, at: datetime) -> Run | None:
    """Do what the job's next time asks for, and set the one after. One transaction decides it, once.

    Of several times that have passed, the last one counts; the earlier ones were missed. A capsule that is
    off or being removed runs nothing.
    """
    due = job.next_at
    if due is None or due > at or not job.is_on:
        return None
    schedule = Schedule(job.schedule, job.timezone)
    due = schedule.last(due, at)
    job.next_at = schedule.next(at)
    capsule = await db_session.get(Capsule, job.capsule_id)
    if capsule is None or capsule.removed_at is not None or not capsule.is_on or capsule.release_id is None:
        return None
    if at - due > ON_TIME and job.missed == "skip":
        return _left_out(db_session, job, due, "The platform was away at that time.")
    if not await _make_way(db_session, job):
        return _left_out(db_session, job, due, "The run before was still going on.")
    try:
        return await request_run(
            db_session, capsule, job.command, timeout_seconds=job.timeout_seconds, cron_job=job, due_at=due
        )
    except PlatformError as exc:
        return _left_out(db_session, job, due, exc.detail)


async def _make_way(db_session: AsyncSession, job: CronJob) -> bool:
    """Apply the concurrency policy; say whether a new run may be made."""
    unfinished = await RunRepository(db_session).with_status("queued", "running", cron_job_id=job.id)
    if job.concurrency == "replace":
        for run in unfinished:
            if not run.cancel_requested:
                cancel_run(run, REPLACED)
        return True
    return job.concurrency == "allow" or not unfinished


def _left_out(db_session: AsyncSession, job: CronJob, due: datetime, reason: str) -> Run:
    """Keep in the history that a time passed without a run, and why."""
    run = Run(
        id=new_id("run"),
        team_id=job.team_id,
        capsule_id=job.capsule_id,
        cron_job_id=job.id,
        command=job.command,
        trigger="cron",
        due_at=due,
        timeout_seconds=job.timeout_seconds,
    )
    end(run, "cancelled", reason)
    db_session.add(run)
    return run


async def _ensure_free(db_session: AsyncSession, capsule_id: str, name: str) -> None:
    if await CronJobRepository(db_session).by_name(capsule_id, name) is not None:
        raise CronJobExists(
            f"The capsule has a cron job '{name}' already.", hint="Choose another name.", field="name"
        )
