"""Builds, releases, deployments, replicas and log lines as the API answers them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from capsule.control.policy import Action, Actor, can
from capsule.control.shapes.base import Shape
from capsule.models import Build, Deployment, Release, Replica

UNFINISHED = ("queued", "running")


PhaseName = Literal["release", "start", "switch", "canary", "drain"]
Verdict = Literal["watching", "kept", "returned", "replaced"]


class Phase(Shape):
    name: PhaseName = Field(
        description="`release`: the release step; `start`: replicas are started; `switch`: they come to "
        "answer and get the requests; `canary`: a share of the requests tries them; `drain`: running "
        "requests end on the replicas before."
    )
    seconds: float


class Receipt(Shape):
    phases: list[Phase] = Field(default=[])
    requests: int | None = Field(default=None, description="Served from its start until the drain ended.")
    errors: int | None = Field(default=None, description="Of these, answered with a status of 500 or more.")
    p99_before_ms: float | None = Field(default=None, description="In the minute before it started.")
    p99_after_ms: float | None = Field(default=None, description="While it was watched.")
    verdict: Verdict | None = Field(
        default=None,
        description="`watching`; `kept`: it did well; `returned`: the release before was brought back; "
        "`replaced`: a newer deployment came before the watch was over.",
    )
    reason: str | None = Field(default=None, description="Why it returned.")


class LogLineShape(Shape):
    at: datetime
    replica: str | None = None
    stream: Literal["stdout", "stderr", "platform"] = "stdout"
    text: str


class BuildShape(Shape):
    id: str
    capsule_id: str
    status: str
    trigger: str
    source: dict[str, Any]
    plan: dict[str, Any] | None
    reason: str | None
    hint: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    is_live: bool = Field(description="Whether the live release was made by this build.")
    compare_url: str | None = Field(
        description="Page at the git host with what changed since the succeeded build before; told where "
        "builds are listed and read, for hosts whose kind is known."
    )
    can: list[str]

    @classmethod
    def of(
        cls, build: Build, actor: Actor, *, live: Release | None, compare_url: str | None = None
    ) -> "BuildShape":
        verbs = can(actor, Action.build_cancel.kind, build.team_id)
        if build.status not in UNFINISHED:
            verbs = [verb for verb in verbs if verb != "cancel"]
        return cls(
            id=build.id,
            capsule_id=build.capsule_id,
            status=build.status,
            trigger=build.trigger,
            source=build.source,
            plan=build.plan,
            reason=build.reason,
            hint=build.hint,
            created_at=build.created_at,
            started_at=build.started_at,
            finished_at=build.finished_at,
            is_live=live is not None and live.build_id == build.id,
            compare_url=compare_url,
            can=[verb for verb in verbs if verb != "read"],
        )


class ReleaseShape(Shape):
    id: str
    capsule_id: str
    number: int
    build_id: str | None
    made_by: str = Field(description="`build`, `config` (the same code with changed settings) or `rollback`.")
    based_on: str | None = Field(description="The release whose code it has, unless a build made it.")
    commit: str | None
    subject: str | None = Field(description="First line of the commit's message.")
    created_at: datetime
    is_live: bool
    is_kept: bool = Field(description="Whether its files are still there, so that it can be gone back to.")
    can: list[str]

    @classmethod
    def of(cls, release: Release, actor: Actor, *, live_id: str | None, is_kept: bool) -> "ReleaseShape":
        verbs = can(actor, Action.release_roll_back.kind, release.team_id)
        if release.id == live_id or not is_kept:
            verbs = [verb for verb in verbs if verb != "roll_back"]
        return cls(
            id=release.id,
            capsule_id=release.capsule_id,
            number=release.number,
            build_id=release.build_id,
            made_by=release.made_by,
            based_on=release.based_on,
            commit=release.commit,
            subject=release.subject,
            created_at=release.created_at,
            is_live=release.id == live_id,
            is_kept=is_kept,
            can=[verb for verb in verbs if verb != "read"],
        )


class DeploymentShape(Shape):
    id: str
    capsule_id: str
    release_id: str
    release_number: int
    previous_release_number: int | None = Field(description="What was live when it began.")
    status: str
    trigger: str = Field(
        description="`build`, `config`, `start`, `restart`, `rollback`, `return` (the release before failed "
        "its watch) or `recovery` (replicas were lost)."
    )
    phase: str | None = Field(
        description="What it does now: `release`, `start`, `switch`, `canary`, `drain` or `watch`."
    )
    watch_until: datetime | None = Field(description="Until then the release is watched.")
    receipt: Receipt | None
    reason: str | None = Field(
        description="Why it ended as it did; while it runs, what it waits for when that takes long."
    )
    hint: str | None
    log_tail: list[Any]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    can: list[str]

    @classmethod
    def of(cls, deployment: Deployment, actor: Actor, *, numbers: Mapping[str, int]) -> "DeploymentShape":
        """`numbers`: number of each release that is named."""
        verbs = can(actor, Action.deployment_cancel.kind, deployment.team_id)
        if deployment.status not in UNFINISHED:
            verbs = [verb for verb in verbs if verb != "cancel"]
        receipt = deployment.receipt
        if receipt is not None and deployment.watch_until is not None:
            receipt = {"verdict": "watching", **receipt}
        return cls(
            id=deployment.id,
            capsule_id=deployment.capsule_id,
            release_id=deployment.release_id,
            release_number=numbers[deployment.release_id],
            previous_release_number=numbers.get(deployment.previous_release_id or ""),
            status=deployment.status,
            trigger=deployment.trigger,
            phase=deployment.phase,
            watch_until=deployment.watch_until,
            receipt=Receipt.model_validate(receipt) if receipt is not None else None,
            reason=deployment.reason,
            hint=deployment.hint,
            log_tail=deployment.log_tail,
            created_at=deployment.created_at,
            started_at=deployment.started_at,
            finished_at=deployment.finished_at,
            can=[verb for verb in verbs if verb != "read"],
        )


class ReplicaShape(Shape):
    id: str
    process: str = Field(description="Process type, such as `web`.")
    state: str
    restarts: int
    exit_reason: str | None
    started_at: datetime | None
    environment: str

    @classmethod
    def of(cls, replica: Replica) -> "ReplicaShape":
        return cls.model_validate(replica)
