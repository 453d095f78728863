"""`/teams/{team}/git-connections` and `/git-connections/{git_connection}`: accounts at git hosts."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from capsule.api.access import requires
from capsule.api.auth import CurrentActor
from capsule.api.context import CurrentContext
from capsule.api.uow import DbSession
from capsule.control.delivery.sources.connections.hosts import DEFAULT_URLS
from capsule.control.delivery.sources.connections.service import ConnectionService, check_host, host_of
from capsule.control.delivery.sources.repository import SourceRepository
from capsule.control.delivery.sources.service import check_token
from capsule.control.policy import Action, Actor, can
from capsule.control.shapes.base import Input, Items, Shape
from capsule.models import GitConnection, Team

router = APIRouter(tags=["git connections"])

Search = Annotated[str, Query(max_length=100)]
PageNumber = Annotated[int, Query(ge=1, le=1000)]


class ConnectionShape(Shape):
    id: str
    team_id: str
    provider: str
    url: str
    account: str = Field(description="Whose token it is.")
    created_at: datetime
    can: list[str]


class CreateConnection(Input):
    provider: Literal["github", "gitlab", "bitbucket", "gitea"]
    url: str = Field(default="", max_length=500, description="Of the host; empty: the provider's public one.")
    token: str = Field(min_length=1, description="Access token: reads repositories, writes webhooks.")


class RepositoryShape(Shape):
    full_name: str
    url: str = Field(description="For the capsule's source.")
    default_branch: str
    is_private: bool


class RepositoriesShape(Shape):
    items: list[RepositoryShape]
    has_more: bool = Field(description="Whether there is another page.")


class BranchesShape(Shape):
    items: list[str]
    has_more: bool = Field(description="Whether there is another page.")


@router.get("/teams/{team}/git-connections")
async def list_connections(
    team: Annotated[Team, requires(Action.git_connection_list)], actor: CurrentActor, db_session: DbSession
) -> Items[ConnectionShape]:
    connections = await SourceRepository(db_session).connections_of(team.id)
    return Items(items=[_shape(connection, actor) for connection in connections])


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
        connection = ConnectionService(db_session, context.box).add(
            team.id, provider=wanted.provider, url=url, account=account, token=wanted.token
        )
    return _shape(connection, actor)


@router.get("/git-connections/{git_connection}")
async def read_connection(
    git_connection: Annotated[GitConnection, requires(Action.git_connection_read)], actor: CurrentActor
) -> ConnectionShape:
    return _shape(git_connection, actor)


@router.delete("/git-connections/{git_connection}", status_code=204)
async def delete_connection(
    git_connection: Annotated[GitConnection, requires(Action.git_connection_delete)],
    db_session: DbSession,
    context: CurrentContext,
) -> None:
    """Forget the token; capsules keep their source."""
    await ConnectionService(db_session, context.box).remove(git_connection)


@router.get("/git-connections/{git_connection}/repositories")
async def list_repositories(
    git_connection: Annotated[GitConnection, requires(Action.git_connection_read, detached=True)],
    context: CurrentContext,
    search: Search = "",
    page: PageNumber = 1,
) -> RepositoriesShape:
    """List what the token sees, the last changed first."""
    async with context.database.reading() as db_session:
        host = ConnectionService(db_session, context.box).host(git_connection, context.git)
    return RepositoriesShape.model_validate(await host.repositories(search, page))


@router.get("/git-connections/{git_connection}/repositories/{repository:path}/branches")
async def list_branches(
    git_connection: Annotated[GitConnection, requires(Action.git_connection_read, detached=True)],
    repository: str,
    context: CurrentContext,
    search: Search = "",
    page: PageNumber = 1,
) -> BranchesShape:
    async with context.database.reading() as db_session:
        host = ConnectionService(db_session, context.box).host(git_connection, context.git)
    return BranchesShape.model_validate(await host.branches(repository, search, page))


def _shape(connection: GitConnection, actor: Actor) -> ConnectionShape:
    return ConnectionShape(
        id=connection.id,
        team_id=connection.team_id,
        provider=connection.provider,
        url=connection.url,
        account=connection.account,
        created_at=connection.created_at,
        can=[verb for verb in can(actor, "git_connection", connection.team_id) if verb != "read"],
    )
