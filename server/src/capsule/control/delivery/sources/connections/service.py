"""A team's accounts at git hosts: made with a token that works, and asked for repositories."""

from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.build.sources.options import GitOptions
from capsule.control.delivery.sources.connections.hosts import HOSTS, GitHost
from capsule.control.delivery.sources.repository import SourceRepository
from capsule.control.delivery.sources.service import check_token, connection_context
from capsule.errors import InvalidInput
from capsule.kit.clock import now
from capsule.kit.crypto import SecretBox
from capsule.kit.ids import new_id
from capsule.models import GitConnection


class InvalidHost(InvalidInput):
    code, title = "invalid_git_host", "Invalid git host"


def host_of(provider: str, url: str, token: str, options: GitOptions) -> GitHost:
    """Return the host's API as this token. Private addresses are only for hosts that the settings name."""
    return HOSTS[provider](url, token, allow_private=is_private_host(url, options))


def is_private_host(url: str, options: GitOptions) -> bool:
    """Tell whether the settings let the host be in a private network."""
    return (urlsplit(url).hostname or "") in options.private_hosts


def sign_out(connection: GitConnection, problem: str) -> None:
    """Note that somebody has to sign in again; capsules keep the connection."""
    connection.status, connection.problem = "signed_out", problem
    connection.token, connection.refresh_token = "", None
    connection.expires_at, connection.renewing_until = None, None


def check_host(url: str) -> str:
    """Return the address without a slash at its end. Raises InvalidHost."""
    parts = urlsplit(url)
    try:
        is_good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or parts.username or parts.query or parts.fragment:
        raise InvalidHost(
            f"'{url[:200]}' is not the address of a git host.",
            hint="Such as https://gitlab.example",
            field="url",
        )
    return url.rstrip("/")


class ConnectionService:
    """Works inside the caller's unit of work; asks no host."""

    def __init__(self, db_session: AsyncSession, box: SecretBox) -> None:
        self._db_session = db_session
        self._box = box

    async def add(self, team_id: str, *, provider: str, url: str, account: str, token: str) -> GitConnection:
        """Connect the team, or give the connection that it has of this account another token."""
        check_token(token)
        connection = await SourceRepository(self._db_session).connection_to(team_id, url=url, account=account)
        if connection is None:
            connection = new_connection(team_id, provider=provider, url=url, account=account)
            self._db_session.add(connection)
        connection.token = self._box.encrypt(token, context=connection_context(connection.id))
        connection.status, connection.problem = "connected", None
        await self._db_session.flush()
        return connection

    async def remove(self, connection: GitConnection) -> None:
        """Forget the connection; capsules that used it keep their source, and fetch it as anybody."""
        for access in await SourceRepository(self._db_session).users_of(connection.id):
            access.connection_id = None
        await self._db_session.delete(await self._db_session.merge(connection))


def new_connection(team_id: str, *, provider: str, url: str, account: str) -> GitConnection:
    """Return a connection that has no token yet."""
    return GitConnection(
        id=new_id("gcn"),
        team_id=team_id,
        provider=provider,
        url=url,
        account=account[:200],
        token="",
        status="connected",
        created_at=now(),
    )
