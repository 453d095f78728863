"""Say in one word how a capsule is, from its newest build, its newest deployment and its replicas."""

from collections.abc import Sequence
from typing import Literal

from capsule.models import Build, Capsule, Deployment, Replica

Status = Literal["empty", "building", "starting", "live", "failed", "stopped", "removing"]

_UNFINISHED = ("queued", "running")


def status_of(
    capsule: Capsule, build: Build | None, deployment: Deployment | None, replicas: Sequence[Replica]
) -> tuple[Status, str | None]:
    """Return the status and, where it needs one, the reason. Give only replicas of `deploy`."""
    if capsule.removed_at is not None:
        return "removing", None
    if capsule.type == "storage":
        return "live", None
    is_building = build is not None and build.status in _UNFINISHED
    if not capsule.is_on and (capsule.release_id is not None or (build is not None and not is_building)):
        return "stopped", None
    if capsule.is_on and any(replica.state == "healthy" for replica in replicas):
        return "live", None
    return _before_live(capsule, build, deployment, replicas)


def _before_live(
    capsule: Capsule, build: Build | None, deployment: Deployment | None, replicas: Sequence[Replica]
) -> tuple[Status, str | None]:
    if deployment is not None and deployment.status in _UNFINISHED:
        return "starting", None
    if build is not None and (deployment is None or build.created_at > deployment.created_at):
        if build.status in _UNFINISHED:
            return "building", None
        if build.status == "failed" and capsule.release_id is None:
            return "failed", build.reason
    if deployment is not None and deployment.status == "failed":
        return "failed", deployment.reason
    if capsule.release_id is not None:
        return _replicas_alone(replicas)
    # A succeeded build is followed by its deployment at once; in between it is on its way.
    return ("starting", None) if build is not None and build.status == "succeeded" else ("empty", None)


def _replicas_alone(replicas: Sequence[Replica]) -> tuple[Status, str | None]:
    """Judge a release that should be live: its replicas come back, or they crash again and again."""
    crashed = [replica for replica in replicas if replica.state == "unhealthy"]
    if crashed and not any(replica.state == "starting" for replica in replicas):
        return "failed", crashed[0].exit_reason or "The replica does not answer."
    return "starting", None
