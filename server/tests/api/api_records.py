"""Make rows for tests, one factory per path parameter of the API.

`FACTORIES` mirrors `api.resources.LOADERS`: the policy test makes a record of each kind from it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.identity.teams import service as teams
from capsule.control.workspace.spaces import service as spaces
from capsule.kit.clock import now
from capsule.kit.crypto import token_hash
from capsule.kit.ids import new_id
from capsule.models import (
    ApiToken,
    Build,
    Capsule,
    CronJob,
    Deployment,
    GitConnection,
    Login,
    Membership,
    Model,
    Release,
    Replica,
    Run,
    Serve,
    Space,
    Team,
    User,
)

_numbers = count(1000)
RowT = TypeVar("RowT", bound=Model)


ORIGIN = "http://localhost:8080"


@dataclass(frozen=True)
class Person:
    """Somebody with a login and a token, both in clear."""

    user: User
    cookie: str
    token: str


@dataclass(frozen=True)
class World:
    """Two teams. Ours has an owner and a member; the foreign one has an owner; an admin is in neither."""

    team: Team
    space: Space
    foreign_team: Team
    foreign_space: Space
    people: dict[str, Person]
    """By role: `owner`, `member`, `admin`, `foreigner`."""


async def make_person(db_session: AsyncSession, name: str, *, is_admin: bool = False) -> Person:
    """Add a user whom no password fits; hashing one would slow every test down."""
    user = User(
        id=new_id("usr"),
        email=f"{name}@example.org",
        name=name,
        password_hash="$none",
        is_admin=is_admin,
        created_at=now(),
    )
    db_session.add(user)
    await db_session.flush()
    cookie, token = new_id("cookie"), new_id("cap_tok")
    later = now() + timedelta(days=1)
    db_session.add_all(
        [
            Login(
                id=new_id("lgn"),
                user_id=user.id,
                token_hash=token_hash(cookie),
                expires_at=later,
                last_seen_at=now(),
            ),
            ApiToken(
                id=new_id("tok"),
                user_id=user.id,
                name="test",
                token_hash=token_hash(token),
                expires_at=later,
                last_used_at=now(),
            ),
        ]
    )
    await db_session.flush()
    return Person(user, cookie, token)


async def make_team(db_session: AsyncSession, owner: User, name: str) -> Team:
    return await teams.create(db_session, name=name, owner=owner)


async def make_space(db_session: AsyncSession, team: Team, name: str = "main") -> Space:
    return await spaces.create(db_session, team.id, name)


async def make_capsule(db_session: AsyncSession, space: Space, **values: Any) -> Capsule:
    number = next(_numbers)
    fields = {"name": f"shop-{number}", "slug": f"shop-{number}", "type": "backend", **values}
    capsule = Capsule(
        id=new_id("cap"), team_id=space.team_id, space_id=space.id, number=number, created_at=now(), **fields
    )
    db_session.add(capsule)
    await db_session.flush()
    return capsule


async def make_build(db_session: AsyncSession, capsule: Capsule, **values: Any) -> Build:
    return await _add(db_session, Build(id=new_id("bld"), **_of(capsule), **{"source": {}, **values}))


async def make_release(db_session: AsyncSession, capsule: Capsule, **values: Any) -> Release:
    fields = {"number": next(_numbers), "artifact_id": new_id("art"), "config": {}, **values}
    return await _add(db_session, Release(id=new_id("rel"), **_of(capsule), **fields))


async def make_deployment(db_session: AsyncSession, capsule: Capsule, **values: Any) -> Deployment:
    if "release_id" not in values:
        values["release_id"] = (await make_release(db_session, capsule)).id
    return await _add(db_session, Deployment(id=new_id("dpl"), **_of(capsule), **values))


async def make_replica(db_session: AsyncSession, capsule: Capsule, **values: Any) -> Replica:
    return await _add(db_session, Replica(id=new_id("rpl"), **_of(capsule), **values))


async def make_serve(db_session: AsyncSession, capsule: Capsule, **values: Any) -> Serve:
    fields = {"user_id": "usr_none", "heartbeat_at": now(), **values}
    return await _add(db_session, Serve(id=new_id("srv"), **_of(capsule), **fields))


async def make_run(db_session: AsyncSession, capsule: Capsule, **values: Any) -> Run:
    return await _add(db_session, Run(id=new_id("run"), **_of(capsule), **{"command": "true", **values}))


async def make_cron_job(db_session: AsyncSession, capsule: Capsule, **values: Any) -> CronJob:
    fields = {"name": f"job-{next(_numbers)}", "schedule": "@daily", "command": "true", **values}
    return await _add(db_session, CronJob(id=new_id("crn"), **_of(capsule), **fields))


async def _team(db_session: AsyncSession, space: Space) -> Team:
    return await db_session.get_one(Team, space.team_id)


async def _space(_db_session: AsyncSession, space: Space) -> Space:
    return space


async def _capsule(db_session: AsyncSession, space: Space) -> Capsule:
    return await make_capsule(db_session, space)


async def _app(db_session: AsyncSession, space: Space) -> Capsule:
    return await make_capsule(db_session, space, type="app")


async def _build(db_session: AsyncSession, space: Space) -> Build:
    return await make_build(db_session, await make_capsule(db_session, space))


async def _release(db_session: AsyncSession, space: Space) -> Release:
    return await make_release(db_session, await make_capsule(db_session, space))


async def _deployment(db_session: AsyncSession, space: Space) -> Deployment:
    return await make_deployment(db_session, await make_capsule(db_session, space))


async def _serve(db_session: AsyncSession, space: Space) -> Serve:
    return await make_serve(db_session, await make_capsule(db_session, space, type="app"))


async def _run(db_session: AsyncSession, space: Space) -> Run:
    return await make_run(db_session, await make_capsule(db_session, space))


async def _cron_job(db_session: AsyncSession, space: Space) -> CronJob:
    return await make_cron_job(db_session, await make_capsule(db_session, space))


async def _replica(db_session: AsyncSession, space: Space) -> Replica:
    return await make_replica(db_session, await make_capsule(db_session, space))


async def make_git_connection(db_session: AsyncSession, space: Space, **values: Any) -> GitConnection:
    fields = {
        "provider": "gitea",
        "url": "http://git.invalid",
        "account": "somebody",
        "token": "v1:",
        **values,
    }
    return await _add(db_session, GitConnection(id=new_id("gcn"), team_id=space.team_id, **fields))


async def _git_connection(db_session: AsyncSession, space: Space) -> GitConnection:
    return await make_git_connection(db_session, space)


FACTORIES: dict[str, Callable[[AsyncSession, Space], Awaitable[Any]]] = {
    "team": _team,
    "space": _space,
    "capsule": _capsule,
    "app": _app,
    "build": _build,
    "release": _release,
    "deployment": _deployment,
    "serve": _serve,
    "run": _run,
    "cron_job": _cron_job,
    "replica": _replica,
    "git_connection": _git_connection,
}


async def add_member(db_session: AsyncSession, team: Team, user: User, role: str) -> Membership:
    return await teams.add_member(db_session, team, user, role=role)


def _of(capsule: Capsule) -> dict[str, Any]:
    return {"team_id": capsule.team_id, "capsule_id": capsule.id, "created_at": now()}


async def _add(db_session: AsyncSession, row: RowT) -> RowT:
    db_session.add(row)
    await db_session.flush()
    return row
