"""Log the command line of the same operating-system user in, by a file only that user can read."""

import json
import os
from pathlib import Path

from capsule.control.identity import callers
from capsule.control.identity.tokens import service
from capsule.db import Database
from capsule.models import User


async def issue_cli_login(database: Database, file: Path, *, url: str, user: User) -> None:
    """Make `file` (`DataPaths.cli_login`, mode 0600) hold `{url, token}` with a token that works.

    A token already there is kept while it works, so restarts do not pile tokens up.
    """
    token = _token_in(file)
    if token is None or await callers.by_token(database, token) is None:
        async with database.unit_of_work() as db_session:
            _, token = await service.create(db_session, user, name="command line on this machine")
    _write(file, json.dumps({"url": url, "token": token}))


def _token_in(file: Path) -> str | None:
    try:
        token = json.loads(file.read_text())["token"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return token if isinstance(token, str) else None


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text)
    fresh.replace(file)
