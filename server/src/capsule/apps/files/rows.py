"""Rows of files, as SQL on the app's own database. Every question names the user whose file it is."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from capsule.apps.files.errors import FileInUse, FileNotFound, FilesFull, UploadIncomplete

Purpose = Literal["upload", "media"]
"""Given by a user, or kept by the app for one."""

MOST_FILES = 10_000
"""Of one user and purpose: empty ones cost a place on the disk, too."""

_COLUMNS = "id, user_id, session_id, prompt_id, name, content_type, size, purpose, created_at, completed_at"


@dataclass(frozen=True)
class FileRow:
    id: str
    user_id: str
    session_id: str | None
    prompt_id: str | None
    name: str
    content_type: str
    size: int
    """Bytes, as announced; that many lie there once it is complete."""
    purpose: Purpose
    created_at: float
    completed_at: float | None

    @property
    def is_complete(self) -> bool:
        return self.completed_at is not None


def insert(connection: sqlite3.Connection, row: FileRow, most_bytes: int) -> None:
    """Raises FilesFull when the user's files of this purpose would be more than `most_bytes` together, or
    too many."""
    if _count(connection, row.user_id, row.purpose) >= MOST_FILES:
        raise FilesFull(
            f"There are {MOST_FILES} files already.",
            hint="Delete conversations whose files are not needed any more.",
        )
    if used_bytes(connection, row.user_id, row.purpose) + row.size > most_bytes:
        raise full(row.purpose, most_bytes)
    values = (
        row.id,
        row.user_id,
        row.session_id,
        row.prompt_id,
        row.name,
        row.content_type,
        row.size,
        row.purpose,
        row.created_at,
        row.completed_at,
    )
    connection.execute(f"INSERT INTO files ({_COLUMNS}) VALUES ({', '.join('?' * len(values))})", values)


def keep(connection: sqlite3.Connection, row: FileRow, most_bytes: int) -> None:
    """Add a complete file that its session shows. Raises FilesFull before anything is written."""
    insert(connection, row, most_bytes)
    connection.execute(
        "INSERT OR IGNORE INTO file_uses (session_id, file_id) VALUES (?, ?)", (row.session_id, row.id)
    )


def full(purpose: Purpose, most_bytes: int) -> FilesFull:
    whose = "Your files" if purpose == "upload" else "What the app keeps for this user"
    return FilesFull(
        f"{whose} would be more than {most_bytes >> 20} MiB together.",
        hint="Delete conversations whose files are not needed any more.",
    )


def used_bytes(connection: sqlite3.Connection, user_id: str, purpose: Purpose) -> int:
    query = "SELECT coalesce(sum(size), 0) FROM files WHERE user_id = ? AND purpose = ?"
    return int(connection.execute(query, (user_id, purpose)).fetchone()[0])


def _count(connection: sqlite3.Connection, user_id: str, purpose: Purpose) -> int:
    query = "SELECT count(*) FROM files WHERE user_id = ? AND purpose = ?"
    return int(connection.execute(query, (user_id, purpose)).fetchone()[0])


def find(connection: sqlite3.Connection, user_id: str, file_id: str) -> FileRow:
    """Raises FileNotFound for anyone else's too."""
    row = find_any(connection, file_id)
    if row.user_id != user_id:
        raise _missing(file_id)
    return row


def find_any(connection: sqlite3.Connection, file_id: str) -> FileRow:
    """As `find`, for a caller who has shown a signed link instead."""
    found = connection.execute(f"SELECT {_COLUMNS} FROM files WHERE id = ?", (file_id,)).fetchone()
    if found is None:
        raise _missing(file_id)
    return FileRow(*found)


def find_complete(connection: sqlite3.Connection, user_id: str, file_id: str) -> FileRow:
    """Raises FileNotFound, and UploadIncomplete while bytes are missing."""
    return ensure_complete(find(connection, user_id, file_id))


def ensure_complete(row: FileRow) -> FileRow:
    if not row.is_complete:
        raise UploadIncomplete(f"The upload of '{row.name}' is not complete.")
    return row


def complete(connection: sqlite3.Connection, file_id: str, at: float) -> None:
    """Say that all bytes are there; an earlier time stays. Raises FileNotFound once it was deleted."""
    find_any(connection, file_id)
    connection.execute(
        "UPDATE files SET completed_at = coalesce(completed_at, ?) WHERE id = ?", (at, file_id)
    )


def claim(
    connection: sqlite3.Connection, user_id: str, file_ids: Iterable[str], session_id: str
) -> list[FileRow]:
    """Keep complete files for as long as a session lives, and return them.

    Raises FileNotFound or UploadIncomplete before anything is written.
    """
    rows = [find_complete(connection, user_id, file_id) for file_id in file_ids]
    connection.executemany(
        "INSERT OR IGNORE INTO file_uses (session_id, file_id) VALUES (?, ?)",
        [(session_id, row.id) for row in rows],
    )
    return rows


def delete_unused(connection: sqlite3.Connection, user_id: str, file_id: str) -> None:
    """Forget a file that no session shows. Raises FileNotFound, FileInUse."""
    row = find(connection, user_id, file_id)
    if connection.execute("SELECT 1 FROM file_uses WHERE file_id = ?", (file_id,)).fetchone():
        raise FileInUse(f"'{row.name}' is part of a conversation.", hint="Delete the conversation.")
    connection.execute("DELETE FROM files WHERE id = ?", (file_id,))


def delete_of_session(connection: sqlite3.Connection, session_id: str) -> list[str]:
    """Forget the files that only this session shows or was to show; return their ids."""
    used = "SELECT file_id FROM file_uses"
    found = connection.execute(
        f"SELECT id FROM files WHERE (session_id = ? OR id IN ({used} WHERE session_id = ?))"
        f" AND id NOT IN ({used} WHERE session_id <> ?)",
        (session_id, session_id, session_id),
    ).fetchall()
    connection.execute("DELETE FROM file_uses WHERE session_id = ?", (session_id,))
    return _delete(connection, [file_id for (file_id,) in found])


def delete_old(connection: sqlite3.Connection, before: float, *, but: Sequence[str] = ()) -> list[str]:
    """Forget what was begun before a time and is unfinished or shown nowhere; return the ids."""
    connection.execute("DELETE FROM file_uses WHERE session_id NOT IN (SELECT id FROM sessions)")
    found = connection.execute(
        "SELECT id FROM files WHERE created_at < ? AND (completed_at IS NULL OR completed_at < ?)"
        " AND id NOT IN (SELECT file_id FROM file_uses) LIMIT 1000",
        (before, before),
    ).fetchall()
    return _delete(connection, [file_id for (file_id,) in found if file_id not in but])


def known(connection: sqlite3.Connection, file_ids: Iterable[str]) -> set[str]:
    """Return those of the ids that have a row."""
    query = "SELECT 1 FROM files WHERE id = ?"
    return {file_id for file_id in file_ids if connection.execute(query, (file_id,)).fetchone()}


def _delete(connection: sqlite3.Connection, file_ids: list[str]) -> list[str]:
    connection.executemany("DELETE FROM files WHERE id = ?", [(file_id,) for file_id in file_ids])
    return file_ids


def _missing(file_id: str) -> FileNotFound:
    return FileNotFound(f"There is no file {file_id[:60]!r}.")
