"""`capsule serve`: run an app from its directory and reload it at every change."""

from __future__ import annotations

import click

from cpsl._problems import INTERRUPTED
from cpsl.cli.command import Command, pass_invocation, with_space
from cpsl.cli.invocation import Invocation


@click.command(cls=Command)
@click.argument("entry")
@click.option("--name", metavar="NAME", help="Name of the capsule.  [default: the app's]")
@click.option("--channel", "channels", multiple=True, metavar="NAME", help="A channel to bind; repeatable.")
@click.option("--force-channel", is_flag=True, help="Take a channel from another app.")
@click.option("--reset-onboarding", is_flag=True, help="Show the onboarding again.")
@with_space
@pass_invocation
def serve(
    invocation: Invocation,
    entry: str,
    name: str | None,
    channels: tuple[str, ...],
    force_channel: bool,
    reset_onboarding: bool,
) -> int:
    """Run the app ENTRY (`app.py:app`) while you work on it.

    Sends its directory, shows what it prints, and reloads it whenever a file changes; sessions go on.
    Has data and an address of its own beside the deployed app. Ctrl-C stops it.

    Secrets that the app names and your shell exports are taken from the shell, for this serve only.
    """
    from cpsl.cli.development import Development
    from cpsl.cli.entry import read_entry
    from cpsl.cli.target import entry_name

    checked = read_entry(entry)
    if channels or force_channel:
        named = ", ".join(channels) or "none is named"
        invocation.out.notice(f"Channels come in a later version of Capsule; nothing is bound ({named}).")
    if reset_onboarding:
        invocation.out.notice("Onboarding comes in a later version of Capsule; there is nothing to reset.")
    development = Development(invocation, checked, entry_name(checked, name))
    try:
        development.run()
    except KeyboardInterrupt:
        invocation.out.line("Stopped.")
        return INTERRUPTED
    return 0
