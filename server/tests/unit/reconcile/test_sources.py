"""What happens to sources by the clock: looks at repositories, the end of previews, webhooks set up."""

import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from reconcile_stage import Stage

from capsule.build.sources.options import GitOptions
from capsule.control.delivery.sources.connections.service import ConnectionService
from capsule.control.delivery.sources.service import SourceService
from capsule.control.delivery.sources.triggers import build_for_push, end_interrupted_pushes
from capsule.kit.clock import now
from capsule.models import Build, Capsule, SourceAccess
from capsule.reconcile.sources import Sources


def commit(repository: Path, text: str) -> str:
    argv = ["git", "-C", str(repository), "-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run([*argv, "commit", "-q", "--allow-empty", "-m", text], check=True)
    done = subprocess.run([*argv, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    commit(folder, "First")
    return folder


def looking(stage: Stage) -> Sources:
    """Return the loop, ready to look at each capsule whenever it is asked."""
    return Sources(replace(stage.platform, git=GitOptions(poll_seconds=1e-9)))


async def built(stage: Stage, capsule: Capsule, newest: str) -> None:
    async with stage.database.unit_of_work() as db_session:
        build = Build(
            id=f"bld_{newest[:8]}",
            team_id=capsule.team_id,
            capsule_id=capsule.id,
            status="succeeded",
            source={**capsule.source, "commit": newest},
        )
        db_session.add(build)


class TestPolling:
    async def add(self, stage: Stage, repository: Path, **config: object) -> Capsule:
        capsule = await stage.add_capsule(build=False, config=config)
        async with stage.database.unit_of_work() as db_session:
            fresh = await db_session.get_one(Capsule, capsule.id)
            fresh.source = {"kind": "git", "url": str(repository), "branch": "main"}
        capsule = await stage.get(capsule)
        await built(stage, capsule, commit(repository, "Built"))
        return capsule

    async def test_new_commit_is_built_and_a_known_one_is_not(self, stage: Stage, repository: Path) -> None:
        capsule = await self.add(stage, repository)
        sources = looking(stage)
        for _ in range(3):
            await sources.tend()
        assert await stage.statuses(Build, capsule) == ["succeeded"]
        commit(repository, "New")
        for _ in range(3):
            await sources.tend()
        builds = await stage.rows(Build, capsule)
        assert [(build.trigger, build.status) for build in builds][1:] == [("poll", "queued")]

    async def test_auto_deploy_off_and_webhooks_end_the_looking(self, stage: Stage, repository: Path) -> None:
        off = await self.add(stage, repository, auto_deploy=False)
        told = await self.add(stage, repository)
        async with stage.database.unit_of_work() as db_session:
            fresh = await db_session.get_one(Capsule, told.id)
            access = await SourceService(db_session, stage.platform.box).access_of(fresh)
            access.last_hook_at = now()
        commit(repository, "New")
        sources = looking(stage)
        for _ in range(3):
            await sources.tend()
        assert await stage.statuses(Build, off) == ["succeeded"]
        assert await stage.statuses(Build, told) == ["succeeded"]

    async def test_repository_that_is_gone_harms_nobody(self, stage: Stage, repository: Path) -> None:
        capsule = await self.add(stage, repository)
        repository.rename(repository.with_name("moved"))
        sources = looking(stage)
        for _ in range(3):
            await sources.tend()
        assert await stage.statuses(Build, capsule) == ["succeeded"]


async def test_preview_ends_when_nobody_pushed_for_long(stage: Stage) -> None:
    parent = await stage.add_capsule(build=False)
    old = await stage.add_capsule(
        build=False, parent_id=parent.id, preview_of="old", expires_at=now() - timedelta(seconds=1)
    )
    young = await stage.add_capsule(
        build=False, parent_id=parent.id, preview_of="new", expires_at=now() + timedelta(hours=1)
    )
    await Sources(stage.platform).tend()
    assert (await stage.get(old)).removed_at is not None
    assert (await stage.get(young)).removed_at is None
    assert (await stage.get(parent)).removed_at is None


async def test_newer_push_ends_a_running_build_and_says_so(stage: Stage) -> None:
    stage.pipeline.seconds = 60
    await stage.begin()
    capsule = await stage.add_capsule(build=False)

    async def push() -> None:
        async with stage.database.unit_of_work() as db_session:
            fresh = await db_session.get_one(Capsule, capsule.id)
            await build_for_push(db_session, fresh, trigger="webhook")

    async def is_building() -> bool:
        return stage.pipeline.most_at_once == 1

    await push()
    await stage.until(is_building)
    stage.pipeline.seconds = 0
    await push()
    await stage.until_ended(Build, capsule, rows=2)
    builds = await stage.rows(Build, capsule)
    assert [(build.status, build.reason) for build in builds] == [
        ("cancelled", "A newer push took its place."),
        ("succeeded", None),
    ]


async def test_build_that_a_person_asked_for_stays(stage: Stage) -> None:
    capsule = await stage.add_capsule()
    async with stage.database.unit_of_work() as db_session:
        (manual,) = await stage.rows(Build, capsule)
        (await db_session.get_one(Build, manual.id)).status = "running"
        await build_for_push(db_session, await db_session.get_one(Capsule, capsule.id), trigger="poll")
    first, _ = await stage.rows(Build, capsule)
    assert not first.cancel_requested


async def test_pushes_that_died_with_the_server_are_ended(stage: Stage) -> None:
    capsule = await stage.add_capsule(build=False)
    for status in ("queued", "running"):
        async with stage.database.unit_of_work() as db_session:
            db_session.add(
                Build(
                    id=f"bld_{status}",
                    team_id=capsule.team_id,
                    capsule_id=capsule.id,
                    status=status,
                    trigger="push",
                    source={},
                )
            )
    async with stage.database.unit_of_work() as db_session:
        assert sorted(await end_interrupted_pushes(db_session)) == ["bld_queued", "bld_running"]
    assert await stage.statuses(Build, capsule) == ["cancelled", "cancelled"]


async def test_webhook_that_cannot_be_set_up_is_told(stage: Stage) -> None:
    capsule = await stage.add_capsule(build=False)
    async with stage.database.unit_of_work() as db_session:
        connection = await ConnectionService(db_session, stage.platform.box).add(
            capsule.team_id, provider="gitea", url="https://x.example", account="a", token="t"
        )
        await db_session.flush()
        fresh = await db_session.get_one(Capsule, capsule.id)
        await SourceService(db_session, stage.platform.box).set_connection(fresh, connection.id)
    await Sources(stage.platform).tend()
    (access,) = await stage.rows(SourceAccess, capsule)
    assert access.webhook_secret == ""
    assert "could not be set up" in access.last_hook["sentence"]
