"""`capsule git …`: push to the platform, and let it get at private repositories."""

from __future__ import annotations

import sys
from typing import Any

import click

from cpsl._problems import CapsuleError, InvalidInput
from cpsl.cli import names, words
from cpsl.cli.api import Record
from cpsl.cli.command import Command, Group, pass_invocation, with_json, with_server, with_space
from cpsl.cli.commands.deploy import TYPES
from cpsl.cli.invocation import Invocation
from cpsl.cli.pairs import read_secret


@click.group(cls=Group)
def git() -> None:
    """Deploy by `git push`; let the platform read your repositories."""


@git.command("remote", cls=Command)
@click.argument("name")
@click.option(
    "--type", "type_", type=click.Choice(TYPES), help="Kind of a new capsule.  [default: found out]"
)
@click.option("--branch", metavar="BRANCH", help="Branch whose pushes are deployed.  [default: this one]")
@with_json
@with_space
@pass_invocation
def remote(invocation: Invocation, name: str, type_: str | None, branch: str | None) -> None:
    """Let this repository's remote `capsule` lead to the capsule NAME.

    Then `git push capsule main` builds and deploys it. NAME is made if needed; a capsule that was made
    from something else is made from what is pushed from now on. Below the repository's root, the current
    folder is the project.
    """
    from cpsl.cli.remote import Repository

    repository = Repository()
    source = {"kind": "push", "branch": branch or repository.branch, "path": repository.folder}
    found = invocation.find_capsule(name)
    if found is None:
        found = _create(invocation, names.check(name, where="NAME"), type_, source)
    elif type_ not in (None, found["type"]):
        raise InvalidInput(f"'{found['name']}' is a {found['type']}, and a capsule keeps its type.")
    elif {key: found["source"].get(key) for key in source} != source:
        found = invocation.api.patch(f"/capsules/{found['id']}", {"source": source})
    access = invocation.api.get(f"/capsules/{found['id']}/source-access")
    repository.connect(access["push_url"])
    if invocation.as_json:
        invocation.out.json({"name": found["name"], "id": found["id"], "url": access["push_url"], **source})
    else:
        invocation.out.success(f"The remote 'capsule' leads to {found['name']}.")
        invocation.out.line(f"Deploy: git push capsule {source['branch']}", dim=True)


@git.command("credential", cls=Command, hidden=True)
@click.argument("operation")
@with_server
@pass_invocation
def credential(invocation: Invocation, operation: str) -> None:
    """Answer git's question for the password of a remote.

    Called by git (see gitcredentials(7)); stores nothing.
    """
    if operation != "get":
        return
    asked = dict(line.rstrip("\n").split("=", 1) for line in sys.stdin if "=" in line)
    from cpsl import _config

    login = _config.resolve(url=f"{asked.get('protocol')}://{asked.get('host')}", token=None)
    if login is not None:
        invocation.out.raw(f"username=capsule\npassword={login.token}")


@git.command("access", cls=Command)
@click.argument("name")
@click.option("--access-token", metavar="TOKEN", help="Access token of its repository; `-` reads it.")
@click.option("--deploy-key", is_flag=True, help="Make a new deploy key.")
@click.option("--webhook", is_flag=True, help="Make a new webhook secret; it is shown once.")
@click.option("--connection", metavar="ID", help="Use the team's connection to the git host.")
@click.option("--forget-host", is_flag=True, help="Trust whatever key the host of the repository shows next.")
@click.option("--forget-token", is_flag=True, help="Forget the access token.")
@with_json
@with_space
@pass_invocation
def access(
    invocation: Invocation,
    name: str,
    access_token: str | None,
    deploy_key: bool,
    webhook: bool,
    connection: str | None,
    forget_host: bool,
    forget_token: bool,
) -> None:
    """Show or change the access to the repository of the capsule NAME.

    Also shows what the last webhook was, and what was done about it.
    """
    path = f"/capsules/{invocation.capsule(name)['id']}/source-access"
    changes: dict[str, Any] = {}
    if access_token is not None or forget_token:
        changes["token"] = "" if forget_token else read_secret(str(access_token))
    if connection is not None:
        changes["connection_id"] = connection
    if forget_host:
        changes["forget_hosts"] = True
    if changes:
        invocation.api.patch(path, changes)
    if deploy_key:
        invocation.api.post(f"{path}/deploy-key")
    made = invocation.api.post(f"{path}/webhook-secret") if webhook else {}
    found = {**invocation.api.get(path), **({"webhook_secret": made["secret"]} if made else {})}
    invocation.out.record(found, _about(found))
    if made and not invocation.as_json:
        invocation.out.notice("The secret is shown only now; put it into the repository's settings.")


@git.command("hosts", cls=Command)
@with_json
@with_server
@pass_invocation
def hosts(invocation: Invocation) -> None:
    """List the git hosts that your teams are connected to.

    Connecting one, or signing in again, needs a browser: Account, Git hosts in the console.
    """
    teams = invocation.api.items("/teams")
    connections = [
        {**connection, "team": team["slug"]}
        for team in teams
        for connection in invocation.api.items(f"/teams/{team['id']}/git-connections")
    ]
    invocation.out.table(
        connections,
        [
            ("id", "id"),
            ("team", "team"),
            ("host", "url"),
            ("account", "account"),
            ("state", lambda item: item["problem"] or "connected"),
        ],
        empty="No git host is connected. Connect one in the console: Account, Git hosts",
    )


def _about(found: Record) -> list[tuple[str, object]]:
    hook = found.get("last_hook") or {}
    when = words.ago(found.get("last_hook_at")) if found.get("last_hook_at") else ""
    rows: list[tuple[str, object]] = [
        ("push to", found["push_url"]),
        ("webhook", found["webhook_url"]),
        ("webhook secret", found.get("webhook_secret") or ("set" if found["has_webhook_secret"] else "none")),
        ("token", "set" if found["has_token"] else "none"),
        ("connection", found.get("connection_id") or "none"),
        ("deploy key", found.get("public_key") or "none"),
        ("last webhook", f"{hook.get('sentence', '')} {when}".strip() or "none"),
    ]
    if hook.get("refused"):
        rows.append(("refused since", f"{hook['refused']} with a wrong signature"))
    return rows


def _create(invocation: Invocation, name: str, type_: str | None, source: Record) -> Record:
    config: Record = {}
    if type_ in (None, "app"):
        type_, config = _found_out(invocation, name, type_)
    body = {
        "space_id": invocation.current_space["id"],
        "name": name,
        "type": type_,
        "source": source,
        "config": config,
    }
    made: Record = invocation.api.post("/capsules", body)
    return made


def _found_out(invocation: Invocation, name: str, type_: str | None) -> tuple[str, Record]:
    """Ask the platform what the current folder is, as `capsule deploy` does."""
    from cpsl.cli.target import detect_type, read_target
    from cpsl.cli.upload import upload_directory

    target = read_target(None, git=None, branch=None, path=None, name=name, type_=type_, config={})
    if target.type is not None:
        return target.type, target.config
    if target.root is None:
        raise CapsuleError("There is nothing to look at here.", hint="--type", code="cannot_plan")
    with invocation.out.progress() as progress:
        uploaded, _ = upload_directory(invocation, target.root, progress)
        progress.step("Finding out what it is")
        return detect_type(invocation, {**target.source, "upload_id": uploaded["id"]}, {}), {}
