"""One build, from claimed to its end: fetch → plan → build (or an equal artifact) → release → deployment."""

import asyncio
import json
import logging
import time
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.build.contract import BuildSettings
from capsule.build.pipeline import Fetched
from capsule.build.plan import CannotPlan, Plan
from capsule.build.sources.address import public_url
from capsule.control.delivery.builds.repository import BuildRepository
from capsule.control.delivery.deployments.service import request_deployment
from capsule.control.delivery.leases import Lease, LeaseLost, end
from capsule.control.delivery.releases.requirements import resolve
from capsule.control.delivery.releases.service import make_release
from capsule.control.delivery.serves.shell import shell_of_build
from capsule.control.delivery.sources.connections.accounts import Accounts
from capsule.control.workload.env.service import EnvService
from capsule.errors import PlatformError
from capsule.kit.ids import new_id
from capsule.models import Build, Capsule
from capsule.reconcile.disk import check_room, full_disk
from capsule.reconcile.platform import Platform
from capsule.telemetry.lines import LineLog

log = logging.getLogger(__name__)

_CHOSEN = (
    "run_command",
    "build_command",
    "output_directory",
    "entry",
    "release_command",
    "dockerfile",
    "docker_context",
)


class BuildStopped(PlatformError):
    """The build ends here: failed, with a reason for people."""

    code, title = "build_stopped", "Build failed"


