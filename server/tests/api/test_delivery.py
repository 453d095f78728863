"""Uploads, builds, deployments, logs and serves over HTTP. What reconcile does with them is tested there."""

import io
import json
import tarfile
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from api_records import (
    World,
    make_build,
    make_capsule,
    make_deployment,
    make_git_connection,
    make_release,
    make_serve,
)

from capsule.api.context import Context
from capsule.apps.http.tickets import TicketRefused, Tickets
from capsule.control.delivery.subscriptions import subscribe
from capsule.db import Database
from capsule.models import Capsule, Serve
from capsule.paths import DataPaths
from capsule.telemetry.lines import LineLog
from capsule.telemetry.segments import SegmentWriter

ClientAs = Callable[..., httpx2.AsyncClient]


def archive(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def delivery(context: Context) -> None:
    subscribe(context.events, context.box)


@pytest.fixture
async def capsule(database: Database, world: World) -> Capsule:
    async with database.unit_of_work() as db_session:
        return await make_capsule(
            db_session, world.space, source={"kind": "git", "url": "https://x.example/r"}
        )


async def _builds(client: httpx2.AsyncClient, capsule: Capsule) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await client.get(f"/capsules/{capsule.id}/builds")).json()["items"]
    return items


@pytest.fixture
async def app_capsule(database: Database, world: World) -> Capsule:
    async with database.unit_of_work() as db_session:
        return await make_capsule(db_session, world.space, type="app")


async def upload(client: httpx2.AsyncClient, world: World, files: dict[str, str]) -> httpx2.Response:
    return await client.post(f"/spaces/{world.space.id}/uploads", content=archive(files))


def events(body: str) -> list[tuple[str, Any]]:
    found = []
    for block in body.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


class TestUploads:
    async def test_tree_is_unpacked_and_equal_trees_are_one_upload(
        self, client: httpx2.AsyncClient, world: World, data: DataPaths
    ) -> None:
        first = (await upload(client, world, {"app.py": "one"})).json()
        again = (await upload(client, world, {"app.py": "one"})).json()
        other = (await upload(client, world, {"app.py": "two"})).json()
        assert first == again
        assert other["id"] != first["id"]
        assert (data.upload(first["id"]) / "app.py").read_text() == "one"
        assert len(list(data.upload("x").parent.iterdir())) == 2

    async def test_path_out_of_the_archive_is_refused_and_nothing_is_left(
        self, client: httpx2.AsyncClient, world: World, data: DataPaths
    ) -> None:
        answer = await upload(client, world, {"../evil.py": "x"})
        assert (answer.status_code, answer.json()["code"]) == (422, "archive_refused")
        assert list(data.upload("x").parent.iterdir()) == []

    async def test_empty_body_is_refused(self, client: httpx2.AsyncClient, world: World) -> None:
        answer = await client.post(f"/spaces/{world.space.id}/uploads", content=b"")
        assert answer.status_code == 422

    async def test_archive_above_the_limit_is_too_large(
        self, client: httpx2.AsyncClient, world: World, context: Context
    ) -> None:
        object.__setattr__(context, "max_upload_bytes", 10)
        answer = await upload(client, world, {"app.py": "one"})
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


