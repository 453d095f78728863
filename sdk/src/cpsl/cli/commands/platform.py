"""`capsule up|down|status|doctor`: hand over to the platform's own program where it is installed.

The platform (`capsule-server`) is a distribution of its own; this module never imports it.
"""

from __future__ import annotations

import os
import sys

import click

from cpsl._problems import CapsuleError
from cpsl.cli.command import Command

# What is not listed here is passed on as well, so that the two programs need no release in step.
PASSED_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "allow_interspersed_args": False}


@click.command(cls=Command, context_settings=PASSED_ON)
@click.option(
    "--port",
    metavar="PORT",
    help="Public port.  [env: CAPSULE_PORT; default: that of the last start, or 8080]",
)
@click.option("--data", metavar="DIR", help="Data folder.  [env: CAPSULE_DATA; default: ~/.capsule]")
@click.option("--no-demo", is_flag=True, help="Leave the demo space out on first start.")
@click.option("-d", "--detach", is_flag=True, help="Return once the platform answers, and leave it running.")
@click.argument("more", nargs=-1, type=click.UNPROCESSED)
def up(port: str | None, data: str | None, no_demo: bool, detach: bool, more: tuple[str, ...]) -> None:
    """Start the platform on this machine.

    Stays in the foreground; Ctrl-C stops the server and says what keeps running.
    """
    hand_over("up", _argv(more, port=port, data=data, no_demo=no_demo, detach=detach))


@click.command(cls=Command, context_settings=PASSED_ON)
@click.option(
    "--all", "everything", is_flag=True, help="Stop everything it runs as well, not the server only."
)
@click.option("--data", metavar="DIR", help="Data folder.  [env: CAPSULE_DATA; default: ~/.capsule]")
@click.argument("more", nargs=-1, type=click.UNPROCESSED)
def down(everything: bool, data: str | None, more: tuple[str, ...]) -> None:
    """Stop the platform on this machine.

    Capsules stay live without the server; --all stops them too.
    """
    hand_over("down", _argv(more, all=everything, data=data))


@click.command(cls=Command, context_settings=PASSED_ON)
@click.option("--data", metavar="DIR", help="Data folder.  [env: CAPSULE_DATA; default: ~/.capsule]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@click.argument("more", nargs=-1, type=click.UNPROCESSED)
def status(data: str | None, as_json: bool, more: tuple[str, ...]) -> None:
    """Show the processes of the platform and their health."""
    hand_over("status", _argv(more, data=data, json=as_json))


@click.command(cls=Command, context_settings=PASSED_ON)
@click.option("--data", metavar="DIR", help="Data folder.  [env: CAPSULE_DATA; default: ~/.capsule]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@click.argument("more", nargs=-1, type=click.UNPROCESSED)
def doctor(data: str | None, as_json: bool, more: tuple[str, ...]) -> None:
    """List the optional parts of this machine and what they enable."""
    hand_over("doctor", _argv(more, data=data, json=as_json))


def hand_over(command: str, arguments: list[str]) -> None:
    """Replace this process with the platform's program. Raises CapsuleError where it is not installed."""
    import importlib.util

    if importlib.util.find_spec("capsule") is None:
        raise CapsuleError(
            f"`capsule {command}` needs the platform, and only the SDK is installed here.",
            code="platform_not_installed",
            hint="Run `make up` in a copy of the platform's repository, or install `capsule-server` into "
            f"this environment: {sys.prefix}",
        )
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-m", "capsule", command, *arguments])


def _argv(more: tuple[str, ...], **options: str | bool | None) -> list[str]:
    """Spell the options given back into a command line."""
    argv: list[str] = []
    for name, value in options.items():
        if value is True:
            argv.append("--" + name.replace("_", "-"))
        elif value:
            argv += ["--" + name.replace("_", "-"), str(value)]
    return [*argv, *more]
