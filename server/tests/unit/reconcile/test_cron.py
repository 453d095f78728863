"""Cron jobs by a clock that the test sets."""

from datetime import UTC, datetime, timedelta
from typing import Any

from reconcile_stage import Stage

from capsule.control.delivery.cron_jobs.schemas import NewCronJob
from capsule.control.delivery.cron_jobs.service import create
from capsule.kit.clock import now
from capsule.kit.ids import new_id
from capsule.models import Capsule, CronJob, Release, Run
from capsule.reconcile.cron import Cron

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, **span: float) -> None:
        self.time += timedelta(**span)


class Play:
    """A capsule with a release and one job; nothing runs its runs unless the test says so."""

    def __init__(self, stage: Stage, capsule: Capsule) -> None:
        self.stage = stage
        self.capsule = capsule
        self.clock = Clock()
        self.cron = Cron(stage.platform, self.clock)

    async def job(self, **values: Any) -> CronJob:
        fields = {"name": "nightly", "schedule": "0 * * * *", "command": "true", **values}
        async with self.stage.database.unit_of_work() as db_session:
            capsule = await db_session.get_one(Capsule, self.capsule.id)
            return await create(db_session, capsule, NewCronJob(**fields), at=self.clock())

    async def runs(self) -> list[tuple[str, datetime]]:
        rows = await self.stage.rows(Run, self.capsule)
        return [(row.status, row.due_at) for row in sorted(rows, key=lambda row: row.due_at)]

    async def change(self, model: type[Any], row_id: str, **values: Any) -> None:
        async with self.stage.database.unit_of_work() as db_session:
            row = await db_session.get_one(model, row_id)
            for key, value in values.items():
                setattr(row, key, value)

    async def tend_after(self, **span: float) -> None:
        self.clock.pass_by(**span)
        await self.cron.tend()


async def play(stage: Stage) -> Play:
    capsule = await stage.add_capsule(build=False)
    release = new_id("rel")
    async with stage.database.unit_of_work() as db_session:
        db_session.add(
            Release(
                id=release,
                team_id=capsule.team_id,
                capsule_id=capsule.id,
                number=1,
                artifact_id="art_1",
                config={},
            )
        )
        (await db_session.get_one(Capsule, capsule.id)).release_id = release
    return Play(stage, capsule)


async def test_run_is_made_when_due_and_only_once(stage: Stage) -> None:
    it = await play(stage)
    await it.job()
    await it.tend_after(minutes=59)
    assert await it.runs() == []
    await it.tend_after(minutes=1)
    await it.cron.tend()
    assert await it.runs() == [("queued", NOON + timedelta(hours=1))]
    (run,) = await stage.rows(Run, it.capsule)
    assert run.trigger == "cron"


async def test_forbidden_second_run_is_left_out_and_said(stage: Stage) -> None:
    it = await play(stage)
    await it.job()
    await it.tend_after(hours=1)
    await it.tend_after(hours=1)
    assert [status for status, _ in await it.runs()] == ["queued", "cancelled"]
    rows = await stage.rows(Run, it.capsule)
    assert max(rows, key=lambda row: row.due_at).reason == "The run before was still going on."


async def test_allowed_second_run_runs_beside_the_first(stage: Stage) -> None:
    it = await play(stage)
    await it.job(concurrency="allow")
    await it.tend_after(hours=1)
    await it.tend_after(hours=1)
    assert [status for status, _ in await it.runs()] == ["queued", "queued"]


async def test_replacing_run_ends_the_one_before(stage: Stage) -> None:
    it = await play(stage)
    await it.job(concurrency="replace")
    await it.tend_after(hours=1)
    (first,) = await stage.rows(Run, it.capsule)
    await it.change(Run, first.id, status="running")
    await it.tend_after(hours=1)
    rows = {row.id: row for row in await stage.rows(Run, it.capsule)}
    assert rows[first.id].cancel_requested
    assert "newer run" in str(rows[first.id].reason)
    assert [row.status for row in rows.values() if row.id != first.id] == ["queued"]


async def test_times_missed_while_away_are_skipped_and_said(stage: Stage) -> None:
    it = await play(stage)
    job = await it.job(missed="skip")
    await it.tend_after(hours=5, minutes=30)
    assert await it.runs() == [("cancelled", NOON + timedelta(hours=5))]
    async with stage.database.reading() as db_session:
        assert (await db_session.get_one(CronJob, job.id)).next_at == NOON + timedelta(hours=6)


async def test_times_missed_while_away_are_made_up_for_once(stage: Stage) -> None:
    it = await play(stage)
    await it.job(missed="once")
    await it.tend_after(hours=5, minutes=30)
    await it.tend_after(seconds=1)
    assert await it.runs() == [("queued", NOON + timedelta(hours=5))]


async def test_short_restart_misses_nothing(stage: Stage) -> None:
    it = await play(stage)
    await it.job(missed="skip")
    await it.tend_after(hours=3, seconds=40)
    assert await it.runs() == [("queued", NOON + timedelta(hours=3))]


async def test_capsule_that_is_off_or_removed_runs_nothing_and_catches_up_on_nothing(stage: Stage) -> None:
    it = await play(stage)
    await it.job(missed="once")
    await it.change(Capsule, it.capsule.id, is_on=False)
    await it.tend_after(hours=2)
    await it.change(Capsule, it.capsule.id, is_on=True)
    await it.tend_after(minutes=10)
    assert await it.runs() == []
    await it.change(Capsule, it.capsule.id, removed_at=NOON)
    await it.tend_after(hours=2)
    assert await it.runs() == []


async def test_job_that_is_off_waits(stage: Stage) -> None:
    it = await play(stage)
    job = await it.job(is_on=False)
    await it.tend_after(hours=2)
    assert (await it.runs(), job.next_at) == ([], None)


async def test_time_that_was_decided_is_not_decided_again_after_a_crash(stage: Stage) -> None:
    """What a server that died half-way could have left: the time set back, its run written."""
    it = await play(stage)
    job = await it.job(concurrency="allow")
    await it.tend_after(hours=1)
    await it.change(CronJob, job.id, next_at=NOON + timedelta(hours=1))
    await it.cron.tend()
    assert await it.runs() == [("queued", NOON + timedelta(hours=1))]


async def test_run_of_a_job_is_run(stage: Stage) -> None:
    await stage.begin()
    capsule = await stage.live()
    it = Play(stage, capsule)
    it.clock.time = now()  # else the reconciler's own look finds the job long overdue
    job = await it.job(command="fake exit_after=0.01")
    assert job.next_at is not None
    it.clock.time = job.next_at
    await it.cron.tend()
    run = await stage.until_ended(Run, capsule)
    assert (run.status, run.exit_code) == ("succeeded", 0)
