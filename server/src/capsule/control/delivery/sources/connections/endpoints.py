"""`/teams/{team}/git-connections` and `/git-connections/{git_connection}`: accounts at git hosts."""

from typing import Annotated

from fastapi import APIRouter, Query

from capsule.api.access import requires
from capsule.api.auth import CurrentActor
from capsule.api.context import Context, CurrentContext
from capsule.api.uow import DbSession
from capsule.control.delivery.sources.connections.accounts import Accounts
from capsule.control.delivery.sources.connections.hosts import DEFAULT_URLS
from capsule.control.delivery.sources.connections.schemas import (
    BranchesShape,
    ConnectionShape,
    CreateConnection,
    RepositoriesShape,
)
from capsule.control.delivery.sources.connections.service import ConnectionService, check_host, host_of
from capsule.control.delivery.sources.repository import SourceRepository
from capsule.control.delivery.sources.service import check_token
from capsule.control.policy import Action
from capsule.control.shapes.base import Items
from capsule.models import GitConnection, Team

router = APIRouter(tags=["git connections"])

Search = Annotated[str, Query(max_length=100)]
PageNumber = Annotated[int, Query(ge=1, le=1000)]


@router.get("/teams/{team}/git-connections")
async def list_connections(
    team: Annotated[Team, requires(Action.git_connection_list)], actor: CurrentActor, db_session: DbSession
) -> Items[ConnectionShape]:
    connections = await SourceRepository(db_session).connections_of(team.id)
    return Items(items=[ConnectionShape.of(connection, actor) for connection in connections])


@router.post("/teams/{team}/git-connections", status_code=201)
async def create_connection(
    wanted: CreateConnection,
    team: Annotated[Team, requires(Action.git_connection_create, detached=True)],
    actor: CurrentActor,
    context: CurrentContext,
) -> ConnectionShape:
    """Connect the team to a git host; the token is tried there first."""
    check_token(wanted.token)
    url = check_host(wanted.url or DEFAULT_URLS[wanted.provider])
    account = await host_of(wanted.provider, url, wanted.token, context.git).account()
    async with context.database.unit_of_work() as db_session:
        connection = await ConnectionService(db_session, context.box).add(
            team.id, provider=wanted.provider, url=url, account=account, token=wanted.token
        )
    return ConnectionShape.of(connection, actor)


@router.get("/git-connections/{git_connection}")
async def read_connection(
    git_connection: Annotated[GitConnection, requires(Action.git_connection_read)], actor: CurrentActor
) -> ConnectionShape:
    return ConnectionShape.of(git_connection, actor)


@router.delete("/git-connections/{git_connection}", status_code=204)
async def delete_connection(
    git_connection: Annotated[GitConnection, requires(Action.git_connection_delete, detached=True)],
    context: CurrentContext,
) -> None:
    """Forget the token, and let the host forget it; capsules keep their source."""
    async with context.database.unit_of_work() as db_session:
        await ConnectionService(db_session, context.box).remove(git_connection)
    await _accounts(context).give_back(git_connection)


@router.get("/git-connections/{git_connection}/repositories")
async def list_repositories(
    git_connection: Annotated[GitConnection, requires(Action.git_connection_read, detached=True)],
    context: CurrentContext,
    search: Search = "",
    page: PageNumber = 1,
) -> RepositoriesShape:
    """List what the token sees, the last changed first."""
    found = await _accounts(context).ask(git_connection, lambda host: host.repositories(search, page))
    return RepositoriesShape.model_validate(found)


@router.get("/git-connections/{git_connection}/repositories/{repository:path}/branches")
async def list_branches(
    git_connection: Annotated[GitConnection, requires(Action.git_connection_read, detached=True)],
    repository: str,
    context: CurrentContext,
    search: Search = "",
    page: PageNumber = 1,
) -> BranchesShape:
    found = await _accounts(context).ask(git_connection, lambda host: host.branches(repository, search, page))
    return BranchesShape.model_validate(found)


def _accounts(context: Context) -> Accounts:
    return Accounts(context.database, context.box, context.git)
