"""`/teams`: the teams you are in."""

from typing import Annotated

from fastapi import APIRouter

from capsule.api.access import requires
from capsule.api.auth import CurrentActor
from capsule.api.uow import DbSession
from capsule.control.identity.schemas import TeamShape
from capsule.control.identity.teams.repository import TeamRepository
from capsule.control.policy import Action
from capsule.control.shapes.base import Items
from capsule.models import Team

router = APIRouter(prefix="/teams", tags=["teams"])


@router.get("", dependencies=[requires(Action.team_list)])
async def list_teams(actor: CurrentActor, db_session: DbSession) -> Items[TeamShape]:
    teams = await TeamRepository(db_session).visible(actor.team_ids)
    return Items(items=[TeamShape.of(team, actor) for team in teams])


@router.get("/{team}")
async def read_team(team: Annotated[Team, requires(Action.team_read)], actor: CurrentActor) -> TeamShape:
    return TeamShape.of(team, actor)
