"""`capsule preview …`: capsules of their own for branches and pull requests."""

from __future__ import annotations

import click

from cpsl._problems import CapsuleError
from cpsl.cli import words
from cpsl.cli.command import Command, Group, pass_invocation, with_json, with_space
from cpsl.cli.commands.capsule import remove_capsule
from cpsl.cli.invocation import Invocation


@click.group(cls=Group)
def preview() -> None:
    """Try a branch of a capsule's repository at an address of its own."""


@preview.command("create", cls=Command)
@click.argument("name")
@click.argument("branch")
@click.option("--hours", type=click.IntRange(1, 2160), help="Removed when nobody pushed for so long.")
@with_json
@with_space
@pass_invocation
def create(invocation: Invocation, name: str, branch: str, hours: int | None) -> None:
    """Build BRANCH of the capsule NAME as a preview.

    Once more builds it again.
    """
    found = invocation.capsule(name)
    body = {"branch": branch, **({"hours": hours} if hours else {})}
    made = invocation.api.post(f"/capsules/{found['id']}/previews", body)
    if invocation.as_json:
        invocation.out.json(made)
        return
    invocation.out.success(f"The preview of '{branch}' is being built: {made['url']}")
    invocation.out.line(f"Follow it: capsule builds log {made['current_build']['id']} -f", dim=True)


@preview.command("list", cls=Command)
@click.argument("name")
@with_json
@with_space
@pass_invocation
def list_previews(invocation: Invocation, name: str) -> None:
    """List the previews of the capsule NAME."""
    found = invocation.capsule(name)
    invocation.out.table(
        invocation.api.items(f"/capsules/{found['id']}/previews"),
        [
            ("preview of", "preview_of"),
            ("status", "status"),
            ("url", "url"),
            ("created", lambda item: words.ago(item.get("created_at"))),
            ("until", lambda item: item.get("expires_at") or ""),
        ],
        empty=f"No previews. Make one: capsule preview create {found['name']} BRANCH",
    )


@preview.command("remove", cls=Command)
@click.argument("name")
@click.argument("branch")
@click.option("-y", "--yes", is_flag=True, help="Do not ask for the name.")
@with_json
@with_space
@pass_invocation
def remove(invocation: Invocation, name: str, branch: str, yes: bool) -> None:
    """Remove the preview of BRANCH of the capsule NAME.

    BRANCH is `#12` for the preview of a pull request.
    """
    found = invocation.capsule(name)
    for item in invocation.api.items(f"/capsules/{found['id']}/previews"):
        if branch in (item["preview_of"], item["name"], item["id"]):
            remove_capsule(invocation, item, yes=yes, what="preview")
            return
    raise CapsuleError(
        f"'{found['name']}' has no preview of '{branch}'.",
        code="not_found",
        hint=f"capsule preview list {found['name']}",
    )
