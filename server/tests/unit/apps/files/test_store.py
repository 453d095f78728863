"""The files of one app: pieces, budgets, whose they are, and when they go."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from capsule.apps.errors import PromptEnded, PromptNotFound
from capsule.apps.files import folder as folder_module
from capsule.apps.files.errors import (
    DiskFull,
    FileInUse,
    FileNotFound,
    FilesFull,
    FileTooLarge,
    InvalidFile,
    LinkRefused,
    OffsetMismatch,
    UploadBusy,
    UploadIncomplete,
    WrongFileType,
)
from capsule.apps.files.store import KEPT_SECONDS, FileStore
from capsule.apps.sessions.log import SessionLog

MakeStore = Callable[..., FileStore]


async def chunks(*parts: bytes, cut: bool = False) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    if cut:
        raise ConnectionResetError


async def upload(files: FileStore, content: bytes, user: str = "usr_1", name: str = "a.txt") -> str:
    row = await files.create(user, name=name, size=len(content))
    if content:
        assert await files.append(user, row.id, 0, chunks(content)) == len(content)
    return row.id


async def test_upload_goes_on_where_it_was_cut(files: FileStore, make_store: MakeStore) -> None:
    row = await files.create("usr_1", name="a.bin", size=10)
    with pytest.raises(ConnectionResetError):
        await files.append("usr_1", row.id, 0, chunks(b"abc", b"de", cut=True))
    with pytest.raises(UploadIncomplete):
        await files.read("usr_1", row.id, 0)
    again = make_store()  # as after a crash
    found = await again.find("usr_1", row.id)
    assert await again.received(found) == 5
    for wrong in (0, 4, 6, 10):
        with pytest.raises(OffsetMismatch) as refused:
            await again.append("usr_1", row.id, wrong, chunks(b"x"))
        assert refused.value.context["offset"] == 5
    assert await again.append("usr_1", row.id, 5, chunks(b"fghij")) == 10
    assert await again.read("usr_1", row.id, 0) == (b"abcdefghij", True)
    assert await again.read("usr_1", row.id, 3, 4) == (b"defg", False)
    assert await again.read("usr_1", row.id, 10) == (b"", True)
    assert await again.append("usr_1", row.id, 10, chunks()) == 10


async def test_more_than_announced_is_refused_and_not_kept(files: FileStore) -> None:
    row = await files.create("usr_1", name="a", size=6)
    await files.append("usr_1", row.id, 0, chunks(b"abc"))
    with pytest.raises(FileTooLarge):
        await files.append("usr_1", row.id, 3, chunks(b"de", b"fgh"))
    with pytest.raises(FileTooLarge):
        await files.append("usr_1", row.id, 3, chunks(b"de"), length=4)
    assert await files.received(row) == 3
    await files.append("usr_1", row.id, 3, chunks(b"def"))
    with pytest.raises(FileTooLarge):
        await files.append("usr_1", row.id, 6, chunks(b"g"))
    assert (await files.read("usr_1", row.id, 0))[0] == b"abcdef"


async def test_second_writer_is_refused(files: FileStore) -> None:
    row = await files.create("usr_1", name="a", size=4)
    is_begun, may_end = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b"ab"
        is_begun.set()
        await may_end.wait()
        yield b"cd"

    writing = asyncio.create_task(files.append("usr_1", row.id, 0, slowly()))
    await is_begun.wait()
    with pytest.raises(UploadBusy):
        await files.append("usr_1", row.id, 2, chunks(b"cd"))
    with pytest.raises(UploadBusy):
        await files.delete("usr_1", row.id)
    await files.collect(time.time() + 2 * KEPT_SECONDS)
    may_end.set()
    assert await writing == 4
    assert (await files.read("usr_1", row.id, 0))[0] == b"abcd"


async def test_cancelled_piece_keeps_what_has_come(files: FileStore) -> None:
    row = await files.create("usr_1", name="a", size=4)
    is_begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"ab"
        is_begun.set()
        await asyncio.Event().wait()

    writing = asyncio.create_task(files.append("usr_1", row.id, 0, endless()))
    await is_begun.wait()
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    assert await files.append("usr_1", row.id, 2, chunks(b"cd")) == 4


async def test_empty_file_is_complete_at_once(files: FileStore) -> None:
    file_id = await upload(files, b"")
    assert await files.read("usr_1", file_id, 0) == (b"", True)


@pytest.mark.parametrize("size", [-1, 1.5, "3", None, True])
async def test_size_must_be_a_number_of_bytes(files: FileStore, size: object) -> None:
    with pytest.raises(InvalidFile):
        await files.create("usr_1", name="a", size=size)


async def test_limits(make_store: MakeStore) -> None:
    files = make_store(upload_bytes=100, user_bytes=150, media_bytes=50)
    with pytest.raises(FileTooLarge):
        await files.create("usr_1", name="a", size=101)
    await files.create("usr_1", name="a", size=100)
    with pytest.raises(FilesFull):
        await files.create("usr_1", name="a", size=51)
    await files.create("usr_1", name="a", size=50)
    await files.create("usr_2", name="a", size=51)


async def test_full_disk_keeps_nothing_of_the_piece(
    files: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await files.create("usr_1", name="a", size=20_000_000)
    await files.append("usr_1", row.id, 0, chunks(b"abc"))

    def refuse(folder: Path, more_bytes: int) -> None:
        raise folder_module._disk_full()

    monkeypatch.setattr(folder_module, "check_room", refuse)
    with pytest.raises(DiskFull) as refused:
        await files.append("usr_1", row.id, 3, chunks(b"x"))
    assert refused.value.status == 507
    assert await files.received(row) == 3
    with pytest.raises(DiskFull):
        await files.create("usr_1", name="b", size=5)
    monkeypatch.undo()
    assert await files.append("usr_1", row.id, 3, chunks(b"x")) == 4


def test_full_device_keeps_nothing_of_the_piece(tmp_path: Path) -> None:
    growth = folder_module.Folder(tmp_path).grow("fil_1")
    growth.write(b"abc")
    growth.close()
    growth = folder_module.Folder(tmp_path).grow("fil_1")
    undone: list[int] = []
    growth.undo = lambda: undone.append(growth.start)  # type: ignore[method-assign]
    kept = growth._descriptor
    with open("/dev/full", "wb") as full:
        growth._descriptor = full.fileno()
        with pytest.raises(DiskFull):
            growth.write(b"de")
    growth._descriptor = kept
    growth.close()
    assert undone == [3]


async def test_other_users_find_nothing(files: FileStore) -> None:
    file_id = await upload(files, b"mine")
    unfinished = await files.create("usr_1", name="a", size=5)
    for attempt in (
        files.find("usr_2", file_id),
        files.read("usr_2", file_id, 0),
        files.append("usr_2", unfinished.id, 0, chunks(b"x")),
        files.delete("usr_2", unfinished.id),
        files.attachment("usr_2", file_id),
        files.claim("usr_2", [file_id], "ses_2"),
    ):
        with pytest.raises(FileNotFound):
            await attempt


async def test_attachment(files: FileStore) -> None:
    file_id = await upload(files, b"a,b\n", name="käse 1.csv")
    found = await files.attachment("usr_1", file_id)
    assert found == {
        "id": file_id,
        "name": "käse 1.csv",
        "content_type": "text/csv",
        "size": 4,
        "url": f"/api/files/{file_id}/k%C3%A4se%201.csv",
    }
    assert await files.attachment("usr_1", file_id, accept=".csv,image/*") == found
    with pytest.raises(WrongFileType):
        await files.attachment("usr_1", file_id, accept="image/*")
    unfinished = await files.create("usr_1", name="a", size=5)
    with pytest.raises(UploadIncomplete):
        await files.attachment("usr_1", unfinished.id)
    signed = files.for_runtime(found, "http://shop.localhost:8080")["url"]
    assert signed.startswith(f"http://shop.localhost:8080{found['url']}?expires=")


class TestSignedLinks:
    async def test_open_one_file_of_one_app_for_a_week(
        self, make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files, other = make_store(), make_store("cap_1:serve")
        row = await files.find("usr_1", await upload(files, b"x"))
        second = await upload(files, b"y")
        query = files.signed_url("", row).partition("?")[2]
        expires, signature = (part.partition("=")[2] for part in query.split("&"))
        assert (await files.find_signed(row.id, expires, signature)).id == row.id
        assert 6.9 * 86400 < int(expires) - time.time() < 7.1 * 86400
        for store, file_id, until, mark in (
            (other, row.id, expires, signature),
            (files, second, expires, signature),
            (files, row.id, str(int(expires) + 1), signature),
            (files, row.id, expires, signature[:-1] + "x"),
            (files, row.id, expires, ""),
            (files, row.id, "", signature),
            (files, row.id, "é", "ü"),
        ):
            with pytest.raises(LinkRefused):
                await store.find_signed(file_id, until, mark)
        monkeypatch.setattr(time, "time", lambda: int(expires) + 1.0)
        with pytest.raises(LinkRefused, match="expired"):
            await files.find_signed(row.id, expires, signature)


class TestMedia:
    async def test_is_kept_with_its_session(self, files: FileStore) -> None:
        incoming = files.store_begin("usr_1", "ses_1", "chart.png", "image/png")
        await incoming.piece(b"abc")
        await incoming.piece(b"def")
        row = await incoming.end()
        assert (row.size, row.purpose) == (6, "media")
        await files.collect(time.time() + 2 * KEPT_SECONDS)
        assert await files.read("usr_1", row.id, 0) == (b"abcdef", True)
        await files.delete_of_session("ses_1")
        with pytest.raises(FileNotFound):
            await files.find("usr_1", row.id)

    async def test_counts_against_a_budget(self, make_store: MakeStore, tmp_path: Path) -> None:
        files = make_store(media_bytes=10)
        incoming = files.store_begin("usr_1", "ses_1", "a", None)
        await incoming.piece(b"x" * 6)
        await incoming.end()
        second = files.store_begin("usr_1", "ses_1", "b", None)
        await second.piece(b"x" * 4)
        with pytest.raises(FilesFull, match="keeps for this user"):
            await second.piece(b"x")
        assert len(list((tmp_path / "files").iterdir())) == 1
        other = files.store_begin("usr_2", "ses_2", "b", None)
        await other.piece(b"x" * 7)
        await other.discard()
        await other.discard()
        assert len(list((tmp_path / "files").iterdir())) == 1

    async def test_two_at_once_share_the_budget(self, make_store: MakeStore) -> None:
        files = make_store(media_bytes=10)
        one = files.store_begin("usr_1", "ses_1", "a", None)
        two = files.store_begin("usr_1", "ses_1", "b", None)
        await one.piece(b"x" * 6)
        await two.piece(b"x" * 6)
        await one.end()
        with pytest.raises(FilesFull):
            await two.end()

    async def test_empty(self, files: FileStore) -> None:
        row = await files.store_begin("usr_1", "ses_1", "a", None).end()
        assert await files.read("usr_1", row.id, 0) == (b"", True)


class TestEnds:
    async def test_file_shown_in_two_sessions_goes_with_the_second(
        self, files: FileStore, tmp_path: Path
    ) -> None:
        file_id = await upload(files, b"x")
        await files.claim("usr_1", [file_id], "ses_1")
        await files.claim("usr_1", [file_id, file_id], "ses_2")
        with pytest.raises(FileInUse):
            await files.delete("usr_1", file_id)
        await files.delete_of_session("ses_1")
        assert (await files.read("usr_1", file_id, 0))[0] == b"x"
        await files.delete_of_session("ses_2")
        with pytest.raises(FileNotFound):
            await files.find("usr_1", file_id)
        assert list((tmp_path / "files").iterdir()) == []

    async def test_claim_of_several_is_whole_or_not_at_all(self, files: FileStore) -> None:
        file_id = await upload(files, b"x")
        with pytest.raises(FileNotFound):
            await files.claim("usr_1", [file_id, "fil_none"], "ses_1")
        await files.delete("usr_1", file_id)

    async def test_unfinished_upload_goes_with_its_session(self, files: FileStore, tmp_path: Path) -> None:
        row = await files.create("usr_1", name="a", size=5, session_id="ses_1")
        await files.append("usr_1", row.id, 0, chunks(b"abc"))
        await files.delete_of_session("ses_1")
        assert list((tmp_path / "files").iterdir()) == []

    async def test_what_nothing_shows_goes_after_a_day(self, files: FileStore, tmp_path: Path) -> None:
        shown, unused = await upload(files, b"x"), await upload(files, b"y")
        await files.claim("usr_1", [shown], "ses_1")
        unfinished = await files.create("usr_1", name="a", size=5)
        await files.append("usr_1", unfinished.id, 0, chunks(b"abc"))
        (tmp_path / "files" / "fil_lost").write_bytes(b"z")
        await files.collect(time.time() + KEPT_SECONDS - 60)
        assert len(list((tmp_path / "files").iterdir())) == 4
        await files.collect(time.time() + KEPT_SECONDS + 60)
        assert [path.name for path in (tmp_path / "files").iterdir()] == [shown]
        for gone in (unused, unfinished.id):
            with pytest.raises(FileNotFound):
                await files.find("usr_1", gone)

    async def test_upload_deleted_while_its_last_piece_comes(self, files: FileStore, tmp_path: Path) -> None:
        row = await files.create("usr_1", name="a", size=3, session_id="ses_1")

        async def pieces() -> AsyncIterator[bytes]:
            yield b"abc"
            await files.delete_of_session("ses_1")

        with pytest.raises(FileNotFound):
            await files.append("usr_1", row.id, 0, pieces())
        assert list((tmp_path / "files").iterdir()) == []

    async def test_what_a_lost_session_showed_goes_too(
        self, files: FileStore, session_log: SessionLog, tmp_path: Path
    ) -> None:
        await files.claim("usr_1", [await upload(files, b"x")], "ses_1")
        await session_log.submit(lambda t: t.connection.execute("DELETE FROM sessions"))
        await files.collect(time.time() + KEPT_SECONDS + 60)
        assert list((tmp_path / "files").iterdir()) == []


class TestPrompts:
    async def test_upload_for_a_prompt_must_be_of_its_type(
        self, files: FileStore, session_log: SessionLog
    ) -> None:
        for prompt_id, payload, status in (
            ("fu_1", '{"accept": ".csv"}', "open"),
            ("fu_2", '{"accept": ".csv"}', "timed_out"),
            ("fu_3", "{}", "open"),
        ):
            await session_log.submit(
                lambda t, values=(prompt_id, prompt_id, payload, status): t.connection.execute(  # type: ignore[misc]
                    "INSERT INTO prompts VALUES (?, 'ses_1', 'trn_1', ?, 'file', ?, ?, 0, 0, NULL)", values
                )
            )
        row = await files.create("usr_1", name="a.csv", size=1, prompt_id="fu_1")
        assert row.prompt_id == "fu_1"
        with pytest.raises(WrongFileType):
            await files.create("usr_1", name="a.pdf", size=1, prompt_id="fu_1")
        with pytest.raises(PromptEnded):
            await files.create("usr_1", name="a.csv", size=1, prompt_id="fu_2")
        await files.create("usr_1", name="a.pdf", size=1, prompt_id="fu_3")
        for user, prompt_id in (("usr_2", "fu_1"), ("usr_1", "fu_9")):
            with pytest.raises(PromptNotFound):
                await files.create(user, name="a.csv", size=1, prompt_id=prompt_id)
