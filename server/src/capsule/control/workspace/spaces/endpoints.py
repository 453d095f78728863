"""`/spaces`: list, create, read, rename, remove."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.api.access import requires
from capsule.api.auth import CurrentActor
from capsule.api.uow import DbSession
from capsule.control.identity.teams.repository import TeamRepository
from capsule.control.policy import Action, Actor, authorize, can
from capsule.control.shapes.base import Input, Items, Shape
from capsule.control.workspace.spaces import service
from capsule.control.workspace.spaces.repository import SpaceRepository
from capsule.errors import Forbidden
from capsule.models import Space, Team

router = APIRouter(prefix="/spaces", tags=["spaces"])


class CreateSpace(Input):
    name: str = Field(min_length=1, max_length=60)
    team_id: str | None = Field(default=None, description="Default: your personal team.")


class UpdateSpace(Input):
    name: str = Field(min_length=1, max_length=60)


class SpaceShape(Shape):
    id: str
    team_id: str
    name: str
    slug: str
    capsules: int = Field(description="How many it holds.")
    created_at: datetime
    can: list[str]


@router.get("")
async def list_spaces(
    team: Annotated[Team | None, requires(Action.space_list, query="team", kind="team", optional=True)],
    actor: CurrentActor,
    db_session: DbSession,
) -> Items[SpaceShape]:
    """List the spaces of a team, or of all your teams."""
    repository = SpaceRepository(db_session)
    spaces = await repository.visible(actor.team_ids, team_id=team.id if team else None)
    counts = await repository.capsule_counts([space.id for space in spaces])
    return Items(items=[_shape(space, counts.get(space.id, 0), actor) for space in spaces])


@router.post("", status_code=201)
async def create_space(
    wanted: CreateSpace,
    team: Annotated[Team | None, requires(Action.space_create, field="team_id", kind="team", optional=True)],
    actor: CurrentActor,
    db_session: DbSession,
) -> SpaceShape:
    if team is None:
        own = await TeamRepository(db_session).visible(actor.team_ids)
        if not own:
            raise Forbidden("You are in no team, so there is no place for a space.")
        team = own[0]
        authorize(actor, Action.space_create, team_id=team.id)
    space = await service.create(db_session, team.id, wanted.name)
    return _shape(space, 0, actor)


@router.get("/{space}")
async def read_space(
    space: Annotated[Space, requires(Action.space_read)], actor: CurrentActor, db_session: DbSession
) -> SpaceShape:
    return await _with_count(db_session, space, actor)


@router.patch("/{space}")
async def update_space(
    changes: UpdateSpace,
    space: Annotated[Space, requires(Action.space_update)],
    actor: CurrentActor,
    db_session: DbSession,
) -> SpaceShape:
    await service.rename(db_session, space, changes.name)
    return await _with_count(db_session, space, actor)


@router.delete("/{space}", status_code=204)
async def delete_space(space: Annotated[Space, requires(Action.space_delete)], db_session: DbSession) -> None:
    """Remove an empty space, with its secrets."""
    await service.delete(db_session, space)


async def _with_count(db_session: AsyncSession, space: Space, actor: Actor) -> SpaceShape:
    counts = await SpaceRepository(db_session).capsule_counts([space.id])
    return _shape(space, counts.get(space.id, 0), actor)


def _shape(space: Space, capsules: int, actor: Actor) -> SpaceShape:
    return SpaceShape(
        id=space.id,
        team_id=space.team_id,
        name=space.name,
        slug=space.slug,
        capsules=capsules,
        created_at=space.created_at,
        can=[verb for verb in can(actor, "space", space.team_id) if verb != "read"],
    )
