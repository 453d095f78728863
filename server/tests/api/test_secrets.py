"""Secrets of a space: written, never read back."""

from pathlib import Path

import httpx2
import pytest
from api_records import World

from capsule.api.context import Context
from capsule.control.workload.secrets import service
from capsule.db import Database
from capsule.paths import DataPaths

VALUE = "s3cret-value "


class TestPutSecret:
    async def test_value_is_encrypted_and_never_answered(
        self, client: httpx2.AsyncClient, database: Database, data: DataPaths, context: Context, world: World
    ) -> None:
        answer = await client.post("/spaces/main/secrets", json={"name": "API_KEY", "value": VALUE})
        assert answer.status_code == 201
        assert set(answer.json()) == {"name", "created_at", "updated_at"}
        listed = await client.get("/spaces/main/secrets")
        assert [secret["name"] for secret in listed.json()["items"]] == ["API_KEY"]
        assert VALUE.strip() not in listed.text
        async with database.reading() as db_session:
            found = await service.values(db_session, context.box, world.space.id, ["API_KEY"])
            assert found == {"API_KEY": VALUE}
        for file in Path(data.root).glob("capsule.db*"):
            assert VALUE.strip().encode() not in file.read_bytes()

    async def test_second_time_replaces(
        self, client: httpx2.AsyncClient, database: Database, context: Context, world: World
    ) -> None:
        for value in ("first", "second"):
            await client.post("/spaces/main/secrets", json={"name": "KEY", "value": value})
        async with database.reading() as db_session:
            found = await service.values(db_session, context.box, world.space.id, ["KEY"])
            assert found == {"KEY": "second"}

    @pytest.mark.parametrize("name", ["", "1A", "a b", "a/b", "ü", "A" * 201])
    async def test_bad_name_is_refused(self, client: httpx2.AsyncClient, name: str) -> None:
        answer = await client.post("/spaces/main/secrets", json={"name": name, "value": "v"})
        assert answer.status_code == 422
        assert answer.json()["field"] == "name"

    @pytest.mark.parametrize("value", ["", "a\0b", "x" * 70_000])
    async def test_bad_value_is_refused_without_repeating_it(
        self, client: httpx2.AsyncClient, value: str
    ) -> None:
        answer = await client.post("/spaces/main/secrets", json={"name": "KEY", "value": value})
        assert answer.status_code == 422
        assert answer.json()["field"] == "value"
        assert len(answer.text) < 1000


class TestDeleteSecret:
    async def test_is_gone(self, client: httpx2.AsyncClient) -> None:
        await client.post("/spaces/main/secrets", json={"name": "KEY", "value": "v"})
        assert (await client.delete("/spaces/main/secrets/KEY")).status_code == 204
        again = await client.delete("/spaces/main/secrets/KEY")
        assert again.status_code == 404
        assert again.json()["code"] == "secret_not_found"


class TestForReplicas:
    async def test_missing_secret_is_named(self, database: Database, context: Context, world: World) -> None:
        async with database.reading() as db_session:
            with pytest.raises(service.SecretNotFound, match="'B'"):
                await service.values(db_session, context.box, world.space.id, ["B"])
