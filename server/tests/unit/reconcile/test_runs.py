"""One-off commands: run once, whatever dies meanwhile."""

import asyncio
from typing import Any

from reconcile_stage import Stage

from capsule.control.delivery.runs.service import cancel_run, request_run
from capsule.engines.contract import Exit
from capsule.models import Capsule, Replica, Run
from capsule.reconcile.garbage import Garbage
from capsule.reconcile.runs import AT_ONCE


async def ask(stage: Stage, capsule: Capsule, line: str = "fake", **values: Any) -> Run:
    async with stage.database.unit_of_work() as db_session:
        fresh = await db_session.get_one(Capsule, capsule.id)
        return await request_run(db_session, fresh, line, **values)


async def ended(stage: Stage, run: Run) -> Run:
    async def is_over() -> bool:
        return (await read(stage, run)).status not in ("queued", "running")

    await stage.until(is_over)
    return await read(stage, run)


async def read(stage: Stage, run: Run) -> Run:
    async with stage.database.reading() as db_session:
        return await db_session.get_one(Run, run.id)


async def replica_of(stage: Stage, run: Run) -> str:
    """Wait until the command of a run goes on; return its replica."""

    async def runs() -> bool:
        return (await read(stage, run)).replica_id in stage.engine.world.replicas

    await stage.until(runs)
    replica_id = (await read(stage, run)).replica_id
    assert replica_id is not None
    return replica_id


async def no_trace(stage: Stage, replica_id: str) -> None:
    async def gone() -> bool:
        async with stage.database.reading() as db_session:
            row = await db_session.get_one(Replica, replica_id)
        return replica_id not in stage.engine.world.replicas and row.state == "stopped"

    await stage.until(gone)


