"""Shells over HTTP. What an engine does with them is tested with the engines."""

import base64
import json
import logging
from typing import Any

import httpx2
import pytest
from api_records import World, make_capsule, make_replica

from capsule.api.context import Context
from capsule.db import Database
from capsule.models import Replica


@pytest.fixture
async def replica(database: Database, world: World) -> Replica:
    async with database.unit_of_work() as db_session:
        return await make_replica(db_session, await make_capsule(db_session, world.space), state="healthy")


async def opened(client: httpx2.AsyncClient, replica: Replica, **values: Any) -> str:
    answer = await client.post(f"/replicas/{replica.id}/shells", json=values)
    assert answer.status_code == 201, answer.text
    return f"/replicas/{replica.id}/shells/{answer.json()['id']}"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def events(body: str) -> list[tuple[str, Any]]:
    found = []
    for block in body.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


async def test_input_comes_back_and_the_end_has_a_code(client: httpx2.AsyncClient, replica: Replica) -> None:
    shell = await opened(client, replica, columns=100, rows=30)
    assert (await client.post(f"{shell}/resize", json={"columns": 90, "rows": 20})).status_code == 204
    assert (await client.post(f"{shell}/input", json={"data": encoded("ls\n")})).status_code == 204
    assert (await client.post(f"{shell}/input", json={"data": encoded("exit 3\n")})).status_code == 204
    got = events((await client.get(f"{shell}/stream")).text)
    said = b"".join(base64.b64decode(data["data"]) for name, data in got if name == "output")
    assert said == b"$ ls\nexit 3\n"
    assert got[-1] == ("end", {"exit_code": 3, "reason": "It exited with code 3."})
    again = events((await client.get(f"{shell}/stream", params={"after": 2})).text)
    assert base64.b64decode(again[0][1]["data"]) == b"ls\n"
    assert (await client.get(shell)).json()["is_running"] is False


async def test_only_who_opened_it_may_use_it(
    client: httpx2.AsyncClient, client_as: Any, replica: Replica
) -> None:
    shell = await opened(client, replica)
    colleague = client_as("member")
    for answer in (
        await colleague.get(shell),
        await colleague.get(f"{shell}/stream"),
        await colleague.post(f"{shell}/input", json={"data": encoded("ls")}),
        await colleague.delete(shell),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "shell_not_found")
    assert (await colleague.get(f"/replicas/{replica.id}/shells")).json()["items"] == []
    assert len((await client.get(f"/replicas/{replica.id}/shells")).json()["items"]) == 1
    assert (await client.delete(shell)).status_code == 204
    assert (await client.get(shell)).json()["is_running"] is False


async def test_opening_is_logged_with_who_and_what(
    client: httpx2.AsyncClient, replica: Replica, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "capsule.control.delivery.shells"):
        await opened(client, replica, command=["ls", "-l"], terminal=False)
    assert "owner@example.org (login) opened shl_" in caplog.text
    assert f"in {replica.id}" in caplog.text
    assert "'ls -l'" in caplog.text


async def test_app_is_refused_and_so_is_a_replica_that_has_ended(
    client: httpx2.AsyncClient, database: Database, world: World
) -> None:
    async with database.unit_of_work() as db_session:
        app = await make_replica(db_session, await make_capsule(db_session, world.space, type="app"))
        gone = await make_replica(db_session, await make_capsule(db_session, world.space), state="stopped")
    refused = await client.post(f"/replicas/{app.id}/shells", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "runs_no_commands")
    ended = await client.post(f"/replicas/{gone.id}/shells", json={})
    assert (ended.status_code, ended.json()["code"]) == (404, "replica_not_found")


async def test_input_that_is_not_base64_is_refused(client: httpx2.AsyncClient, replica: Replica) -> None:
    shell = await opened(client, replica)
    answer = await client.post(f"{shell}/input", json={"data": "!!"})
    assert (answer.status_code, answer.json()["field"]) == (422, "data")


async def test_engine_without_shells_says_so(
    client: httpx2.AsyncClient, context: Context, replica: Replica
) -> None:
    del context.engine.shells  # type: ignore[attr-defined]
    answer = await client.post(f"/replicas/{replica.id}/shells", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_shells")
