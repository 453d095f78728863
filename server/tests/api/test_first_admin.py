"""The first start of an installation."""

from collections.abc import Callable

import httpx2
from fastapi import FastAPI

from capsule.control.workspace.first_admin import ensure_first_admin, first_admin
from capsule.db import Database

ORIGIN = "http://localhost:8080"
ClientAs = Callable[..., httpx2.AsyncClient]


async def test_first_admin_can_sign_in_and_has_a_team_and_a_space(app: FastAPI, database: Database) -> None:
    async with database.unit_of_work() as db_session:
        made = await ensure_first_admin(db_session)
    assert made is not None
    assert made.generated_password
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url=f"{ORIGIN}/api/v1") as client:
        answer = await client.post(
            "/auth/login", json={"email": "admin@localhost", "password": made.generated_password}
        )
        assert answer.json()["user"]["is_admin"] is True
        assert [team["is_personal"] for team in answer.json()["teams"]] == [True]
        spaces = (await client.get("/spaces")).json()["items"]
        assert [space["slug"] for space in spaces] == ["main"]


async def test_second_start_makes_nobody(database: Database) -> None:
    async with database.unit_of_work() as db_session:
        made = await ensure_first_admin(db_session, email="a@example.org", password="long enough")
        assert made is not None
        assert made.generated_password is None
    async with database.unit_of_work() as db_session:
        assert await ensure_first_admin(db_session, email="b@example.org", password="long enough") is None
        found = await first_admin(db_session)
        assert found is not None
        assert found.email == "a@example.org"
