"""Secrets of a space: written, never read back."""

import logging
from pathlib import Path

import httpx2
import pytest
from api_records import World

from capsule.api.context import Context
from capsule.control.delivery.serves.shell import shell_value
from capsule.control.workload.secrets import service
from capsule.control.workload.secrets.vault import SpaceVault, vault_handlers
from capsule.db import Database
from capsule.kit.clock import now
from capsule.kit.rpc import RpcClient, RpcServer
from capsule.models import Capsule
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


class TestVault:
    """Values that the app host asks for when an app uses them."""

    async def test_apps_of_the_space_get_the_value_of_now(
        self,
        client: httpx2.AsyncClient,
        database: Database,
        context: Context,
        world: World,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        app = await client.post(
            "/capsules", json={"space_id": world.space.id, "name": "shop", "type": "app", "deploy": False}
        )
        vault = SpaceVault(database, context.box, shell_value)
        caplog.set_level(logging.INFO)
        for value in ("first", "second"):
            await client.post("/spaces/main/secrets", json={"name": "KEY", "value": value})
            for environment in ("deploy", "serve"):
                assert await vault.secret(app.json()["id"], environment, "KEY") == value
        assert await vault.secret(app.json()["id"], "deploy", "OTHER") is None
        assert "first" not in caplog.text
        assert "secret 'KEY'" in caplog.text

    async def test_nobody_else_is_answered(
        self, client: httpx2.AsyncClient, database: Database, context: Context, world: World
    ) -> None:
        await client.post("/spaces/main/secrets", json={"name": "KEY", "value": VALUE})
        made = {"space_id": world.space.id, "deploy": False}
        removed = await client.post("/capsules", json={**made, "name": "gone", "type": "app"})
        backend = await client.post("/capsules", json={**made, "name": "api", "type": "backend"})
        async with database.unit_of_work() as db_session:
            (await db_session.get_one(Capsule, removed.json()["id"])).removed_at = now()
        vault = SpaceVault(database, context.box, shell_value)
        for capsule_id in (removed.json()["id"], backend.json()["id"], "cap_unknown"):
            assert await vault.secret(capsule_id, "deploy", "KEY") is None

    async def test_control_socket_is_of_this_user_only(
        self, client: httpx2.AsyncClient, database: Database, context: Context, data: DataPaths, world: World
    ) -> None:
        app = await client.post(
            "/capsules", json={"space_id": world.space.id, "name": "shop", "type": "app", "deploy": False}
        )
        await client.post("/spaces/main/secrets", json={"name": "KEY", "value": VALUE})
        server = RpcServer(
            data.server_control_socket, vault_handlers(SpaceVault(database, context.box, shell_value))
        )
        await server.start()
        caller = RpcClient(data.server_control_socket, name="server")
        try:
            assert data.server_control_socket.stat().st_mode & 0o777 == 0o600
            params = {"capsule_id": app.json()["id"], "environment": "deploy", "name": "KEY"}
            assert await caller.call("secret", params) == VALUE
        finally:
            await caller.close()
            await server.close()
