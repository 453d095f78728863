"""Working access to git hosts: tokens that end are renewed ahead of it, by one at a time.

Most hosts take a refresh token once. So whoever renews says so in the row first, and everybody else, in this
process or another, waits for what comes of it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import or_, update

from capsule.apps.connections import oauth
from capsule.build.sources.access import GitAccess
from capsule.build.sources.options import GitOptions
from capsule.control.delivery.sources.connections.hostapi import (
    HostUnavailable,
    RepositoryNotFound,
    TokenUnknown,
)
from capsule.control.delivery.sources.connections.hosts import GitHost, GitHubInstallation
from capsule.control.delivery.sources.connections.service import host_of, is_private_host, sign_out
from capsule.control.delivery.sources.connections.tokens import Renewed, put_tokens, renew
from capsule.control.delivery.sources.gitapps.oauth import SignInRefused, calling
from capsule.control.delivery.sources.gitapps.service import REMOVED, GitAppService, OpenApp
from capsule.control.delivery.sources.repository import SourceRepository
from capsule.control.delivery.sources.service import ConnectionNotFound, SourceService, connection_context
from capsule.db import Database
from capsule.errors import Conflict, PlatformError
from capsule.kit.clock import now
from capsule.kit.crypto import SecretBox
from capsule.models import Capsule, GitApp, GitConnection
from capsule.paths import DataPaths

log = logging.getLogger(__name__)
T = TypeVar("T")

TOKEN_USERS = {
    "github": "x-access-token",
    "gitlab": "oauth2",
    "bitbucket": "x-token-auth",
    "gitea": "x-access-token",
}
"""Name that each host expects beside a token."""
AHEAD = timedelta(minutes=5)
"""A token that ends within this time is renewed before it is given out."""
_LEASE = timedelta(seconds=60)
"""Longer than a host gets to answer."""
_LOOK_SECONDS = 0.1


class SignInNeeded(Conflict):
    """Somebody of the team has to sign in at the host again."""

    code, title = "git_sign_in_needed", "Sign in at the git host again"


class Accounts:
    """Works in sessions of its own, since it waits for hosts."""

    _renewals: ClassVar[set[asyncio.Task[None]]] = set()
    """Go on when the one who asked is gone: only their answer has the next refresh token."""

    def __init__(self, database: Database, box: SecretBox, options: GitOptions) -> None:
        self._database = database
        self._box = box
        self._options = options

    async def ask(self, connection: GitConnection, question: Callable[[GitHost], Awaitable[T]]) -> T:
        """Return the host's answer to `question`.

        Raises SignInNeeded when it does not know the token any more, and what the question raises.
        """
        token = await self.token(connection.id)
        try:
            return await question(self._host(connection, token))
        except TokenUnknown:
            if not await self._forget(connection.id, token):
                raise await self._lost(connection.id, "The token was revoked at the host.") from None
        return await question(self._host(connection, await self.token(connection.id)))

    async def git_access(self, capsule: Capsule, paths: DataPaths) -> GitAccess:
        """Return what git is given for the capsule's repository.

        Raises SignInNeeded, HostUnavailable, GitAppRefused.
        """
        async with self._database.reading() as db_session:
            own, connection_id = await SourceService(db_session, self._box).given(capsule, paths)
        if not connection_id:
            return own
        url = str(capsule.source.get("url", ""))
        try:
            connected = await self.connected(connection_id, capsule.team_id, url)
        except ConnectionNotFound:
            return own
        return replace(own, token=connected.token, user=connected.user)

    async def connected(self, connection_id: str, team_id: str, url: str) -> GitAccess:
        """Return what git is given by a connection alone; its token is for its own host only.

        Raises ConnectionNotFound, SignInNeeded, HostUnavailable, GitAppRefused.
        """
        async with self._database.reading() as db_session:
            connection = await SourceRepository(db_session).connection(connection_id, team_id)
        if connection is None:
            raise ConnectionNotFound(f"There is no connection '{connection_id}'.", field="connection_id")
        if not _is_of(connection, url):
            return GitAccess()
        return GitAccess(await self.token(connection_id), TOKEN_USERS[connection.provider])

    async def token(self, connection_id: str) -> str:
        """Return a token that is good for a while.

        Raises ConnectionNotFound, SignInNeeded, HostUnavailable, GitAppRefused.
        """
        until = asyncio.get_running_loop().time() + _LEASE.total_seconds()
        while True:
            connection = await self._get(connection_id)
            if not _is_due(connection):
                return self._decrypt(connection, connection.token)
            if await self._claim(connection_id):
                task = asyncio.create_task(self._renew(connection_id))
                self._renewals.add(task)
                task.add_done_callback(self._renewals.discard)
                try:
                    await asyncio.shield(task)
                except SignInNeeded:
                    raise
                except PlatformError:
                    if not _is_valid(connection):
                        raise
                else:
                    # Whatever its time is: hosts may give less than AHEAD.
                    connection = await self._get(connection_id)
                return self._decrypt(connection, connection.token)
            elif _is_valid(connection):
                return self._decrypt(connection, connection.token)
            elif asyncio.get_running_loop().time() >= until:
                raise HostUnavailable(
                    f"Access to {connection.url} could not be renewed in time.", hint="Try again in a moment."
                )
            else:
                # Perhaps another process renews it, whose end only the row tells.
                await asyncio.sleep(_LOOK_SECONDS)

    async def give_back(self, connection: GitConnection) -> None:
        """Ask the host to forget the tokens of a connection that was removed; nothing depends on it."""
        if connection.app_id is None or not connection.token:
            return
        token = self._decrypt(connection, connection.token)
        try:
            if connection.installation_id is not None:
                host = GitHubInstallation(connection.url, token, allow_private=self._is_private(connection))
                await host.revoke()
                return
            app = await self._app(connection)
            refresh = self._decrypt(connection, connection.refresh_token)
            async with calling() as calls:
                await oauth.revoke(calls, app.provider, app.client, token, refresh)
        except PlatformError as exc:
            log.warning("tokens of %s could not be given back: %s", connection.url, exc.detail)

    def _host(self, connection: GitConnection, token: str) -> GitHost:
        if connection.installation_id is not None:
            return GitHubInstallation(connection.url, token, allow_private=self._is_private(connection))
        return host_of(connection.provider, connection.url, token, self._options)

    def _is_private(self, connection: GitConnection) -> bool:
        return is_private_host(connection.url, self._options)

    def _decrypt(self, connection: GitConnection, value: str | None) -> str:
        return self._box.decrypt(value, context=connection_context(connection.id)) if value else ""

    async def _get(self, connection_id: str) -> GitConnection:
        async with self._database.reading() as db_session:
            connection = await db_session.get(GitConnection, connection_id)
        if connection is None:
            raise ConnectionNotFound(f"There is no connection '{connection_id}'.")
        if connection.status != "connected":
            raise _needed(connection)
        return connection

    async def _claim(self, connection_id: str) -> bool:
        """Take the right to renew the token, unless somebody has it or has just done it."""
        async with self._database.unit_of_work() as db_session:
            is_free = or_(GitConnection.renewing_until.is_(None), GitConnection.renewing_until < now())
            taken = await db_session.execute(
                update(GitConnection)
                .where(GitConnection.id == connection_id, GitConnection.status == "connected", is_free)
                .values(renewing_until=now() + _LEASE)
                .returning(GitConnection.id)
            )
            if taken.first() is None:
                return False
            connection = await db_session.get_one(GitConnection, connection_id)
            if not _is_due(connection):
                connection.renewing_until = None
                return False
            return True

    async def _renew(self, connection_id: str) -> None:
        connection = await self._get(connection_id)
        try:
            renewed = await self._exchange(connection)
        except (SignInRefused, TokenUnknown, RepositoryNotFound) as exc:
            raise await self._lost(connection_id, _why(connection, exc)) from exc
        except PlatformError:
            async with self._database.unit_of_work() as db_session:
                if (kept := await db_session.get(GitConnection, connection_id)) is not None:
                    kept.renewing_until = None
            raise
        async with self._database.unit_of_work() as db_session:
            kept = await db_session.get(GitConnection, connection_id)
            if kept is not None:
                put_tokens(kept, renewed, self._box)

    async def _exchange(self, connection: GitConnection) -> Renewed:
        refresh = self._decrypt(connection, connection.refresh_token)
        return await renew(connection, await self._app(connection), refresh)

    async def _app(self, connection: GitConnection) -> OpenApp:
        async with self._database.reading() as db_session:
            app = await db_session.get(GitApp, connection.app_id)
            if app is None:
                raise SignInRefused(REMOVED)
            return GitAppService(db_session, self._box).open(app, self._options)

    async def _forget(self, connection_id: str, token: str) -> bool:
        """Let the next caller renew a token that the host does not know; False when it cannot be renewed."""
        async with self._database.unit_of_work() as db_session:
            kept = await db_session.get(GitConnection, connection_id)
            if kept is None or kept.app_id is None or not (kept.installation_id or kept.refresh_token):
                return False
            if self._decrypt(kept, kept.token) == token:
                kept.token, kept.expires_at = "", None
            return True

    async def _lost(self, connection_id: str, problem: str) -> SignInNeeded:
        """Note that the connection does not work any more, and return the error that says so."""
        async with self._database.unit_of_work() as db_session:
            kept = await db_session.get(GitConnection, connection_id)
            if kept is None:
                return SignInNeeded("The connection was removed.")
            sign_out(kept, problem)
            return _needed(kept)


def _is_due(connection: GitConnection) -> bool:
    if not connection.token:
        return True
    return connection.expires_at is not None and connection.expires_at - AHEAD <= now()


def _is_valid(connection: GitConnection) -> bool:
    return bool(connection.token) and (connection.expires_at is None or connection.expires_at > now())


def _is_of(connection: GitConnection, url: str) -> bool:
    """Tell whether the address is of the connection's own host; its token is sent nowhere else."""
    there, here = urlsplit(connection.url), urlsplit(url)
    return (there.scheme, there.netloc.lower()) == (here.scheme, here.netloc.lower())


def _why(connection: GitConnection, exc: PlatformError) -> str:
    if isinstance(exc, RepositoryNotFound):
        return f"The app is not installed at {connection.account} any more."
    if isinstance(exc, TokenUnknown):
        return "The host does not know the app any more; the administrator has to register it again."
    return exc.detail


def _needed(connection: GitConnection) -> SignInNeeded:
    return SignInNeeded(
        f"The connection to {connection.account} at {connection.url} does not work any more."
        f" {connection.problem or ''}".rstrip(),
        hint="Sign in again under Account, Git hosts.",
        connection_id=connection.id,
    )
