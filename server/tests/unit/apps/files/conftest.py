"""The files of one app without its host, for what needs no HTTP."""

import sys
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from capsule.apps.files.folder import Folder
from capsule.apps.files.signing import FileSigner
from capsule.apps.files.store import FileLimits, FileStore
from capsule.apps.sessions.log import SessionLog
from capsule.apps.sessions.records import NewSession
from capsule.apps.sessions.store import SessionStore
from capsule.apps.sessions.transaction import Transaction

MakeStore = Callable[..., FileStore]


@pytest.fixture
async def session_log(tmp_path: Path) -> AsyncIterator[SessionLog]:
    executor = ThreadPoolExecutor(2)
    log = SessionLog(SessionStore(tmp_path / "app.db"), executor)
    for number in (1, 2):
        await log.submit(partial(_add_session, number))
    yield log
    await log.close()
    executor.shutdown()


def _add_session(number: int, transaction: Transaction) -> None:
    transaction.create_session(NewSession(f"ses_{number}", f"usr_{number}"))


@pytest.fixture
def make_store(tmp_path: Path, session_log: SessionLog) -> MakeStore:
    def make(app: str = "cap_1:deploy", **limits: int) -> FileStore:
        signer = FileSigner(tmp_path / "keys" / "files.key")
        return FileStore(app, Folder(tmp_path / "files"), session_log, signer, FileLimits(**limits))

    return make


@pytest.fixture
def files(make_store: MakeStore) -> FileStore:
    return make_store()
