"""Turn capsules into what the API answers, with a fixed number of queries however many there are."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.policy import Actor, can
from capsule.control.shapes.delivery import BuildShape, DeploymentShape, ReplicaShape
from capsule.control.site import Site
from capsule.control.workload.capsules.repository import CapsuleRepository
from capsule.control.workload.capsules.schemas import CapsuleShape, ConfigShape, LiveRelease
from capsule.control.workload.capsules.status import status_of
from capsule.models import Build, Capsule, Deployment, Release, Replica


async def capsule_shape(
    db_session: AsyncSession, capsule: Capsule, *, actor: Actor, site: Site
) -> CapsuleShape:
    return (await capsule_shapes(db_session, [capsule], actor=actor, site=site))[0]


async def capsule_shapes(
    db_session: AsyncSession, capsules: Sequence[Capsule], *, actor: Actor, site: Site
) -> list[CapsuleShape]:
    """Return the shapes in the order of `capsules`. Flushes first, so that it shows this unit of work."""
    await db_session.flush()
    ids = [capsule.id for capsule in capsules]
    repository = CapsuleRepository(db_session)
    builds = await repository.newest_builds(ids)
    deployments = await repository.newest_deployments(ids)
    replicas = await repository.running_replicas(ids)
    release_ids = {capsule.release_id for capsule in capsules if capsule.release_id}
    for row in deployments.values():
        release_ids |= {row.release_id, row.previous_release_id or ""}
    releases = await repository.releases(release_ids)
    return [
        _shape(
            capsule,
            builds.get(capsule.id),
            deployments.get(capsule.id),
            replicas.get(capsule.id, []),
            releases,
            actor=actor,
            site=site,
        )
        for capsule in capsules
    ]


def _shape(
    capsule: Capsule,
    build: Build | None,
    deployment: Deployment | None,
    replicas: Sequence[Replica],
    releases: dict[str, Release],
    *,
    actor: Actor,
    site: Site,
) -> CapsuleShape:
    status, reason = status_of(
        capsule, build, deployment, [replica for replica in replicas if replica.environment == "deploy"]
    )
    live = releases.get(capsule.release_id or "")
    hosts = [] if capsule.type == "storage" else [site.host(capsule.slug)]
    return CapsuleShape(
        id=capsule.id,
        team_id=capsule.team_id,
        space_id=capsule.space_id,
        name=capsule.name,
        slug=capsule.slug,
        type=capsule.type,
        is_on=capsule.is_on,
        status=status,
        status_reason=reason,
        url=site.url(hosts[0]) if hosts else None,
        hosts=hosts,
        source=capsule.source or {"kind": "none"},
        config=_config(capsule, live),
        release=LiveRelease.model_validate(live) if live else None,
        replicas=[ReplicaShape.of(replica) for replica in replicas],
        current_build=BuildShape.of(build, actor, live=live) if build else None,
        current_deployment=_deployment(deployment, releases, actor),
        created_at=capsule.created_at,
        parent_id=capsule.parent_id,
        preview_of=capsule.preview_of,
        expires_at=capsule.expires_at,
        can=_verbs(capsule, actor),
    )


def _config(capsule: Capsule, live: Release | None) -> ConfigShape:
    """What a person set; else what the live release runs with, since an app declares it itself."""
    declared = {key: live.config[key] for key in ("cpu", "memory") if live and key in live.config}
    return ConfigShape.model_validate({**declared, **capsule.config})


def _deployment(
    deployment: Deployment | None, releases: dict[str, Release], actor: Actor
) -> DeploymentShape | None:
    if deployment is None or deployment.release_id not in releases:
        return None
    numbers = {release.id: release.number for release in releases.values()}
    return DeploymentShape.of(deployment, actor, numbers=numbers)


def _verbs(capsule: Capsule, actor: Actor) -> list[str]:
    if capsule.removed_at is not None:
        return []
    verbs = [verb for verb in can(actor, "capsule", capsule.team_id) if verb != "read"]
    if capsule.type == "storage":
        verbs = [verb for verb in verbs if verb not in {"start", "stop", "restart", "deploy"}]
    return verbs
