"""Decide on one push: build what the deployed branch would be, deploy it, and only then let the branch move.

Reads the new commit out of git's quarantine. Whoever pushes sees the build's lines as they come.
"""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select

from capsule.build.sources.commits import Commit
from capsule.build.sources.pushed import PushRepository
from capsule.build.trees import remove_tree
from capsule.control.delivery.builds.service import cancel_build, queue_build
from capsule.control.delivery.changes import Changes
from capsule.control.delivery.sources.hooks.delivery import Push
from capsule.control.delivery.sources.previews.service import Previewing
from capsule.control.delivery.sources.push.backend import Hook, RefUpdate
from capsule.control.delivery.sources.triggers import supersede_builds
from capsule.control.events import Events
from capsule.control.policy import Actor
from capsule.control.shapes.delivery import UNFINISHED
from capsule.control.site import Site
from capsule.db import Database
from capsule.errors import Conflict, PlatformError
from capsule.kit.crypto import SecretBox
from capsule.kit.ids import new_id
from capsule.models import Build, Capsule, Deployment, Release
from capsule.paths import DataPaths
from capsule.telemetry.lines import LineReader

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.1
_BROKE_OFF = "The push broke off."

RowT = TypeVar("RowT", Build, Deployment)


class PushRefused(Conflict):
    """What is pushed is not taken; the branch stays as it was."""

    code, title = "push_refused", "Push refused"


@dataclass(frozen=True)
class PushPlace:
    """Where pushes are decided; made once per request."""

    database: Database
    paths: DataPaths
    changes: Changes
    events: Events
    site: Site
    box: SecretBox