class TestBuilds:
    async def test_creating_a_capsule_with_a_source_queues_its_build(
        self, client: httpx2.AsyncClient, world: World
    ) -> None:
        wanted = {
            "space_id": world.space.id,
            "name": "fresh",
            "type": "backend",
            "source": {"kind": "git", "url": "https://git.example/a/b.git"},
        }
        made = (await client.post("/capsules", json=wanted)).json()
        assert made["status"] == "building"
        assert made["current_build"]["status"] == "queued"

    async def test_build_of_an_upload_changes_the_source_and_queues_one_build(
        self, client: httpx2.AsyncClient, world: World, capsule: Capsule
    ) -> None:
        sent = (await upload(client, world, {"app.py": "one"})).json()
        answer = await client.post(
            f"/capsules/{capsule.id}/builds", json={"upload_id": sent["id"], "config": {"run_command": "x"}}
        )
        assert answer.status_code == 201, answer.text
        builds = (await client.get(f"/capsules/{capsule.id}/builds")).json()["items"]
        assert [build["status"] for build in builds] == ["queued"]
        assert builds[0]["source"] == {"kind": "upload", "upload_id": sent["id"], "path": ""}
        assert (await client.get(f"/capsules/{capsule.id}")).json()["config"]["run_command"] == "x"

    async def test_unknown_upload_is_refused(self, client: httpx2.AsyncClient, capsule: Capsule) -> None:
        answer = await client.post(f"/capsules/{capsule.id}/builds", json={"upload_id": "upl_no"})
        assert (answer.status_code, answer.json()["code"]) == (404, "upload_not_found")

    async def test_capsule_without_a_source_is_told_how_to_get_one(
        self, client: httpx2.AsyncClient, app_capsule: Capsule
    ) -> None:
        answer = await client.post(f"/capsules/{app_capsule.id}/builds", json={})
        assert answer.json()["code"] == "source_missing"
        assert "capsule deploy" in answer.json()["hint"]

    async def test_queued_build_is_cancelled_and_then_has_ended(
        self, client: httpx2.AsyncClient, capsule: Capsule
    ) -> None:
        build = (await client.post(f"/capsules/{capsule.id}/builds", json={})).json()
        assert "cancel" in build["can"]
        assert (await client.post(f"/builds/{build['id']}/cancel")).json()["status"] == "cancelled"
        again = await client.post(f"/builds/{build['id']}/cancel")
        assert (again.status_code, again.json()["code"]) == (409, "build_finished")

    async def test_builds_link_to_what_changed_at_a_host_that_is_known(
        self, client: httpx2.AsyncClient, world: World, capsule: Capsule, database: Database
    ) -> None:
        async with database.unit_of_work() as db_session:
            for commit in ("aaa", "bbb"):
                source = {"kind": "git", "url": "https://x.example:8443/team/shop.git", "commit": commit}
                await make_build(db_session, capsule, source=source, status="succeeded")
        assert [build["compare_url"] for build in await _builds(client, capsule)] == [None, None]
        async with database.unit_of_work() as db_session:
            await make_git_connection(
                db_session, world.space, provider="gitlab", url="https://x.example:8443"
            )
        newest, oldest = await _builds(client, capsule)
        assert newest["compare_url"] == "https://x.example:8443/team/shop/-/compare/aaa...bbb"
        assert oldest["compare_url"] is None
        assert (await client.get(f"/builds/{newest['id']}")).json()["compare_url"] == newest["compare_url"]

    async def test_log_is_read_in_parts_and_followed_from_the_last_event(
        self, client: httpx2.AsyncClient, capsule: Capsule, database: Database, data: DataPaths
    ) -> None:
        async with database.unit_of_work() as db_session:
            build = await make_build(
                db_session, capsule, status="failed", reason="It broke.", hint="Mend it."
            )
        log = LineLog(data.build_log(build.id))
        log.write("one\ntwo\nthree")
        log.close()
        page = (await client.get(f"/builds/{build.id}/logs?after=1")).json()
        assert [line["text"] for line in page["items"]] == ["two", "three"]
        assert (page["next"], page["finished"]) == (3, True)
        answer = await client.get(f"/builds/{build.id}/logs/stream", headers={"Last-Event-ID": "2"})
        assert answer.headers["content-type"].startswith("text/event-stream")
        (line, ended) = events(answer.text)
        assert (line[0], line[1]["text"]) == ("line", "three")
        assert ended == ("end", {"status": "failed", "reason": "It broke.", "hint": "Mend it."})


