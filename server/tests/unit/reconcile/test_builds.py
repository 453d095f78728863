"""The queue of builds: order, cap, cancelling, reuse, failure, and a server that dies."""

import asyncio
import errno
from dataclasses import replace

from reconcile_stage import Stage

from capsule.build.contract import BuildLimits
from capsule.control.delivery.builds.service import cancel_build
from capsule.models import Build, Deployment, Release
from capsule.telemetry.lines import read_lines


class TestQueue:
    async def test_only_so_many_at_once(self, stage: Stage) -> None:
        stage.pipeline.seconds = 0.15
        capsules = [await stage.add_capsule() for _ in range(5)]
        await stage.begin()
        for capsule in capsules:
            assert (await stage.until_ended(Build, capsule)).status == "succeeded"
        assert stage.pipeline.most_at_once == 2

    async def test_newer_build_takes_the_place_of_one_that_waits(self, stage: Stage) -> None:
        capsule = await stage.add_capsule()
        await stage.build(capsule)
        assert await stage.statuses(Build, capsule) == ["cancelled", "queued"]

    async def test_one_capsule_builds_once_at_a_time(self, stage: Stage) -> None:
        stage.pipeline.seconds = 0.4
        await stage.begin()
        capsule = await stage.add_capsule()

        async def runs() -> bool:
            return await stage.statuses(Build, capsule) == ["running"]

        await stage.until(runs)
        stage.pipeline.tree = "tree-2"
        await stage.build(capsule)
        await stage.until_ended(Build, capsule, rows=2)
        assert stage.pipeline.most_at_once == 1


class TestCancel:
    async def test_running_build_is_cancelled_for_real(self, stage: Stage) -> None:
        stage.pipeline.seconds = 60
        await stage.begin()
        capsule = await stage.add_capsule()

        async def runs() -> bool:
            return stage.pipeline.most_at_once == 1

        await stage.until(runs)
        async with stage.database.unit_of_work() as db_session:
            (build,) = await stage.rows(Build, capsule)
            cancel_build(await db_session.get_one(Build, build.id))
        build = await stage.until_ended(Build, capsule)
        assert (build.status, build.reason) == ("cancelled", "Cancelled.")
        assert stage.pipeline._at_once == 0

    async def test_build_that_never_ends_is_timed_out(self, stage: Stage) -> None:
        stage.pipeline.seconds = 60
        limits = type(stage.platform.build_limits)(seconds=0.3)
        object.__setattr__(stage.platform, "build_limits", limits)
        await stage.begin()
        build = await stage.until_ended(Build, await stage.add_capsule())
        assert (build.status, build.reason) == ("failed", "The build took longer than 0.3 s.")


