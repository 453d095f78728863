"""Turn a path parameter such as `{capsule}` into the record it names. One visible table.

A loader only finds; whether the caller may see what it found is the policy's to say. Adding a path
parameter that names a team's record means adding a line to `LOADERS`; the policy test makes a record per
name from the factory of the same name in `server/tests/api/api_records.py`.
"""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.policy import Actor
from capsule.errors import Conflict
from capsule.models import Build, Capsule, Deployment, Release, Serve, Space, Team

Resource: TypeAlias = Team | Space | Capsule | Build | Release | Deployment | Serve
Loader: TypeAlias = Callable[[AsyncSession, Actor, str], Awaitable[Resource | None]]


class AmbiguousSpace(Conflict):
    code = "ambiguous_space"


async def load_team(db_session: AsyncSession, _actor: Actor, reference: str) -> Team | None:
    return await db_session.scalar(select(Team).where(or_(Team.id == reference, Team.slug == reference)))


async def load_space(db_session: AsyncSession, actor: Actor, reference: str) -> Space | None:
    """Find by id, or by slug among the caller's teams."""
    if (space := await db_session.get(Space, reference)) is not None:
        return space
    query = select(Space).where(Space.slug == reference, Space.team_id.in_(actor.team_ids))
    found = (await db_session.scalars(query.limit(10))).all()
    if len(found) > 1:
        ids = ", ".join(space.id for space in found)
        raise AmbiguousSpace(f"Several of your teams have a space '{reference}'.", hint=f"Use an id: {ids}")
    return found[0] if found else None


async def load_capsule(db_session: AsyncSession, _actor: Actor, reference: str) -> Capsule | None:
    return await db_session.scalar(
        select(Capsule).where(or_(Capsule.id == reference, Capsule.slug == reference))
    )


async def load_build(db_session: AsyncSession, _actor: Actor, reference: str) -> Build | None:
    return await db_session.get(Build, reference)


async def load_release(db_session: AsyncSession, _actor: Actor, reference: str) -> Release | None:
    return await db_session.get(Release, reference)


async def load_deployment(db_session: AsyncSession, _actor: Actor, reference: str) -> Deployment | None:
    return await db_session.get(Deployment, reference)


async def load_serve(db_session: AsyncSession, _actor: Actor, reference: str) -> Serve | None:
    return await db_session.get(Serve, reference)


LOADERS: dict[str, Loader] = {
    "team": load_team,
    "space": load_space,
    "capsule": load_capsule,
    "app": load_capsule,
    "build": load_build,
    "release": load_release,
    "deployment": load_deployment,
    "serve": load_serve,
}


def team_of(resource: Resource) -> str:
    return resource.id if isinstance(resource, Team) else resource.team_id
