"""Spaces and teams."""

from collections.abc import Callable

import httpx2
from api_records import World, make_capsule, make_space
from sqlalchemy import select

from capsule.db import Database
from capsule.models import Secret

ClientAs = Callable[..., httpx2.AsyncClient]


class TestListSpaces:
    async def test_shows_those_of_your_teams_with_their_size(
        self, client: httpx2.AsyncClient, world: World, database: Database
    ) -> None:
        async with database.unit_of_work() as db_session:
            await make_capsule(db_session, world.space)
        items = (await client.get("/spaces")).json()["items"]
        assert [(space["id"], space["capsules"]) for space in items] == [(world.space.id, 1)]
        assert items[0]["can"] == ["update", "delete"]
        in_team = (await client.get("/spaces", params={"team": world.team.slug})).json()["items"]
        assert in_team == items

    async def test_member_may_not_delete(self, client_as: ClientAs) -> None:
        assert (await client_as("member").get("/spaces")).json()["items"][0]["can"] == ["update"]

    async def test_admin_of_the_installation_sees_no_other_team(self, client_as: ClientAs) -> None:
        assert (await client_as("admin").get("/spaces")).json()["items"] == []
        assert (await client_as("admin").get("/teams")).json()["items"] == []


class TestCreateSpace:
    async def test_goes_into_the_named_team(self, client: httpx2.AsyncClient, world: World) -> None:
        answer = await client.post("/spaces", json={"name": "Big Shop", "team_id": world.team.id})
        assert answer.status_code == 201
        assert answer.json()["slug"] == "big-shop"
        assert answer.json()["team_id"] == world.team.id

    async def test_without_a_team_goes_into_your_own(self, client: httpx2.AsyncClient, world: World) -> None:
        assert (await client.post("/spaces", json={"name": "x"})).json()["team_id"] == world.team.id

    async def test_same_name_twice_is_refused(self, client: httpx2.AsyncClient) -> None:
        answer = await client.post("/spaces", json={"name": "Main"})
        assert answer.status_code == 409
        assert answer.json()["code"] == "name_taken"
        assert answer.json()["field"] == "name"

    async def test_name_without_a_letter_is_refused(self, client: httpx2.AsyncClient) -> None:
        for name in ("///", "a/b", "…"):
            answer = await client.post("/spaces", json={"name": name})
            assert answer.json()["code"] == "invalid_name", name

    async def test_person_without_a_team_is_told(self, client_as: ClientAs) -> None:
        answer = await client_as("admin").post("/spaces", json={"name": "x"})
        assert answer.status_code == 403


class TestReadSpace:
    async def test_by_id_or_slug(self, client: httpx2.AsyncClient, world: World) -> None:
        by_id = await client.get(f"/spaces/{world.space.id}")
        assert by_id.json() == (await client.get("/spaces/main")).json()

    async def test_slug_in_two_of_your_teams_is_ambiguous(
        self, client: httpx2.AsyncClient, world: World, database: Database
    ) -> None:
        from api_records import make_team

        async with database.unit_of_work() as db_session:
            second = await make_team(db_session, world.people["owner"].user, "second")
            other = await make_space(db_session, second)
        answer = await client.get("/spaces/main")
        assert answer.status_code == 409
        assert answer.json()["code"] == "ambiguous_space"
        assert other.id in answer.json()["hint"]


class TestUpdateSpace:
    async def test_renames(self, client: httpx2.AsyncClient) -> None:
        assert (await client.patch("/spaces/main", json={"name": "Shop"})).json()["slug"] == "shop"
        assert (await client.get("/spaces/main")).status_code == 404


class TestDeleteSpace:
    async def test_with_capsules_is_refused(
        self, client: httpx2.AsyncClient, world: World, database: Database
    ) -> None:
        async with database.unit_of_work() as db_session:
            await make_capsule(db_session, world.space)
        answer = await client.delete("/spaces/main")
        assert answer.status_code == 409
        assert answer.json()["code"] == "space_not_empty"

    async def test_takes_its_secrets_along(
        self, client: httpx2.AsyncClient, world: World, database: Database
    ) -> None:
        await client.post("/spaces/main/secrets", json={"name": "KEY", "value": "v"})
        assert (await client.delete("/spaces/main")).status_code == 204
        async with database.reading() as db_session:
            assert (await db_session.scalars(select(Secret))).all() == []


class TestTeams:
    async def test_shows_your_role(self, client_as: ClientAs, world: World) -> None:
        items = (await client_as("member").get("/teams")).json()["items"]
        assert [(team["id"], team["role"]) for team in items] == [(world.team.id, "member")]
        one = (await client_as("owner").get(f"/teams/{world.team.slug}")).json()
        assert one["role"] == "owner"