class TestRuns:
    async def test_command_runs_once_beside_the_live_replica_and_leaves_nothing(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        before = await stage.running(capsule)
        run = await ended(stage, await ask(stage, capsule, "fake exit_after=0.05 prints=migrated"))
        assert (run.status, run.exit_code, run.reason) == ("succeeded", 0, None)
        assert run.release_id == (await stage.get(capsule)).release_id
        await no_trace(stage, str(run.replica_id))
        assert await stage.running(capsule) == before
        assert stage.engine.calls.count(f"start {run.replica_id}") == 1

    async def test_replica_has_the_release_and_its_own_labels(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        run = await ask(stage, capsule)
        spec = stage.engine.world.replicas[await replica_of(stage, run)].spec
        assert spec.argv == ("/bin/sh", "-c", "fake")
        assert spec.labels == {"environment": "run", "process": "run"}
        assert spec.env["APP_URL"] == f"{capsule.slug}.localhost:8080"
        assert spec.env["CAPSULE_ENV_TYPE"] == "deploy"

    async def test_bad_end_has_code_and_the_words_that_explain_it(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        line = "fake exit_after=0.05 exit_code=3 'prints=KeyError: '\"'\"'STRIPE_KEY'\"'\"''"
        run = await ended(stage, await ask(stage, capsule, line))
        assert (run.status, run.exit_code) == ("failed", 3)
        assert run.reason == "The command exited with code 3: KeyError: 'STRIPE_KEY'"
        assert "capsule env set" in str(run.hint)

    async def test_out_of_memory_is_said(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        run = await ended(stage, await ask(stage, capsule, "fake exit_after=0.01 out_of_memory=1"))
        assert (run.status, run.exit_code) == ("failed", 137)
        assert run.reason == "The command ran out of memory and was killed."

    async def test_time_that_is_up_ends_it(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        run = await ended(stage, await ask(stage, capsule, timeout_seconds=0.2))
        assert (run.status, run.exit_code) == ("failed", 143)
        assert run.reason == "The command took longer than 0.2 s and was ended."
        await no_trace(stage, str(run.replica_id))

    async def test_cancel_ends_its_processes_first(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        run = await ask(stage, capsule)
        replica_id = await replica_of(stage, run)
        async with stage.database.unit_of_work() as db_session:
            cancel_run(await db_session.get_one(Run, run.id))
        run = await ended(stage, run)
        assert (run.status, run.reason) == ("cancelled", "Cancelled.")
        assert replica_id not in stage.engine.world.replicas

    async def test_command_that_cannot_be_started_fails_with_a_reason(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        run = await ended(stage, await ask(stage, capsule, "fake 'start_error=no space left'"))
        assert (run.status, run.reason) == ("failed", "no space left")

    async def test_capsule_that_is_off_runs_commands_too(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        async with stage.database.unit_of_work() as db_session:
            (await db_session.get_one(Capsule, capsule.id)).is_on = False
        await stage.until_replicas(capsule, 0)
        run = await ended(stage, await ask(stage, capsule, "fake exit_after=0.05"))
        assert run.status == "succeeded"

    async def test_more_than_may_run_at_once_wait(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        runs = [await ask(stage, capsule) for _ in range(AT_ONCE + 1)]
        replicas = [await replica_of(stage, run) for run in runs[:AT_ONCE]]
        assert (await read(stage, runs[-1])).status == "queued"
        stage.engine.crash(replicas[0], Exit(code=0))
        await replica_of(stage, runs[-1])

    async def test_removal_ends_runs_and_takes_everything(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        run = await ask(stage, capsule)
        replica_id = await replica_of(stage, run)
        async with stage.database.unit_of_work() as db_session:
            fresh = await db_session.get_one(Capsule, capsule.id)
            fresh.removed_at = fresh.created_at

        async def gone() -> bool:
            return await stage.rows(Run, capsule) == [] and replica_id not in stage.engine.world.replicas

        await stage.until(gone)

    async def test_artifact_of_a_running_command_is_kept(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        run = await ask(stage, capsule)
        await replica_of(stage, run)
        await Garbage(stage.platform).collect()
        assert (await read(stage, run)).status == "running"


class TestServerKilled:
    async def test_same_replica_is_found_again_and_its_true_end_written(self, stage: Stage) -> None:
        dying = await stage.begin(stage.mortal())
        capsule = await stage.live()
        run = await ask(stage, capsule)
        dying.wake()
        replica_id = await replica_of(stage, run)

        async def confirmed() -> bool:
            rows = await stage.rows(Replica, capsule)
            return any(row.id == replica_id and row.state == "healthy" for row in rows)

        await stage.until(confirmed)
        await stage.kill(dying)
        stage.engine.crash(replica_id, Exit(code=7))  # it ends while no server is there
        await stage.begin()
        run = await ended(stage, run)
        assert (run.status, run.exit_code, run.replica_id) == ("failed", 7, replica_id)
        assert stage.engine.calls.count(f"start {replica_id}") == 0
        await no_trace(stage, replica_id)

    async def test_command_that_goes_on_is_waited_for(self, stage: Stage) -> None:
        dying = await stage.begin(stage.mortal())
        capsule = await stage.live()
        run = await ask(stage, capsule)
        dying.wake()
        replica_id = await replica_of(stage, run)
        await stage.kill(dying)
        await stage.begin()
        await asyncio.sleep(0.5)  # long enough for the mirror to have judged it
        assert (await read(stage, run)).status == "running"
        stage.engine.crash(replica_id, Exit(code=0))
        assert (await ended(stage, run)).status == "succeeded"

    async def test_start_that_nobody_saw_is_not_done_again(self, stage: Stage) -> None:
        reconciler = await stage.begin()
        capsule = await stage.live()
        await reconciler.stop()
        run = await ask(stage, capsule)
        async with stage.database.unit_of_work() as db_session:
            row = await db_session.get_one(Run, run.id)
            row.status, row.replica_id = "running", "rpl_unseen"
            db_session.add(
                Replica(
                    id="rpl_unseen",
                    team_id=capsule.team_id,
                    capsule_id=capsule.id,
                    started_by=run.id,
                    environment="run",
                )
            )
        await stage.begin()
        run = await ended(stage, run)
        assert run.status == "failed"
        assert "so it was not started again" in str(run.reason)
        assert "start rpl_unseen" not in stage.engine.calls

    async def test_replica_lost_with_the_machine_is_said(self, stage: Stage) -> None:
        await stage.begin()
        capsule = await stage.live()
        run = await ask(stage, capsule)
        stage.engine.crash(await replica_of(stage, run), Exit())
        run = await ended(stage, run)
        assert (run.status, run.exit_code) == ("failed", None)
        assert run.reason == "The machine was restarted while the command ran; how it ended is not known."

    async def test_orderly_stop_leaves_the_command_running(self, stage: Stage) -> None:
        reconciler = await stage.begin()
        capsule = await stage.live()
        run = await ask(stage, capsule)
        replica_id = await replica_of(stage, run)
        await reconciler.stop()
        assert replica_id in stage.engine.world.replicas
        await stage.begin()
        stage.engine.crash(replica_id, Exit(code=0))
        assert (await ended(stage, run)).status == "succeeded"
        assert stage.engine.calls.count(f"start {replica_id}") == 1
