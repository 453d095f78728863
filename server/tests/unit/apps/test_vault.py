"""Secrets on demand, as the app host asks for them."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from apphost import Server

from capsule.apps.vault import ServerVault
from capsule.errors import Unavailable


@pytest.fixture
def socket() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="c", dir="/tmp"))
    yield folder / "server-control.sock"
    shutil.rmtree(folder)


async def ask(socket: Path, name: str = "KEY", *, patience: float = 10.0) -> str | None:
    vault = ServerVault(socket, patience_seconds=patience)
    try:
        return await vault.secret("cap_1", "deploy", name)
    finally:
        await vault.close()


async def test_new_value_counts_at_once_and_a_missing_one_is_none(socket: Path) -> None:
    secrets = {"KEY": "old"}
    server = Server(socket, secrets)
    vault = ServerVault(socket)
    try:
        assert await vault.secret("cap_1", "deploy", "KEY") == "old"
        secrets["KEY"] = "new"
        assert await vault.secret("cap_1", "deploy", "KEY") == "new"
        assert await vault.secret("cap_1", "deploy", "OTHER") is None
    finally:
        await vault.close()
        server.close()


async def test_server_that_is_being_restarted_is_waited_for(socket: Path) -> None:
    asked = asyncio.create_task(ask(socket))
    await asyncio.sleep(0.3)
    server = await asyncio.to_thread(Server, socket, {"KEY": "value"})
    try:
        assert await asked == "value"
    finally:
        server.close()


async def test_server_restarts_between_two_questions(socket: Path) -> None:
    server = Server(socket, {"KEY": "value"})
    vault = ServerVault(socket)
    try:
        assert await vault.secret("cap_1", "deploy", "KEY") == "value"
        await asyncio.to_thread(server.close)
        server = Server(socket, {"KEY": "value"})
        assert await vault.secret("cap_1", "deploy", "KEY") == "value"
    finally:
        await vault.close()
        server.close()


async def test_server_that_stays_away_is_told(socket: Path) -> None:
    with pytest.raises(Unavailable, match="server is away"):
        await ask(socket, patience=0.5)
