"""Canary, watch, automatic return, rollback and receipts."""

from datetime import timedelta
from typing import Any

import pytest
from reconcile_stage import Stage

from capsule.control.delivery.deployments import service
from capsule.control.delivery.logs.streams import ACCESS_LOG
from capsule.control.delivery.releases.rollback import AlreadyLive, ReleaseGone, roll_back
from capsule.control.site import Site
from capsule.control.workload.env.service import EnvService
from capsule.edge.contract import RouteState
from capsule.kit.clock import now
from capsule.models import Capsule, Deployment, Release, Replica
from capsule.telemetry.segments import SegmentWriter


def note_requests(stage: Stage, capsule: Capsule, replica_id: str, *statuses: int, ago: float = 0.0) -> None:
    """Write into the capsule's access log what the edge would have written."""
    log = SegmentWriter(stage.platform.paths.telemetry(capsule.id), ACCESS_LOG)
    at = (now() - timedelta(seconds=ago)).isoformat().replace("+00:00", "Z")
    for status in statuses:
        log.append({"at": at, "status": status, "duration_ms": 12.5, "replica": replica_id})
    log.close()


async def upstream_ids(stage: Stage, capsule: Capsule) -> list[str]:
    return [upstream.id for upstream in stage.edge.table[capsule.id].upstreams]


async def go_back(stage: Stage, capsule: Capsule, number: int, **options: Any) -> Deployment:
    before = len(await stage.rows(Deployment, capsule))
    async with stage.database.unit_of_work() as db_session:
        fresh = await db_session.get_one(Capsule, capsule.id)
        releases = {row.number: row for row in await stage.rows(Release, capsule)}
        wanted = await db_session.get_one(Release, releases[number].id)
        await roll_back(
            db_session,
            stage.platform.box,
            fresh,
            wanted,
            **{"config": "restored", "is_kept": True, "requested_by": "usr_1", **options},
        )
    found: Deployment = await stage.until_ended(Deployment, capsule, rows=before + 1)
    return found


