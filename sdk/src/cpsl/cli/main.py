"""The `capsule` program: parse, run one command, turn what went wrong into a message and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from cpsl import __version__
from cpsl._problems import INTERRUPTED, CapsuleError
from cpsl.cli.command import LazyGroup, with_server
from cpsl.cli.invocation import Invocation

_C = "cpsl.cli.commands"

SECTIONS = {
    "Apps and sites": {
        "deploy": f"{_C}.deploy:deploy",
        "serve": f"{_C}.serve:serve",
        "list": f"{_C}.capsule:list_capsules",
        "logs": f"{_C}.logs:logs",
        "builds": f"{_C}.builds:builds",
        "releases": f"{_C}.releases:releases",
        "rollback": f"{_C}.releases:rollback",
        "scale": f"{_C}.releases:scale",
        "git": f"{_C}.git:git",
        "preview": f"{_C}.preview:preview",
        "run": f"{_C}.run:run",
        "runs": f"{_C}.runs:runs",
        "cron": f"{_C}.cron:cron",
        "exec": f"{_C}.exec:exec_",
        "runtimes": f"{_C}.runtimes:runtimes",
        "env": f"{_C}.env:env",
        "open": f"{_C}.capsule:open_capsule",
        "start": f"{_C}.capsule:start",
        "stop": f"{_C}.capsule:stop",
        "restart": f"{_C}.capsule:restart",
        "remove": f"{_C}.capsule:remove",
        "app": f"{_C}.app:app",
    },
    "What a space holds": {
        "space": f"{_C}.space:space",
        "secret": f"{_C}.secret:secret",
        "fs": f"{_C}.fs:fs",
    },
    "Who you are": {
        "login": f"{_C}.login:login",
        "logout": f"{_C}.login:logout",
        "whoami": f"{_C}.login:whoami",
        "token": f"{_C}.token:token",
    },
    "The platform on this machine": {
        "up": f"{_C}.platform:up",
        "down": f"{_C}.platform:down",
        "status": f"{_C}.platform:status",
        "doctor": f"{_C}.platform:doctor",
    },
    "This program": {"completion": f"{_C}.completion:completion"},
}


@click.group(cls=LazyGroup, sections=SECTIONS, name="capsule")
@with_server
@click.version_option(__version__, prog_name="capsule", message="%(prog)s %(version)s")
def cli() -> None:
    """Deploy apps, sites and agents to your own Capsule platform."""


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    sys.exit(run(sys.argv[1:] if argv is None else list(argv)))


def run(argv: list[str]) -> int:
    """Run one command line and return its exit code; prints every failure and raises none of them."""
    invocation = Invocation()
    try:
        # Standalone mode off: errors come here, so that they all look alike and none is a stack trace.
        result = cli.main(argv, prog_name="capsule", standalone_mode=False, obj=invocation)
        sys.stdout.flush()
    except click.exceptions.Exit as done:
        return done.exit_code
    except (click.Abort, KeyboardInterrupt):
        invocation.out.interrupted()
        return INTERRUPTED
    except click.ClickException as error:
        invocation.out.usage_error(error)
        return error.exit_code
    except CapsuleError as error:
        invocation.out.error(error)
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output has gone (`capsule list | head -1`): nothing is wrong, nothing to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        invocation.out.bug(error)
        return 1
    finally:
        invocation.close()
    return result if isinstance(result, int) else 0