class TestDeployments:
    async def test_restart_queues_a_deployment_of_the_same_release(
        self, client: httpx2.AsyncClient, world: World, database: Database, context: Context
    ) -> None:
        live = await self._live(world, database, context)
        answer = await client.post(f"/capsules/{live.id}/restart")
        assert (answer.status_code, answer.json()["status"]) == (202, "starting")
        (newest, *_) = (await client.get(f"/capsules/{live.id}/deployments")).json()["items"]
        assert (newest["status"], newest["release_number"]) == ("queued", 1)
        one = await client.get(f"/deployments/{newest['id']}")
        assert one.json() == newest

    async def test_changed_variables_make_a_new_release(
        self, client: httpx2.AsyncClient, world: World, database: Database, context: Context
    ) -> None:
        live = await self._live(world, database, context)
        await client.patch(f"/capsules/{live.id}/env", json={"set": {"COLOUR": "red"}, "unset": []})
        releases = (await client.get(f"/capsules/{live.id}/releases")).json()["items"]
        assert [(release["number"], release["is_live"]) for release in releases] == [(2, False), (1, True)]

    async def test_stop_switches_off(
        self, client: httpx2.AsyncClient, world: World, database: Database, context: Context
    ) -> None:
        live = await self._live(world, database, context)
        answer = (await client.post(f"/capsules/{live.id}/stop")).json()
        assert (answer["is_on"], answer["status"]) == (False, "stopped")

    async def test_start_of_what_was_never_built_is_refused(
        self, client: httpx2.AsyncClient, app_capsule: Capsule
    ) -> None:
        answer = await client.post(f"/capsules/{app_capsule.id}/start")
        assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_deploy")

    async def _live(self, world: World, database: Database, context: Context) -> Capsule:
        async with database.unit_of_work() as db_session:
            capsule = await make_capsule(db_session, world.space)
            release = await make_release(db_session, capsule, number=1)
            empty = context.box.encrypt("{}", context=f"release:{release.id}")
            release.config = {
                "start": {"argv": ["x"], "env": {}},
                "cpu": 1.0,
                "memory": 512,
                "secrets": [],
                "mounts": [],
                "env": empty,
            }
            capsule.release_id = release.id
            await make_deployment(db_session, capsule, release_id=release.id, status="succeeded")
        return capsule


class TestLogs:
    async def test_lines_are_searched_and_filtered(
        self, client: httpx2.AsyncClient, capsule: Capsule, data: DataPaths
    ) -> None:
        writer = SegmentWriter(data.telemetry(capsule.id), "app")
        for number, replica in enumerate(("rpl_1", "rpl_2", "rpl_1")):
            at = f"2020-01-01T00:00:0{number}+00:00"
            writer.append({"at": at, "replica": replica, "stream": "stdout", "text": f"Line {number}"})
        writer.close()

        async def texts(query: str) -> list[str]:
            answer = await client.get(f"/capsules/{capsule.id}/logs?{query}")
            return [line["text"] for line in answer.json()["items"]]

        assert await texts("limit=2") == ["Line 1", "Line 2"]
        assert await texts("replica=rpl_1") == ["Line 0", "Line 2"]
        assert await texts("search=LINE 1") == ["Line 1"]
        assert await texts("since=2020-01-01T00:00:01Z&until=2020-01-01T00:00:02Z") == ["Line 1"]

    async def test_capsule_that_never_ran_has_no_lines(
        self, client: httpx2.AsyncClient, capsule: Capsule
    ) -> None:
        for name in ("logs", "access-logs"):
            assert (await client.get(f"/capsules/{capsule.id}/{name}")).json() == {"items": []}


