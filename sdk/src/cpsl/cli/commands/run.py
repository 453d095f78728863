"""`capsule run`: a one-off command in a fresh replica of what is live."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence

import click

from cpsl._problems import INTERRUPTED, CapsuleError
from cpsl.cli.api import Event, Record, segment
from cpsl.cli.command import Command, pass_invocation, with_json, with_space
from cpsl.cli.invocation import Invocation


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
    return code_of(invocation, made["id"], end)


def events_of(invocation: Invocation, run_id: str) -> Iterator[Event]:
    """Yield what a run prints as `line`, then `end`; a lost connection is made again."""

    def dropped(error: CapsuleError) -> None:
        invocation.out.notice("The connection was lost; the command goes on. Trying again …")

    path = f"/runs/{segment(run_id)}/logs/stream"
    for event in invocation.api.events(path, patience=None, dropped=dropped):
        if event.name in ("line", "end"):
            yield event
        if event.name == "end":
            return


def code_of(invocation: Invocation, run_id: str, end: Record) -> int:
    """Return the exit code of a run. Raises CapsuleError for one that was cancelled or never ran."""
    code = end["exit_code"]
    if end["status"] == "succeeded":
        return 0
    if code is None or end["status"] == "cancelled":
        raise CapsuleError(
            end["reason"] or f"The command did not run: {end['status']}.",
            hint=end["hint"],
            code=f"run_{end['status']}",
            request_id=run_id,
        )
    if not invocation.as_json:
        invocation.out.notice(" ".join(filter(None, (end["reason"], end["hint"]))))
    return int(code) or 1


def print_line(invocation: Invocation, line: Record) -> None:
    """The command's own words go where it said them; what the platform says is shown with --verbose."""
    text, stream = str(line.get("text", "")), line.get("stream")
    if stream == "platform":
        if invocation.out.verbose:
            invocation.out.notice(text)
        return
    target = sys.stderr if stream == "stderr" or invocation.as_json else sys.stdout
    target.write(text + "\n")
    target.flush()


def _printed(invocation: Invocation, run_id: str) -> Record:
    end: Record = {}
    for event in events_of(invocation, run_id):
        if event.name == "line":
            print_line(invocation, event.data)
        else:
            end = event.data
    return end
