"""`capsule logs NAME`: what the replicas of a capsule print."""

from __future__ import annotations

import re
import time

import click

from cpsl._problems import CapsuleError, InvalidInput
from cpsl.cli.api import Record
from cpsl.cli.command import Command, pass_invocation, with_json, with_space
from cpsl.cli.invocation import Invocation

_SPAN = re.compile(r"(\d+)([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@click.command(cls=Command)
@click.argument("name")
@click.option("-f", "--follow", is_flag=True, help="Go on with new lines as they come.")
@click.option(
    "-n", "--lines", type=click.IntRange(0, 10_000), default=200, show_default=True, help="Lines to show."
)
@click.option("--search", metavar="TEXT", help="Only lines that hold this text.")
@click.option("--since", metavar="TIME", help="Only lines from then on: 10m, 2h, 1d, or an ISO time.")
@with_json
@with_space
@pass_invocation
def logs(
    invocation: Invocation, name: str, follow: bool, lines: int, search: str | None, since: str | None
) -> None:
    """Show the log of the capsule NAME.

    With --json: a list, or one object per line with --follow.
    """
    start = read_since(since) if since else None
    found = invocation.capsule(name)
    base = f"/capsules/{found['id']}/logs"
    if not follow:
        items = invocation.api.items(base, limit=lines, search=search, since=start)
        if invocation.as_json:
            invocation.out.json(items)
            return
        for item in items:
            invocation.out.log_line(item, with_time=True)
        if not items:
            invocation.out.line(
                "No lines." if search or since else f"{found['name']} has printed nothing yet."
            )
        return
    if search or since:
        # The stream has no filter: what is kept comes from the list, what is new is filtered here.
        for item in invocation.api.items(base, limit=lines, search=search, since=start):
            _show(invocation, item)
        lines = 0
    _follow(invocation, f"{base}/stream", lines, search)


def read_since(text: str) -> str:
    """Return the ISO time that `text` (`10m`, `2h`, or an ISO time) means."""
    span = _SPAN.fullmatch(text.strip())
    if span is not None:
        moment = time.time() - int(span[1]) * _SECONDS[span[2]]
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
    from cpsl.cli.words import timestamp

    moment_given = timestamp(text.strip())
    if moment_given is None:
        raise InvalidInput(f"'{text}' is not a time (--since).", hint="10m, 2h, 1d, or 2026-01-31T12:00:00Z")
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment_given))


def _follow(invocation: Invocation, path: str, tail: int, search: str | None) -> None:
    def dropped(error: CapsuleError) -> None:
        invocation.out.notice("The connection was lost; trying again …")

    events = invocation.api.events(
        path, params={"tail": tail}, resume_params={"tail": 0}, patience=None, dropped=dropped
    )
    for event in events:
        if event.name == "line" and (not search or search.lower() in str(event.data.get("text", "")).lower()):
            _show(invocation, event.data)


def _show(invocation: Invocation, line: Record) -> None:
    if invocation.as_json:
        invocation.out.json_line(line)
    else:
        invocation.out.log_line(line, with_time=True)
