"""`capsule builds …`: the builds of a capsule, their logs, and stopping one."""

from __future__ import annotations

import click

from cpsl._problems import FAILURE
from cpsl.cli import words
from cpsl.cli.api import Record, segment
from cpsl.cli.command import Command, Group, pass_invocation, with_json, with_space
from cpsl.cli.invocation import Invocation


@click.group(cls=Group, default="list")
def builds() -> None:
    """Show the builds of a capsule: `capsule builds NAME`."""


@builds.command("list", cls=Command)
@click.argument("name")
@with_json
@with_space
@pass_invocation
def list_builds(invocation: Invocation, name: str) -> None:
    """List the builds of the capsule NAME, newest first."""
    found = invocation.capsule(name)
    invocation.out.table(
        invocation.api.items(f"/capsules/{found['id']}/builds"),
        [
            ("", lambda item: "*" if item.get("is_live") else " "),
            ("build", "id"),
            ("status", "status"),
            ("trigger", "trigger"),
            ("source", _source),
            ("took", lambda item: words.elapsed(item.get("started_at"), item.get("finished_at"))),
            ("created", lambda item: words.ago(item.get("created_at"))),
            ("reason", "reason"),
        ],
        empty=f"{found['name']} has not been built yet.",
    )


@builds.command("log", cls=Command)
@click.argument("build")
@click.option("-f", "--follow", is_flag=True, help="Go on until the build ends.")
@with_json
@with_space
@pass_invocation
def log(invocation: Invocation, build: str, follow: bool) -> int:
    """Show the log of the build BUILD.

    With --follow the exit code is 1 when the build fails. With --json: a list, or one object per line
    with --follow.
    """
    path = f"/builds/{segment(build)}/logs"
    if not follow:
        items = invocation.api.items(path)
        if invocation.as_json:
            invocation.out.json(items)
        else:
            for item in items:
                invocation.out.log_line(item, with_time=True)
        return 0
    for event in invocation.api.events(f"{path}/stream"):
        if event.name == "end":
            return _ended(invocation, event.data)
        if event.name == "line" and invocation.as_json:
            invocation.out.json_line(event.data)
        elif event.name == "line":
            invocation.out.log_line(event.data, with_time=True)
    return 0


@builds.command("cancel", cls=Command)
@click.argument("build")
@with_json
@with_space
@pass_invocation
def cancel(invocation: Invocation, build: str) -> None:
    """Cancel the build BUILD; the running release stays live."""
    answer = invocation.api.post(f"/builds/{segment(build)}/cancel")
    if invocation.as_json:
        invocation.out.json(answer or {"id": build, "cancel_requested": True})
    else:
        invocation.out.success(f"Build {build} is being cancelled.")


def _ended(invocation: Invocation, end: Record) -> int:
    if not invocation.as_json:
        invocation.out.line(f"Build {end['status']}." + (f" {end['reason']}" if end.get("reason") else ""))
    return 0 if end["status"] == "succeeded" else FAILURE


def _source(item: Record) -> str:
    source = item.get("source") or {}
    if source.get("kind") == "git":
        commit = str(source.get("commit") or "")[:8]
        return " ".join(part for part in (str(source.get("branch") or ""), commit) if part)
    return str(source.get("kind") or "")
