"""`capsule app …`: apps written with the SDK, under the names of its specification."""

from __future__ import annotations

import click

from cpsl._problems import CapsuleError
from cpsl.cli import words
from cpsl.cli.command import Command, Group, pass_invocation, with_json, with_space
from cpsl.cli.invocation import Invocation


@click.group(cls=Group)
def app() -> None:
    """Show the apps among your capsules."""


@app.command("list", cls=Command)
@with_json
@with_space
@pass_invocation
def list_apps(invocation: Invocation) -> None:
    """List the apps of the current space."""
    items = invocation.api.items("/capsules", space=invocation.current_space["id"])
    invocation.out.table(
        [item for item in items if item["type"] == "app"],
        [
            ("name", "name"),
            ("id", "id"),
            ("hostname", lambda item: ", ".join(item.get("hosts") or [])),
            ("status", "status"),
            ("created", lambda item: words.ago(item.get("created_at"))),
        ],
        empty="No apps yet. Deploy one: capsule deploy app.py:app",
    )


@app.command("get", cls=Command)
@click.argument("app_id", metavar="APP")
@with_json
@with_space
@pass_invocation
def get(invocation: Invocation, app_id: str) -> None:
    """Show the app APP (a name or an id)."""
    found = invocation.capsule(app_id)
    if found["type"] != "app":
        raise CapsuleError(
            f"The capsule '{found['name']}' is a {found['type']}, not an app.",
            code="not_found",
            hint="capsule list",
        )
    release = found.get("release") or {}
    invocation.out.record(
        found,
        [
            ("Name", found["name"]),
            ("Id", found["id"]),
            ("Hostname", ", ".join(found.get("hosts") or [])),
            ("URL", found.get("url")),
            (
                "Status",
                found["status"] + (f" ({found['status_reason']})" if found.get("status_reason") else ""),
            ),
            ("Release", release.get("number")),
            ("Created", words.ago(found.get("created_at"))),
        ],
    )
