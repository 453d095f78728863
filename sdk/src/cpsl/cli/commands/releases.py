"""`capsule releases|rollback|scale`: what has been live, going back to it, and replicas per process type."""

from __future__ import annotations

from typing import Any

import click

from cpsl._problems import CapsuleError, InvalidInput
from cpsl.cli import settled, words
from cpsl.cli.api import Record
from cpsl.cli.command import Command, Group, pass_invocation, with_json, with_space
from cpsl.cli.invocation import Invocation


@click.group(cls=Group, default="list")
def releases() -> None:
    """Show the releases of a capsule: `capsule releases NAME`."""


@releases.command("list", cls=Command)
@click.argument("name")
@with_json
@with_space
@pass_invocation
def list_releases(invocation: Invocation, name: str) -> None:
    """List the releases of the capsule NAME, newest first."""
    found = invocation.capsule(name)
    invocation.out.table(
        invocation.api.items(f"/capsules/{found['id']}/releases"),
        [
            ("", lambda item: "*" if item.get("is_live") else " "),
            ("release", "number"),
            ("made by", "made_by"),
            ("commit", lambda item: str(item.get("commit") or "")[:8]),
            ("subject", "subject"),
            ("created", lambda item: words.ago(item.get("created_at"))),
            ("", lambda item: "" if item.get("is_kept") else "no longer kept"),
        ],
        empty=f"{found['name']} has no release yet.",
    )


@releases.command("receipt", cls=Command)
@click.argument("name")
@with_json
@with_space
@pass_invocation
def receipt(invocation: Invocation, name: str) -> None:
    """Show how the newest deployment of the capsule NAME went.

    Its phases, the requests that were served meanwhile, and what was slower or failed afterwards.
    """
    found = invocation.capsule(name)
    deployments = invocation.api.items(f"/capsules/{found['id']}/deployments")
    if not deployments:
        raise CapsuleError(
            f"'{found['name']}' has not been deployed yet.",
            code="no_deployment",
            hint=f"What became of its builds: capsule builds {found['name']}",
        )
    if invocation.as_json:
        invocation.out.json(deployments[0])
        return
    for line in _receipt_lines(deployments[0]):
        invocation.out.line(line)


@click.command(cls=Command)
@click.argument("name")
@click.argument("number", type=int, required=False)
@click.option("--keep-config", is_flag=True, help="Only the code goes back; variables and limits stay.")
@with_json
@with_space
@pass_invocation
def rollback(invocation: Invocation, name: str, number: int | None, keep_config: bool) -> None:
    """Make an earlier release of the capsule NAME live again.

    Without NUMBER it is the one before the live one.
    """
    found = invocation.capsule(name)
    release = _chosen(found, invocation.api.items(f"/capsules/{found['id']}/releases"), number)
    with invocation.out.progress() as progress:
        progress.step(f"Going back to release {release['number']}")
        config = "kept" if keep_config else "restored"
        deployment = invocation.api.post(f"/releases/{release['id']}/roll-back", {"config": config})
        found = settled.until_deployed(
            invocation.api, invocation.out, {**found, "current_deployment": deployment}
        )
    if invocation.as_json:
        invocation.out.json(found)
    else:
        invocation.out.success(f"Release {deployment['release_number']} of {found['name']} is live.")


@click.command(cls=Command)
@click.argument("name")
@click.argument("processes", nargs=-1, metavar="[PROCESS=REPLICAS]...")
@with_json
@with_space
@pass_invocation
def scale(invocation: Invocation, name: str, processes: tuple[str, ...]) -> None:
    """Show or set the replicas of each process type of the capsule NAME.

    Such as `capsule scale shop web=2 worker=1`; a process type that is not named stays as it is.
    """
    found = invocation.capsule(name)
    if processes:
        wanted = {**(found["config"].get("scale") or {}), **dict(map(_count, processes))}
        with invocation.out.progress() as progress:
            progress.step(f"Scaling {found['name']}")
            changed = invocation.api.patch(f"/capsules/{found['id']}", {"config": {"scale": wanted}})
            found = settled.until_deployed(invocation.api, invocation.out, changed or found)
    replicas = [
        row for row in found["replicas"] if row["environment"] == "deploy" and row["state"] != "stopping"
    ]
    names = sorted({row["process"] for row in replicas} | set(found["config"].get("scale") or {}))
    invocation.out.table(
        [_process(process, replicas) for process in names],
        [("process", "process"), ("replicas", "replicas"), ("healthy", "healthy"), ("restarts", "restarts")],
        empty=f"Nothing of {found['name']} is running.",
    )


def _chosen(capsule: Record, items: list[Record], number: int | None) -> Record:
    if number is None:
        live = next((item["number"] for item in items if item.get("is_live")), None)
        item = next((item for item in items if live is not None and item["number"] < live), None)
        if item is None:
            raise CapsuleError(
                f"'{capsule['name']}' has no earlier release to go back to.",
                code="no_earlier_release",
                hint=f"capsule releases {capsule['name']}",
            )
        return item
    item = next((item for item in items if item["number"] == number), None)
    if item is None:
        raise InvalidInput(
            f"'{capsule['name']}' has no release {number}.", hint=f"capsule releases {capsule['name']}"
        )
    return item


def _count(pair: str) -> tuple[str, int]:
    process, _, number = pair.partition("=")
    if not process or not number.isdigit():
        raise InvalidInput(
            f"'{pair}' does not say how many replicas a process has.", hint="Such as web=2 or worker=0."
        )
    return process, int(number)


def _process(process: str, replicas: list[Record]) -> dict[str, Any]:
    mine = [row for row in replicas if row["process"] == process]
    return {
        "process": process,
        "replicas": len(mine),
        "healthy": sum(1 for row in mine if row["state"] == "healthy"),
        "restarts": sum(row["restarts"] for row in mine),
    }


def _receipt_lines(deployment: Record) -> list[str]:
    lines = [f"Deployment of release {deployment['release_number']}: {deployment['status']}"]
    if deployment.get("reason"):
        lines.append(str(deployment["reason"]))
    found = deployment.get("receipt") or {}
    lines += [f"  {phase['name']:<8} {phase['seconds']:8.2f} s" for phase in found.get("phases", ())]
    if found.get("requests") is not None:
        lines.append(f"Requests meanwhile: {found['requests']}, with an error: {found['errors']}")
    before, after = found.get("p99_before_ms"), found.get("p99_after_ms")
    if before is not None and after is not None:
        lines.append(f"99 of 100 requests within: {before:g} ms before, {after:g} ms after")
    if found.get("verdict"):
        reason = f": {found['reason']}" if found.get("reason") else ""
        lines.append(f"Watch: {found['verdict']}{reason}")
    return lines
