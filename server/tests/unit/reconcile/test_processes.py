"""Process types: each in replicas of its own, some without requests, some never twice."""

from reconcile_stage import Stage

from capsule.control.delivery.replicas.repository import RUN
from capsule.edge.contract import RouteState
from capsule.models import Deployment, Replica

WORKER: dict[str, tuple[str, ...]] = {"worker": ("fake",)}
CLOCK: dict[str, tuple[str, ...]] = {"clock": ("fake",)}


async def test_each_process_type_runs_as_often_as_it_is_scaled(stage: Stage) -> None:
    stage.pipeline.processes = {**WORKER, "mailer": ("fake",)}
    await stage.begin()
    capsule = await stage.live(config={"scale": {"web": 3, "worker": 2, "mailer": 0}})
    assert await stage.processes(capsule) == ["web", "web", "web", "worker", "worker"]
    route = stage.edge.table[capsule.id]
    web = sorted(row.id for row in await stage.rows(Replica, capsule) if row.process == "web")
    assert [upstream.id for upstream in route.upstreams] == web


async def test_a_new_release_replaces_all_of_them(stage: Stage) -> None:
    stage.pipeline.processes = {**WORKER, **CLOCK}
    await stage.begin()
    capsule = await stage.live(config={"scale": {"web": 2}})
    first = {row.id for row in await stage.rows(Replica, capsule)}
    assert await stage.processes(capsule) == ["clock", "web", "web", "worker"]
    assert (await stage.deploy(capsule)).status == "succeeded"
    await stage.until_replicas(capsule, 4)
    assert await stage.processes(capsule) == ["clock", "web", "web", "worker"]
    assert not first & set(await stage.running(capsule))


async def test_a_clock_never_runs_twice(stage: Stage) -> None:
    stage.pipeline.processes = CLOCK
    await stage.begin()
    capsule = await stage.live()
    await stage.deploy(capsule)
    await stage.until_replicas(capsule, 2)
    old, new = [row for row in await stage.rows(Replica, capsule) if row.process == "clock"]
    assert old.stopped_at <= new.started_at


async def test_a_worker_that_ends_at_once_fails_the_deployment(stage: Stage) -> None:
    await stage.begin()
    capsule = await stage.live()
    before = await stage.running(capsule)
    stage.pipeline.processes = {"worker": ("fake", "exit_after=0.05", "exit_code=2", "prints=no queue")}
    stage.pipeline.tree = "tree-2"
    deployment = await stage.deploy(capsule)
    assert deployment.reason == "The process `worker` exited with code 2 right after its start."
    assert [line["text"] for line in deployment.log_tail if line["stream"] != "platform"] == ["no queue"]
    assert await stage.running(capsule) == before
    assert [upstream.id for upstream in stage.edge.table[capsule.id].upstreams] == before


async def test_a_bot_runs_and_its_address_says_that_it_takes_no_requests(stage: Stage) -> None:
    stage.pipeline.listens = False
    stage.pipeline.processes = WORKER
    await stage.begin()
    capsule = await stage.live(config={"health": {"grace_seconds": 0}})
    assert await stage.processes(capsule) == ["worker"]
    route = stage.edge.table[capsule.id]
    assert (route.state, route.reason) == (RouteState.stopped, f"{capsule.name} runs, but takes no requests.")
    assert (await stage.deploy(capsule)).status == "succeeded"
    await stage.until_replicas(capsule, 1)


async def test_a_lost_replica_of_several_is_brought_back(stage: Stage) -> None:
    await stage.begin()
    capsule = await stage.live(config={"scale": {"web": 2}})
    lost = (await stage.running(capsule))[0]
    stage.engine.world.replicas.pop(lost)
    deployment = await stage.until_ended(Deployment, capsule, rows=2)
    assert (deployment.trigger, deployment.status) == ("recovery", "succeeded")
    await stage.until_replicas(capsule, 2)


class TestReleaseStep:
    async def test_it_runs_before_the_first_replica(self, stage: Stage) -> None:
        stage.pipeline.release = ("fake", "exit_after=0.05", "prints=migrated")
        await stage.begin()
        capsule = await stage.live()
        (step,) = [row for row in await stage.rows(Replica, capsule) if row.environment == RUN]
        (web,) = [row for row in await stage.rows(Replica, capsule) if row.process == "web"]
        assert step.stopped_at <= web.created_at
        deployment = (await stage.rows(Deployment, capsule))[-1]
        assert deployment.receipt["phases"][0]["name"] == "release"

    async def test_its_failure_leaves_the_release_before_alone(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        before = await stage.running(capsule)
        stage.pipeline.release = ("fake", "exit_after=0.05", "exit_code=1", "prints=no such column")
        stage.pipeline.tree = "tree-2"
        deployment = await stage.deploy(capsule)
        assert (deployment.status, deployment.reason) == ("failed", "The release step exited with code 1.")
        assert any(line["text"] == "no such column" for line in deployment.log_tail)
        assert await stage.running(capsule) == before

    async def test_it_does_not_run_again_for_the_same_code(self, stage: Stage) -> None:
        stage.pipeline.release = ("fake", "exit_after=0.05")
        await stage.begin()
        capsule = await stage.live()
        await stage.deploy(capsule)
        steps = [row for row in await stage.rows(Replica, capsule) if row.environment == RUN]
        assert len(steps) == 1

    async def test_a_killed_server_goes_on_with_the_step_that_runs(self, stage: Stage) -> None:
        stage.pipeline.release = ("fake", "exit_after=1.0")
        first = await stage.begin(stage.mortal())
        capsule = await stage.add_capsule()

        async def step_runs() -> bool:
            return len(await stage.running(capsule)) == 1

        await stage.until(step_runs)
        step = await stage.running(capsule)
        await stage.kill(first)
        await stage.begin()
        deployment = await stage.until_ended(Deployment, capsule)
        assert deployment.status == "succeeded"
        steps = [row.id for row in await stage.rows(Replica, capsule) if row.environment == RUN]
        assert steps == step
