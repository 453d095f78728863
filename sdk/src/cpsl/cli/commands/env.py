"""`capsule env …`: environment variables of one capsule."""

from __future__ import annotations

import click

from cpsl.cli.command import Command, Group, pass_invocation, with_json, with_space
from cpsl.cli.invocation import Invocation
from cpsl.cli.pairs import read_pairs


@click.group(cls=Group)
def env() -> None:
    """Show and change the environment variables of a capsule."""


@env.command("list", cls=Command)
@click.argument("name")
@with_json
@with_space
@pass_invocation
def list_env(invocation: Invocation, name: str) -> None:
    """List the environment variables of the capsule NAME."""
    found = invocation.capsule(name)
    invocation.out.table(
        invocation.api.items(f"/capsules/{found['id']}/env"),
        [("key", "key"), ("value", "value"), ("set by", "set_by")],
        empty=f"No variables. Set one: capsule env set {found['name']} KEY=VALUE",
    )


@env.command("set", cls=Command)
@click.argument("name")
@click.argument("pairs", nargs=-1, required=True, metavar="KEY=VALUE...")
@with_json
@with_space
@pass_invocation
def set_env(invocation: Invocation, name: str, pairs: tuple[str, ...]) -> None:
    """Set environment variables of the capsule NAME.

    A live capsule restarts with them, without a gap. `KEY=-` reads the value from standard input.
    """
    values = read_pairs(pairs, what="variable")
    _change(invocation, name, {"set": values, "unset": []}, f"Set {', '.join(values)}")


@env.command("unset", cls=Command)
@click.argument("name")
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@with_json
@with_space
@pass_invocation
def unset_env(invocation: Invocation, name: str, keys: tuple[str, ...]) -> None:
    """Remove environment variables of the capsule NAME.

    A live capsule restarts without them, without a gap.
    """
    _change(invocation, name, {"set": {}, "unset": list(keys)}, f"Removed {', '.join(keys)}")


def _change(invocation: Invocation, name: str, change: dict[str, object], sentence: str) -> None:
    found = invocation.capsule(name)
    answer = invocation.api.patch(f"/capsules/{found['id']}/env", change)
    if invocation.as_json:
        items = answer["items"] if isinstance(answer, dict) and "items" in answer else None
        invocation.out.json(
            items if items is not None else invocation.api.items(f"/capsules/{found['id']}/env")
        )
        return
    invocation.out.success(f"{sentence} in {found['name']}.")
    if found.get("status") == "live":
        invocation.out.line(f"{found['name']} restarts with the change.", dim=True)
