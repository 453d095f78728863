"""Ask for builds and cancel them. The work itself is done by `reconcile`."""

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.delivery.builds.errors import BuildFinished, NotBuildable, SourceMissing
from capsule.control.delivery.builds.repository import BuildRepository
from capsule.control.delivery.leases import end
from capsule.errors import Conflict
from capsule.kit.ids import new_id
from capsule.models import Build, Capsule


async def request_build(
    db_session: AsyncSession, capsule: Capsule, *, trigger: str, requested_by: str | None
) -> Build:
    """Queue a build of the capsule's source as it is configured now; one that still waits gives way to it.

    Raises SourceMissing without a source, NotBuildable for a capsule that has none by nature.
    """
    if capsule.removed_at is not None:
        raise Conflict(f"'{capsule.name}' is being removed.")
    if capsule.type == "storage":
        raise NotBuildable(f"'{capsule.name}' is a storage capsule; it holds files and is not built.")
    if not has_source(capsule):
        raise SourceMissing(
            f"'{capsule.name}' has no source.",
            hint="Give it a git repository in its settings, or run capsule deploy in your project folder.",
        )
    return await queue_build(
        db_session,
        capsule,
        trigger=trigger,
        requested_by=requested_by,
        source=dict(capsule.source),
        settings=dict(capsule.config),
    )


async def queue_build(
    db_session: AsyncSession,
    capsule: Capsule,
    *,
    trigger: str,
    requested_by: str | None,
    source: dict[str, object],
    settings: dict[str, object],
    build_id: str | None = None,
) -> Build:
    """Queue a build of this source; `build_id` is given when its tree lies there already."""
    is_serve = trigger == "serve"
    for older in await BuildRepository(db_session).with_status("queued", capsule_id=capsule.id):
        if (older.trigger == "serve") == is_serve:
            end(older, "cancelled", "A newer build took its place.")
    build = Build(
        id=build_id or new_id("bld"),
        team_id=capsule.team_id,
        capsule_id=capsule.id,
        status="queued",
        trigger=trigger,
        source=source,
        settings=settings,
        requested_by=requested_by,
    )
    db_session.add(build)
    await db_session.flush()
    return build


def cancel_build(build: Build, reason: str | None = None) -> None:
    """Cancel at once while queued; ask the worker to stop while running.

    Raises BuildFinished otherwise.
    """
    if build.status == "queued":
        end(build, "cancelled", reason or "Cancelled before it began.")
    elif build.status == "running":
        build.cancel_requested, build.reason = True, reason
    else:
        raise BuildFinished(f"Build {build.id} is at its end already: {build.status}.")


def has_source(capsule: Capsule) -> bool:
    return capsule.source.get("kind") in {"git", "upload", "push", "image"}


async def has_code(db_session: AsyncSession, capsule: Capsule) -> bool:
    """Tell whether there is something to build unasked; a capsule that is pushed to begins without."""
    if capsule.source.get("kind") != "push":
        return has_source(capsule)
    return await BuildRepository(db_session).has_push(capsule.parent_id or capsule.id)