class PushDecision:
    """Give `decide` to a GitAnswer."""

    def __init__(
        self, place: PushPlace, repository: PushRepository, capsule: Capsule, branch: str, actor: Actor
    ) -> None:
        self._place = place
        self._repository = repository
        self._capsule = capsule
        self._branch = branch
        self._actor = actor
        self._said: list[str] = []

    async def decide(self, updates: list[RefUpdate], env: dict[str, str], hook: Hook) -> bool:
        self._hook = hook
        try:
            for update in updates:
                await self._check(update, env)
            deployed = self._deployed(updates)
            if deployed is None:
                names = ", ".join(update.branch or update.ref for update in updates)
                await self._say(f"Kept {names}; only pushes to '{self._branch}' are deployed.")
            else:
                await self._deploy(deployed, env)
        except PlatformError as exc:
            if exc.detail not in self._said[-3:]:
                await self._say("")
                await self._say(exc.detail)
                if exc.hint:
                    await self._say(f"Hint: {exc.hint}")
            return False
        return True

    async def stored(self, updates: list[RefUpdate]) -> None:
        """Bring previews of the other branches up to date, and keep the repository small."""
        for update in updates:
            if not update.branch or update.branch == self._branch:
                continue
            commit = None if update.is_deletion else await self._repository.find(update.new)
            push = Push(update.branch, commit.id if commit else "", commit.subject if commit else "")
            async with self._place.database.unit_of_work() as db_session:
                parent = await db_session.get(Capsule, self._capsule.id)
                if parent is not None and parent.removed_at is None and parent.source:
                    previews = Previewing(db_session, self._place.box, self._place.site, self._place.events)
                    await _quietly(previews.branch_pushed(parent, push))
        await self._repository.tidy()

    def _deployed(self, updates: list[RefUpdate]) -> RefUpdate | None:
        """Return the update that is deployed; a capsule without a source takes the one branch it is sent."""
        branches = [update for update in updates if update.branch and not update.is_deletion]
        if not self._capsule.source and len(branches) == 1:
            self._branch = branches[0].branch
        return next((update for update in branches if update.branch == self._branch), None)

    async def _check(self, update: RefUpdate, env: dict[str, str]) -> None:
        if not update.ref.startswith(("refs/heads/", "refs/tags/")):
            raise PushRefused(
                f"'{update.ref}' cannot be kept here; only branches and tags can.",
                hint=f"git push capsule HEAD:{self._branch}",
            )
        if update.is_deletion and update.branch == self._branch:
            raise PushRefused(
                f"'{self._branch}' is the branch that '{self._capsule.name}' is deployed from; it stays.",
                hint=f"To take the capsule offline: capsule stop {self._capsule.name}",
            )
        if not update.is_deletion:
            await self._repository.check_tree(update.new, env)

    async def _deploy(self, update: RefUpdate, env: dict[str, str]) -> None:
        commit = await self._repository.find(update.new, env)
        if commit is None:
            raise PushRefused(f"What is pushed to '{self._branch}' is not a commit.")
        if self._capsule.config.get("auto_deploy") is False:
            await self._say(f"Auto-deploy of '{self._capsule.name}' is off; the push is kept, not deployed.")
            return
        build = await self._queue(commit, env)
        try:
            release = await self._follow_build(build)
            await self._follow_deployment(build, release)
        except BaseException:
            await self._cancel(build)
            raise
        finally:
            await self._drop_tree(build)

    async def _queue(self, commit: Commit, env: dict[str, str]) -> Build:
        """Put the new tree where the build looks for it, then queue the build; older ones give way."""
        build_id = new_id("bld")
        target = self._place.paths.checkout(build_id)
        await self._repository.write(commit.id, target, env)
        async with self._place.database.unit_of_work() as db_session:
            capsule = await db_session.get(Capsule, self._capsule.id)
            if capsule is None or capsule.removed_at is not None:
                raise PushRefused(f"'{self._capsule.name}' is being removed.")
            if not capsule.source:
                capsule.source = {"kind": "push", "branch": self._branch, "path": ""}
            await supersede_builds(db_session, capsule.id)
            snapshot = {
                "kind": "push",
                "branch": self._branch,
                "path": capsule.source.get("path") or "",
                "commit": commit.id,
                "subject": commit.subject[:500],
            }
            return await queue_build(
                db_session,
                capsule,
                trigger="push",
                requested_by=self._actor.user.id,
                source=snapshot,
                settings=dict(capsule.config),
                build_id=build_id,
            )

    async def _follow_build(self, build: Build) -> Release:
        reader = LineReader(self._place.paths.build_log(build.id))
        with self._place.changes.listening(self._capsule.id) as news:
            while True:
                news.clear()
                current = await self._read(Build, build.id)
                is_over = current is None or current.status not in UNFINISHED
                while lines := await asyncio.to_thread(reader.read, limit=500):
                    for _, line in lines:
                        await self._say(str(line["text"]))
                if is_over:
                    break
                await self._wait(news)
        if current is None or current.status != "succeeded":
            reason = current.reason if current is not None else None
            raise PushRefused(reason or "The build was cancelled.", hint=current.hint if current else None)
        async with self._place.database.reading() as db_session:
            release = (await db_session.scalars(select(Release).where(Release.build_id == build.id))).first()
        if release is None:
            raise PushRefused(f"Build {build.id} made no release.")
        return release

    async def _follow_deployment(self, build: Build, release: Release) -> None:
        complaint: str | None = None
        with self._place.changes.listening(self._capsule.id) as news:
            while True:
                news.clear()
                capsule, deployment, newer = await self._look(build, release)
                if capsule is None or deployment is None:
                    return  # switched off: it goes live when switched on, as the build's log says
                if deployment.status == "succeeded":
                    url = self._place.site.url(self._place.site.host(capsule.slug))
                    await self._say(f"Release {release.number} is live at {url}")
                    return
                if newer is not None:
                    raise PushRefused("A newer push took its place.")
                if deployment.status not in UNFINISHED:
                    for line in deployment.log_tail[-20:]:
                        await self._say(str(line.get("text", "") if isinstance(line, dict) else line))
                    raise PushRefused(
                        deployment.reason or f"Release {release.number} did not go live.",
                        hint=deployment.hint,
                    )
                if deployment.reason not in (None, complaint):
                    complaint = deployment.reason
                    await self._say(str(complaint))
                await self._wait(news)

    async def _look(
        self, build: Build, release: Release
    ) -> tuple[Capsule | None, Deployment | None, Build | None]:
        """Return the capsule, the deployment of the release, and a push that came after this one."""
        deployments = select(Deployment).where(Deployment.release_id == release.id)
        pushes = select(Build).where(
            Build.capsule_id == self._capsule.id, Build.trigger == "push", Build.created_at > build.created_at
        )
        async with self._place.database.reading() as db_session:
            return (
                await db_session.get(Capsule, self._capsule.id),
                (await db_session.scalars(deployments.order_by(Deployment.created_at.desc()))).first(),
                (await db_session.scalars(pushes)).first(),
            )

    async def _cancel(self, build: Build) -> None:
        """Let nothing go on whose push cannot be accepted any more."""
        async with self._place.database.unit_of_work() as db_session:
            current = await db_session.get(Build, build.id)
            if current is not None and current.status in UNFINISHED:
                cancel_build(current, _BROKE_OFF)

    async def _drop_tree(self, build: Build) -> None:
        """Remove what was put there for a build that never began; others do it themselves."""
        current = await self._read(Build, build.id)
        if current is None or (current.started_at is None and current.status not in UNFINISHED):
            await asyncio.to_thread(remove_tree, self._place.paths.checkout(build.id))

    async def _read(self, model: type[RowT], row_id: str) -> RowT | None:
        async with self._place.database.reading() as db_session:
            return await db_session.get(model, row_id)

    async def _wait(self, news: asyncio.Event) -> None:
        """Return at the next news, or soon. Raises PushRefused when git is not there any more."""
        waits: Sequence[asyncio.Task[bool]] = [
            asyncio.create_task(event.wait()) for event in (news, self._hook.is_gone)
        ]
        await asyncio.wait(waits, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        if self._hook.is_gone.is_set():
            raise PushRefused(_BROKE_OFF)

    async def _say(self, text: str) -> None:
        self._said.append(text)
        del self._said[:-10]
        await self._hook.say(text)


async def _quietly(work: Awaitable[object]) -> None:
    """The push is stored in any case; why there is no preview is in the log."""
    try:
        await work
    except PlatformError as exc:
        log.info("no preview after a push: %s", exc.detail)


def check_pushable(capsule: Capsule) -> None:
    """Raise PushRefused when what is pushed to this capsule could not be deployed."""
    if capsule.removed_at is not None:
        raise PushRefused(f"'{capsule.name}' is being removed.")
    if capsule.type == "storage":
        raise PushRefused(f"'{capsule.name}' is a storage capsule; it holds files and is not built.")
    if capsule.parent_id is not None:
        raise PushRefused(
            f"'{capsule.name}' is a preview of another capsule.",
            hint=f"Push the branch '{capsule.source.get('branch')}' to the capsule itself.",
        )
    kind = capsule.source.get("kind", "push")
    if kind != "push":
        source = {"git": "another repository", "upload": "uploaded files", "image": "an image"}[kind]
        raise PushRefused(
            f"'{capsule.name}' is made from {source}, not from what is pushed here.",
            hint=f"To change that: capsule git remote {capsule.slug}",
        )


def deployed_branch(capsule: Capsule) -> str:
    return str(capsule.source.get("branch") or "main")
