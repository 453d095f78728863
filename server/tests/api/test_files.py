"""Files of a storage capsule, and that nothing leads out of it."""

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from api_records import World, make_capsule
from fastapi import FastAPI

from capsule.db import Database
from capsule.models import Capsule
from capsule.paths import DataPaths

FILES = "/capsules/reports/files"
ClientAs = Callable[..., httpx2.AsyncClient]


@pytest.fixture
async def root(database: Database, world: World, data: DataPaths) -> Path:
    """The folder of the storage capsule `reports`."""
    async with database.unit_of_work() as db_session:
        capsule: Capsule = await make_capsule(
            db_session, world.space, name="reports", slug="reports", type="storage"
        )
    folder = data.storage(capsule.id)
    folder.mkdir(parents=True)
    return folder


async def put(client: httpx2.AsyncClient, path: str, content: Any) -> httpx2.Response:
    return await client.put(FILES, params={"path": path}, content=content)


async def get(client: httpx2.AsyncClient, path: str, **headers: str) -> httpx2.Response:
    return await client.get(f"{FILES}/content", params={"path": path}, headers=headers)


class TestWriteFile:
    async def test_makes_the_folders_above_it(self, client: httpx2.AsyncClient, root: Path) -> None:
        answer = await put(client, "/2026/june/report.txt", b"hello")
        assert answer.status_code == 200
        entry = answer.json()
        assert (entry["name"], entry["path"], entry["size"]) == ("report.txt", "/2026/june/report.txt", 5)
        assert (root / "2026/june/report.txt").read_bytes() == b"hello"

    async def test_large_body_is_streamed(self, client: httpx2.AsyncClient, root: Path) -> None:
        async def body() -> AsyncIterator[bytes]:
            for _ in range(5):
                yield b"x" * 1_000_000

        assert (await put(client, "big", body())).json()["size"] == 5_000_000

    async def test_upload_that_breaks_off_changes_nothing(
        self, app: FastAPI, client: httpx2.AsyncClient, root: Path, world: World
    ) -> None:
        await put(client, "a", b"old")
        messages = [
            {"type": "http.request", "body": b"new", "more_body": True},
            {"type": "http.disconnect"},
        ]
        answers: list[Any] = []

        async def receive() -> Any:
            return messages.pop(0)

        async def send(message: Any) -> None:
            answers.append(message)

        token = world.people["owner"].token
        scope = {
            "type": "http",
            "method": "PUT",
            "path": f"/api/v1{FILES}",
            "query_string": b"path=a",
            "headers": [(b"authorization", f"Bearer {token}".encode())],
        }
        await app(scope, receive, send)
        assert answers[0]["status"] == 422
        assert b"upload_broken" in answers[1]["body"]
        assert (root / "a").read_bytes() == b"old"
        assert os.listdir(root) == ["a"]

    async def test_does_not_keep_others_from_writing(
        self, client: httpx2.AsyncClient, client_as: ClientAs, root: Path
    ) -> None:
        async def body() -> AsyncIterator[bytes]:
            yield b"first half, "
            answer = await client_as("member").post("/spaces", json={"name": "meanwhile"})
            assert answer.status_code == 201
            yield b"second half"

        assert (await put(client, "a", body())).status_code == 200

    @pytest.mark.parametrize("path", ["/", "", "..", "../x", "a/../../x", "a/..", "a\0b", "n" * 300])
    async def test_path_that_is_none_is_refused(
        self, client: httpx2.AsyncClient, root: Path, path: str
    ) -> None:
        answer = await put(client, path, b"x")
        assert answer.status_code == 422
        assert answer.json()["code"] == "invalid_path"
        assert os.listdir(root) == []

    async def test_file_is_no_folder_and_a_folder_no_file(
        self, client: httpx2.AsyncClient, root: Path
    ) -> None:
        await put(client, "a", b"x")
        assert (await put(client, "a/b", b"x")).json()["code"] == "not_a_folder"
        await put(client, "folder/b", b"x")
        assert (await put(client, "folder", b"x")).json()["code"] == "is_a_folder"
        assert sorted(os.listdir(root)) == ["a", "folder"]


