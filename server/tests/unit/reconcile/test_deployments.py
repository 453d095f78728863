"""From a build to a live release, and every way in which that can go wrong."""

import asyncio

from reconcile_stage import Stage

from capsule.control.delivery.deployments import service
from capsule.edge.contract import RouteState
from capsule.engines.contract import Restart
from capsule.models import Build, Capsule, Deployment, Release, Replica
from capsule.reconcile.platform import Pace


class TestFirstDeployment:
    async def test_build_becomes_a_live_release(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        fresh = await stage.get(capsule)
        (release,) = await stage.rows(Release, capsule)
        (replica,) = await stage.rows(Replica, capsule)
        assert (fresh.release_id, release.number, replica.state) == (release.id, 1, "healthy")
        route = stage.edge.table[capsule.id]
        assert (route.state, route.upstreams[0].id) == (RouteState.live, replica.id)
        assert route.hosts == (f"{capsule.slug}.localhost",)
        assert stage.engine.world.replicas[replica.id].restart is Restart.always

    async def test_requests_are_held_while_it_builds(self, stage: Stage) -> None:
        stage.pipeline.seconds = 60.0
        await stage.begin()
        capsule = await stage.add_capsule()

        async def held() -> bool:
            route = stage.edge.table.get(capsule.id)
            return route is not None and route.state is RouteState.starting

        await stage.until(held)
        assert await stage.statuses(Deployment, capsule) == []

    async def test_start_command_that_exits_fails_at_once_with_its_last_lines(self, stage: Stage) -> None:
        stage.pipeline.argv = (
            "fake",
            "exit_after=0.05",
            "exit_code=3",
            "prints=ImportError: No module named 'shop'",
        )
        await stage.begin()
        capsule = await stage.add_capsule()
        stage.edge.silent = True
        deployment = await stage.until_ended(Deployment, capsule)
        assert deployment.status == "failed"
        said = "ImportError: No module named 'shop'"
        assert deployment.reason == f"The start command exited with code 3 before it answered: {said}"
        assert deployment.hint.startswith("Is shop among the project's dependencies")
        assert any(line["text"] == said for line in deployment.log_tail)
        assert await stage.running(capsule) == []
        assert (await stage.get(capsule)).release_id is None

        async def failed() -> bool:
            return stage.edge.table[capsule.id].state is RouteState.failed

        await stage.until(failed)
        assert "exited with code 3" in stage.edge.table[capsule.id].reason

    async def test_replica_that_never_answers_fails_with_port_and_hint(self, stage: Stage) -> None:
        stage.edge.silent = True
        await stage.begin()
        capsule = await stage.add_capsule()
        deployment = await stage.until_ended(Deployment, capsule)
        assert deployment.status == "failed"
        assert deployment.reason.startswith("The app did not answer on port 2000")
        assert "within 0.5 s" in deployment.reason
        assert deployment.hint == "Listen on the port in the PORT environment variable."
        assert await stage.running(capsule) == []

    async def test_what_is_waited_for_is_said_before_the_time_is_up(self, stage: Stage) -> None:
        object.__setattr__(stage.platform, "pace", Pace(answer=60, drain=0.2, silent=0.01))
        stage.edge.silent = True
        await stage.begin()
        capsule = await stage.add_capsule()

        async def said() -> bool:
            rows = await stage.rows(Deployment, capsule)
            return bool(rows and rows[0].reason)

        await stage.until(said)
        (deployment,) = await stage.rows(Deployment, capsule)
        assert deployment.status == "running"
        assert "is waited for" in deployment.reason

    async def test_command_that_cannot_be_run_fails_with_a_reason(self, stage: Stage) -> None:
        stage.pipeline.argv = ("fake", "start_error=gunicorn: not found")
        await stage.begin()
        capsule = await stage.add_capsule()
        deployment = await stage.until_ended(Deployment, capsule)
        assert deployment.reason == "The start command could not be run: gunicorn: not found"


class TestNextDeployment:
    async def test_old_replica_goes_only_after_the_new_one_answers(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        (old,) = await stage.running(capsule)
        stage.pipeline.tree = "tree-2"
        await stage.build(capsule)
        await stage.until_ended(Deployment, capsule, rows=2)
        await stage.until_replicas(capsule, 1)
        (new,) = await stage.running(capsule)
        assert new != old
        calls = stage.engine.calls
        assert calls.index(f"start {new}") < calls.index(f"destroy {old}")

    async def test_failed_deployment_leaves_the_old_one_alone(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        before, route = await stage.running(capsule), stage.edge.table[capsule.id]
        stage.edge.silent, stage.pipeline.tree = True, "tree-2"
        await stage.build(capsule)
        deployment = await stage.until_ended(Deployment, capsule, rows=2)
        assert deployment.status == "failed"
        assert await stage.running(capsule) == before
        assert stage.edge.table[capsule.id] == route
        (first, second) = await stage.rows(Release, capsule)
        assert (await stage.get(capsule)).release_id == first.id != second.id

    async def test_newer_deployment_takes_the_place_of_one_that_waits_for_an_answer(
        self, stage: Stage
    ) -> None:
        await stage.begin()
        capsule = await stage.live()
        stage.edge.silent, stage.pipeline.tree = True, "tree-2"
        object.__setattr__(stage.platform, "pace", type(stage.platform.pace)(answer=30, drain=0.2))
        await stage.build(capsule)

        async def second_runs() -> bool:
            return (await stage.statuses(Deployment, capsule))[1:] == ["running"]

        await stage.until(second_runs)
        stage.pipeline.tree = "tree-3"
        build = await stage.build(capsule)

        async def replaced() -> bool:
            return (await stage.statuses(Deployment, capsule))[1] == "cancelled"

        await stage.until(replaced)
        stage.edge.silent = False
        deployment = await stage.until_ended(Deployment, capsule, rows=3)
        assert deployment.status == "succeeded"
        assert (await stage.statuses(Deployment, capsule)) == ["succeeded", "cancelled", "succeeded"]
        await stage.until_replicas(capsule, 1)
        releases = await stage.rows(Release, capsule)
        assert releases[-1].build_id == build.id
        assert (await stage.get(capsule)).release_id == releases[-1].id

    async def test_long_requests_do_not_hold_up_the_result(self, stage: Stage) -> None:
        object.__setattr__(stage.platform, "pace", type(stage.platform.pace)(answer=1, drain=30))
        await stage.begin()
        capsule = await stage.live()
        stage.edge.drain, stage.pipeline.tree = 2.0, "tree-2"
        await stage.build(capsule)
        await stage.until_ended(Deployment, capsule, rows=2)
        assert stage.edge.draining == 1
        assert len(await stage.running(capsule)) == 2
        await stage.until_replicas(capsule, 1)

    async def test_changed_variables_restart_without_a_build(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        from capsule.control.site import Site
        from capsule.control.workload.env.service import EnvService

        async with stage.database.unit_of_work() as db_session:
            fresh = await db_session.get_one(Capsule, capsule.id)
            env = EnvService(db_session, stage.platform.box, Site())
            await env.change(fresh, {"COLOUR": "red"}, set())
            await service.redeploy_changed(db_session, stage.platform.box, fresh)
        await stage.until_ended(Deployment, capsule, rows=2)
        await stage.until_replicas(capsule, 1)
        (replica_id,) = await stage.running(capsule)
        spec = stage.engine.world.replicas[replica_id].spec
        assert spec.env["COLOUR"] == "red"
        assert spec.env["APP_URL"] == f"{capsule.slug}.localhost:8080"
        assert len(await stage.rows(Build, capsule)) == 1
        assert [row.number for row in await stage.rows(Release, capsule)] == [1, 2]

    async def test_restart_deploys_the_same_release(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        (old,) = await stage.running(capsule)
        async with stage.database.unit_of_work() as db_session:
            fresh = await db_session.get_one(Capsule, capsule.id)
            await service.restart(db_session, stage.platform.box, fresh)
        await stage.until_ended(Deployment, capsule, rows=2)
        await stage.until_replicas(capsule, 1)
        assert await stage.running(capsule) != [old]
        assert len(await stage.rows(Release, capsule)) == 1


class TestSwitch:
    async def test_off_stops_and_on_starts_again(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        async with stage.database.unit_of_work() as db_session:
            await service.stop(db_session, await db_session.get_one(Capsule, capsule.id))
        await stage.until_replicas(capsule, 0)
        assert stage.edge.table[capsule.id].state is RouteState.stopped
        async with stage.database.unit_of_work() as db_session:
            fresh = await db_session.get_one(Capsule, capsule.id)
            await service.start(db_session, stage.platform.box, fresh)
        await stage.until_ended(Deployment, capsule, rows=2)
        await stage.until_replicas(capsule, 1)
        assert stage.edge.table[capsule.id].state is RouteState.live

    async def test_off_gives_up_a_deployment_that_waits(self, stage: Stage) -> None:
        stage.edge.silent = True
        object.__setattr__(stage.platform, "pace", type(stage.platform.pace)(answer=30, drain=0.2))
        await stage.begin()
        capsule = await stage.add_capsule()

        async def runs() -> bool:
            return await stage.running(capsule) != []

        await stage.until(runs)
        async with stage.database.unit_of_work() as db_session:
            await service.stop(db_session, await db_session.get_one(Capsule, capsule.id))
        deployment = await stage.until_ended(Deployment, capsule)
        assert (deployment.status, deployment.reason) == ("cancelled", "The capsule was switched off.")
        await stage.until_replicas(capsule, 0)


class TestAway:
    async def test_deployment_waits_while_the_edge_is_away(self, stage: Stage) -> None:
        await stage.begin()
        stage.edge.unavailable = True
        capsule = await stage.add_capsule()

        async def waits() -> bool:
            is_running = await stage.statuses(Deployment, capsule) == ["running"]
            return is_running and stage.edge.refusals >= 3

        await stage.until(waits)
        stage.edge.unavailable = False
        assert (await stage.until_ended(Deployment, capsule)).status == "succeeded"

    async def test_deployment_waits_while_the_node_agent_is_away(self, stage: Stage) -> None:
        await stage.begin()
        stage.engine.unavailable = True
        capsule = await stage.add_capsule()
        await asyncio.sleep(0.5)
        stage.engine.unavailable = False
        assert (await stage.until_ended(Deployment, capsule)).status == "succeeded"
