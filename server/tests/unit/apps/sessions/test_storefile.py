"""Session databases that are old, new, or broken."""

import sqlite3
from pathlib import Path

import pytest
from apphost import ECHO, Host

from capsule.apps.sessions import storefile
from capsule.apps.sessions.store import SessionStore


def version(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        (found,) = connection.execute("PRAGMA user_version").fetchone()
    finally:
        connection.close()
    assert isinstance(found, int)
    return found


def test_a_file_from_before_versions_is_taken_up_and_marked(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    old = sqlite3.connect(path)
    old.executescript(storefile._steps()[0])
    columns = "id, user_id, channel, created_at, updated_at"
    old.execute(f"INSERT INTO sessions ({columns}) VALUES ('ses_1', 'u', 'chat', 1, 1)")
    old.commit()
    old.close()
    assert version(path) == 0
    store = SessionStore(path)
    assert store.session("ses_1") is not None
    store.close()
    assert version(path) == len(storefile._steps())


def test_a_file_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    SessionStore(path).close()
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version=99")
    newer.close()
    with pytest.raises(storefile.SessionsFromNewerVersion, match="schema 99"):
        storefile.open_sound(path, SessionStore)
    assert version(path) == 99


def test_a_failing_step_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.db"
    SessionStore(path).close()
    current = version(path)
    steps = [*storefile._steps(), "CREATE TABLE more (a); SELECT nonsense"]
    monkeypatch.setattr(storefile, "_steps", lambda: steps)
    with pytest.raises(sqlite3.OperationalError, match="nonsense"):
        SessionStore(path)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'more'").fetchone() == (0,)
    connection.close()
    assert version(path) == current


async def test_a_broken_file_is_set_aside_and_the_other_apps_go_on(own_host: Host) -> None:
    first, _ = await own_host.host_app(ECHO)
    second, _ = await own_host.host_app(ECHO)
    third, _ = await own_host.host_app(ECHO)
    async with own_host.browser(second) as browser:
        kept = await browser.open()
        assert await browser.say(kept, "before") == ["You said: before"]
        own_host.kill()
        broken = own_host.data.sessions(first, "deploy")
        for suffix in ("-wal", "-shm"):
            broken.with_name(broken.name + suffix).unlink(missing_ok=True)
        broken.write_bytes(b"no database" * 1000)
        unreadable = own_host.data.sessions(third, "deploy")
        connection = sqlite3.connect(unreadable)
        connection.execute("PRAGMA user_version=99")
        connection.close()
        own_host.start_again()
        assert await browser.say(kept, "after") == ["You said: after"]
    async with own_host.browser(first) as browser:
        assert await browser.say(await browser.open(), "new") == ["You said: new"]
    assert len(list(broken.parent.glob(f"{broken.name}.broken-*"))) == 1
    async with own_host.browser(third) as browser:
        refused = await browser.post("/api/sessions")
    assert refused.status_code == 503
    assert "newer version" in refused.json()["detail"]
