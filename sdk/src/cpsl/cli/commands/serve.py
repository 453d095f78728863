"""`capsule serve`: run an app from its directory and reload it at every change."""

from __future__ import annotations

import click

from cpsl._problems import INTERRUPTED
from cpsl.cli.command import Command, pass_invocation, with_space
from cpsl.cli.invocation import Invocation


@click.command(cls=Command)
@click.argument("entry")
@click.option("--name", metavar="NAME", help="Name of the capsule.  [default: the app's]")
@with_space
@pass_invocation
def serve(invocation: Invocation, entry: str, name: str | None) -> int:
    """Run the app ENTRY (`app.py:app`) while you work on it.

    Sends its directory, shows what it prints, and reloads it whenever a file changes; sessions go on.
    Has data and an address of its own beside the deployed app. Ctrl-C stops it.
    """
    from cpsl.cli.development import Development
    from cpsl.cli.entry import read_entry
    from cpsl.cli.target import entry_name

    checked = read_entry(entry)
    development = Development(invocation, checked, entry_name(checked, name))
    try:
        development.run()
    except KeyboardInterrupt:
        invocation.out.line("Stopped.")
        return INTERRUPTED
    return 0
