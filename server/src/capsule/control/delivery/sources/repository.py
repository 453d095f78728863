"""Queries on the access to sources."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.models import Capsule, GitApp, GitConnection, SourceAccess


class SourceRepository:
    def __init__(self, db_session: AsyncSession) -> None:
        self._db_session = db_session

    async def access_of(self, capsule_id: str) -> SourceAccess | None:
        query = select(SourceAccess).where(SourceAccess.capsule_id == capsule_id)
        return (await self._db_session.scalars(query)).first()

    async def connection(self, connection_id: str, team_id: str) -> GitConnection | None:
        found = await self._db_session.get(GitConnection, connection_id)
        return found if found is not None and found.team_id == team_id else None

    async def connections_of(self, team_id: str) -> Sequence[GitConnection]:
        query = select(GitConnection).where(GitConnection.team_id == team_id)
        return (await self._db_session.scalars(query.order_by(GitConnection.created_at))).all()

    async def connection_to(
        self, team_id: str, *, url: str, account: str, app_id: str | None = None
    ) -> GitConnection | None:
        """Return the team's connection to an account, through a registration or by a pasted token."""
        query = select(GitConnection).where(
            GitConnection.team_id == team_id,
            GitConnection.url == url,
            GitConnection.account == account[:200],
            GitConnection.app_id == app_id,
        )
        return (await self._db_session.scalars(query)).first()

    async def through_installation(self, app_id: str, installation_id: str) -> Sequence[GitConnection]:
        query = select(GitConnection).where(
            GitConnection.app_id == app_id, GitConnection.installation_id == installation_id
        )
        return (await self._db_session.scalars(query)).all()

    async def kinds_of_hosts(self, team_id: str) -> dict[str, str]:
        """Return `{"git.example:8443": "gitea"}` for hosts that are registered, or that the team uses."""
        used = select(GitConnection.url, GitConnection.provider).where(GitConnection.team_id == team_id)
        found = await self._db_session.execute(select(GitApp.url, GitApp.provider).union(used))
        return {urlsplit(url).netloc.lower(): provider for url, provider in found}

    async def users_of(self, connection_id: str) -> Sequence[SourceAccess]:
        query = select(SourceAccess).where(SourceAccess.connection_id == connection_id)
        return (await self._db_session.scalars(query)).all()

    async def polled(self) -> Sequence[Capsule]:
        """Return capsules made from a repository that has never sent a webhook."""
        query = (
            select(Capsule)
            .outerjoin(SourceAccess, SourceAccess.capsule_id == Capsule.id)
            .where(SourceAccess.last_hook_at.is_(None), Capsule.removed_at.is_(None))
            .order_by(Capsule.id)
        )
        found = (await self._db_session.scalars(query)).all()
        return [capsule for capsule in found if capsule.source.get("kind") == "git"]
