"""`capsule runs …`: the runs of a capsule, what one printed, how it ended, and stopping one."""

from __future__ import annotations

from collections.abc import Sequence

import click

from cpsl.cli import words
from cpsl.cli.api import Record, segment
from cpsl.cli.command import Command, Group, pass_invocation, with_json, with_space
from cpsl.cli.commands.run import code_of, events_of, print_line
from cpsl.cli.invocation import Invocation

_SHOWN = 60


@click.group(cls=Group, default="list")
def runs() -> None:
    """Show the runs of a capsule: `capsule runs NAME`."""


@runs.command("list", cls=Command)
@click.argument("name")
@click.option("-n", "--lines", "limit", type=click.IntRange(1, 200), default=20, help="Runs to show.")
@with_json
@with_space
@pass_invocation
def list_runs(invocation: Invocation, name: str, limit: int) -> None:
    """List the newest runs of NAME, those of its cron jobs too."""
    found = invocation.capsule(name)
    items = invocation.api.items(f"/capsules/{found['id']}/runs", limit=limit)
    show_runs(invocation, items, empty=f"No runs yet. Such as: capsule run {found['name']} -- COMMAND")


@runs.command("show", cls=Command)
@click.argument("run")
@with_json
@with_space
@pass_invocation
def show(invocation: Invocation, run: str) -> None:
    """Show how the run RUN went: its command, its times and its end."""
    found = invocation.api.get(f"/runs/{segment(run)}")
    invocation.out.record(
        found,
        [
            ("run", found["id"]),
            ("command", found["command"]),
            ("status", found["status"]),
            ("exit code", "" if found["exit_code"] is None else str(found["exit_code"])),
            ("reason", found["reason"]),
            ("hint", found["hint"]),
            ("by", found["trigger"]),
            ("due", found["due_at"]),
            ("created", found["created_at"]),
            ("started", found["started_at"]),
            ("took", words.elapsed(found["started_at"], found["finished_at"])),
            ("replica", found["replica_id"]),
        ],
    )


@runs.command("log", cls=Command)
@click.argument("run")
@click.option("-f", "--follow", is_flag=True, help="All of it, until the run ends; take over its exit code.")
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(1, 5000),
    default=1000,
    show_default=True,
    help="Newest lines to show, without --follow.",
)
@with_json
@with_space
@pass_invocation
def log(invocation: Invocation, run: str, follow: bool, lines: int) -> int:
    """Show what the run RUN printed.

    Its standard error goes to standard error; what the platform says is shown with --verbose. With --follow
    the exit code is that of the run, also of one that has ended, and Ctrl-C leaves it running. With --json:
    a list, or one object per line with --follow.
    """
    if not follow:
        items = invocation.api.items(f"/runs/{segment(run)}/logs", limit=lines)
        if invocation.as_json:
            invocation.out.json(items)
            return 0
        for item in items:
            print_line(invocation, item)
        if not items:
            invocation.out.notice(f"{run} has printed nothing.")
        return 0
    for event in events_of(invocation, run):
        if event.name == "end":
            return code_of(invocation, run, event.data)
        if invocation.as_json:
            invocation.out.json_line(event.data)
        else:
            print_line(invocation, event.data)
    return 0


@runs.command("cancel", cls=Command)
@click.argument("run")
@with_json
@with_space
@pass_invocation
def cancel(invocation: Invocation, run: str) -> None:
    """Cancel the run RUN; every process of it is ended."""
    found = invocation.api.post(f"/runs/{segment(run)}/cancel")
    if invocation.as_json:
        invocation.out.json(found)
    elif found["status"] == "cancelled":
        invocation.out.success(f"{found['id']} is cancelled.")
    else:
        invocation.out.success(f"{found['id']} is being cancelled.")


def show_runs(invocation: Invocation, items: Sequence[Record], *, empty: str) -> None:
    """Print runs as a table."""
    invocation.out.table(
        items,
        [
            ("id", "id"),
            ("status", "status"),
            ("code", lambda item: "" if item["exit_code"] is None else str(item["exit_code"])),
            ("by", "trigger"),
            ("started", lambda item: words.ago(item["started_at"] or item["created_at"])),
            ("took", lambda item: words.elapsed(item["started_at"], item["finished_at"])),
            ("command", lambda item: words.cut(str(item["command"]), _SHOWN)),
            ("why", lambda item: str(item["reason"] or "")),
        ],
        empty=empty,
    )