class TestServes:
    async def test_serve_has_its_own_address_and_a_build_that_the_console_does_not_list(
        self, client: httpx2.AsyncClient, world: World, app_capsule: Capsule
    ) -> None:
        serve = await self._begin(client, world, app_capsule)
        assert serve["status"] == "starting"
        assert serve["url"] == f"http://{app_capsule.slug}--serve.localhost:8080"
        assert (await client.get(f"/capsules/{app_capsule.id}/builds")).json()["items"] == []

    async def test_only_apps_are_served(
        self, client: httpx2.AsyncClient, world: World, capsule: Capsule
    ) -> None:
        sent = (await upload(client, world, {"app.py": "one"})).json()
        wanted = {"upload_id": sent["id"], "entry": "app.py:app"}
        answer = await client.post(f"/capsules/{capsule.id}/serves", json=wanted)
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_capsule_type")

    async def test_changes_are_counted_and_wait_on_disk(
        self, client: httpx2.AsyncClient, world: World, app_capsule: Capsule, data: DataPaths
    ) -> None:
        serve = await self._begin(client, world, app_capsule)
        answer = await client.post(
            f"/serves/{serve['id']}/changes",
            content=archive({"app.py": "two"}),
            headers={"X-Deleted": '["old.py"]'},
        )
        assert answer.json()["revision"] == 1, answer.text
        change = data.serve_tree(serve["id"]).with_name(f"{serve['id']}.incoming") / "1"
        assert (change / "files" / "app.py").read_text() == "two"
        assert json.loads((change / "deleted.json").read_text()) == ["old.py"]

    @pytest.mark.parametrize("deleted", ['["../x"]', '["/etc/passwd"]', "{}", "no json", '[""]'])
    async def test_deleted_path_out_of_the_project_is_refused(
        self, client: httpx2.AsyncClient, world: World, app_capsule: Capsule, deleted: str
    ) -> None:
        serve = await self._begin(client, world, app_capsule)
        answer = await client.post(
            f"/serves/{serve['id']}/changes", content=archive({"a": "b"}), headers={"X-Deleted": deleted}
        )
        assert answer.status_code == 422
        assert (await client.get(f"/serves/{serve['id']}")).json()["revision"] == 0

    async def test_ended_serve_takes_no_heartbeat(
        self, client: httpx2.AsyncClient, world: World, app_capsule: Capsule
    ) -> None:
        serve = await self._begin(client, world, app_capsule)
        assert (await client.delete(f"/serves/{serve['id']}")).status_code == 204
        answer = await client.post(f"/serves/{serve['id']}/heartbeat")
        assert (answer.status_code, answer.json()["code"]) == (409, "serve_ended")

    async def test_stream_of_an_ended_serve_tells_so_and_ends(
        self, client: httpx2.AsyncClient, database: Database, app_capsule: Capsule
    ) -> None:
        async with database.unit_of_work() as db_session:
            serve: Serve = await make_serve(db_session, app_capsule, status="stopped")
        answer = await client.get(f"/serves/{serve.id}/logs/stream")
        ((name, told),) = events(answer.text)
        assert (name, told["status"]) == ("serve", "stopped")

    async def _begin(self, client: httpx2.AsyncClient, world: World, capsule: Capsule) -> dict[str, Any]:
        sent = (await upload(client, world, {"app.py": "one"})).json()
        wanted = {"upload_id": sent["id"], "entry": "app.py:app"}
        answer = await client.post(f"/capsules/{capsule.id}/serves", json=wanted)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made


class TestApps:
    async def test_apps_of_my_teams_are_listed(
        self, client: httpx2.AsyncClient, app_capsule: Capsule, capsule: Capsule
    ) -> None:
        (app,) = (await client.get("/apps")).json()["apps"]
        assert (app["id"], app["hostname"]) == (app_capsule.id, app_capsule.slug)

    async def test_chat_while_the_app_host_is_away_can_be_tried_again(
        self, client: httpx2.AsyncClient, app_capsule: Capsule
    ) -> None:
        answer = await client.post(f"/app/{app_capsule.id}/chat", json={"text": "hello"})
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")

    async def test_a_person_of_the_team_enters_an_app_as_themselves(
        self, client: httpx2.AsyncClient, context: Context, world: World, app_capsule: Capsule
    ) -> None:
        slug = app_capsule.slug
        for environment, host, route in (
            ("deploy", slug, app_capsule.id),
            ("serve", f"{slug}--serve", f"{app_capsule.id}:serve"),
        ):
            answer = await client.get(f"/app/{app_capsule.id}/enter?environment={environment}")
            assert answer.status_code == 303
            address = urlsplit(answer.headers["location"])
            assert (address.netloc, address.path) == (f"{host}.localhost:8080", "/api/enter")
            (ticket,) = parse_qs(address.query)["ticket"]
            user = world.people["owner"].user
            assert Tickets(context.paths.visitors_key).read(route, ticket) == (user.id, user.email)
            with pytest.raises(TicketRefused):
                Tickets(context.paths.visitors_key).read("cap_other", ticket)