class TestCanary:
    async def test_a_share_of_the_requests_tries_the_new_release_first(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live(config={"canary": {"percent": 20, "seconds": 0.4}})
        (old,) = await stage.running(capsule)
        await stage.build(capsule)

        async def both() -> bool:
            return len(await upstream_ids(stage, capsule)) == 2

        await stage.until(both)
        weights = {one.id: one.weight for one in stage.edge.table[capsule.id].upstreams}
        (new,) = set(weights) - {old}
        assert (weights[old], weights[new]) == (0.8, 0.2)
        deployment = await stage.until_ended(Deployment, capsule, rows=2)
        assert deployment.status == "succeeded"
        assert await upstream_ids(stage, capsule) == [new]
        assert "canary" in [phase["name"] for phase in deployment.receipt["phases"]]

    async def test_it_goes_back_when_the_share_gets_errors(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live(config={"canary": {"percent": 20, "seconds": 30}})
        (old,) = await stage.running(capsule)
        await stage.build(capsule)

        async def both() -> bool:
            return len(await upstream_ids(stage, capsule)) == 2

        await stage.until(both)
        (new,) = set(await upstream_ids(stage, capsule)) - {old}
        note_requests(stage, capsule, new, *[500] * 10)
        deployment = await stage.until_ended(Deployment, capsule, rows=2)
        assert deployment.status == "failed"
        assert deployment.reason == (
            "The new release got 20% of the requests, and 10 of 10 requests were answered with an error "
            "(before: 0 of 0)."
        )
        assert await upstream_ids(stage, capsule) == [old]
        await stage.until_replicas(capsule, 1)

    async def test_a_server_killed_in_it_leaves_no_share_behind(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live(config={"canary": {"percent": 20, "seconds": 0.5}})
        (reconciler,) = stage.reconcilers
        await reconciler.stop()
        stage.reconcilers.clear()
        mortal = await stage.begin(stage.mortal())
        await stage.build(capsule)

        async def both() -> bool:
            return len(await upstream_ids(stage, capsule)) == 2

        await stage.until(both)
        await stage.kill(mortal)
        await stage.begin()
        deployment = await stage.until_ended(Deployment, capsule, rows=2)
        assert deployment.status == "succeeded"
        await stage.until_replicas(capsule, 1)
        assert await upstream_ids(stage, capsule) == await stage.running(capsule)


class TestWatch:
    async def test_a_release_that_crashes_is_replaced_by_the_one_before(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        stage.pipeline.argv = ("fake", "exit_after=0.3", "exit_code=1")
        stage.pipeline.tree = "tree-2"
        assert (await stage.deploy(capsule)).status == "succeeded"
        back = await stage.until_ended(Deployment, capsule, rows=3)
        assert (back.trigger, back.status) == ("return", "succeeded")
        first, second = await stage.rows(Release, capsule)
        assert (back.release_id, (await stage.get(capsule)).release_id) == (first.id, first.id)
        watched = (await stage.rows(Deployment, capsule))[1]
        assert (watched.release_id, watched.receipt["verdict"]) == (second.id, "returned")
        assert "code 1" in watched.receipt["reason"]

    async def test_a_release_that_answers_with_errors_is_replaced(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        (old,) = await stage.running(capsule)
        note_requests(stage, capsule, old, *[200] * 30, ago=5)
        deployment = await stage.deploy(capsule)
        new = (await stage.rows(Replica, capsule))[-1].id
        note_requests(stage, capsule, new, *[502] * 15, *[200] * 5)
        back = await stage.until_ended(Deployment, capsule, rows=3)
        assert back.trigger == "return"
        watched = (await stage.rows(Deployment, capsule))[1]
        assert watched.id == deployment.id
        assert watched.receipt["reason"].startswith("15 of 20 requests were answered with an error")

    async def test_an_app_that_always_had_errors_is_left_alone(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        (old,) = await stage.running(capsule)
        note_requests(stage, capsule, old, *[500] * 30, ago=5)
        await stage.deploy(capsule)
        new = (await stage.rows(Replica, capsule))[-1].id
        note_requests(stage, capsule, new, *[500] * 30)
        await self.end_watch(stage, capsule)
        assert len(await stage.rows(Deployment, capsule)) == 2

    async def test_a_good_release_is_kept_and_its_receipt_is_complete(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        (old,) = await stage.running(capsule)
        note_requests(stage, capsule, old, *[200] * 3, ago=5)
        await stage.deploy(capsule)
        new = (await stage.rows(Replica, capsule))[-1].id
        note_requests(stage, capsule, new, *[200] * 4)
        receipt = await self.end_watch(stage, capsule)
        assert (receipt["verdict"], receipt["reason"], receipt["errors"]) == ("kept", None, 0)
        assert (receipt["p99_before_ms"], receipt["p99_after_ms"]) == (12.5, 12.5)
        assert [phase["name"] for phase in receipt["phases"]] == ["start", "switch", "drain"]

    async def test_it_can_be_switched_off(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live(config={"watch_seconds": 0})
        stage.pipeline.argv = ("fake", "exit_after=0.3", "exit_code=1")
        stage.pipeline.tree = "tree-2"
        await stage.deploy(capsule)
        await self.end_watch(stage, capsule)
        assert len(await stage.rows(Deployment, capsule)) == 2

    async def end_watch(self, stage: Stage, capsule: Capsule) -> dict[str, Any]:
        """Let the watch of the newest deployment be over, and return the receipt."""

        async def drained() -> bool:
            return bool((await stage.rows(Deployment, capsule))[-1].phase == "watch")

        await stage.until(drained)
        async with stage.database.unit_of_work() as db_session:
            newest = (await stage.rows(Deployment, capsule))[-1]
            row = await db_session.get_one(Deployment, newest.id)
            row.watch_until = now()

        async def over() -> bool:
            return (await stage.rows(Deployment, capsule))[-1].watch_until is None

        await stage.until(over)
        receipt: dict[str, Any] = (await stage.rows(Deployment, capsule))[-1].receipt
        return receipt


class TestRecreate:
    async def test_the_old_one_ends_before_the_new_one_starts(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live(config={"strategy": "recreate"})
        assert (await stage.deploy(capsule)).status == "succeeded"
        old, new = await stage.rows(Replica, capsule)
        assert old.stopped_at <= new.created_at
        states = [state for route, state in stage.edge.history if route == capsule.id]
        assert states[-2:] == [RouteState.starting, RouteState.live]

    async def test_when_the_new_one_fails_the_old_release_comes_back(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live(config={"strategy": "recreate"})
        stage.pipeline.argv = ("fake", "start_error=no such file")
        stage.pipeline.tree = "tree-2"
        await stage.deploy(capsule)
        back = await stage.until_ended(Deployment, capsule, rows=3)
        assert (await stage.statuses(Deployment, capsule))[1] == "failed"
        assert (back.trigger, back.status) == ("return", "succeeded")
        await stage.until_replicas(capsule, 1)


class TestRollback:
    async def test_with_its_configuration(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.add_capsule(build=False, config={"memory": 128})
        await self.set_variables(stage, capsule, {"MODE": "one"})
        await stage.deploy(capsule)
        await self.set_variables(stage, capsule, {"MODE": "two", "EXTRA": "x"})
        await stage.configure(capsule, memory=256)
        stage.pipeline.tree = "tree-2"
        await stage.deploy(capsule)
        deployment = await go_back(stage, capsule, 1)
        assert (deployment.trigger, deployment.status) == ("rollback", "succeeded")
        (replica,) = await stage.running(capsule)
        spec = stage.engine.world.replicas[replica].spec
        assert (spec.env["MODE"], "EXTRA" in spec.env, spec.limits.memory) == ("one", False, 128)
        assert await self.variables(stage, capsule) == {"MODE": "one"}
        fresh = await stage.get(capsule)
        first = (await stage.rows(Release, capsule))[0]
        assert (fresh.config["memory"], fresh.release_id) == (128, first.id)

    async def test_with_the_present_configuration(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.add_capsule(build=False)
        await stage.deploy(capsule)
        await self.set_variables(stage, capsule, {"MODE": "two"})
        stage.pipeline.tree = "tree-2"
        await stage.deploy(capsule)
        await go_back(stage, capsule, 1, config="kept")
        first, _, third = await stage.rows(Release, capsule)
        assert (third.made_by, third.based_on, third.artifact_id) == ("rollback", first.id, first.artifact_id)
        (replica,) = await stage.running(capsule)
        assert stage.engine.world.replicas[replica].spec.env["MODE"] == "two"

    async def test_what_is_refused(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        with pytest.raises(ReleaseGone):
            await go_back(stage, capsule, 1, is_kept=False)
        with pytest.raises(AlreadyLive):
            await go_back(stage, capsule, 1)

    async def test_a_build_under_way_is_cancelled(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        stage.pipeline.tree = "tree-2"
        await stage.deploy(capsule)
        stage.pipeline.tree, stage.pipeline.seconds = "tree-3", 30
        build = await stage.build(capsule)
        await go_back(stage, capsule, 1)

        async def cancelled() -> bool:
            return "cancelled" in await stage.statuses(type(build), capsule)

        await stage.until(cancelled)

    async def set_variables(self, stage: Stage, capsule: Capsule, wanted: dict[str, str]) -> None:
        async with stage.database.unit_of_work() as db_session:
            fresh = await db_session.get_one(Capsule, capsule.id)
            await EnvService(db_session, stage.platform.box, Site()).replace(fresh, wanted)

    async def variables(self, stage: Stage, capsule: Capsule) -> dict[str, str]:
        async with stage.database.reading() as db_session:
            listed = await EnvService(db_session, stage.platform.box, Site()).listed(capsule)
        return {item.key: item.value for item in listed if item.set_by == "user"}


async def test_a_deployment_can_be_cancelled(stage: Stage) -> None:
    await stage.begin()
    capsule = await stage.live()
    before = await stage.running(capsule)
    stage.edge.silent = True
    await stage.build(capsule)

    async def running() -> bool:
        return (await stage.statuses(Deployment, capsule))[-1] == "running"

    await stage.until(running)
    async with stage.database.unit_of_work() as db_session:
        newest = (await stage.rows(Deployment, capsule))[-1]
        service.cancel_deployment(await db_session.get_one(Deployment, newest.id))
    deployment = await stage.until_ended(Deployment, capsule, rows=2)
    assert (deployment.status, deployment.reason) == ("cancelled", "Cancelled.")
    assert await stage.running(capsule) == before
