"""Turn a path parameter such as `{capsule}` into the record it names. One visible table.

A loader only finds; whether the caller may see what it found is the policy's to say. Adding a path
parameter that names a team's record means adding a line to `LOADERS`; the policy test makes a record per
name from the factory of the same name in `server/tests/api/api_records.py`.
"""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.identity.teams.repository import TeamRepository
from capsule.control.policy import Actor
from capsule.control.workload.capsules.repository import CapsuleRepository
from capsule.control.workspace.spaces.repository import SpaceRepository
from capsule.errors import Conflict
from capsule.models import (
    Build,
    Capsule,
    CronJob,
    Deployment,
    GitConnection,
    Release,
    Replica,
    Run,
    Serve,
    Space,
    Team,
)

Resource: TypeAlias = (
    Team | Space | Capsule | Build | Release | Deployment | Serve | Run | CronJob | Replica | GitConnection
)
Loader: TypeAlias = Callable[[AsyncSession, Actor, str], Awaitable[Resource | None]]


class AmbiguousSpace(Conflict):
    code = "ambiguous_space"


async def load_team(db_session: AsyncSession, _actor: Actor, reference: str) -> Team | None:
    return await TeamRepository(db_session).by_reference(reference)


async def load_space(db_session: AsyncSession, actor: Actor, reference: str) -> Space | None:
    """Find by id, or by slug among the caller's teams."""
    repository = SpaceRepository(db_session)
    if (space := await repository.get(reference)) is not None:
        return space
    found = await repository.by_slug(reference, actor.team_ids)
    if len(found) > 1:
        ids = ", ".join(space.id for space in found)
        raise AmbiguousSpace(f"Several of your teams have a space '{reference}'.", hint=f"Use an id: {ids}")
    return found[0] if found else None


async def load_capsule(db_session: AsyncSession, _actor: Actor, reference: str) -> Capsule | None:
    return await CapsuleRepository(db_session).by_reference(reference)


async def load_build(db_session: AsyncSession, _actor: Actor, reference: str) -> Build | None:
    return await db_session.get(Build, reference)


async def load_release(db_session: AsyncSession, _actor: Actor, reference: str) -> Release | None:
    return await db_session.get(Release, reference)


async def load_deployment(db_session: AsyncSession, _actor: Actor, reference: str) -> Deployment | None:
    return await db_session.get(Deployment, reference)


async def load_serve(db_session: AsyncSession, _actor: Actor, reference: str) -> Serve | None:
    return await db_session.get(Serve, reference)


async def load_run(db_session: AsyncSession, _actor: Actor, reference: str) -> Run | None:
    return await db_session.get(Run, reference)


async def load_cron_job(db_session: AsyncSession, _actor: Actor, reference: str) -> CronJob | None:
    return await db_session.get(CronJob, reference)


async def load_replica(db_session: AsyncSession, _actor: Actor, reference: str) -> Replica | None:
    return await db_session.get(Replica, reference)


async def load_git_connection(
    db_session: AsyncSession, _actor: Actor, reference: str
) -> GitConnection | None:
    return await db_session.get(GitConnection, reference)


LOADERS: dict[str, Loader] = {
    "team": load_team,
    "space": load_space,
    "capsule": load_capsule,
    "app": load_capsule,
    "build": load_build,
    "release": load_release,
    "deployment": load_deployment,
    "serve": load_serve,
    "run": load_run,
    "cron_job": load_cron_job,
    "replica": load_replica,
    "git_connection": load_git_connection,
}


def team_of(resource: Resource) -> str:
    return resource.id if isinstance(resource, Team) else resource.team_id
