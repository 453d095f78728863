"""`capsule run` and `capsule runs`: one-off commands in a fresh replica of what is live."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence

import click

from cpsl._problems import INTERRUPTED, CapsuleError
from cpsl.cli import words
from cpsl.cli.api import Record
from cpsl.cli.command import Command, pass_invocation, with_json, with_space
from cpsl.cli.invocation import Invocation

_SHOWN = 60


@click.command(cls=Command)
@click.argument("name")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("-d", "--detach", is_flag=True, help="Do not wait; print the run's id.")
@click.option(
    "--timeout",
    type=click.FloatRange(1, 7 * 24 * 3600),
    default=3600,
    show_default=True,
    metavar="SECONDS",
    help="End the command after so long.",
)
@with_json
@with_space
@pass_invocation
def run(
    invocation: Invocation, name: str, command: tuple[str, ...], detach: bool, timeout: float
) -> int | None:
    """Run COMMAND once, in a fresh replica of the live release of NAME.

    It has the files, environment, storage and limits of the capsule, and is apart from the replicas that
    answer requests. One argument is a shell line; several are taken as they are. Its exit code becomes that
    of this program; Ctrl-C ends it.

    \b
    capsule run shop -- python manage.py migrate
    capsule run shop -- 'ls -la && env | sort'
    """
    found = invocation.capsule(name)
    wanted = {"command": shell_line(command), "timeout_seconds": timeout}
    made = invocation.api.post(f"/capsules/{found['id']}/runs", wanted)
    if detach:
        if invocation.as_json:
            invocation.out.json(made)
        else:
            invocation.out.line(made["id"])
        return None
    return follow(invocation, made)


@click.command(cls=Command)
@click.argument("name")
@click.option("-n", "--lines", "limit", type=click.IntRange(1, 200), default=20, help="Runs to show.")
@with_json
@with_space
@pass_invocation
def runs(invocation: Invocation, name: str, limit: int) -> None:
    """List the newest runs of NAME, those of its cron jobs too.

    The output of one: capsule logs NAME --search TEXT, or the console.
    """
    found = invocation.capsule(name)
    items = invocation.api.items(f"/capsules/{found['id']}/runs", limit=limit)
    show_runs(invocation, items, empty=f"No runs yet. Such as: capsule run {found['name']} -- COMMAND")


def show_runs(invocation: Invocation, items: Sequence[Record], *, empty: str) -> None:
    invocation.out.table(
        items,
        [
            ("id", "id"),
            ("status", "status"),
            ("code", lambda item: "" if item["exit_code"] is None else str(item["exit_code"])),
            ("by", "trigger"),
            ("started", lambda item: words.ago(item["started_at"] or item["created_at"])),
            ("command", lambda item: _short(str(item["command"]))),
            ("why", lambda item: str(item["reason"] or "")),
        ],
        empty=empty,
    )


def shell_line(command: Sequence[str]) -> str:
    """Return what a shell runs for the arguments: one is a line already."""
    return command[0] if len(command) == 1 else shlex.join(command)


def follow(invocation: Invocation, made: Record) -> int:
    """Print the output of a run until it ends; return its exit code. Ctrl-C cancels it."""
    try:
        end = _printed(invocation, made["id"])
    except KeyboardInterrupt:
        invocation.api.post(f"/runs/{made['id']}/cancel")
        invocation.out.notice(f"{made['id']} is cancelled.")
        return INTERRUPTED
    if invocation.as_json:
        invocation.out.json(invocation.api.get(f"/runs/{made['id']}"))
    code = end["exit_code"]
    if end["status"] == "succeeded":
        return 0
    if code is None or end["status"] == "cancelled":
        raise CapsuleError(
            end["reason"] or f"The command did not run: {end['status']}.",
            hint=end["hint"],
            code=f"run_{end['status']}",
            request_id=made["id"],
        )
    if not invocation.as_json:
        invocation.out.notice(" ".join(filter(None, (end["reason"], end["hint"]))))
    return int(code) or 1


def _printed(invocation: Invocation, run_id: str) -> Record:
    def dropped(error: CapsuleError) -> None:
        invocation.out.notice("The connection was lost; the command goes on. Trying again …")

    for event in invocation.api.events(f"/runs/{run_id}/logs/stream", patience=None, dropped=dropped):
        if event.name == "line":
            _print(invocation, event.data)
        elif event.name == "end":
            end: Record = event.data
            return end
    raise AssertionError("the stream of a run ends with `end`")


def _print(invocation: Invocation, line: Record) -> None:
    """The command's own words go where it said them; what the platform says is shown with --verbose."""
    text, stream = str(line.get("text", "")), line.get("stream")
    if stream == "platform":
        if invocation.out.verbose:
            invocation.out.notice(text)
        return
    target = sys.stderr if stream == "stderr" or invocation.as_json else sys.stdout
    target.write(text + "\n")
    target.flush()


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
