"""The installation's registrations at git hosts: a GitHub App, or an OAuth application elsewhere."""

from dataclasses import asdict, dataclass, field

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.apps.connections.oauth import Client
from capsule.apps.connections.provider import Provider
from capsule.build.sources.options import GitOptions
from capsule.control.delivery.sources.connections.service import is_private_host, sign_out
from capsule.control.delivery.sources.gitapps.github import GitHubApp
from capsule.control.delivery.sources.gitapps.oauth import provider_at
from capsule.errors import Conflict, NotFound
from capsule.kit.clock import now
from capsule.kit.crypto import SecretBox
from capsule.kit.ids import new_id
from capsule.models import GitApp, GitConnection

REMOVED = "The administrator removed the registration that it was signed in through."


class GitAppNotFound(NotFound):
    code = "git_app_not_found"


class GitAppExists(Conflict):
    code = "git_app_exists"


@dataclass(frozen=True)
class AppSecrets:
    client_secret: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)
    """Of a GitHub App, as PEM."""
    webhook_secret: str = field(default="", repr=False)
    """What a GitHub App's webhooks are signed with; empty: it sends none."""


@dataclass(frozen=True)
class OpenApp:
    """A registration with its secrets, for calls to the host."""

    id: str
    kind: str
    url: str
    page: str
    client: Client
    provider: Provider
    github: GitHubApp
    webhook_secret: str = field(repr=False)
    is_private: bool = False
    """The host may be in a private network."""


class GitAppService:
    """Works inside the caller's unit of work; asks no host."""

    def __init__(self, db_session: AsyncSession, box: SecretBox) -> None:
        self._db_session = db_session
        self._box = box

    async def all(self) -> list[GitApp]:
        return list((await self._db_session.scalars(select(GitApp).order_by(GitApp.created_at))).all())

    async def get(self, app_id: str) -> GitApp:
        """Raises GitAppNotFound."""
        found = await self._db_session.get(GitApp, app_id)
        if found is None:
            raise GitAppNotFound(f"There is no registration '{app_id}'.", hint="GET /api/v1/git-apps")
        return found

    async def check_free(self, url: str) -> None:
        """Raises GitAppExists: of several registrations at a host nobody could tell which one counts."""
        found = (await self._db_session.scalars(select(GitApp).where(GitApp.url == url))).first()
        if found is not None:
            raise GitAppExists(
                f"'{found.name}' is registered at {url}.", hint="Change that one, or remove it.", field="url"
            )

    async def add(
        self,
        *,
        provider: str,
        url: str,
        name: str,
        client_id: str,
        secrets: AppSecrets,
        number: str | None = None,
        page: str | None = None,
        app_id: str | None = None,
    ) -> GitApp:
        """Raises GitAppExists."""
        await self.check_free(url)
        app = GitApp(
            id=app_id or new_id("gap"),
            provider=provider,
            url=url,
            name=name[:200],
            number=number,
            page=page,
            client_id=client_id,
            secrets="",
            created_at=now(),
        )
        self.put_secrets(app, secrets)
        self._db_session.add(app)
        await self._db_session.flush()
        return app

    async def remove(self, app: GitApp) -> None:
        """Forget the registration; what was signed in through it is signed out."""
        query = select(GitConnection).where(GitConnection.app_id == app.id)
        for connection in (await self._db_session.scalars(query)).all():
            sign_out(connection, REMOVED)
        await self._db_session.delete(app)

    def secrets(self, app: GitApp) -> AppSecrets:
        opened = self._box.decrypt(app.secrets, context=_context(app.id))
        return msgspec.json.decode(opened, type=AppSecrets)

    def put_secrets(self, app: GitApp, secrets: AppSecrets) -> None:
        app.secrets = self._box.encrypt(
            msgspec.json.encode(asdict(secrets)).decode(), context=_context(app.id)
        )

    def open(self, app: GitApp, options: GitOptions) -> OpenApp:
        secrets = self.secrets(app)
        is_private = is_private_host(app.url, options)
        return OpenApp(
            app.id,
            app.provider,
            app.url,
            app.page or "",
            Client(app.client_id, secrets.client_secret),
            provider_at(app.provider, app.url, is_trusted=is_private),
            GitHubApp(app.url, app.number or "", secrets.private_key, is_private),
            secrets.webhook_secret,
            is_private,
        )


def _context(app_id: str) -> str:
    return f"git_app:{app_id}"
