"""Builds that nobody asked for by hand: what a push, a webhook or a look at the repository leads to."""

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.delivery.builds.repository import BuildRepository
from capsule.control.delivery.builds.service import cancel_build, request_build
from capsule.control.delivery.deployments.repository import DeploymentRepository
from capsule.control.delivery.deployments.service import cancel_deployment
from capsule.models import Build, Capsule

AUTOMATIC = frozenset({"push", "webhook", "poll", "preview"})
NEWER = "A newer push took its place."
INTERRUPTED = "The platform was restarted during the push."
_AGAIN = "Push again."


async def build_for_push(
    db_session: AsyncSession, capsule: Capsule, *, trigger: str, requested_by: str | None = None
) -> Build:
    """Queue a build of what the branch is now; older ones that nobody asked for give way."""
    await supersede_builds(db_session, capsule.id)
    return await request_build(db_session, capsule, trigger=trigger, requested_by=requested_by)


async def supersede_builds(db_session: AsyncSession, capsule_id: str) -> None:
    """End what waits or runs for an older push."""
    unfinished = await BuildRepository(db_session).with_status("queued", "running", capsule_id=capsule_id)
    for build in unfinished:
        if build.trigger in AUTOMATIC:
            cancel_build(build, NEWER)
    await db_session.flush()


async def end_interrupted_pushes(db_session: AsyncSession) -> list[str]:
    """End builds and deployments whose push died with the server: the branch did not move, so nothing of it
    may go live.

    Returns the ids of the builds.
    """
    ended = []
    for build in await BuildRepository(db_session).with_status("queued", "running"):
        if build.trigger == "push":
            build.status, build.lease_owner, build.lease_until = "queued", None, None
            cancel_build(build, INTERRUPTED)
            build.hint = _AGAIN
            ended.append(build.id)
    for deployment in await DeploymentRepository(db_session).of_pushes():
        cancel_deployment(deployment, INTERRUPTED, _AGAIN)
    return ended
