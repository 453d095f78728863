"""Runs as callers send them and as the API answers them."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from capsule.control.policy import Action, Actor, can
from capsule.control.shapes.base import Input, Shape
from capsule.control.shapes.delivery import UNFINISHED
from capsule.models import Run

TimeoutSeconds = Annotated[
    float, Field(ge=1, le=7 * 24 * 3600, description="After so long the command is ended.")
]


class NewRun(Input):
    command: str = Field(max_length=4000, description="A shell line, run in the capsule's live release.")
    timeout_seconds: TimeoutSeconds = 3600.0


class RunShape(Shape):
    id: str
    capsule_id: str
    release_id: str | None
    cron_job_id: str | None
    command: str
    status: str = Field(description="`queued`, `running`, `succeeded`, `failed` or `cancelled`.")
    trigger: str = Field(description="`manual` or `cron`.")
    due_at: datetime | None = Field(description="The time of the schedule that it belongs to.")
    timeout_seconds: float
    replica_id: str | None = Field(description="Its lines in the capsule's log carry this.")
    exit_code: int | None = Field(description="128 and the signal's number for a signal.")
    reason: str | None
    hint: str | None
    requested_by: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    can: list[str]

    @classmethod
    def of(cls, run: Run, actor: Actor) -> "RunShape":
        verbs = [verb for verb in can(actor, Action.run_cancel.kind, run.team_id) if verb != "read"]
        if run.status not in UNFINISHED:
            verbs = [verb for verb in verbs if verb != "cancel"]
        values = {name: getattr(run, name) for name in cls.model_fields if name != "can"}
        return cls(**values, can=verbs)
