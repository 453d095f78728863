"""`capsule exec NAME -- COMMAND`: a process inside a replica that runs."""

from __future__ import annotations

import shutil
import sys

import click

from cpsl._problems import CapsuleError, InvalidInput
from cpsl.cli.api import Record
from cpsl.cli.command import Command, pass_invocation, with_space
from cpsl.cli.inside import RemoteProcess
from cpsl.cli.invocation import Invocation


@click.command("exec", cls=Command)
@click.argument("name")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option("--replica", metavar="ID", help="Which one.  [default: the one that started last]")
@click.option("-i", "--input", "with_input", is_flag=True, help="Give it what comes on standard input.")
@click.option("-t", "--terminal", is_flag=True, help="With a terminal, for programs that draw.")
@with_space
@pass_invocation
def exec_(
    invocation: Invocation,
    name: str,
    command: tuple[str, ...],
    replica: str | None,
    with_input: bool,
    terminal: bool,
) -> int:
    """Run COMMAND inside a running replica of NAME, or open a shell.

    It has the replica's files, user, limits and environment, and ends with it. Its exit code becomes that of
    this program. To run something apart from what answers requests: capsule run.

    \b
    capsule exec -it shop
    capsule exec shop -- cat config.json
    capsule exec -i shop -- psql < dump.sql
    """
    if not command:
        with_input = terminal = True
    if terminal and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InvalidInput("There is no terminal here.", hint="Leave -t out, and name a command.")
    found = invocation.capsule(name)
    chosen = _replica(invocation, found, replica)
    columns, rows = shutil.get_terminal_size()
    wanted = {"command": list(command), "terminal": terminal, "columns": columns, "rows": rows}
    shell = invocation.api.post(f"/replicas/{chosen['id']}/shells", wanted)
    end = RemoteProcess(invocation, shell, has_terminal=terminal).follow(with_input=with_input)
    code = end["exit_code"]
    if code is None:
        raise CapsuleError(end["reason"] or "It has ended for an unknown reason.", code="shell_ended")
    if not str(end["reason"]).startswith("It "):  # it says more than the code
        invocation.out.notice(str(end["reason"]))
    return int(code)


def _replica(invocation: Invocation, capsule: Record, wanted: str | None) -> Record:
    running = [
        item
        for item in invocation.api.items(f"/capsules/{capsule['id']}/replicas")
        if item["state"] in ("healthy", "unhealthy")
    ]
    if wanted is not None:
        for item in running:
            if item["id"] == wanted:
                return item
        names = ", ".join(item["id"] for item in running)
        raise InvalidInput(
            f"'{capsule['name']}' has no replica '{wanted}'.", hint=f"Running: {names}" if names else None
        )
    deployed = [item for item in running if item["environment"] == "deploy"]
    if not deployed:
        raise InvalidInput(
            f"'{capsule['name']}' does not run.",
            code="not_running",
            hint=f"capsule start {capsule['name']}, or: capsule run {capsule['name']} -- COMMAND",
        )
    return max(deployed, key=lambda item: str(item["started_at"]))
