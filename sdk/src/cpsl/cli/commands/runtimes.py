"""`capsule runtimes …`: the runtimes of an app's users, stopping one, and clearing its files."""

from __future__ import annotations

import sys

import click

from cpsl._problems import CapsuleError, InvalidInput
from cpsl.cli import words
from cpsl.cli.api import Record
from cpsl.cli.command import Command, Group, pass_invocation, with_json, with_space
from cpsl.cli.invocation import Invocation, closest

with_serve = click.option(
    "--serve", "of_serve", is_flag=True, help="Of the app that `capsule serve` runs, not the deployed one."
)


@click.group(cls=Group, default="list")
def runtimes() -> None:
    """Show the runtimes of an app's users: `capsule runtimes NAME`."""


@runtimes.command("list", cls=Command)
@click.argument("name")
@with_serve
@with_json
@with_space
@pass_invocation
def list_runtimes(invocation: Invocation, name: str, of_serve: bool) -> None:
    """List the runtimes of the app NAME: state, memory, time to wake."""
    found = _app(invocation, name)
    report = _report(invocation, found, of_serve)
    if invocation.as_json:
        invocation.out.json(report)
        return
    invocation.out.table(
        report["items"],
        [
            ("user", _user),
            ("state", "state"),
            ("memory", lambda item: _size(item["memory_bytes"])),
            ("wake", lambda item: _time(item["wake_seconds"])),
            ("woken", lambda item: words.ago(item["woken_at"])),
            ("used", lambda item: words.ago(item["used_at"])),
            ("turns", "turns"),
            ("last end", "last_end"),
        ],
        empty=_nobody(found, report),
    )
    if report["items"]:
        invocation.out.line(_summary(report), dim=True)
    for notice in report["notices"]:
        invocation.out.notice(notice)


@runtimes.command("stop", cls=Command)
@click.argument("name")
@click.argument("user")
@with_serve
@with_json
@with_space
@pass_invocation
def stop(invocation: Invocation, name: str, user: str, of_serve: bool) -> None:
    """Stop the runtime of USER in the app NAME.

    USER is an e-mail address or an id. A turn that runs at the moment is interrupted. Files and
    conversations stay, and the next message wakes a new runtime.
    """
    found = _app(invocation, name)
    report = _report(invocation, found, of_serve)
    runtime = _pick(found, report, user)
    wanted = {"user_id": runtime["user_id"], "environment": report["environment"]}
    invocation.api.post(f"/capsules/{found['id']}/runtimes/stop", wanted)
    if invocation.as_json:
        invocation.out.json({**wanted, "stopped": runtime["state"] != "cold"})
    elif runtime["state"] == "cold":
        invocation.out.line(f"The runtime of {_user(runtime)} was cold already.")
    else:
        invocation.out.success(f"Stopped the runtime of {_user(runtime)}; the next message wakes a new one.")


@runtimes.command("clear", cls=Command)
@click.argument("name")
@click.argument("user")
@with_serve
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@with_json
@with_space
@pass_invocation
def clear(invocation: Invocation, name: str, user: str, of_serve: bool, yes: bool) -> None:
    """Delete the private files of USER in the app NAME for good.

    USER is an e-mail address or an id. Their runtime is stopped first, and a turn that runs at the
    moment is interrupted. Conversations stay, and the next message wakes a new runtime without files.
    """
    found = _app(invocation, name)
    report = _report(invocation, found, of_serve)
    runtime = _pick(found, report, user)
    if not yes:
        _confirm(f"the private files of {_user(runtime)} in {found['name']}")
    wanted = {"user_id": runtime["user_id"], "environment": report["environment"]}
    invocation.api.post(f"/capsules/{found['id']}/runtimes/clear", wanted)
    if invocation.as_json:
        invocation.out.json({**wanted, "cleared": True})
    else:
        invocation.out.success(f"Deleted the private files of {_user(runtime)}.")


def _confirm(what: str) -> None:
    if not sys.stdin.isatty():
        raise InvalidInput(f"Deleting {what} needs a confirmation.", hint="Without a terminal: --yes")
    if not click.confirm(f"This deletes {what} for good. Go on?", err=True):
        raise CapsuleError("Nothing was deleted.", code="not_confirmed")


def _app(invocation: Invocation, name: str) -> Record:
    found = invocation.capsule(name)
    if found["type"] != "app":
        raise CapsuleError(
            f"The capsule '{found['name']}' is a {found['type']}; only apps have a runtime for each user.",
            code="wrong_capsule_type",
            hint="capsule app list",
        )
    return found


def _report(invocation: Invocation, app: Record, of_serve: bool) -> Record:
    report: Record = invocation.api.get(
        f"/capsules/{app['id']}/runtimes", environment="serve" if of_serve else "deploy"
    )
    return report


def _pick(app: Record, report: Record, user: str) -> Record:
    matches: list[Record] = [item for item in report["items"] if user in (item["user_id"], item["email"])]
    if len(matches) == 1:
        return matches[0]
    if matches:
        ids = ", ".join(str(item["user_id"]) for item in matches)
        raise CapsuleError(f"Several users have '{user}'.", code="ambiguous", hint=f"Name one by id: {ids}")
    serve = " --serve" if report["environment"] == "serve" else ""
    hint = f"capsule runtimes {app['name']}{serve}"
    if near := closest(user, [_user(item) for item in report["items"]]):
        hint = f"Did you mean '{near}'?    All of them: {hint}"
    raise CapsuleError(
        f"The app '{app['name']}' has no runtime of a user '{user}'.", code="not_found", hint=hint
    )


def _user(item: Record) -> str:
    return str(item["email"] or item["user_id"])


def _nobody(app: Record, report: Record) -> str:
    if report["is_hosted"]:
        return f"Nobody has used {app['name']} yet."
    if report["environment"] == "serve":
        return f"{app['name']} is not being served. Serve it: capsule serve app.py:app"
    return f"{app['name']} is not deployed. Deploy it: capsule deploy app.py:app --name {app['name']}"


def _summary(report: Record) -> str:
    counts = report["counts"]
    parts = [f"{counts[state]} {state}" for state in ("warm", "waking", "cold")]
    shared = report["shared_bytes"]
    parts.append(
        f"{words.size(report['memory_bytes'])} of their own"
        + (f", {words.size(shared)} shared" if shared is not None else "")
    )
    middle, most = report["wake_p50_seconds"], report["wake_p95_seconds"]
    if middle is not None and most is not None:
        parts.append(f"wakes in {_time(middle)} (p50), {_time(most)} (p95)")
    return " · ".join(parts)


def _size(count: int | None) -> str:
    return "" if count is None else words.size(count)


def _time(seconds: float | None) -> str:
    return "" if seconds is None else words.short_duration(seconds)
