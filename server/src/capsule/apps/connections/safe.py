"""Connections of one app in its store, sealed with a key that is not in it."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import msgspec

from capsule.apps.connections import rows
from capsule.apps.connections.provider import Declared, Mode
from capsule.apps.connections.rows import Authorization, Connection, Status
from capsule.apps.sessions.log import SessionLog
from capsule.kit.crypto import CannotDecrypt, SecretBox
from cpsl.wire import CredentialState


@dataclass(frozen=True)
class Held:
    """What is secret of a connection."""

    access_token: str = field(default="", repr=False)
    token_type: str = "Bearer"
    refresh_token: str = field(default="", repr=False)
    asked: tuple[str, ...] = ()
    """The scopes that the user was asked for; those granted may be spelled differently."""
    lifetime: int = 0
    """Seconds from issue to expiry; 0: it does not expire."""
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)

    def fits(self, declared: Declared) -> bool:
        """Say whether this is all that the app asks for by now."""
        if declared.mode is Mode.secret:
            return all(field.name in self.fields or field.is_optional for field in declared.form)
        return bool(self.access_token) and set(declared.wanted_scopes) <= set(self.asked)


@dataclass(frozen=True)
class Asked:
    """What is secret of a sign-in on its way, and what it asks for."""

    verifier: str = field(repr=False)
    scopes: tuple[str, ...]


class Safe:
    """Reads and writes the connections of one app; nobody else sees the sealed values."""

    def __init__(self, log: SessionLog, box: SecretBox, capsule_id: str, environment: str) -> None:
        self._log = log
        self._box = box
        self._app = f"{capsule_id}\n{environment}"

    async def find(self, user_id: str, type: str) -> Connection | None:
        return await self._log.read(lambda store: rows.find(store.reader, user_id, type))

    async def of_user(self, user_id: str) -> list[Connection]:
        return await self._log.read(lambda store: rows.of_user(store.reader, user_id))

    async def put(self, connection: Connection, held: Held) -> None:
        sealed = replace(connection, sealed=self._seal(connection.user_id, connection.type, held))
        await self._log.submit(lambda t: rows.put(t.connection, sealed))

    async def renew(self, old: Connection, new: Connection, held: Held) -> Connection | None:
        """Write refreshed values and return the connection; None when it was changed by others meanwhile."""
        sealed = replace(new, sealed=self._seal(old.user_id, old.type, held))
        is_written = await self._log.submit(lambda t: rows.renew(t.connection, old, sealed))
        return sealed if is_written else None

    async def lose(self, old: Connection, now: float) -> bool:
        """Note that a connection has to be made again; False when it was changed by others meanwhile."""
        lost = replace(old, sealed="", expires_at=0, status=Status.needs_reconnect, updated_at=now)
        return await self._log.submit(lambda t: rows.renew(t.connection, old, lost))

    async def remove(self, user_id: str, type: str) -> None:
        await self._log.submit(lambda t: rows.remove(t.connection, user_id, type))

    async def remove_user(self, user_id: str) -> None:
        await self._log.submit(lambda t: rows.remove_user(t.connection, user_id))

    def take_along(self, database: sqlite3.Connection, visitor_id: str, user_id: str) -> None:
        """Give a visitor's connections to the account that the visitor signed in to, inside a transaction.

        What the account has connected itself stays as it is.
        """
        for connection in rows.of_user(database, visitor_id):
            own, held = rows.find(database, user_id, connection.type), self.open(connection)
            if held is not None and (own is None or own.status is not Status.connected):
                sealed = self._seal(user_id, connection.type, held)
                rows.put(database, replace(connection, user_id=user_id, sealed=sealed))
        rows.remove_user(database, visitor_id)

    async def begin(self, authorization: Authorization, asked: Asked) -> None:
        sealed = replace(authorization, sealed=self._seal_authorization(authorization, asked))
        await self._log.submit(lambda t: rows.begin(t.connection, sealed))

    async def claim(self, state_hash: str, user_id: str) -> Authorization | None:
        """Return a user's sign-in as it was before it was marked as used."""
        return await self._log.submit(lambda t: rows.claim(t.connection, state_hash, user_id))

    def open(self, connection: Connection) -> Held | None:
        """Return what was sealed; None when nothing is left, or the key is another one."""
        if not connection.sealed:
            return None
        try:
            text = self._box.decrypt(
                connection.sealed, context=self._context("connection", connection.user_id, connection.type)
            )
        except CannotDecrypt:
            return None
        return msgspec.json.decode(text, type=Held)

    def open_authorization(self, authorization: Authorization) -> Asked | None:
        context = self._context("authorization", authorization.user_id, authorization.state_hash)
        try:
            return msgspec.json.decode(self._box.decrypt(authorization.sealed, context=context), type=Asked)
        except CannotDecrypt:
            return None

    def _seal(self, user_id: str, type: str, held: Held) -> str:
        context = self._context("connection", user_id, type)
        return self._box.encrypt(msgspec.json.encode(held).decode(), context=context)

    def _seal_authorization(self, authorization: Authorization, asked: Asked) -> str:
        context = self._context("authorization", authorization.user_id, authorization.state_hash)
        return self._box.encrypt(msgspec.json.encode(asked).decode(), context=context)

    def _context(self, *parts: str) -> str:
        return "\n".join((self._app, *parts))


def credential_state(declared: Declared, connection: Connection, held: Held) -> CredentialState:
    """Return what the app gets to see."""
    if declared.mode is Mode.secret:
        fields = {name: value for name, value in held.fields.items() if name in declared.fields}
        return {"access_token": "", "token_type": "", "scopes": [], "expires_at": 0, "fields": fields}
    return {
        "access_token": held.access_token,
        "token_type": held.token_type,
        "scopes": connection.scopes.split(),
        "expires_at": connection.expires_at,
        "fields": {},
    }