class TestResult:
    async def test_log_tells_choices_steps_and_result(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        (build,) = await stage.rows(Build, capsule)
        lines, _ = read_lines(stage.platform.paths.build_log(build.id))
        texts = [line["text"] for line in lines]
        assert "python: 3.11  (default)" in texts
        assert "building" in texts
        assert texts[-1] == "Release 1 is being deployed."
        assert build.source["commit"] == "c0ffee"

    async def test_unchanged_source_uses_the_artifact_again(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        await stage.build(capsule)
        deployment = await stage.until_ended(Deployment, capsule, rows=2)
        assert deployment.status == "succeeded"
        assert len(stage.pipeline.built) == 1
        first, second = await stage.rows(Release, capsule)
        assert first.artifact_id == second.artifact_id

    async def test_build_knows_the_address_of_its_capsule(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        assert stage.pipeline.last_env["APP_URL"].startswith(f"{capsule.slug}.localhost")

    async def test_artifact_that_is_gone_is_built_again(self, stage: Stage) -> None:
        import shutil

        await stage.begin()
        capsule = await stage.live()
        shutil.rmtree(stage.platform.paths.artifact(stage.pipeline.built[0]))
        await stage.build(capsule)
        await stage.until_ended(Deployment, capsule, rows=2)
        assert len(stage.pipeline.built) == 2

    async def test_failed_build_leaves_the_release_alone(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        replicas, route = await stage.running(capsule), stage.edge.table[capsule.id]
        stage.pipeline.tree, stage.pipeline.fails = "tree-2", "pip install exited with code 1."
        await stage.build(capsule)
        build = await stage.until_ended(Build, capsule, rows=2)
        assert (build.status, build.reason) == ("failed", "pip install exited with code 1.")
        await asyncio.sleep(0.5)
        assert await stage.running(capsule) == replicas
        assert stage.edge.table[capsule.id] == route

    async def test_project_that_cannot_be_planned_fails_with_reason_and_hint(self, stage: Stage) -> None:
        stage.pipeline.cannot_plan = "No start command was found."
        await stage.begin()
        build = await stage.until_ended(Build, await stage.add_capsule())
        assert (build.reason, build.hint) == ("No start command was found.", "Add a requirements.txt.")

    async def test_missing_secret_fails_the_build_with_the_command(self, stage: Stage) -> None:
        stage.pipeline.manifest = {"secrets": [{"_secret_name": "OPENAI_API_KEY"}]}
        await stage.begin()
        build = await stage.until_ended(Build, await stage.add_capsule(type="app"))
        assert build.status == "failed"
        assert "'OPENAI_API_KEY'" in build.reason
        assert build.hint == "capsule secret create OPENAI_API_KEY=…"

    async def test_missing_filesystem_fails_the_build_with_the_command(self, stage: Stage) -> None:
        stage.pipeline.manifest = {"filesystems": {"/data": {"name": "reports", "sources": []}}}
        await stage.begin()
        build = await stage.until_ended(Build, await stage.add_capsule(type="app"))
        assert "'reports'" in build.reason
        assert build.hint == "capsule fs create reports"

    async def test_declared_filesystem_is_mounted(self, stage: Stage) -> None:
        stage.pipeline.manifest = {"filesystems": {"/data": {"name": "reports"}}}
        storage = await stage.add_capsule(type="storage", name="reports")
        await stage.begin()
        capsule = await stage.live(type="app")
        (replica,) = await stage.running(capsule)
        (mount,) = stage.engine.world.replicas[replica].spec.mounts
        folder = stage.platform.paths.storage(storage.id)
        assert (mount.source, mount.target) == (str(folder), "/data")
        assert folder.stat().st_mode & 0o7777 == 0o2777


class TestCrash:
    async def test_build_runs_again_after_the_server_was_killed(self, stage: Stage) -> None:
        stage.pipeline.seconds = 60
        dying = await stage.begin(stage.mortal())
        capsule = await stage.add_capsule()

        async def runs() -> bool:
            return stage.pipeline.most_at_once == 1

        await stage.until(runs)
        await stage.kill(dying)
        assert await stage.statuses(Build, capsule) == ["running"]
        stage.pipeline.seconds = 0
        await stage.begin()
        build = await stage.until_ended(Build, capsule)
        assert (build.status, build.fence) == ("succeeded", 2)

    async def test_stopped_server_queues_the_build_again(self, stage: Stage) -> None:
        stage.pipeline.seconds = 60
        reconciler = await stage.begin()
        capsule = await stage.add_capsule()

        async def runs() -> bool:
            return stage.pipeline.most_at_once == 1

        await stage.until(runs)
        await reconciler.stop()
        assert await stage.statuses(Build, capsule) == ["queued"]


class TestDisk:
    async def test_a_build_that_fills_the_disk_says_so(self, stage: Stage) -> None:
        stage.pipeline.raises = OSError(errno.ENOSPC, "No space left on device")
        await stage.begin()
        build = await stage.until_ended(Build, await stage.add_capsule())
        assert build.status == "failed"
        assert build.reason == "The disk ran full during the build: No space left on device."
        assert build.hint.startswith("Make room on the server")

    async def test_no_build_starts_without_room(self, stage: Stage) -> None:
        await stage.begin(replace(stage.platform, build_limits=BuildLimits(free_disk=10**9)))
        build = await stage.until_ended(Build, await stage.add_capsule())
        assert build.status == "failed"
        assert build.reason.endswith("MiB left; a build starts with at least 1000000000.")
        assert stage.pipeline.built == []
