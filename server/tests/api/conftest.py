"""A whole server in process, with a real SQLite database per test, and people who call it.

The database is migrated once and its file copied for each test.
"""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import httpx2
import pytest
from fastapi import FastAPI

sys.path.insert(0, str(Path(__file__).parent))

from api_fakes import FakeAppHost, FakeEdge, FakeEngine
from api_records import ORIGIN, World, add_member, make_person, make_space, make_team

from capsule.api.app import create_app
from capsule.api.auth import LOGIN_COOKIE
from capsule.api.context import Context
from capsule.control.delivery.changes import Changes
from capsule.db import Database, sqlite_url
from capsule.kit.crypto import SecretBox
from capsule.migrations import migrate
from capsule.paths import DataPaths

ClientAs = Callable[..., httpx2.AsyncClient]


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "capsule.db"

    async def make() -> None:
        database = Database(sqlite_url(path))
        await migrate(database)
        await database.close()

    asyncio.run(make())
    return path


@pytest.fixture
def data(tmp_path: Path, migrated_database: Path) -> DataPaths:
    paths = DataPaths(tmp_path / "data")
    paths.root.mkdir()
    shutil.copy(migrated_database, paths.database)
    return paths


@pytest.fixture
async def database(data: DataPaths) -> AsyncIterator[Database]:
    database = Database(sqlite_url(data.database))
    yield database
    await database.close()


@pytest.fixture
def context(database: Database, data: DataPaths) -> Context:
    return Context(
        database=database,
        paths=data,
        box=SecretBox.open(data.keys / "secret.key"),
        engine=FakeEngine(),
        edge=FakeEdge(),
        apps=FakeAppHost(),
        changes=Changes(database),
        version="0.0.test",
    )


@pytest.fixture(scope="session")
def assembled() -> FastAPI:
    """The app, put together once: that takes longer than most tests."""
    return create_app(cast(Context, SimpleNamespace(version="0.0.test", console=None)))


@pytest.fixture
def app(assembled: FastAPI, context: Context) -> FastAPI:
    assembled.state.context = context
    return assembled


@pytest.fixture
async def world(database: Database) -> World:
    async with database.unit_of_work() as db_session:
        people = {
            "owner": await make_person(db_session, "owner"),
            "member": await make_person(db_session, "member"),
            "admin": await make_person(db_session, "admin", is_admin=True),
            "foreigner": await make_person(db_session, "foreigner"),
        }
        team = await make_team(db_session, people["owner"].user, "ours")
        await add_member(db_session, team, people["member"].user, "member")
        foreign_team = await make_team(db_session, people["foreigner"].user, "theirs")
        return World(
            team=team,
            space=await make_space(db_session, team),
            foreign_team=foreign_team,
            foreign_space=await make_space(db_session, foreign_team),
            people=people,
        )


@pytest.fixture
async def client_as(app: FastAPI, world: World) -> AsyncIterator[ClientAs]:
    """Return `client_as(role, via="login" | "token")`; `client_as(None)` is nobody."""
    made: list[httpx2.AsyncClient] = []

    def client_as(role: str | None, *, via: str = "login") -> httpx2.AsyncClient:
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url=f"{ORIGIN}/api/v1", headers={"Origin": ORIGIN}
        )
        made.append(client)
        if role is not None and via == "login":
            client.cookies.set(LOGIN_COOKIE, world.people[role].cookie)
        elif role is not None:
            client.headers["Authorization"] = f"Bearer {world.people[role].token}"
        return client

    yield client_as
    for client in made:
        await client.aclose()


@pytest.fixture
async def client(client_as: ClientAs) -> httpx2.AsyncClient:
    """The owner of the team, signed in with a browser."""
    return client_as("owner")
