"""A server, node agent or edge that dies at the worst moment; nothing is left half made."""

import asyncio

import pytest
from reconcile_stage import Stage

from capsule.edge.contract import RouteState
from capsule.engines.contract import Exit
from capsule.models import Build, Deployment, Release, Replica
from capsule.reconcile.platform import Pace
from capsule.reconcile.upgrades import rebuild_outdated_apps
from cpsl.wire import PROTOCOL


class TestServerKilled:
    async def test_while_the_replica_had_not_answered(self, stage: Stage) -> None:
        stage.edge.silent = True
        dying = await stage.begin(stage.mortal(pace=Pace(answer=60)))
        capsule = await stage.add_capsule()

        async def runs() -> bool:
            return await stage.running(capsule) != []

        await stage.until(runs)
        (half_made,) = await stage.running(capsule)
        await stage.kill(dying)
        stage.edge.silent = False
        await stage.begin()
        assert (await stage.until_ended(Deployment, capsule)).status == "succeeded"
        await stage.until_replicas(capsule, 1)
        assert half_made not in await stage.running(capsule)

    @pytest.mark.parametrize("strategy", ["rolling", "recreate"])
    async def test_release_of_a_push_that_broke_off_does_not_go_live(
        self, strategy: str, stage: Stage
    ) -> None:
        first = await stage.begin()
        capsule = await stage.live(config={"strategy": strategy})
        (before,) = await stage.rows(Release, capsule)
        await first.stop()
        dying = await stage.begin(stage.mortal(pace=Pace(answer=60)))
        stage.edge.silent, stage.pipeline.tree = True, "tree-2"
        build = await stage.build(capsule)
        async with stage.database.unit_of_work() as db_session:
            (await db_session.get_one(Build, build.id)).trigger = "push"

        async def has_begun() -> bool:
            rows = await stage.rows(Replica, capsule)
            return any(row.release_id != before.id and row.state == "starting" for row in rows)

        await stage.until(has_begun)
        await stage.kill(dying)
        stage.edge.silent = False
        await stage.begin()
        ended = await stage.until_ended(Deployment, capsule, rows=3 if strategy == "recreate" else 2)
        pushed = (await stage.rows(Deployment, capsule))[1]
        assert (pushed.status, pushed.hint) == ("cancelled", "Push again.")
        assert (ended.status, ended.release_id) in {
            ("succeeded", before.id),
            ("cancelled", pushed.release_id),
        }
        await stage.until_replicas(capsule, 1)
        rows = await stage.rows(Replica, capsule)
        assert [row.release_id for row in rows if row.state != "stopped"] == [before.id]

    async def test_between_the_swap_and_the_record_of_it(self, stage: Stage) -> None:
        reconciler = await stage.begin()
        capsule = await stage.live()
        (replica,) = await stage.running(capsule)
        await reconciler.stop()
        async with stage.database.unit_of_work() as db_session:
            (row,) = await stage.rows(Deployment, capsule)
            deployment = await db_session.get_one(Deployment, row.id)
            deployment.status, deployment.finished_at = "running", None
        await stage.begin()
        assert (await stage.until_ended(Deployment, capsule)).status == "succeeded"
        await stage.until_replicas(capsule, 1)
        assert await stage.running(capsule) == [replica]

    async def test_while_the_old_replica_still_had_requests(self, stage: Stage) -> None:
        first = await stage.begin()
        capsule = await stage.live()
        (before,) = await stage.running(capsule)
        await first.stop()
        pace = Pace(answer=5, drain=60)
        dying = await stage.begin(stage.mortal(pace=pace))
        stage.edge.drain, stage.pipeline.tree = 60.0, "tree-2"
        route = stage.edge.table[capsule.id]
        await stage.build(capsule)

        async def has_moved() -> bool:
            return stage.edge.table[capsule.id] != route

        await stage.until(has_moved)
        await stage.kill(dying)
        object.__setattr__(stage.platform, "pace", pace)
        await stage.begin()
        assert (await stage.until_ended(Deployment, capsule, rows=2)).status == "succeeded"
        await asyncio.sleep(0.5)
        assert before in await stage.running(capsule)

    async def test_before_the_old_replica_was_retired(self, stage: Stage) -> None:
        reconciler = await stage.begin()
        capsule = await stage.live()
        await reconciler.stop()
        (first,) = await stage.running(capsule)
        async with stage.database.unit_of_work() as db_session:
            (row,) = await stage.rows(Replica, capsule)
            (await db_session.get_one(Replica, row.id)).started_by = "dpl_older"
        stage.pipeline.tree = "tree-2"
        await stage.build(capsule)
        await stage.begin()
        await stage.until_ended(Deployment, capsule, rows=2)
        await stage.until_replicas(capsule, 1)
        assert first not in await stage.running(capsule)


