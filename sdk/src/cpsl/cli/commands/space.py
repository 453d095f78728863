"""`capsule space …`: the groups that capsules live in."""

from __future__ import annotations

import click

from cpsl.cli import memory, words
from cpsl.cli.command import Command, Group, pass_invocation, with_json, with_server
from cpsl.cli.invocation import Invocation, pick_space


@click.group(cls=Group)
def space() -> None:
    """Create and choose spaces, the groups that capsules live in."""


@space.command("list", cls=Command)
@with_json
@with_server
@pass_invocation
def list_spaces(invocation: Invocation) -> None:
    """List your spaces; the current one is marked."""
    spaces = invocation.api.items("/spaces")
    current = invocation.current_space["id"] if spaces else None
    invocation.out.table(
        [{**item, "is_current": item["id"] == current} for item in spaces],
        [
            ("", lambda item: "*" if item["is_current"] else " "),
            ("name", "name"),
            ("slug", "slug"),
            ("capsules", "capsules"),
            ("created", lambda item: words.ago(item.get("created_at"))),
        ],
        empty="No spaces yet. Create one: capsule space create NAME",
    )


@space.command("create", cls=Command)
@click.argument("name")
@click.option("--team", metavar="TEAM", help="Team that owns it.  [default: your personal team]")
@with_json
@with_server
@pass_invocation
def create(invocation: Invocation, name: str, team: str | None) -> None:
    """Create the space NAME and make it the current one."""
    body = {"name": name, "team_id": team} if team else {"name": name}
    made = invocation.api.post("/spaces", body)
    memory.remember(invocation.login.url, space=made["id"])
    if invocation.as_json:
        invocation.out.json(made)
    else:
        invocation.out.success(f"Space '{made['slug']}' created. It is the current space now.")


@space.command("use", cls=Command)
@click.argument("name")
@with_json
@with_server
@pass_invocation
def use(invocation: Invocation, name: str) -> None:
    """Make the space NAME (a name, a slug or an id) the current one."""
    found = pick_space(invocation.api.items("/spaces"), name)
    memory.remember(invocation.login.url, space=found["id"])
    if invocation.as_json:
        invocation.out.json(found)
    else:
        invocation.out.success(f"Current space: {found['slug']}")
