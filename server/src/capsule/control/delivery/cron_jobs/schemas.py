"""Cron jobs as callers send them and as the API answers them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from capsule.control.delivery.cron_jobs.schedule import Schedule
from capsule.control.delivery.runs.schemas import RunShape, TimeoutSeconds
from capsule.control.policy import Action, Actor, can
from capsule.control.shapes.base import Input, Shape
from capsule.kit.clock import now
from capsule.models import CronJob, Run

_NEXT = 3

Name = Annotated[
    str,
    Field(
        min_length=1,
        max_length=63,
        pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
        description="Small letters, digits and hyphens; unique in the capsule.",
    ),
]
ScheduleText = Annotated[
    str,
    Field(
        max_length=100,
        description="Five fields (minute, hour, day of month, month, day of week), or `@hourly`, `@daily`, "
        "`@weekly`, `@monthly`, `@yearly`.",
    ),
]
Timezone = Annotated[str, Field(max_length=60, description="Such as `Europe/Berlin`.")]
Command = Annotated[str, Field(min_length=1, max_length=4000, description="A shell line.")]
Concurrency = Annotated[
    Literal["forbid", "allow", "replace"],
    Field(
        description="While the run before goes on: `forbid` leaves the new one out, `allow` runs both, "
        "`replace` ends the old one."
    ),
]
Missed = Annotated[
    Literal["skip", "once"],
    Field(
        description="Times that passed while the platform was away: `skip` them, or run `once` for all of "
        "them."
    ),
]


class NewCronJob(Input):
    name: Name
    schedule: ScheduleText
    timezone: Timezone = "UTC"
    command: Command
    concurrency: Concurrency = "forbid"
    missed: Missed = "skip"
    timeout_seconds: TimeoutSeconds = 3600.0
    is_on: bool = True


class UpdateCronJob(Input):
    """What is left out stays as it is."""

    name: Name | None = None
    schedule: ScheduleText | None = None
    timezone: Timezone | None = None
    command: Command | None = None
    concurrency: Concurrency | None = None
    missed: Missed | None = None
    timeout_seconds: TimeoutSeconds | None = None
    is_on: bool | None = None


class CronJobShape(Shape):
    id: str
    capsule_id: str
    name: str
    schedule: str
    timezone: str
    command: str
    concurrency: str
    missed: str
    timeout_seconds: float
    is_on: bool
    next_times: list[datetime] = Field(description="The next three; empty while it is off.")
    last_run: RunShape | None
    created_at: datetime
    can: list[str]

    @classmethod
    def of(cls, job: CronJob, actor: Actor, *, last_run: Run | None) -> "CronJobShape":
        following = Schedule(job.schedule, job.timezone).following(now(), _NEXT) if job.is_on else []
        return cls(
            id=job.id,
            capsule_id=job.capsule_id,
            name=job.name,
            schedule=job.schedule,
            timezone=job.timezone,
            command=job.command,
            concurrency=job.concurrency,
            missed=job.missed,
            timeout_seconds=job.timeout_seconds,
            is_on=job.is_on,
            next_times=following,
            last_run=RunShape.of(last_run, actor) if last_run is not None else None,
            created_at=job.created_at,
            can=[verb for verb in can(actor, Action.cron_job_read.kind, job.team_id) if verb != "read"],
        )


class SchedulePreview(Shape):
    next_times: list[datetime]
