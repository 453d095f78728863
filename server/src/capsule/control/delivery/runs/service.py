"""Ask for runs and cancel them. The work itself is done by `reconcile`."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.delivery.leases import end
from capsule.control.delivery.runs.errors import (
    BadCommand,
    NothingToRunIn,
    RunFinished,
    RunsNoCommands,
    TooManyRuns,
)
from capsule.control.delivery.runs.repository import RunRepository
from capsule.errors import Conflict
from capsule.kit.ids import new_id
from capsule.models import Capsule, CronJob, Run

DEFAULT_TIMEOUT_SECONDS = 3600.0
MOST_WAITING = 50
"""Queued runs of one capsule."""
REPLACED = "A newer run of its cron job took its place."
REMOVED = "The capsule was removed."


async def request_run(
    db_session: AsyncSession,
    capsule: Capsule,
    command: str,
    *,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    requested_by: str | None = None,
    cron_job: CronJob | None = None,
    due_at: datetime | None = None,
) -> Run:
    """Queue a run of a shell line in the release that is live when it starts.

    Raises RunsNoCommands, NothingToRunIn, BadCommand, TooManyRuns.
    """
    ensure_runs_commands(capsule)
    check_command(command)
    if capsule.release_id is None:
        raise NothingToRunIn(
            f"'{capsule.name}' has no release yet.", hint=f"capsule deploy {capsule.slug} first."
        )
    repository = RunRepository(db_session)
    if len(await repository.with_status("queued", capsule_id=capsule.id)) >= MOST_WAITING:
        raise TooManyRuns(
            f"{MOST_WAITING} runs of '{capsule.name}' wait already.",
            hint=f"capsule runs {capsule.slug}",
        )
    run = Run(
        id=new_id("run"),
        team_id=capsule.team_id,
        capsule_id=capsule.id,
        cron_job_id=cron_job.id if cron_job is not None else None,
        command=command,
        status="queued",
        trigger="cron" if due_at is not None else "manual",
        due_at=due_at,
        timeout_seconds=timeout_seconds,
        requested_by=requested_by,
    )
    db_session.add(run)
    await db_session.flush()
    return run


def ensure_runs_commands(capsule: Capsule) -> None:
    """Raise RunsNoCommands for a type of capsule that runs none, Conflict for one that is being removed."""
    if capsule.removed_at is not None:
        raise Conflict(f"'{capsule.name}' is being removed.")
    if capsule.type == "app":
        raise RunsNoCommands(
            f"'{capsule.name}' is an app: its code runs in its users' runtimes only, behind their walls.",
            hint="Make it a task of the app, or put the command into a backend capsule of the same space.",
        )
    if capsule.type == "storage":
        raise RunsNoCommands(f"'{capsule.name}' is a storage capsule; it holds files and runs nothing.")


def check_command(command: str) -> None:
    """Raise BadCommand for what no shell can run."""
    if not command.strip():
        raise BadCommand("The command is empty.", hint="Such as: python manage.py migrate", field="command")
    if "\0" in command:
        raise BadCommand("The command has a null character in it.", field="command")


def cancel_run(run: Run, reason: str = "Cancelled.") -> None:
    """Cancel at once while queued; ask the worker to end every process of it while running.

    Raises RunFinished otherwise.
    """
    if run.status == "queued":
        end(run, "cancelled", reason)
    elif run.status == "running":
        run.cancel_requested, run.reason = True, reason
    else:
        raise RunFinished(f"Run {run.id} is at its end already: {run.status}.")
