"""Ask for deployments, and switch capsules on and off. The work itself is done by `reconcile`."""

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.delivery.builds.repository import BuildRepository
from capsule.control.delivery.deployments.errors import CapsuleBusy, DeploymentEnded, NothingToDeploy
from capsule.control.delivery.deployments.repository import DeploymentRepository
from capsule.control.delivery.leases import end
from capsule.control.delivery.releases.repository import ReleaseRepository
from capsule.control.delivery.releases.service import refresh_release
from capsule.control.shapes.delivery import UNFINISHED
from capsule.kit.crypto import SecretBox
from capsule.kit.ids import new_id
from capsule.models import Capsule, Deployment, Release


async def request_deployment(
    db_session: AsyncSession,
    capsule: Capsule,
    release: Release,
    *,
    trigger: str,
    requested_by: str | None = None,
) -> Deployment:
    """Queue a deployment of `release`; one that still waits gives way to it.

    `trigger`: see `models.delivery.Deployment`.
    """
    for older in await DeploymentRepository(db_session).with_status("queued", capsule_id=capsule.id):
        end(older, "cancelled", "A newer deployment took its place.")
    deployment = Deployment(
        id=new_id("dpl"),
        team_id=capsule.team_id,
        capsule_id=capsule.id,
        release_id=release.id,
        status="queued",
        trigger=trigger,
        requested_by=requested_by,
        log_tail=[],
    )
    db_session.add(deployment)
    await db_session.flush()
    return deployment


async def start(
    db_session: AsyncSession, box: SecretBox, capsule: Capsule, *, by: str | None = None
) -> Deployment | None:
    """Switch the capsule on; a storage capsule has nothing to deploy.

    Raises NothingToDeploy when it has neither a release nor a build on its way.
    """
    _refuse_when_removing(capsule)
    was_on, capsule.is_on = capsule.is_on, True
    if capsule.type == "storage":
        return None
    release = await _release_to_start(db_session, capsule)
    if release is None:
        return None
    if was_on and await DeploymentRepository(db_session).with_status(
        "queued", "running", capsule_id=capsule.id
    ):
        return None
    changed = await refresh_release(db_session, box, capsule, release)
    return await request_deployment(db_session, capsule, changed, trigger="start", requested_by=by)


async def stop(db_session: AsyncSession, capsule: Capsule) -> None:
    """Switch the capsule off. What is on its way to becoming live is given up."""
    _refuse_when_removing(capsule)
    capsule.is_on = False
    for waiting in await DeploymentRepository(db_session).with_status("queued", capsule_id=capsule.id):
        end(waiting, "cancelled", "The capsule was switched off.")


async def restart(
    db_session: AsyncSession, box: SecretBox, capsule: Capsule, *, by: str | None = None
) -> Deployment | None:
    """Deploy the same release once more, or what was configured since; switches the capsule on."""
    _refuse_when_removing(capsule)
    capsule.is_on = True
    if capsule.type == "storage":
        return None
    release = await _release_to_start(db_session, capsule)
    if release is None:
        return None
    changed = await refresh_release(db_session, box, capsule, release)
    return await request_deployment(db_session, capsule, changed, trigger="restart", requested_by=by)


def cancel_deployment(deployment: Deployment, reason: str = "Cancelled.", hint: str | None = None) -> None:
    """End what waits; what was begun is ended by who works on it, after it is undone.

    Raises DeploymentEnded for one that has ended already.
    """
    if deployment.status not in UNFINISHED:
        raise DeploymentEnded("The deployment has ended already.", hint="To go back, choose a release.")
    if deployment.started_at is None:
        end(deployment, "cancelled", reason, hint)
    else:
        deployment.cancel_requested = True
        deployment.reason, deployment.hint = reason, hint


async def redeploy_changed(db_session: AsyncSession, box: SecretBox, capsule: Capsule) -> Deployment | None:
    """Bring a changed configuration (variables, limits) to the replicas; nothing to do while switched off."""
    if not capsule.is_on or capsule.removed_at is not None:
        return None
    release = await _newest_release(db_session, capsule)
    if release is None:
        return None
    newest = await DeploymentRepository(db_session).newest(capsule.id)
    changed = await refresh_release(db_session, box, capsule, release)
    if changed is release and newest is not None and newest.status in {"queued", "running", "succeeded"}:
        return None
    return await request_deployment(db_session, capsule, changed, trigger="config")


async def _release_to_start(db_session: AsyncSession, capsule: Capsule) -> Release | None:
    """Return what to deploy, or None when a build is on its way that will be."""
    release = await _newest_release(db_session, capsule)
    if release is None:
        if await BuildRepository(db_session).with_status("queued", "running", capsule_id=capsule.id):
            return None
        raise NothingToDeploy(
            f"'{capsule.name}' was never built.", hint=f"capsule deploy --name {capsule.name}"
        )
    return release


async def _newest_release(db_session: AsyncSession, capsule: Capsule) -> Release | None:
    """Return the live release, else the newest (its deployment may have failed for want of a variable)."""
    repository = ReleaseRepository(db_session)
    live = await repository.get(capsule.release_id) if capsule.release_id else None
    return live or await repository.newest(capsule.id)


def _refuse_when_removing(capsule: Capsule) -> None:
    if capsule.removed_at is not None:
        raise CapsuleBusy(f"'{capsule.name}' is being removed.")
