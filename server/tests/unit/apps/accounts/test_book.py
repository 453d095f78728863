"""What hangs on a visitor follows into an account, and what an account was is not remembered for longer."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from capsule.apps.access import AccessPolicy
from capsule.apps.accounts.book import AccountBook
from capsule.apps.accounts.errors import WrongCredentials
from capsule.apps.accounts.rows import Account
from capsule.apps.accounts.standings import Standings
from capsule.apps.http.identity import Caller
from capsule.apps.liveapp import LiveApp
from capsule.apps.sessions.log import SessionLog
from capsule.apps.sessions.store import SessionStore

VISITOR = Caller("vis_1", is_anonymous=True)


@pytest.fixture
async def book(tmp_path: Path) -> AsyncIterator[AccountBook]:
    """The accounts of an app of which nothing runs but its file."""
    with ThreadPoolExecutor(2) as executor:
        log = SessionLog(SessionStore(tmp_path / "app.db"), executor)
        app = SimpleNamespace(capsule_id="cap_1", access=AccessPolicy())
        yield AccountBook(cast(LiveApp, SimpleNamespace(log=log, app=app)), has_mail=False)
        await log.close()


async def write(book: AccountBook, sql: str, *values: Any) -> None:
    await book.live.log.submit(lambda t: t.connection.execute(sql, values) and None)


async def column(book: AccountBook, sql: str, *values: Any) -> list[Any]:
    def question(connection: sqlite3.Connection) -> list[Any]:
        return [row[0] for row in connection.execute(sql, values)]

    return await book.live.log.read(lambda store: question(store.reader))


async def add_session(book: AccountBook, session: str, user: str, thread_key: str | None = None) -> None:
    await write(
        book,
        "INSERT INTO sessions (id, user_id, channel, created_at, updated_at, thread_key)"
        " VALUES (?, ?, 'chat', 0, 0, ?)",
        session,
        user,
        thread_key,
    )


async def add_file(book: AccountBook, file: str, user: str, session: str | None) -> None:
    await write(
        book,
        "INSERT INTO files (id, user_id, session_id, name, content_type, size, purpose, created_at)"
        " VALUES (?, ?, ?, 'a', 'b', 1, 'upload', 0)",
        file,
        user,
        session,
    )


async def test_files_of_a_thread_follow_it_and_others_stay(book: AccountBook) -> None:
    account = await book.create("ada@example.com", "hash", Caller("usr_9"))
    await add_session(book, "ses_1", "vis_1")
    await add_file(book, "fil_own", "vis_1", "ses_1")
    await add_file(book, "fil_shown", "vis_1", None)
    await add_file(book, "fil_loose", "vis_1", None)
    await add_file(book, "fil_foreign", "vis_2", "ses_1")
    await write(book, "INSERT INTO file_uses VALUES ('ses_1', 'fil_shown')")
    await book.enter(account, VISITOR)
    moved = await column(book, "SELECT id FROM files WHERE user_id = ? ORDER BY id", account.id)
    assert moved == ["fil_own", "fil_shown"]
    assert await column(book, "SELECT user_email FROM sessions") == ["ada@example.com"]
    assert await column(book, "SELECT * FROM visitor_moves") == []


async def test_a_thread_key_that_the_account_uses_stays_with_its_own_thread(book: AccountBook) -> None:
    account = await book.create("ada@example.com", "hash", Caller("usr_9"))
    await add_session(book, "ses_own", account.id, "daily")
    await add_session(book, "ses_1", "vis_1", "daily")
    await add_session(book, "ses_2", "vis_1", "weekly")
    await book.enter(account, VISITOR)
    keys = await column(
        book, "SELECT coalesce(thread_key, '-') FROM sessions WHERE user_id = ? ORDER BY id", account.id
    )
    assert keys == ["-", "weekly", "daily"]


async def test_a_visitor_with_an_account_is_not_moved_into_another(book: AccountBook) -> None:
    """Two tabs of one visitor, one signing up while the other signs in."""
    known = await book.create("ada@example.com", "hash", Caller("usr_9"))
    await add_session(book, "ses_1", "vis_1")
    fresh = await book.create("bob@example.com", "hash", VISITOR)
    await book.enter(known, VISITOR)
    assert await column(book, "SELECT user_id FROM sessions") == [fresh.id] == ["vis_1"]


async def test_an_id_is_given_once(book: AccountBook) -> None:
    made = [await book.create(f"{name}@example.com", "hash", VISITOR) for name in ("ada", "bob")]
    assert made[0].id == "vis_1"
    assert made[1].id.startswith("usr_")


async def test_a_password_changed_while_it_was_checked_signs_nobody_in(book: AccountBook) -> None:
    checked = await book.create("ada@example.com", "old hash", Caller("usr_9"))
    changed = await book.set_password(checked.id, "new hash")
    with pytest.raises(WrongCredentials):
        await book.enter(checked, VISITOR)
    standing = await book.standing(checked.id)
    assert standing is not None
    assert standing.generation == changed.generation == checked.generation + 1


async def test_what_was_read_before_a_change_is_not_remembered_after_it() -> None:
    old = Account("usr_1", None, None, is_verified=False, generation=1)
    answers = [old, replace(old, generation=2)]
    reading, may_return = asyncio.Event(), asyncio.Event()

    async def slow(_user_id: str) -> Account | None:
        found = answers.pop(0)
        reading.set()
        await may_return.wait()
        return found

    standings = Standings(slow)
    asking = asyncio.create_task(standings.of("usr_1"))
    await reading.wait()
    standings.changed(Account("usr_2", None, None, is_verified=False, generation=1))
    may_return.set()
    await asking
    standing = await standings.of("usr_1")
    assert standing is not None
    assert (standing.generation, answers) == (2, [])
    assert await standings.of("usr_1") == standing


async def test_accounts_are_found_whatever_the_case_of_their_email(book: AccountBook) -> None:
    account = await book.create("ada@example.com", "hash", VISITOR)
    assert await book.by_email("ADA@EXAMPLE.COM") == account
    assert await column(book, "SELECT generation FROM users") == [1]