class BuildRun:
    """What it writes is fenced: after another worker took the build over, nothing of this one counts."""

    def __init__(self, platform: Platform, lease: Lease[Build], build: Build, capsule: Capsule) -> None:
        self._platform = platform
        self._lease = lease
        self._build = build
        self._capsule = capsule
        path = platform.paths.build_log(build.id)
        path.unlink(missing_ok=True)  # of an earlier run that died
        self._log = LineLog(path)

    async def run(self) -> None:
        """Build, and write how it ended. Only LeaseLost and cancellation come out of it."""
        try:
            async with self._lease.kept(), asyncio.timeout(self._platform.build_limits.seconds):
                await self._run()
        except LeaseLost:
            raise
        except TimeoutError:
            await self._fail(f"The build took longer than {self._platform.build_limits.seconds:g} s.", None)
        except PlatformError as exc:
            await self._fail(exc.detail, exc.hint)
        except OSError as exc:
            if (full := full_disk(exc)) is None:
                raise
            await self._fail(full.detail, full.hint)
        finally:
            self._log.close()
            await self._platform.pipeline.forget(self._build.id)

    def say(self, text: str) -> None:
        self._log.write(text, stream="platform")

    async def _run(self) -> None:
        check_room(self._platform.paths.root, wanted=self._platform.build_limits.free_disk)
        fetched = await self._fetch()
        settings = await self._settings()
        key = self._platform.pipeline.key(fetched, settings)
        if not await self._use_again(key):
            plan = await self._plan(fetched, settings)
            await self._execute(plan, fetched, settings, key)
        await self._finish()

    async def _fetch(self) -> Fetched:
        source = {**self._build.source}
        source["path"] = source.get("path") or self._build.settings.get("project_path") or ""
        self.say(_describe(source))
        accounts = Accounts(self._platform.database, self._platform.box, self._platform.git)
        access = await accounts.git_access(self._capsule, self._platform.paths)
        fetched = await self._platform.pipeline.fetch(
            source, capsule_id=self._capsule.id, build_id=self._build.id, log=self._log, access=access
        )
        if fetched.commit:
            commit = {"commit": fetched.commit, "subject": fetched.subject}
            async with self._lease.unit_of_work() as (_, build):
                build.source = {**build.source, **commit}
            self.say(f"Commit {fetched.commit[:12]} {fetched.subject or ''}".rstrip())
        return fetched

    async def _settings(self) -> BuildSettings:
        chosen = {key: str(self._build.settings.get(key) or "") for key in _CHOSEN}
        async with self._platform.database.reading() as db_session:
            service = EnvService(db_session, self._platform.box, self._platform.site)
            env = await service.build_environment(self._capsule)
        return BuildSettings(
            type=self._capsule.type,
            env=env,
            image=str(self._build.source.get("image") or ""),
            port=int(self._build.settings.get("port") or 0),
            **chosen,
        )

    async def _use_again(self, key: str) -> bool:
        """Take over the artifact of an equal build that replicas can still be started from."""
        async with self._lease.unit_of_work() as (db_session, build):
            build.source_digest = key
            equals = list(await BuildRepository(db_session).equal(self._capsule.id, key))
        for equal in equals:
            if equal.artifact_id and await self._platform.pipeline.keeps(equal.artifact_id):
                async with self._lease.unit_of_work() as (_, build):
                    build.artifact_id, build.plan, build.manifest = (
                        equal.artifact_id,
                        equal.plan,
                        equal.manifest,
                    )
                self.say(f"Nothing has changed since build {equal.id}; its result is used again.")
                return True
        return False

    async def _plan(self, fetched: Fetched, settings: BuildSettings) -> Plan:
        plan = await self._platform.pipeline.plan(fetched.tree, settings)
        if isinstance(plan, CannotPlan):
            raise BuildStopped(" ".join(plan.reasons), hint=plan.hint)
        for choice in plan.choices:
            self.say(f"{choice.what}: {choice.value}  ({choice.reason})")
        for notice in plan.notices:
            self.say(f"Note: {notice}")
        async with self._lease.unit_of_work() as (_, build):
            build.plan = msgspec.to_builtins(plan)
        return plan

    async def _execute(self, plan: Plan, fetched: Fetched, settings: BuildSettings, key: str) -> None:
        artifact_id = new_id("art")
        started = time.monotonic()
        artifact = await self._platform.pipeline.build(
            plan,
            tree=fetched.tree,
            artifact_id=artifact_id,
            identity=self._capsule.number,
            env=settings.env,
            log=self._log,
            limits=self._platform.build_limits,
        )
        async with self._lease.unit_of_work() as (_, build):
            build.artifact_id = artifact_id
            build.manifest = _plain(artifact.manifest)
        self.say(f"Built in {time.monotonic() - started:.1f} s, {_size(artifact.size_bytes)}.")

    async def _finish(self) -> None:
        async with self._lease.unit_of_work() as (db_session, build):
            capsule = await db_session.get(Capsule, self._capsule.id)
            if capsule is None or capsule.removed_at is not None:
                end(build, "cancelled", "The capsule was removed.")
            elif build.trigger == "serve":
                shell = await shell_of_build(db_session, self._platform.box, build)
                await resolve(db_session, capsule, build.manifest, given=shell)
                end(build, "succeeded")
            else:
                await self._release(db_session, build, capsule)

    async def _release(self, db_session: AsyncSession, build: Build, capsule: Capsule) -> None:
        assert build.artifact_id is not None
        release = await make_release(db_session, self._platform.box, capsule, build, build.artifact_id)
        end(build, "succeeded")
        if capsule.is_on:
            await request_deployment(
                db_session, capsule, release, trigger="build", requested_by=build.requested_by
            )
            self.say(f"Release {release.number} is being deployed.")
        else:
            capsule.release_id = release.id
            self.say(f"Release {release.number} goes live when the capsule is switched on.")

    async def _fail(self, reason: str, hint: str | None) -> None:
        self.say(reason)
        if hint:
            self.say(f"Hint: {hint}")
        async with self._lease.unit_of_work() as (_, build):
            end(build, "failed", reason, hint)


def _describe(source: dict[str, Any]) -> str:
    where = f", folder {source['path']}" if source.get("path") else ""
    if source.get("kind") == "git":
        url = public_url(str(source.get("url")))
        return f"Source: {url}, branch {source.get('branch') or '(default)'}{where}"
    if source.get("kind") == "image":
        return f"Source: the image {source.get('image')}"
    if source.get("kind") == "push":
        return f"Source: what was pushed to {source.get('branch')}{where}"
    return f"Source: uploaded files{where}"


def _plain(manifest: dict[str, object] | None) -> dict[str, Any] | None:
    return None if manifest is None else json.loads(json.dumps(manifest))


def _size(size: int) -> str:
    return f"{size / 1024**2:.1f} MiB" if size >= 1024**2 else f"{size / 1024:.0f} KiB"
