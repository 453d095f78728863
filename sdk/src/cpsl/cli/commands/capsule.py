"""`capsule list|start|stop|restart|remove|open`: capsules as records."""

from __future__ import annotations

import sys

import click

from cpsl._problems import CapsuleError, InvalidInput
from cpsl.cli import settled, words
from cpsl.cli.api import Record
from cpsl.cli.command import Command, pass_invocation, with_json, with_space
from cpsl.cli.invocation import Invocation


@click.command("list", cls=Command)
@click.option("-a", "--all", "everywhere", is_flag=True, help="Capsules of all your spaces.")
@with_json
@with_space
@pass_invocation
def list_capsules(invocation: Invocation, everywhere: bool) -> None:
    """List the capsules of the current space."""
    if everywhere:
        names = {space["id"]: space["slug"] for space in invocation.api.items("/spaces")}
        items = invocation.api.items("/capsules")
        empty = "No capsules yet. Make one: capsule deploy app.py:app"
    else:
        names = {}
        items = invocation.api.items("/capsules", space=invocation.current_space["id"])
        empty = (
            f"No capsules in '{invocation.current_space['slug']}' yet. Make one: capsule deploy app.py:app"
        )
    invocation.out.table(
        items,
        [
            ("name", "name"),
            *([("space", lambda item: names.get(item["space_id"], item["space_id"]))] if everywhere else []),
            ("type", "type"),
            ("status", "status"),
            ("release", lambda item: (item.get("release") or {}).get("number")),
            ("url", "url"),
            ("updated", lambda item: words.ago((item.get("release") or {}).get("created_at"))),
        ],
        empty=empty,
    )


@click.command(cls=Command)
@click.argument("name")
@with_json
@with_space
@pass_invocation
def start(invocation: Invocation, name: str) -> None:
    """Switch the capsule NAME on; returns when it answers."""
    _deployed(invocation, name, "start", "Starting", "is live")


@click.command(cls=Command)
@click.argument("name")
@with_json
@with_space
@pass_invocation
def stop(invocation: Invocation, name: str) -> None:
    """Switch the capsule NAME off; all it has is kept."""
    found = invocation.capsule(name)
    with invocation.out.progress() as progress:
        progress.step(f"Stopping {found['name']}")
        invocation.api.post(f"/capsules/{found['id']}/stop")
        found = settled.until_stopped(invocation.api, found)
    _tell(invocation, found, "is stopped")


@click.command(cls=Command)
@click.argument("name")
@with_json
@with_space
@pass_invocation
def restart(invocation: Invocation, name: str) -> None:
    """Start the capsule NAME afresh, without a gap."""
    _deployed(invocation, name, "restart", "Restarting", "has restarted")


@click.command(cls=Command)
@click.argument("name")
@click.option("-y", "--yes", is_flag=True, help="Do not ask for the name.")
@with_json
@with_space
@pass_invocation
def remove(invocation: Invocation, name: str, yes: bool) -> None:
    """Remove the capsule NAME with all it has, for good."""
    remove_capsule(invocation, invocation.capsule(name), yes=yes)


@click.command("open", cls=Command)
@click.argument("name")
@click.option("--print", "only_print", is_flag=True, help="Print the address instead of opening a browser.")
@with_space
@pass_invocation
def open_capsule(invocation: Invocation, name: str, only_print: bool) -> None:
    """Open the capsule NAME in the browser."""
    found = invocation.capsule(name)
    if not found.get("url"):
        raise CapsuleError(
            f"The capsule '{found['name']}' has no address ({found['type']}, {found['status']}).",
            code="no_url",
        )
    invocation.out.raw(found["url"])
    if not only_print:
        import webbrowser

        webbrowser.open(found["url"])


def remove_capsule(invocation: Invocation, found: Record, *, yes: bool, what: str = "capsule") -> None:
    """Remove a capsule after its name was typed once more."""
    if not yes:
        if not sys.stdin.isatty():
            raise InvalidInput(
                f"Removing the {what} '{found['name']}' needs a confirmation.",
                hint="Without a terminal: --yes",
            )
        typed = click.prompt(
            f"This removes the {what} '{found['name']}' with all it holds. Type its name to go on",
            err=True,
            default="",
            show_default=False,
        )
        if typed.strip() != found["name"]:
            raise CapsuleError("That is not its name; nothing was removed.", code="not_confirmed")
    with invocation.out.progress() as progress:
        progress.step(f"Removing {found['name']}")
        invocation.api.delete(f"/capsules/{found['id']}", confirm=found["name"])
        settled.until_removed(invocation.api, found)
    if invocation.as_json:
        invocation.out.json({"id": found["id"], "name": found["name"], "removed": True})
    else:
        invocation.out.success(f"Removed {what} '{found['name']}'.")


def _deployed(invocation: Invocation, name: str, verb: str, doing: str, done: str) -> None:
    found = invocation.capsule(name)
    with invocation.out.progress() as progress:
        progress.step(f"{doing} {found['name']}")
        changed = invocation.api.post(f"/capsules/{found['id']}/{verb}") or found
        changed = settled.until_deployed(invocation.api, invocation.out, changed)
    _tell(invocation, changed, done if changed["status"] == "live" else f"is {changed['status']}")


def _tell(invocation: Invocation, capsule: Record, sentence: str) -> None:
    if invocation.as_json:
        invocation.out.json(capsule)
    else:
        invocation.out.success(f"{capsule['name']} {sentence}.")
