"""Capsules: create, list, read, change, remove."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from api_records import (
    World,
    make_build,
    make_capsule,
    make_deployment,
    make_release,
    make_replica,
)
from sqlalchemy import event, select

from capsule.api.context import Context
from capsule.control.events import CapsuleChanged, CapsuleCreated, CapsuleRemoved
from capsule.db import Database
from capsule.kit.clock import now
from capsule.models import Capsule, Upload
from capsule.paths import DataPaths

ClientAs = Callable[..., httpx2.AsyncClient]
GIT = {"kind": "git", "url": "https://git.example/team/shop.git"}


@pytest.fixture
def happened(context: Context) -> list[Any]:
    """What was published, as tuples of plain values."""
    seen: list[Any] = []

    async def created(_db_session: Any, about: CapsuleCreated) -> None:
        seen.append(("created", about.capsule.name, about.deploy))

    async def changed(_db_session: Any, about: CapsuleChanged) -> None:
        seen.append(("changed", about.capsule.name, about.needs))

    async def removed(_db_session: Any, about: CapsuleRemoved) -> None:
        seen.append(("removed", about.capsule.name))

    context.events.subscribe(CapsuleCreated, created)
    context.events.subscribe(CapsuleChanged, changed)
    context.events.subscribe(CapsuleRemoved, removed)
    return seen


async def create(client: httpx2.AsyncClient, **values: Any) -> httpx2.Response:
    return await client.post(
        "/capsules", json={"space_id": "main", "name": "shop", "type": "backend", **values}
    )


class TestCreateCapsule:
    async def test_without_a_source_is_empty_and_has_its_address(
        self, client: httpx2.AsyncClient, happened: list[Any], world: World
    ) -> None:
        answer = await create(client)
        assert answer.status_code == 201
        capsule = answer.json()
        assert capsule["status"] == "empty"
        assert capsule["url"] == "http://shop.localhost:8080"
        assert capsule["hosts"] == ["shop.localhost"]
        assert capsule["source"] == {"kind": "none"}
        assert capsule["config"]["memory"] == 512
        assert capsule["space_id"] == world.space.id
        assert "delete" in capsule["can"]
        assert happened == [("created", "shop", False)]
        assert (await client.get("/capsules/shop")).json() == capsule
        assert (await client.get(f"/capsules/{capsule['id']}")).json() == capsule

    @pytest.mark.parametrize("deploy", [True, False])
    async def test_with_a_source_asks_for_a_build_if_wanted(
        self, client: httpx2.AsyncClient, happened: list[Any], deploy: bool
    ) -> None:
        answer = await create(client, source=GIT, deploy=deploy, config={"memory": 256})
        assert answer.json()["source"] == {**GIT, "branch": "", "path": ""}
        assert answer.json()["config"]["memory"] == 256
        assert happened == [("created", "shop", deploy)]

    @pytest.mark.parametrize(
        ("name", "suggestion"),
        [
            ("Shop", "shop"),
            ("my shop", "my-shop"),
            ("a/b", "a-b"),
            ("-a", "a"),
            ("a--b", "a-b"),
            ("café", "cafe"),
            ("x" * 200, "x" * 40),
        ],
    )
    async def test_bad_name_is_refused_with_one_that_would_do(
        self, client: httpx2.AsyncClient, name: str, suggestion: str
    ) -> None:
        answer = await create(client, name=name)
        assert answer.status_code == 422
        assert answer.json()["code"] == "invalid_name"
        assert f"'{suggestion}'" in answer.json()["hint"]
        assert (await create(client, name=suggestion)).status_code == 201

    async def test_name_twice_in_a_space_is_refused(self, client: httpx2.AsyncClient) -> None:
        await create(client)
        answer = await create(client)
        assert answer.status_code == 409
        assert answer.json()["code"] == "name_taken"

    async def test_same_name_elsewhere_gets_an_address_of_its_own(self, client_as: ClientAs) -> None:
        first = (await create(client_as("owner"))).json()
        second = (await create(client_as("foreigner"))).json()
        assert first["slug"] == "shop"
        assert second["name"] == "shop"
        assert second["slug"].startswith("shop-")
        assert len(second["slug"]) == len("shop-") + 4

    async def test_foreign_space_is_not_there(self, client: httpx2.AsyncClient, world: World) -> None:
        answer = await create(client, space_id=world.foreign_space.id)
        assert answer.status_code == 404

    @pytest.mark.parametrize(
        "url",
        [
            "--upload-pack=touch /tmp/x",
            "-oProxyCommand=x",
            "ext::sh -c id",
            "ssh://-oProxyCommand=x/repo",
            "git@-x:repo",
            "javascript:alert(1)",
            "https://a b/c",
            "",
        ],
    )
    async def test_address_that_git_would_misread_is_refused(
        self, client: httpx2.AsyncClient, url: str
    ) -> None:
        answer = await create(client, source={"kind": "git", "url": url})
        assert answer.status_code == 422
        assert "url" in answer.json()["field"]

    @pytest.mark.parametrize("path", ["../x", "a/../../b"])
    async def test_project_path_may_not_leave_the_source(self, client: httpx2.AsyncClient, path: str) -> None:
        assert (await create(client, source={**GIT, "path": path})).status_code == 422

    async def test_repository_on_the_server_is_for_admins(
        self, client: httpx2.AsyncClient, client_as: ClientAs, database: Database, world: World
    ) -> None:
        from api_records import add_member

        local = {"kind": "git", "url": "/srv/git/shop"}
        refused = await create(client, source=local)
        assert refused.status_code == 403
        assert refused.json()["code"] == "local_source_refused"
        async with database.unit_of_work() as db_session:
            await add_member(db_session, world.team, world.people["admin"].user, "member")
        assert (await create(client_as("admin"), source=local)).status_code == 201

    async def test_upload_of_another_team_is_not_there(
        self, client: httpx2.AsyncClient, client_as: ClientAs, database: Database, world: World
    ) -> None:
        async with database.unit_of_work() as db_session:
            db_session.add(
                Upload(
                    id="upl_1",
                    team_id=world.foreign_team.id,
                    space_id=world.foreign_space.id,
                    digest="0",
                    size_bytes=1,
                )
            )
        source = {"kind": "upload", "upload_id": "upl_1"}
        answer = await create(client, source=source)
        assert answer.status_code == 404
        assert answer.json()["code"] == "upload_not_found"
        assert (await create(client_as("foreigner"), source=source)).status_code == 201

    async def test_unknown_field_is_named(self, client: httpx2.AsyncClient) -> None:
        answer = await create(client, colour="red")
        assert answer.status_code == 422
        assert answer.json()["field"] == "colour"

    async def test_storage_is_live_at_once_and_has_a_folder(
        self, client: httpx2.AsyncClient, data: DataPaths
    ) -> None:
        capsule = (await create(client, name="reports", type="storage")).json()
        assert capsule["status"] == "live"
        assert capsule["url"] is None
        assert data.storage(capsule["id"]).is_dir()
        assert "deploy" not in capsule["can"]

    async def test_number_is_never_given_twice(self, client: httpx2.AsyncClient, database: Database) -> None:
        numbers = []
        for name in ("a", "b"):
            await create(client, name=name)
            async with database.unit_of_work() as db_session:
                capsule = (await db_session.scalars(select(Capsule))).one()
                numbers.append(capsule.number)
                await db_session.delete(capsule)
        assert numbers[1] > numbers[0]


class TestListCapsules:
    async def test_needs_as_many_queries_for_many_as_for_one(
        self, client: httpx2.AsyncClient, database: Database, world: World
    ) -> None:
        queries: list[str] = []
        event.listen(
            database.engine.sync_engine, "before_cursor_execute", lambda *about: queries.append(about[2])
        )
        counts = []
        for _ in range(2):
            async with database.unit_of_work() as db_session:
                for _ in range(3):
                    capsule = await make_capsule(db_session, world.space)
                    await make_build(db_session, capsule)
                    await make_deployment(db_session, capsule)
                    await make_replica(db_session, capsule)
            queries.clear()
            items = (await client.get("/capsules", params={"space": "main"})).json()["items"]
            counts.append(len(queries))
        assert len(items) == 6
        assert counts[0] == counts[1]

    async def test_shows_only_your_teams(
        self, client: httpx2.AsyncClient, database: Database, world: World
    ) -> None:
        async with database.unit_of_work() as db_session:
            ours = await make_capsule(db_session, world.space)
            await make_capsule(db_session, world.foreign_space)
        items = (await client.get("/capsules")).json()["items"]
        assert [capsule["id"] for capsule in items] == [ours.id]


class TestReadCapsule:
    async def test_shows_the_newest_of_everything(
        self, client: httpx2.AsyncClient, database: Database, world: World
    ) -> None:
        async with database.unit_of_work() as db_session:
            capsule = await make_capsule(db_session, world.space, name="shop", slug="shop")
            old = await make_build(db_session, capsule, status="succeeded")
            old.created_at = now() - timedelta(hours=1)
            release = await make_release(db_session, capsule, number=7, build_id=old.id)
            capsule.release_id = release.id
            await make_deployment(db_session, capsule, release_id=release.id, status="succeeded")
            await make_replica(db_session, capsule, release_id=release.id, state="healthy")
            await make_replica(db_session, capsule, release_id=release.id, state="stopped")
            build = await make_build(db_session, capsule, status="running")
            await make_build(db_session, capsule, status="queued", trigger="serve")
        shape = (await client.get("/capsules/shop")).json()
        assert shape["status"] == "live"
        assert shape["release"]["number"] == 7
        assert shape["current_build"]["id"] == build.id
        assert shape["current_build"]["can"] == ["cancel"]
        assert shape["current_build"]["is_live"] is False
        assert shape["current_deployment"]["release_number"] == 7
        assert [replica["state"] for replica in shape["replicas"]] == ["healthy"]

    async def test_unknown_name_is_told(self, client: httpx2.AsyncClient) -> None:
        answer = await client.get("/capsules/nothing")
        assert answer.status_code == 404
        assert "'nothing'" in answer.json()["detail"]


class TestUpdateCapsule:
    async def test_says_what_makes_the_change_real(
        self, client: httpx2.AsyncClient, happened: list[Any]
    ) -> None:
        await create(client, source=GIT, deploy=False)
        happened.clear()
        for changes in (
            {"config": {"memory": 1024}},
            {"config": {"run_command": "python x.py"}},
            {"source": {**GIT, "branch": "next"}},
            {"name": "store"},
            {"config": {"public_access": False}},
            {"config": {"memory": 1024}},
            {},
        ):
            assert (await client.patch("/capsules/shop", json=changes)).status_code == 200
        assert happened == [
            ("changed", "shop", "deployment"),
            ("changed", "shop", "build"),
            ("changed", "shop", "build"),
            ("changed", "store", "reconcile"),
            ("changed", "store", "reconcile"),
        ]
        shape = (await client.get("/capsules/shop")).json()
        assert shape["name"] == "store"
        assert shape["slug"] == "shop"
        assert shape["config"]["run_command"] == "python x.py"
        assert shape["source"]["branch"] == "next"

    async def test_build_setting_without_a_source_waits(
        self, client: httpx2.AsyncClient, happened: list[Any]
    ) -> None:
        await create(client)
        happened.clear()
        await client.patch("/capsules/shop", json={"config": {"run_command": "x"}})
        assert happened == [("changed", "shop", "reconcile")]

    async def test_impossible_memory_is_refused(self, client: httpx2.AsyncClient) -> None:
        await create(client)
        answer = await client.patch("/capsules/shop", json={"config": {"memory": 1}})
        assert answer.status_code == 422
        assert answer.json()["field"] == "config.memory"


class TestRemoveCapsule:
    async def test_needs_its_name(self, client: httpx2.AsyncClient, happened: list[Any]) -> None:
        await create(client)
        happened.clear()
        for address in ("/capsules/shop", "/capsules/shop?confirm=ship"):
            answer = await client.delete(address)
            assert answer.status_code == 422
            assert answer.json()["code"] == "confirmation_needed"
        assert happened == []

    async def test_is_marked_and_can_no_longer_be_changed(
        self, client: httpx2.AsyncClient, happened: list[Any]
    ) -> None:
        await create(client)
        happened.clear()
        for _ in range(2):
            answer = await client.delete("/capsules/shop", params={"confirm": "shop"})
            assert answer.status_code == 202
            assert answer.json()["status"] == "removing"
            assert answer.json()["can"] == []
        assert happened == [("removed", "shop")]
        changed = await client.patch("/capsules/shop", json={"name": "x"})
        assert changed.status_code == 409
        assert changed.json()["code"] == "capsule_being_removed"
        again = await create(client)
        assert again.json()["code"] == "name_taken"
        assert "removed" in again.json()["detail"]
