"""Builds, releases, deployments, replicas and log lines as the API answers them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from capsule.control.policy import Action, Actor, can
from capsule.control.shapes.base import Shape
from capsule.models import Build, Deployment, Release, Replica

UNFINISHED = ("queued", "running")


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
    can: list[str]

    @classmethod
    def of(cls, build: Build, actor: Actor, *, live: Release | None) -> "BuildShape":
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
            can=[verb for verb in verbs if verb != "read"],
        )


class ReleaseShape(Shape):
    id: str
    capsule_id: str
    number: int
    build_id: str | None
    created_at: datetime
    is_live: bool

    @classmethod
    def of(cls, release: Release, *, live_id: str | None) -> "ReleaseShape":
        return cls(
            id=release.id,
            capsule_id=release.capsule_id,
            number=release.number,
            build_id=release.build_id,
            created_at=release.created_at,
            is_live=release.id == live_id,
        )


class DeploymentShape(Shape):
    id: str
    capsule_id: str
    release_id: str
    release_number: int
    status: str
    reason: str | None
    hint: str | None
    log_tail: list[Any]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, deployment: Deployment, *, release_number: int) -> "DeploymentShape":
        return cls(
            id=deployment.id,
            capsule_id=deployment.capsule_id,
            release_id=deployment.release_id,
            release_number=release_number,
            status=deployment.status,
            reason=deployment.reason,
            hint=deployment.hint,
            log_tail=deployment.log_tail,
            created_at=deployment.created_at,
            started_at=deployment.started_at,
            finished_at=deployment.finished_at,
        )


class ReplicaShape(Shape):
    id: str
    state: str
    restarts: int
    exit_reason: str | None
    started_at: datetime | None
    environment: str

    @classmethod
    def of(cls, replica: Replica) -> "ReplicaShape":
        return cls.model_validate(replica)
