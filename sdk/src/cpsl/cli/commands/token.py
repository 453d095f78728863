"""`capsule token …`: API tokens for programs."""

from __future__ import annotations

import click

from cpsl._problems import CapsuleError
from cpsl.cli import words
from cpsl.cli.api import segment
from cpsl.cli.command import Command, Group, pass_invocation, with_json, with_server
from cpsl.cli.invocation import Invocation


@click.group(cls=Group)
def token() -> None:
    """Keep tokens by which programs call the platform as you."""


@token.command("create", cls=Command)
@click.argument("name")
@click.option("--days", type=click.IntRange(1, 3650), help="Days until it expires.  [default: never]")
@with_json
@with_server
@pass_invocation
def create(invocation: Invocation, name: str, days: int | None) -> None:
    """Create a token called NAME; it is shown once."""
    body: dict[str, object] = {"name": name}
    if days is not None:
        body["expires_in_days"] = days
    made = invocation.api.post("/auth/tokens", body)
    if invocation.as_json:
        invocation.out.json(made)
        return
    invocation.out.raw(made["token"])
    invocation.out.notice("It is shown only now. Use it as CAPSULE_TOKEN or with --token.")


@token.command("list", cls=Command)
@with_json
@with_server
@pass_invocation
def list_tokens(invocation: Invocation) -> None:
    """List your tokens, never their values."""
    invocation.out.table(
        invocation.api.items("/auth/tokens"),
        [
            ("name", "name"),
            ("id", "id"),
            ("created", lambda item: words.ago(item.get("created_at"))),
            ("last used", lambda item: words.ago(item.get("last_used_at"))),
            ("expires", lambda item: item.get("expires_at") or "never"),
        ],
        empty="No tokens. Create one: capsule token create NAME",
    )


@token.command("delete", cls=Command)
@click.argument("name")
@with_json
@with_server
@pass_invocation
def delete(invocation: Invocation, name: str) -> None:
    """Revoke the token NAME (a name or an id)."""
    matches = [item for item in invocation.api.items("/auth/tokens") if name in (item["id"], item["name"])]
    if not matches:
        raise CapsuleError(f"There is no token '{name}'.", code="not_found", hint="capsule token list")
    if len(matches) > 1:
        ids = ", ".join(str(item["id"]) for item in matches)
        raise CapsuleError(
            f"Several tokens are called '{name}'.", code="ambiguous", hint=f"Name one by id: {ids}"
        )
    invocation.api.delete(f"/auth/tokens/{segment(matches[0]['id'])}")
    if invocation.as_json:
        invocation.out.json({"id": matches[0]["id"], "deleted": True})
    else:
        invocation.out.success(f"Token '{matches[0]['name']}' revoked.")
