"""Uploads, downloads and references over the HTTP of a real app host."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from apphost import Host, eventually
from uploads import begin, cut_upload, forget_peak, offset, patch, peak_memory, upload, zeros

from capsule.apps.files.signing import FileSigner

MIB = 1024 * 1024


async def hosted(host: Host, **options: Any) -> str:
    """Host an app whose runtimes nobody needs here."""
    return await host.put(None, **options)


async def test_upload_in_pieces(host: Host) -> None:
    capsule = await hosted(host)
    async with host.browser(capsule) as browser:
        answer = await browser.post(
            "/api/files", {"name": "../June 1.csv", "size": 6, "content_type": "text/csv"}
        )
        assert answer.status_code == 201
        made = answer.json()
        assert made == {
            "id": made["id"],
            "name": "June 1.csv",
            "content_type": "text/csv",
            "size": 6,
            "offset": 0,
            "upload_url": f"/api/files/{made['id']}",
            "url": f"/api/files/{made['id']}/June%201.csv",
            "max_bytes": 2 * 1024**3,
        }
        assert await offset(browser, made["id"]) == 0
        assert (await patch(browser, made["id"], 0, b"abc")).json() == {"offset": 3}
        assert (await browser.get(made["url"])).json()["code"] == "upload_incomplete"
        wrong = await patch(browser, made["id"], 0, b"abc")
        assert (wrong.status_code, wrong.json()["code"], wrong.json()["offset"]) == (
            409,
            "offset_mismatch",
            3,
        )
        assert wrong.headers["upload-offset"] == "3"
        assert (await patch(browser, made["id"], 3, b"def")).json() == {"offset": 6}
        found = await browser.get(made["url"])
        assert (found.status_code, found.content) == (200, b"abcdef")
        assert found.headers["content-type"] == "text/csv; charset=utf-8"
        assert found.headers["content-disposition"] == "inline; filename*=UTF-8''June%201.csv"
        assert found.headers["x-content-type-options"] == "nosniff"
        assert found.headers["content-security-policy"] == "sandbox"
        saved = await browser.get(made["url"] + "?download=1")
        assert saved.headers["content-disposition"].startswith("attachment;")


async def test_upload_goes_on_after_a_cut_and_a_crash(own_host: Host) -> None:
    capsule = await hosted(own_host)
    content = bytes(range(256)) * 4 * 1024
    async with own_host.browser(capsule) as browser:
        file_id = await begin(browser, len(content))
        socket = own_host.data.apps_socket
        await cut_upload(socket, browser, capsule, file_id, len(content), content[:700_000])
        kept = own_host.data.kept_files(capsule, "deploy") / file_id
        assert eventually(lambda: kept.exists() and kept.stat().st_size == 700_000)
        own_host.kill()
        own_host.start_again()
    async with own_host.browser(capsule) as again:
        again._client.cookies.update(browser._client.cookies)
        begun = await offset(again, file_id)
        assert begun == 700_000
        assert (await patch(again, file_id, begun, content[begun:])).json() == {"offset": len(content)}
        assert (await again.get(f"/api/files/{file_id}/a.bin")).content == content


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"size": 1}, 422, "invalid_file", "name"),
        ({"name": "..", "size": 1}, 422, "invalid_file", "name"),
        ({"name": "a"}, 422, "invalid_file", "size"),
        ({"name": "a", "size": -1}, 422, "invalid_file", "size"),
        ({"name": "a", "size": 2 * 1024**3 + 1}, 413, "file_too_large", "size"),
        ({"name": "a", "size": 1, "content_type": 5}, 422, "invalid_file", "content_type"),
        ({"name": "a", "size": 1, "session_id": 5}, 422, "invalid_file", "session_id"),
        ({"name": "a", "size": 1, "session_id": "ses_none"}, 404, "session_not_found", None),
    ],
)
async def test_bad_uploads_are_refused(
    host: Host, body: object, status: int, code: str, field: str | None
) -> None:
    capsule = await hosted(host)
    async with host.browser(capsule) as browser:
        answer = await browser.post("/api/files", body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.json().get("field") == field


async def test_bad_pieces_are_refused(host: Host) -> None:
    capsule = await hosted(host)
    async with host.browser(capsule) as browser:
        file_id = await begin(browser, 3)
        for wrong in ("", "-1", "x", "1" * 30):
            answer = await patch(browser, file_id, wrong, b"a")
            assert (answer.status_code, answer.json()["field"]) == (422, "Upload-Offset")
        for content in (b"abcd", zeros(4)):
            answer = await patch(browser, file_id, 0, content)
            assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
        assert await offset(browser, file_id) == 0
        assert (await patch(browser, "fil_none", 0, b"a")).status_code == 404


async def test_second_piece_at_the_same_time_is_refused(host: Host) -> None:
    capsule = await hosted(host)
    async with host.browser(capsule) as browser:
        file_id = await begin(browser, 2 * MIB)
        kept = host.data.kept_files(capsule, "deploy") / file_id
        may_end = asyncio.Event()

        async def slowly() -> AsyncIterator[bytes]:
            yield bytes(MIB)
            await may_end.wait()
            yield bytes(MIB)

        writing = asyncio.create_task(patch(browser, file_id, 0, slowly()))
        assert await asyncio.to_thread(eventually, kept.exists)
        busy = await patch(browser, file_id, 0, b"x")
        assert (busy.status_code, busy.json()["code"]) == (409, "upload_busy")
        may_end.set()
        assert (await writing).json() == {"offset": 2 * MIB}


async def test_files_of_another_user_are_not_found(host: Host) -> None:
    capsule = await hosted(host)
    async with host.browser(capsule) as owner, host.browser(capsule) as stranger:
        session = await owner.open()
        file_id, unfinished = await upload(owner, b"mine"), await begin(owner, 5)
        await stranger.open()
        answers = [
            await stranger.get(f"/api/files/{file_id}/a.bin"),
            await stranger.get(f"/api/files/{file_id}/a.bin", headers={"Range": "bytes=0-1"}),
            await stranger._client.head(f"/api/files/{file_id}/a.bin"),
            await stranger._client.head(f"/api/files/{unfinished}"),
            await patch(stranger, unfinished, 0, b"x"),
            await stranger.delete(f"/api/files/{unfinished}"),
            await stranger.post("/api/files", {"name": "a", "size": 1, "session_id": session}),
        ]
        assert [answer.status_code for answer in answers] == [404] * 7
        assert answers[0].json()["code"] == "file_not_found"
        assert await offset(owner, unfinished) == 0
        assert (await owner.delete(f"/api/files/{unfinished}")).status_code == 204
        assert (await owner._client.head(f"/api/files/{unfinished}")).status_code == 404


async def test_foreign_pages_may_not_write(host: Host) -> None:
    capsule = await hosted(host)
    async with host.browser(capsule) as browser:
        file_id = await begin(browser, 1)
        for method, path in (("POST", "/api/files"), ("PATCH", f"/api/files/{file_id}")):
            headers = {"Origin": "http://evil.localhost", "Upload-Offset": "0"}
            answer = await browser._client.request(method, path, content=b"x", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")


@pytest.mark.parametrize(
    ("wanted", "status", "content", "part"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=0-1,4-5", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
        ("bytes=10-", 416, None, None),
    ],
)
async def test_ranges(host: Host, wanted: str, status: int, content: bytes | None, part: str | None) -> None:
    capsule = await hosted(host)
    async with host.browser(capsule) as browser:
        file_id = await upload(browser, b"0123456789", "a.txt")
        answer = await browser.get(f"/api/files/{file_id}/a.txt", headers={"Range": wanted})
        assert answer.status_code == status
        if content is not None:
            assert answer.content == content
            assert answer.headers.get("content-range") == part
            assert answer.headers["accept-ranges"] == "bytes"
            head = await browser._client.head(f"/api/files/{file_id}/a.txt", headers={"Range": wanted})
            assert head.status_code == status
            assert head.headers["content-length"] == str(len(content))


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("a.html", "text/html"), ("a.svg", "image/svg+xml"), ("a.js", "text/javascript"), ("a.css", "text/css")],
)
async def test_what_could_act_on_the_page_is_only_downloaded(
    host: Host, name: str, content_type: str
) -> None:
    capsule = await hosted(host)
    async with host.browser(capsule) as browser:
        file_id = await upload(browser, b"<script>", name, content_type=content_type)
        answer = await browser.get(f"/api/files/{file_id}/{name}")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert answer.headers["content-security-policy"] == "sandbox"


async def test_signed_link_needs_no_cookie(host: Host) -> None:
    capsule, other = await hosted(host), await hosted(host)
    async with host.browser(capsule) as owner:
        file_id = await upload(owner, b"0123")
        expired = FileSigner(host.data.files_key).query(f"{capsule}:deploy", file_id, now=0)
        assert (await owner.get(f"/api/files/{file_id}/a.bin?{expired}")).content == b"0123"
    signer = FileSigner(host.data.files_key)
    path, query = f"/api/files/{file_id}/a.bin", signer.query(f"{capsule}:deploy", file_id)
    expired = signer.query(f"{capsule}:deploy", file_id, now=time.time() - 8 * 86400)
    async with host.browser(capsule) as anyone, host.browser(other) as elsewhere:
        assert (await anyone.get(f"{path}?{query}")).content == b"0123"
        assert (await anyone.get(f"{path}?{query}", headers={"Range": "bytes=1-2"})).content == b"12"
        foreign = {"Sec-Fetch-Site": "cross-site"}
        assert (await anyone.get(f"{path}?{query}", headers=foreign)).status_code == 200
        assert (await anyone.get(path)).status_code == 404
        for refused in (
            await anyone.get(f"{path}?{query}0"),
            await anyone.get(f"{path}?{expired}"),
            await anyone.get(f"{path}?{query.replace('expires=', 'expires=9')}"),
            await anyone.get(f"{path}?signature={query.partition('signature=')[2]}"),
            await elsewhere.get(f"{path}?{query}"),
        ):
            assert (refused.status_code, refused.json()["code"]) == (403, "link_refused")


class TestReferences:
    async def test_open_what_lies_under_a_mount(self, host: Host, tmp_path: Path) -> None:
        capsule = await self.mounted(host, tmp_path)
        async with host.browser(capsule) as browser:
            answer = await browser.get("/api/mounts/data/reports/June%20%C3%A4.txt")
            assert (answer.status_code, answer.text) == (200, "june")
            assert answer.headers["content-disposition"] == "inline; filename*=UTF-8''June%20%C3%A4.txt"
            part = await browser.get(
                "/api/mounts/data/reports/June%20%C3%A4.txt", headers={"Range": "bytes=1-2"}
            )
            assert (part.status_code, part.text) == (206, "un")
            assert (await browser._client.head("/api/mounts/data/page.html")).headers[
                "content-type"
            ] == "application/octet-stream"

    @pytest.mark.parametrize(
        "path",
        [
            "data/..%2fsecret",
            "data/%2e%2e/secret",
            "data%2f..%2f..%2fetc%2fpasswd",
            "data/link",
            "data/up/secret",
            "data/reports",
            "data",
            "etc/passwd",
            "%2fetc%2fpasswd",
            "",
        ],
    )
    async def test_leave_no_mount(self, host: Host, tmp_path: Path, path: str) -> None:
        capsule = await self.mounted(host, tmp_path)
        async with host.browser(capsule) as browser:
            answer = await browser.get(f"/api/mounts/{path}")
            assert answer.status_code == 404, answer.text

    async def test_app_without_mounts_has_none(self, host: Host) -> None:
        capsule = await hosted(host)
        async with host.browser(capsule) as browser:
            assert (await browser.get("/api/mounts/data/a")).json()["code"] == "file_not_found"

    async def mounted(self, host: Host, root: Path) -> str:
        folder = root / "storage"
        (folder / "reports").mkdir(parents=True)
        (folder / "reports" / "June ä.txt").write_text("june")
        (folder / "page.html").write_text("<script>")
        (root / "secret").write_text("secret")
        (folder / "link").symlink_to(root / "secret")
        (folder / "up").symlink_to(root)
        return await hosted(host, mounts={"/data": str(folder)})


async def test_files_of_a_deleted_session_go(host: Host) -> None:
    capsule = await hosted(host)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        file_id = await upload(browser, b"x", session_id=session)
        kept = host.data.kept_files(capsule, "deploy") / file_id
        assert kept.exists()
        assert kept.stat().st_mode & 0o777 == 0o600
        await browser.delete(f"/api/sessions/{session}")
        assert (await browser.get(f"/api/files/{file_id}/a.bin")).status_code == 404
        assert not kept.exists()


async def measure_upload(host: Host, capsule: str, size: int) -> tuple[int, float]:
    """Upload and download `size` bytes; return how many bytes the app host grew by, and the seconds."""
    pid = host.process.pid
    async with host.browser(capsule) as browser:
        browser._client.timeout = 300
        await upload(browser, b"x" * MIB)  # what grows once and for all
        forget_peak(pid)
        before, begun = peak_memory(pid), time.monotonic()
        file_id = await begin(browser, size)
        assert (await patch(browser, file_id, 0, zeros(size))).json() == {"offset": size}
        seconds = time.monotonic() - begun
        received = 0
        async with browser._client.stream("GET", f"/api/files/{file_id}/a.bin") as answer:
            async for chunk in answer.aiter_raw():
                received += len(chunk)
        assert received == size
        return peak_memory(pid) - before, seconds


async def test_memory_does_not_grow_with_an_upload(host: Host) -> None:
    grown, _ = await measure_upload(host, await hosted(host), 64 * MIB)
    assert grown < 12 * MIB


@pytest.mark.slow
async def test_memory_does_not_grow_with_a_gigabyte(host: Host) -> None:
    grown, seconds = await measure_upload(host, await hosted(host), 1024 * MIB)
    print(f"1 GiB: {grown / MIB:.1f} MiB more, {seconds:.1f} s")  # noqa: T201
    assert grown < 12 * MIB