class TestSize:
    @pytest.fixture
    async def small(self, client: httpx2.AsyncClient, root: Path) -> Path:
        answer = await client.patch("/capsules/reports", json={"config": {"size": 1}})
        assert answer.json()["config"]["size"] == 1
        return root

    async def usage(self, client: httpx2.AsyncClient) -> dict[str, int]:
        found: dict[str, int] = (await client.get(f"{FILES}/usage")).json()
        return found

    async def test_upload_beyond_it_changes_nothing(self, client: httpx2.AsyncClient, small: Path) -> None:
        async def body() -> AsyncIterator[bytes]:
            for _ in range(20):
                yield b"x" * 100_000

        assert (await put(client, "a", b"x" * 600_000)).status_code == 200
        for content in (b"x" * 600_000, body()):
            answer = await put(client, "b", content)
            assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
            assert "1 MiB" in answer.json()["detail"]
            assert answer.json()["hint"].endswith("capsule fs resize reports SIZE")
        assert os.listdir(small) == ["a"]
        await client.delete(FILES, params={"path": "a"})
        assert (await put(client, "b", b"x" * 600_000)).status_code == 200

    async def test_usage(self, client: httpx2.AsyncClient, client_as: ClientAs, root: Path) -> None:
        assert await self.usage(client) == {"used_bytes": 0, "size_bytes": 10 * 1024**3}
        await put(client, "folder/a", b"x" * 100_000)
        used = (await self.usage(client))["used_bytes"]
        assert 100_000 <= used < 200_000
        assert (await client_as("foreigner").get(f"{FILES}/usage")).status_code == 404

    async def test_is_told_to_those_who_watch(
        self, client: httpx2.AsyncClient, small: Path, data: DataPaths
    ) -> None:
        told = data.storage_size(small.name)
        assert told.read_text() == "1"
        await client.patch("/capsules/reports", json={"config": {"size": None}})
        assert told.read_text() == "10240"

    async def test_only_a_storage_capsule_has_one(self, client: httpx2.AsyncClient, world: World) -> None:
        body = {"space_id": world.space.id, "name": "shop", "type": "backend", "config": {"size": 5}}
        answer = await client.post("/capsules", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_capsule_type")
        made = await client.post("/capsules", json={**body, "name": "more", "type": "storage"})
        assert made.json()["config"]["size"] == 5
        assert (await client.get("/capsules/more/files/usage")).json()["size_bytes"] == 5 * 1024**2


class TestLinks:
    """A replica writes into the same folder and may put links there."""

    @pytest.fixture
    def outside(self, root: Path, tmp_path: Path) -> Path:
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "secret").write_text("secret")
        (root / "link").symlink_to(outside)
        (root / "file-link").symlink_to(outside / "secret")
        return outside

    async def test_are_not_followed(self, client: httpx2.AsyncClient, outside: Path) -> None:
        for path in ("link/secret", "file-link"):
            assert (await get(client, path)).status_code in (404, 409)
        assert (await put(client, "link/new", b"x")).status_code in (404, 409)
        assert (await client.get(FILES, params={"path": "link"})).status_code in (404, 409)
        assert (await client.delete(FILES, params={"path": "link/secret"})).status_code in (404, 409)
        assert os.listdir(outside) == ["secret"]

    async def test_are_not_listed(self, client: httpx2.AsyncClient, outside: Path) -> None:
        assert (await client.get(FILES)).json()["items"] == []

    async def test_are_replaced_and_removed_themselves(
        self, client: httpx2.AsyncClient, outside: Path, root: Path
    ) -> None:
        assert (await put(client, "file-link", b"mine")).status_code == 200
        assert (root / "file-link").read_bytes() == b"mine"
        assert (await client.delete(FILES, params={"path": "link"})).status_code == 204
        assert (outside / "secret").read_text() == "secret"

    async def test_special_files_are_not_opened(self, client: httpx2.AsyncClient, root: Path) -> None:
        os.mkfifo(root / "pipe")
        assert (await get(client, "pipe")).status_code == 404
        assert (await client.get(FILES)).json()["items"] == []


class TestListFiles:
    async def test_folders_come_first(self, client: httpx2.AsyncClient, root: Path) -> None:
        for path in ("b.txt", "a.txt", "z/inner"):
            await put(client, path, b"12")
        items = (await client.get(FILES)).json()["items"]
        assert [(item["path"], item["is_folder"], item["size"]) for item in items] == [
            ("/z", True, 0),
            ("/a.txt", False, 2),
            ("/b.txt", False, 2),
        ]
        inner = (await client.get(FILES, params={"path": "/z/"})).json()["items"]
        assert [item["path"] for item in inner] == ["/z/inner"]

    async def test_missing_folder_is_named(self, client: httpx2.AsyncClient, root: Path) -> None:
        answer = await client.get(FILES, params={"path": "/nope"})
        assert answer.status_code == 404
        assert "/nope" in answer.json()["detail"]

    async def test_other_types_have_no_files(
        self, client: httpx2.AsyncClient, database: Database, world: World
    ) -> None:
        async with database.unit_of_work() as db_session:
            await make_capsule(db_session, world.space, name="web", slug="web")
        answer = await client.get("/capsules/web/files")
        assert answer.status_code == 409
        assert answer.json()["code"] == "wrong_capsule_type"


class TestReadFile:
    async def test_whole(self, client: httpx2.AsyncClient, root: Path) -> None:
        await put(client, "page.html", b"<b>hello</b>")
        answer = await get(client, "page.html")
        assert answer.content == b"<b>hello</b>"
        assert answer.headers["content-length"] == "12"
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["content-security-policy"] == "sandbox"

    @pytest.mark.parametrize(
        ("header", "content", "served"),
        [
            ("bytes=0-3", b"0123", "bytes 0-3/10"),
            ("bytes=7-", b"789", "bytes 7-9/10"),
            ("bytes=-2", b"89", "bytes 8-9/10"),
            ("bytes=5-99", b"56789", "bytes 5-9/10"),
        ],
    )
    async def test_part(
        self, client: httpx2.AsyncClient, root: Path, header: str, content: bytes, served: str
    ) -> None:
        await put(client, "digits", b"0123456789")
        answer = await get(client, "digits", range=header)
        assert answer.status_code == 206
        assert answer.content == content
        assert answer.headers["content-range"] == served

    async def test_part_that_is_not_there(self, client: httpx2.AsyncClient, root: Path) -> None:
        await put(client, "digits", b"0123456789")
        assert (await get(client, "digits", range="bytes=10-")).status_code == 416
        assert (await get(client, "digits", range="bytes=a-b")).status_code == 200
        await put(client, "empty", b"")
        assert (await get(client, "empty")).content == b""


class TestDeleteFile:
    async def test_folder_with_all_it_holds(self, client: httpx2.AsyncClient, root: Path) -> None:
        await put(client, "a/b/c", b"x")
        assert (await client.delete(FILES, params={"path": "/a"})).status_code == 204
        assert os.listdir(root) == []
        assert (await client.delete(FILES, params={"path": "/a"})).status_code == 404

    async def test_root_cannot_be_deleted(self, client: httpx2.AsyncClient, root: Path) -> None:
        assert (await client.delete(FILES, params={"path": "/"})).status_code == 422
        assert root.is_dir()
