"""Environment variables: the user's own and the platform's."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
from api_records import World, make_capsule

from capsule.api.context import Context
from capsule.control.events import CapsuleChanged
from capsule.control.workload.env.service import EnvService
from capsule.db import Database
from capsule.models import Capsule
from capsule.paths import DataPaths

ENV = "/capsules/shop/env"


@pytest.fixture
async def capsule(database: Database, world: World) -> Capsule:
    async with database.unit_of_work() as db_session:
        return await make_capsule(db_session, world.space, name="shop", slug="shop")


@pytest.fixture
def needs(context: Context) -> list[str]:
    seen: list[str] = []

    async def changed(_db_session: Any, about: CapsuleChanged) -> None:
        seen.append(about.needs)

    context.events.subscribe(CapsuleChanged, changed)
    return seen


def users(answer: httpx2.Response) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {item["key"]: item["value"] for item in answer.json()["items"] if item["set_by"] == "user"}


class TestListVariables:
    async def test_shows_what_the_platform_sets(self, client: httpx2.AsyncClient, capsule: Capsule) -> None:
        items = (await client.get(ENV)).json()["items"]
        assert [(item["key"], item["set_by"]) for item in items] == [
            ("APP_URL", "system"),
            ("PORT", "system"),
        ]
        assert items[0]["value"] == "shop.localhost:8080"

    async def test_agent_has_a_key_made_once(
        self, client: httpx2.AsyncClient, context: Context, database: Database
    ) -> None:
        body = {"space_id": "main", "name": "bot", "type": "agent"}
        created = (await client.post("/capsules", json=body)).json()
        items = {item["key"]: item for item in (await client.get("/capsules/bot/env")).json()["items"]}
        assert items["INTERNAL_API_KEY"]["set_by"] == "system"
        assert len(items["INTERNAL_API_KEY"]["value"]) > 30
        async with database.reading() as db_session:
            bot = await db_session.get_one(Capsule, created["id"])
            environment = await EnvService(db_session, context.box, context.site).environment(bot)
        assert environment == {
            "APP_URL": "bot.localhost:8080",
            "INTERNAL_API_KEY": items["INTERNAL_API_KEY"]["value"],
        }


class TestReplaceVariables:
    async def test_whole_list_is_replaced_and_encrypted(
        self, client: httpx2.AsyncClient, capsule: Capsule, needs: list[str], data: DataPaths
    ) -> None:
        first = {"items": [{"key": "A", "value": " clear-text "}, {"key": "B", "value": ""}]}
        assert users(await client.put(ENV, json=first)) == {"A": " clear-text ", "B": ""}
        for file in Path(data.root).glob("capsule.db*"):
            assert b"clear-text" not in file.read_bytes()
        second = {"items": [{"key": "B", "value": "2"}]}
        assert users(await client.put(ENV, json=second)) == {"B": "2"}
        assert users(await client.put(ENV, json=second)) == {"B": "2"}
        assert needs == ["deployment", "deployment"]

    async def test_same_key_twice_is_refused(self, client: httpx2.AsyncClient, capsule: Capsule) -> None:
        items = [{"key": "A", "value": "1"}, {"key": "A", "value": "2"}]
        assert (await client.put(ENV, json={"items": items})).status_code == 422

    @pytest.mark.parametrize("key", ["", "1A", "A-B", "A B", "A=B", "Ä", "A" * 201])
    async def test_bad_key_is_refused(self, client: httpx2.AsyncClient, capsule: Capsule, key: str) -> None:
        answer = await client.put(ENV, json={"items": [{"key": key, "value": "1"}]})
        assert answer.status_code == 422
        assert answer.json()["code"] == "invalid_variable"

    @pytest.mark.parametrize("key", ["PORT", "APP_URL", "INTERNAL_API_KEY"])
    async def test_platforms_own_cannot_be_set(
        self, client: httpx2.AsyncClient, capsule: Capsule, key: str
    ) -> None:
        answer = await client.put(ENV, json={"items": [{"key": key, "value": "1"}]})
        assert answer.json()["code"] == "reserved_variable"

    async def test_too_much_is_refused_and_nothing_changes(
        self, client: httpx2.AsyncClient, capsule: Capsule
    ) -> None:
        await client.put(ENV, json={"items": [{"key": "A", "value": "1"}]})
        many = [{"key": f"K{number}", "value": "v"} for number in range(501)]
        assert (await client.put(ENV, json={"items": many})).status_code == 422
        long = [{"key": "L", "value": "x" * 40_000}]
        assert (await client.put(ENV, json={"items": long})).status_code == 422
        assert users(await client.get(ENV)) == {"A": "1"}


class TestChangeVariables:
    async def test_sets_some_and_drops_others(
        self, client: httpx2.AsyncClient, capsule: Capsule, needs: list[str]
    ) -> None:
        await client.put(ENV, json={"items": [{"key": "A", "value": "1"}, {"key": "B", "value": "2"}]})
        answer = await client.patch(ENV, json={"set": {"C": "3", "A": "4"}, "unset": ["B", "NONE"]})
        assert users(answer) == {"A": "4", "C": "3"}
        assert users(await client.patch(ENV, json={})) == {"A": "4", "C": "3"}
        assert needs == ["deployment", "deployment"]

    async def test_platforms_own_cannot_be_dropped(
        self, client: httpx2.AsyncClient, capsule: Capsule
    ) -> None:
        answer = await client.patch(ENV, json={"unset": ["PORT"]})
        assert answer.json()["code"] == "reserved_variable"
