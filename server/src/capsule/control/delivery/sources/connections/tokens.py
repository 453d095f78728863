"""What a host gives for a connection when its token ends: the next one of an installation or of a sign-in."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from capsule.apps.connections import oauth
from capsule.control.delivery.sources.connections.hostapi import HostDisagrees
from capsule.control.delivery.sources.gitapps.github import GitHubApp
from capsule.control.delivery.sources.gitapps.oauth import SignInRefused, calling
from capsule.control.delivery.sources.gitapps.service import OpenApp
from capsule.control.delivery.sources.service import connection_context
from capsule.kit.clock import now
from capsule.kit.crypto import SecretBox
from capsule.models import GitConnection


@dataclass(frozen=True)
class Renewed:
    """What a host gave in exchange."""

    token: str
    expires_at: datetime | None
    refresh_token: str = ""
    """Empty: the one before stays good."""
    repository_ids: list[int] | None = None
    """Those that an installation is limited to now."""


async def renew(connection: GitConnection, app: OpenApp, refresh_token: str) -> Renewed:
    """Ask the host for the next token.

    Raises SignInRefused, TokenUnknown or RepositoryNotFound when somebody has to sign in again; GitAppRefused
    and HostUnavailable lose nothing.
    """
    if connection.installation_id is not None:
        return await _of_installation(app.github, connection, connection.installation_id)
    if not refresh_token:
        raise SignInRefused("The sign-in has ended.")
    asked_at = now()
    async with calling() as calls:
        got = await oauth.refresh(calls, app.provider, app.client, refresh_token)
    return Renewed(got.access_token, ends_at(asked_at, got.expires_in), got.refresh_token)


def put_tokens(connection: GitConnection, renewed: Renewed, box: SecretBox) -> None:
    """Keep what the host gave; the connection works again."""
    context = connection_context(connection.id)
    connection.token = box.encrypt(renewed.token, context=context)
    if renewed.refresh_token:
        connection.refresh_token = box.encrypt(renewed.refresh_token, context=context)
    if renewed.repository_ids is not None:
        connection.repository_ids = renewed.repository_ids
    connection.expires_at, connection.renewing_until = renewed.expires_at, None
    connection.status, connection.problem = "connected", None


def ends_at(asked_at: datetime, seconds: int) -> datetime | None:
    return asked_at + timedelta(seconds=seconds) if seconds else None


async def _of_installation(app: GitHubApp, connection: GitConnection, installation_id: str) -> Renewed:
    """Return a token for what the team may reach; repositories that left the installation are left out."""
    wanted = connection.repository_ids
    try:
        token, expires_at = await app.token(installation_id, wanted)
    except HostDisagrees:
        left = await app.repositories(installation_id)
        wanted = [number for number in wanted or () if number in left]
        if not wanted:
            raise SignInRefused("The repositories that it reached are gone from the installation.") from None
        token, expires_at = await app.token(installation_id, wanted)
    return Renewed(token, expires_at, repository_ids=wanted)
