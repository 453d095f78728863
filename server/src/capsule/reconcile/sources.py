"""What happens to sources by the clock: repositories that send nothing are looked at, previews end."""

import asyncio
import logging
import random
import time

from sqlalchemy import select

from capsule.build.sources.git import newest_commit
from capsule.control.delivery.sources.connections.accounts import Accounts
from capsule.control.delivery.sources.connections.hosts import repository_of
from capsule.control.delivery.sources.hooks.signatures import new_secret
from capsule.control.delivery.sources.previews.service import remove_preview
from capsule.control.delivery.sources.repository import SourceRepository
from capsule.control.delivery.sources.service import SourceService
from capsule.control.delivery.sources.triggers import build_for_push
from capsule.errors import PlatformError
from capsule.kit.clock import now
from capsule.models import Build, Capsule, SourceAccess
from capsule.reconcile.platform import Platform

log = logging.getLogger(__name__)

_AT_ONCE = 4
_JITTER = 0.3
_RETRY_SECONDS = 3600.0


class Sources:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._options = platform.git
        self._accounts = Accounts(platform.database, platform.box, platform.git)
        self._next_look: dict[str, float] = {}
        self._next_setup: dict[str, float] = {}

    async def tend(self) -> None:
        await self._end_previews()
        await self._set_up_webhooks()
        if self._options.poll_seconds > 0:
            await self._look()

    async def _end_previews(self) -> None:
        async with self._platform.database.reading() as db_session:
            query = select(Capsule.id).where(Capsule.expires_at < now(), Capsule.removed_at.is_(None))
            over = (await db_session.scalars(query)).all()
        for capsule_id in over:
            async with self._platform.database.unit_of_work() as db_session:
                preview = await db_session.get(Capsule, capsule_id)
                if preview is not None and preview.removed_at is None and preview.parent_id is not None:
                    await remove_preview(db_session, self._platform.events, preview)

    async def _look(self) -> None:
        """Ask each repository for its newest commit, spread over time so that hosts are not asked at once."""
        async with self._platform.database.reading() as db_session:
            capsules = await SourceRepository(db_session).polled()
        wanted = [capsule for capsule in capsules if capsule.config.get("auto_deploy") is not False]
        at = time.monotonic()
        known = {capsule.id for capsule in wanted}
        self._next_look = {key: due for key, due in self._next_look.items() if key in known}
        due = []
        for capsule in wanted:
            # One that was just made is being built; it is looked at a round later.
            if self._next_look.setdefault(capsule.id, at + self._pause()) <= at:
                self._next_look[capsule.id] = at + self._pause()
                due.append(capsule)
        for start in range(0, len(due), _AT_ONCE):
            await asyncio.gather(*(self._look_at(capsule) for capsule in due[start : start + _AT_ONCE]))

    def _pause(self) -> float:
        return self._options.poll_seconds * random.uniform(1 - _JITTER, 1 + _JITTER)

    async def _look_at(self, capsule: Capsule) -> None:
        async with self._platform.database.reading() as db_session:
            builds = select(Build).where(Build.capsule_id == capsule.id, Build.trigger != "serve")
            newest = (await db_session.scalars(builds.order_by(Build.created_at.desc()).limit(1))).first()
        if newest is None or newest.status in ("queued", "running") or "commit" not in newest.source:
            return
        try:
            access = await self._accounts.git_access(capsule, self._platform.paths)
            commit = await newest_commit(
                str(capsule.source["url"]), str(capsule.source.get("branch") or ""), access
            )
        except PlatformError as exc:
            log.info("%s is not looked at: %s", capsule.id, exc.detail)
            return
        if not commit or commit == newest.source["commit"]:
            return
        async with self._platform.database.unit_of_work() as db_session:
            current = await db_session.get(Capsule, capsule.id)
            if current is not None and current.removed_at is None and current.source == capsule.source:
                await build_for_push(db_session, current, trigger="poll")

    async def _set_up_webhooks(self) -> None:
        """Let the host send webhooks for each capsule that was made from a connection and has none yet."""
        async with self._platform.database.reading() as db_session:
            query = select(SourceAccess).where(
                SourceAccess.connection_id.is_not(None), SourceAccess.webhook_secret == ""
            )
            lacking = (await db_session.scalars(query)).all()
        at = time.monotonic()
        for access in lacking:
            if self._next_setup.get(access.id, 0.0) <= at:
                self._next_setup[access.id] = at + _RETRY_SECONDS
                await self._set_up(access)

    async def _set_up(self, access: SourceAccess) -> None:
        site, box = self._platform.site, self._platform.box
        async with self._platform.database.reading() as db_session:
            capsule = await db_session.get(Capsule, access.capsule_id)
            connection = await SourceRepository(db_session).connection(
                access.connection_id or "", access.team_id
            )
            if capsule is None or connection is None:
                return
            repository = repository_of(str(capsule.source.get("url", "")), connection.url)
        if not repository or connection.installation_id is not None:
            return  # a GitHub App has one webhook for all of its repositories
        secret = new_secret()
        sentence = "The webhook is set up in the repository."
        try:
            address = f"{site.url()}/api/v1/hooks/{capsule.id}"
            await self._accounts.ask(
                connection, lambda host: host.install_webhook(repository, address, secret)
            )
        except PlatformError as exc:
            secret = ""
            sentence = f"The webhook could not be set up in the repository: {exc.detail}"
        async with self._platform.database.unit_of_work() as db_session:
            current = await db_session.get(Capsule, access.capsule_id)
            if current is not None:
                await SourceService(db_session, box).webhook_set_up(
                    current, secret, provider=connection.provider, sentence=sentence
                )
