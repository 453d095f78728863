"""`capsule cron …`: commands of a capsule by the clock."""

from __future__ import annotations

from typing import Any

import click

from cpsl._problems import InvalidInput
from cpsl.cli import words
from cpsl.cli.api import Record
from cpsl.cli.command import Command, Group, pass_invocation, with_json, with_space
from cpsl.cli.commands.run import follow, shell_line
from cpsl.cli.commands.runs import show_runs
from cpsl.cli.invocation import Invocation, closest


def with_terms(function: Any) -> Any:
    """Add the options that a job is made of, beside its schedule and command."""
    for option in reversed(
        (
            click.option("--timezone", metavar="ZONE", help="Such as Europe/Berlin.  [default: UTC]"),
            click.option(
                "--concurrency",
                type=click.Choice(["forbid", "allow", "replace"]),
                help="While the run before goes on: leave the new one out, run both, or end the old one.  "
                "[default: forbid]",
            ),
            click.option(
                "--missed",
                type=click.Choice(["skip", "once"]),
                help="Times that passed while the platform was away: skip them, or run once for all.  "
                "[default: skip]",
            ),
            click.option(
                "--timeout",
                "timeout_seconds",
                type=click.FloatRange(1, 7 * 24 * 3600),
                metavar="SECONDS",
                help="End a run after so long.  [default: 3600]",
            ),
        )
    ):
        function = option(function)
    return function


@click.group(cls=Group, default="list")
def cron() -> None:
    """Run commands by the clock: `capsule cron NAME`."""


@cron.command("list", cls=Command)
@click.argument("name")
@with_json
@with_space
@pass_invocation
def list_jobs(invocation: Invocation, name: str) -> None:
    """List the cron jobs of NAME, with the next time of each."""
    found = invocation.capsule(name)
    invocation.out.table(
        _jobs(invocation, found),
        [
            ("job", "name"),
            ("schedule", "schedule"),
            ("zone", "timezone"),
            ("next", lambda item: item["next_times"][0] if item["next_times"] else "off"),
            ("last", _last),
            ("command", "command"),
        ],
        empty=f"No cron jobs. Such as: capsule cron create {found['name']} nightly '0 3 * * *' -- COMMAND",
    )


@cron.command("create", cls=Command)
@click.argument("name")
@click.argument("job")
@click.argument("schedule")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@with_terms
@with_json
@with_space
@pass_invocation
def create(
    invocation: Invocation, /, name: str, job: str, schedule: str, command: tuple[str, ...], **terms: Any
) -> None:
    """Run COMMAND in the capsule NAME whenever SCHEDULE says.

    SCHEDULE is five fields (minute, hour, day of month, month, day of week) or @hourly, @daily, @weekly,
    @monthly, @yearly. Options stand before the `--`.

    \b
    capsule cron create shop nightly '30 3 * * *' -- python manage.py clearsessions
    """
    found = invocation.capsule(name)
    wanted = {"name": job, "schedule": schedule, "command": shell_line(command), **_given(terms)}
    made = invocation.api.post(f"/capsules/{found['id']}/cron-jobs", wanted)
    _tell(invocation, made, f"Cron job '{made['name']}' made.")


@cron.command("update", cls=Command)
@click.argument("name")
@click.argument("job")
@click.option("--schedule", help="Five fields, or @daily and the like.")
@click.option("--command", help="A shell line.")
@click.option("--on/--off", "is_on", default=None, help="Switch it on or off.")
@with_terms
@with_json
@with_space
@pass_invocation
def update(invocation: Invocation, /, name: str, job: str, **changes: Any) -> None:
    """Change the cron job JOB of NAME; what is not given stays."""
    wanted = _given(changes)
    if not wanted:
        raise InvalidInput("Nothing to change.", hint="Such as: --schedule '@daily', or --off")
    found = _job(invocation, invocation.capsule(name), job)
    made = invocation.api.patch(f"/cron-jobs/{found['id']}", wanted)
    _tell(invocation, made, f"Cron job '{made['name']}' changed.")


@cron.command("remove", cls=Command)
@click.argument("name")
@click.argument("job")
@with_json
@with_space
@pass_invocation
def remove(invocation: Invocation, name: str, job: str) -> None:
    """Remove the cron job JOB of NAME.

    A run that goes on comes to its own end.
    """
    found = _job(invocation, invocation.capsule(name), job)
    invocation.api.delete(f"/cron-jobs/{found['id']}")
    if invocation.as_json:
        invocation.out.json({"id": found["id"], "removed": True})
    else:
        invocation.out.success(f"Cron job '{found['name']}' removed.")


@cron.command("run-now", cls=Command)
@click.argument("name")
@click.argument("job")
@click.option("-d", "--detach", is_flag=True, help="Do not wait; print the run's id.")
@with_json
@with_space
@pass_invocation
def run_now(invocation: Invocation, name: str, job: str, detach: bool) -> int | None:
    """Run the cron job JOB of NAME now, and follow it to its end."""
    found = _job(invocation, invocation.capsule(name), job)
    made = invocation.api.post(f"/cron-jobs/{found['id']}/run")
    if not detach:
        return follow(invocation, made)
    if invocation.as_json:
        invocation.out.json(made)
    else:
        invocation.out.line(made["id"])
    return None


@cron.command("history", cls=Command)
@click.argument("name")
@click.argument("job")
@click.option("-n", "--lines", "limit", type=click.IntRange(1, 200), default=20, help="Runs to show.")
@with_json
@with_space
@pass_invocation
def history(invocation: Invocation, name: str, job: str, limit: int) -> None:
    """List the last runs of the cron job JOB, and times left out."""
    found = invocation.capsule(name)
    job_id = _job(invocation, found, job)["id"]
    items = invocation.api.items(f"/capsules/{found['id']}/runs", cron_job=job_id, limit=limit)
    show_runs(invocation, items, empty="It has not run yet.")


def _jobs(invocation: Invocation, capsule: Record) -> list[Record]:
    return invocation.api.items(f"/capsules/{capsule['id']}/cron-jobs")


def _job(invocation: Invocation, capsule: Record, name: str) -> Record:
    jobs = _jobs(invocation, capsule)
    for job in jobs:
        if name in (job["name"], job["id"]):
            return job
    near = closest(name, [str(job["name"]) for job in jobs])
    raise InvalidInput(
        f"'{capsule['name']}' has no cron job '{name}'.",
        code="no_cron_job",
        hint=f"Did you mean '{near}'?" if near else f"capsule cron list {capsule['name']}",
    )


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in options.items() if value is not None}


def _tell(invocation: Invocation, job: Record, text: str) -> None:
    if invocation.as_json:
        invocation.out.json(job)
        return
    invocation.out.success(text)
    for time in job["next_times"]:
        invocation.out.line(f"  due {time}", dim=True)


def _last(job: Record) -> str:
    run = job["last_run"]
    return "" if run is None else f"{run['status']} {words.ago(run['started_at'] or run['created_at'])}"
