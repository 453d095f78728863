"""The SQL of an app's users. Every function works inside the caller's transaction, or only reads."""

import sqlite3
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """One user of an app."""

    id: str
    email: str | None
    password_hash: str | None
    is_verified: bool
    generation: int


@dataclass(frozen=True)
class Link:
    """What a link in a mail stands for."""

    email: str
    password_hash: str | None
    """Chosen at sign-up; None for a plain sign-in."""
    visitor_id: str
    """Who asked for it."""
    return_to: str
    expires_at: float
    used_at: float | None = None


@dataclass(frozen=True)
class Attempt:
    """Somebody who was sent to an OpenID provider and has not come back."""

    provider: str
    """Issuer."""
    nonce: str
    verifier: str
    return_to: str
    visitor_id: str
    expires_at: float


_ACCOUNT = "SELECT id, email, password_hash, is_verified, generation FROM users"


def by_id(connection: sqlite3.Connection, user_id: str) -> Account | None:
    return _account(connection.execute(f"{_ACCOUNT} WHERE id = ?", (user_id,)).fetchone())


def by_email(connection: sqlite3.Connection, email: str) -> Account | None:
    return _account(connection.execute(f"{_ACCOUNT} WHERE email = ?", (email,)).fetchone())


def by_identity(connection: sqlite3.Connection, provider: str, subject: str) -> Account | None:
    found = connection.execute(
        f"{_ACCOUNT} WHERE id = (SELECT user_id FROM identities WHERE provider = ? AND subject = ?)",
        (provider, subject),
    )
    return _account(found.fetchone())


def add(connection: sqlite3.Connection, account: Account) -> None:
    """Add an account; the threads that it had as a visitor get its e-mail."""
    connection.execute(
        "INSERT INTO users (id, email, password_hash, is_verified, created_at, generation)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            account.id,
            account.email,
            account.password_hash,
            account.is_verified,
            time.time(),
            account.generation,
        ),
    )
    connection.execute("UPDATE sessions SET user_email = ? WHERE user_id = ?", (account.email, account.id))
    connection.execute("DELETE FROM visitor_moves WHERE visitor_id = ?", (account.id,))


def add_identity(connection: sqlite3.Connection, provider: str, subject: str, user_id: str) -> None:
    connection.execute(
        "INSERT INTO identities VALUES (?, ?, ?, ?)", (provider, subject, user_id, time.time())
    )


def set_password(connection: sqlite3.Connection, user_id: str, password_hash: str | None) -> None:
    """Change or remove a password and end every sign-in made so far."""
    connection.execute(
        "UPDATE users SET password_hash = ?, generation = generation + 1 WHERE id = ?",
        (password_hash, user_id),
    )


def end_sign_ins(connection: sqlite3.Connection, user_id: str) -> None:
    connection.execute("UPDATE users SET generation = generation + 1 WHERE id = ?", (user_id,))


def set_verified(connection: sqlite3.Connection, user_id: str) -> None:
    connection.execute("UPDATE users SET is_verified = 1 WHERE id = ?", (user_id,))


def note_sign_in(connection: sqlite3.Connection, user_id: str) -> None:
    connection.execute("UPDATE users SET signed_in_at = ? WHERE id = ?", (time.time(), user_id))


def sessions_of(connection: sqlite3.Connection, user_id: str) -> list[str]:
    return [row[0] for row in connection.execute("SELECT id FROM sessions WHERE user_id = ?", (user_id,))]


def forget_outdated(connection: sqlite3.Connection, now: float) -> None:
    """Forget links of mails and sign-ins at providers that can no longer be used."""
    connection.execute("DELETE FROM magic_links WHERE expires_at < ?", (now,))
    connection.execute("DELETE FROM oidc_attempts WHERE expires_at < ?", (now,))


# Links of mails


def add_link(connection: sqlite3.Connection, token_hash: str, link: Link) -> None:
    now = time.time()
    forget_outdated(connection, now)
    connection.execute(
        "INSERT INTO magic_links VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
        (
            token_hash,
            link.email,
            link.password_hash,
            link.visitor_id,
            link.return_to,
            now,
            link.expires_at,
        ),
    )


def link(connection: sqlite3.Connection, token_hash: str) -> Link | None:
    """Return a link that can still be used."""
    row = connection.execute(
        "SELECT email, password_hash, visitor_id, return_to, expires_at, used_at FROM magic_links"
        " WHERE token_hash = ? AND used_at IS NULL AND expires_at > ?",
        (token_hash, time.time()),
    ).fetchone()
    return None if row is None else Link(*row)


def use_link(connection: sqlite3.Connection, token_hash: str) -> Link | None:
    """Take a link for good; None when it cannot be used any more."""
    found = link(connection, token_hash)
    if found is not None:
        connection.execute(
            "UPDATE magic_links SET used_at = ? WHERE token_hash = ?", (time.time(), token_hash)
        )
    return found


# OpenID


def add_attempt(connection: sqlite3.Connection, state_hash: str, attempt: Attempt) -> None:
    forget_outdated(connection, time.time())
    connection.execute(
        "INSERT INTO oidc_attempts VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            state_hash,
            attempt.provider,
            attempt.nonce,
            attempt.verifier,
            attempt.return_to,
            attempt.visitor_id,
            attempt.expires_at,
        ),
    )


def take_attempt(connection: sqlite3.Connection, state_hash: str, visitor_id: str) -> Attempt | None:
    """Remove and return what a visitor began; None when it was another one, or too long ago."""
    row = connection.execute(
        "DELETE FROM oidc_attempts WHERE state_hash = ? AND visitor_id = ?"
        " RETURNING provider, nonce, verifier, return_to, visitor_id, expires_at",
        (state_hash, visitor_id),
    ).fetchone()
    attempt = None if row is None else Attempt(*row)
    return attempt if attempt is not None and attempt.expires_at > time.time() else None


def _account(row: tuple[str, str | None, str | None, int, int] | None) -> Account | None:
    return None if row is None else Account(row[0], row[1], row[2], bool(row[3]), row[4])