class TestPlatformUpgraded:
    async def test_apps_whose_sdk_is_of_before_are_built_again_and_others_left_alone(
        self, stage: Stage
    ) -> None:
        await stage.begin()
        stage.pipeline.manifest = {"protocol": PROTOCOL}
        current = await stage.live(type="app")
        stage.pipeline.manifest = {}
        outdated = await stage.live(type="app")
        web = await stage.live()
        stage.pipeline.manifest = {"protocol": PROTOCOL}
        stage.pipeline.tree = "tree-2"
        for _ in range(2):
            await rebuild_outdated_apps(stage.platform)
            await stage.until_ended(Deployment, outdated, rows=2)
        assert [build.trigger for build in await stage.rows(Build, outdated)] == ["manual", "upgrade"]
        assert len(await stage.rows(Build, current)) == len(await stage.rows(Build, web)) == 1


class TestMachineRestarted:
    async def test_what_should_run_is_started_again(self, stage: Stage) -> None:
        reconciler = await stage.begin()
        capsule = await stage.live()
        await reconciler.stop()
        for replica_id in await stage.running(capsule):
            await stage.engine.destroy(replica_id)
        stage.edge.table.clear()
        await stage.begin()
        await stage.until_ended(Deployment, capsule, rows=2)
        await stage.until_replicas(capsule, 1)
        assert stage.edge.table[capsule.id].state is RouteState.live

    async def test_route_that_the_edge_forgot_is_put_again(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        route = stage.edge.table.pop(capsule.id)

        async def back() -> bool:
            return stage.edge.table.get(capsule.id) == route

        await stage.until(back)

    async def test_app_that_the_app_host_forgot_is_put_again(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live(type="app")
        app = stage.apps.hosted.pop((capsule.id, "deploy"))

        async def back() -> bool:
            return stage.apps.hosted.get((capsule.id, "deploy")) == app

        await stage.until(back)


class TestReplicas:
    async def test_lost_replica_is_replaced(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        (lost,) = await stage.running(capsule)
        await stage.engine.destroy(lost)
        await stage.until_ended(Deployment, capsule, rows=2)
        await stage.until_replicas(capsule, 1)

    async def test_replica_that_nothing_wants_is_destroyed(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        (known,) = await stage.running(capsule)
        spec = stage.engine.world.replicas[known].spec
        await stage.engine.start(type(spec)(**{**spec.__dict__, "id": "rpl_orphan"}))

        async def gone() -> bool:
            return await stage.running(capsule) == [known]

        await stage.until(gone)

    async def test_crash_loop_is_shown_as_failed_with_the_reason(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        (replica,) = await stage.running(capsule)
        for _ in range(5):
            stage.engine.crash(replica, Exit(code=7))

            async def runs_again() -> bool:
                return (await stage.engine.inspect(replica)).pid is None

            await stage.until(runs_again)
            await asyncio.sleep(0.12)

        async def failed() -> bool:
            return stage.edge.table[capsule.id].state is RouteState.failed

        await stage.until(failed)
        assert "last it exited with code 7" in stage.edge.table[capsule.id].reason
        (row,) = await stage.rows(Replica, capsule)
        assert (row.state, row.restarts >= 5) == ("unhealthy", True)

    async def test_chat_of_an_app_that_keeps_crashing_stays_open(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live(type="app")
        (replica,) = await stage.running(capsule)

        for _ in range(5):
            stage.engine.crash(replica, Exit(code=7))
            await asyncio.sleep(0.12)

        async def unhealthy() -> bool:
            (row,) = await stage.rows(Replica, capsule)
            return bool(row.state == "unhealthy")

        await stage.until(unhealthy)
        await asyncio.sleep(1)
        assert stage.edge.table[capsule.id].state is RouteState.live
