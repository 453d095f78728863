"""`capsule secret …`: write-only values of a space."""

from __future__ import annotations

import click

from cpsl.cli import words
from cpsl.cli.api import Record, segment
from cpsl.cli.command import Command, Group, pass_invocation, with_json, with_space
from cpsl.cli.invocation import Invocation
from cpsl.cli.pairs import read_pair


@click.group(cls=Group)
def secret() -> None:
    """Keep values that nobody can read back: keys, passwords, tokens."""


@secret.command("create", cls=Command)
@click.argument("pairs", nargs=-1, required=True, metavar="NAME=VALUE...")
@with_json
@with_space
@pass_invocation
def create(invocation: Invocation, pairs: tuple[str, ...]) -> None:
    """Create secrets in the current space, or give them new values.

    `NAME=-` reads the value from standard input, which keeps it out of the shell's history.
    """
    made: list[Record] = []
    for pair in pairs:
        # One after the other, so that those before a bad pair are kept and told about.
        name, value = read_pair(pair, what="secret")
        answer = invocation.api.post(
            f"/spaces/{invocation.current_space['id']}/secrets", {"name": name, "value": value}
        )
        made.append(answer or {"name": name})
        if not invocation.as_json:
            invocation.out.success(f"Secret {name} saved in '{invocation.current_space['slug']}'.")
    if invocation.as_json:
        invocation.out.json(made)


@secret.command("list", cls=Command)
@with_json
@with_space
@pass_invocation
def list_secrets(invocation: Invocation) -> None:
    """List the secrets of the current space, never their values."""
    invocation.out.table(
        invocation.api.items(f"/spaces/{invocation.current_space['id']}/secrets"),
        [
            ("name", "name"),
            ("created", lambda item: words.ago(item.get("created_at"))),
            ("updated", lambda item: words.ago(item.get("updated_at"))),
        ],
        empty="No secrets. Create one: capsule secret create NAME=VALUE",
    )


@secret.command("delete", cls=Command)
@click.argument("name")
@with_json
@with_space
@pass_invocation
def delete(invocation: Invocation, name: str) -> None:
    """Delete the secret NAME of the current space."""
    invocation.api.delete(f"/spaces/{invocation.current_space['id']}/secrets/{segment(name)}")
    if invocation.as_json:
        invocation.out.json({"name": name, "deleted": True})
    else:
        invocation.out.success(f"Secret {name} deleted.")
