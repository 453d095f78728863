"""Runs and cron jobs over HTTP. What reconcile does with them is tested there."""

import asyncio
import json
from typing import Any

import httpx2
import pytest
from api_records import World, make_capsule, make_release, make_run

from capsule.api.context import Context
from capsule.control.delivery.leases import end
from capsule.control.delivery.subscriptions import subscribe
from capsule.db import Database
from capsule.kit.clock import now
from capsule.models import Capsule, Run
from capsule.telemetry.segments import SegmentWriter


@pytest.fixture(autouse=True)
def delivery(context: Context) -> None:
    subscribe(context.events, context.box)


@pytest.fixture
async def capsule(database: Database, world: World) -> Capsule:
    async with database.unit_of_work() as db_session:
        capsule = await make_capsule(db_session, world.space)
        capsule.release_id = (await make_release(db_session, capsule)).id
        return capsule


def write_lines(context: Context, capsule: Capsule, replica: str, *texts: str) -> None:
    writer = SegmentWriter(context.paths.telemetry(capsule.id), "app")
    for text in texts:
        at = now().isoformat()
        writer.append({"at": at, "replica": replica, "stream": "stdout", "text": text})
    writer.close()


async def events(client: httpx2.AsyncClient, path: str, **kwargs: Any) -> list[tuple[str, Any, str]]:
    found = []
    body = (await client.get(path, **kwargs)).text
    for block in body.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields["event"], json.loads(fields["data"]), fields.get("id", "")))
    return found


class TestRuns:
    async def test_run_is_queued_listed_and_cancelled(
        self, client: httpx2.AsyncClient, world: World, capsule: Capsule
    ) -> None:
        answer = await client.post(f"/capsules/{capsule.slug}/runs", json={"command": "python seed.py"})
        assert answer.status_code == 201, answer.text
        made = answer.json()
        assert (made["status"], made["trigger"], made["can"]) == ("queued", "manual", ["cancel"])
        assert made["requested_by"] == world.people["owner"].user.id
        listed = (await client.get(f"/capsules/{capsule.id}/runs")).json()["items"]
        assert [row["id"] for row in listed] == [made["id"]]
        cancelled = (await client.post(f"/runs/{made['id']}/cancel")).json()
        assert (cancelled["status"], cancelled["can"]) == ("cancelled", [])
        again = await client.post(f"/runs/{made['id']}/cancel")
        assert (again.status_code, again.json()["code"]) == (409, "run_finished")

    @pytest.mark.parametrize(
        ("values", "code"), [({"type": "app"}, "runs_no_commands"), ({"type": "storage"}, "runs_no_commands")]
    )
    async def test_type_that_runs_no_commands_is_refused(
        self, client: httpx2.AsyncClient, database: Database, world: World, values: Any, code: str
    ) -> None:
        async with database.unit_of_work() as db_session:
            capsule = await make_capsule(db_session, world.space, **values)
        answer = await client.post(f"/capsules/{capsule.id}/runs", json={"command": "ls"})
        assert (answer.status_code, answer.json()["code"]) == (409, code)

    async def test_capsule_without_a_release_is_told_to_deploy(
        self, client: httpx2.AsyncClient, database: Database, world: World
    ) -> None:
        async with database.unit_of_work() as db_session:
            capsule = await make_capsule(db_session, world.space)
        answer = await client.post(f"/capsules/{capsule.id}/runs", json={"command": "ls"})
        assert answer.json()["code"] == "nothing_to_run_in"
        assert "capsule deploy" in answer.json()["hint"]

    async def test_empty_command_is_refused(self, client: httpx2.AsyncClient, capsule: Capsule) -> None:
        answer = await client.post(f"/capsules/{capsule.id}/runs", json={"command": "  "})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_command")

    async def test_output_is_followed_to_its_end_and_from_any_line_on(
        self, client: httpx2.AsyncClient, context: Context, database: Database, capsule: Capsule
    ) -> None:
        async with database.unit_of_work() as db_session:
            run = await make_run(
                db_session, capsule, status="running", replica_id="rpl_mine", started_at=now()
            )
        write_lines(context, capsule, "rpl_mine", "one")
        write_lines(context, capsule, "rpl_other", "not mine")
        following = asyncio.create_task(events(client, f"/runs/{run.id}/logs/stream"))
        await asyncio.sleep(0.3)
        write_lines(context, capsule, "rpl_mine", "two")
        async with database.unit_of_work() as db_session:
            row = await db_session.get_one(Run, run.id)
            row.exit_code = 3
            end(row, "failed", "The command exited with code 3.")
        got = await asyncio.wait_for(following, 5)
        assert [name for name, *_ in got if name != "line"] == ["status", "status", "end"]
        lines = [(data["text"], id) for name, data, id in got if name == "line"]
        assert [text for text, _ in lines] == ["one", "two"]
        assert (got[-1][1]["status"], got[-1][1]["exit_code"]) == ("failed", 3)
        again = await events(client, f"/runs/{run.id}/logs/stream", headers={"Last-Event-ID": lines[0][1]})
        assert [data["text"] for name, data, _ in again if name == "line"] == ["two"]
        page = (await client.get(f"/runs/{run.id}/logs")).json()["items"]
        assert [line["text"] for line in page] == ["one", "two"]


class TestCronJobs:
    async def test_job_is_made_changed_switched_off_and_removed(
        self, client: httpx2.AsyncClient, capsule: Capsule
    ) -> None:
        wanted = {"name": "nightly", "schedule": "0 3 * * *", "timezone": "Europe/Berlin", "command": "./x"}
        answer = await client.post(f"/capsules/{capsule.id}/cron-jobs", json=wanted)
        assert answer.status_code == 201, answer.text
        job = answer.json()
        assert len(job["next_times"]) == 3
        assert (job["concurrency"], job["missed"], job["last_run"]) == ("forbid", "skip", None)
        twice = await client.post(f"/capsules/{capsule.id}/cron-jobs", json=wanted)
        assert twice.json()["code"] == "cron_job_exists"
        changed = (await client.patch(f"/cron-jobs/{job['id']}", json={"is_on": False})).json()
        assert (changed["is_on"], changed["next_times"], changed["schedule"]) == (False, [], "0 3 * * *")
        listed = (await client.get(f"/capsules/{capsule.id}/cron-jobs")).json()["items"]
        assert [row["name"] for row in listed] == ["nightly"]
        assert (await client.delete(f"/cron-jobs/{job['id']}")).status_code == 204
        assert (await client.get(f"/cron-jobs/{job['id']}")).status_code == 404

    async def test_bad_schedule_names_the_field(self, client: httpx2.AsyncClient, capsule: Capsule) -> None:
        wanted = {"name": "x", "schedule": "0 25 * * *", "command": "ls"}
        answer = await client.post(f"/capsules/{capsule.id}/cron-jobs", json=wanted)
        assert answer.status_code == 422
        problem = answer.json()
        assert (problem["code"], problem["field"]) == ("bad_schedule", "schedule")
        assert "The hour '25'" in problem["detail"]
        preview = await client.get(
            f"/capsules/{capsule.id}/cron-jobs/preview", params={"schedule": "@daily", "timezone": "UTC"}
        )
        assert len(preview.json()["next_times"]) == 3

    async def test_run_now_and_what_the_job_forbids(
        self, client: httpx2.AsyncClient, capsule: Capsule
    ) -> None:
        wanted = {"name": "x", "schedule": "@daily", "command": "ls"}
        job = (await client.post(f"/capsules/{capsule.id}/cron-jobs", json=wanted)).json()
        run = (await client.post(f"/cron-jobs/{job['id']}/run")).json()
        assert (run["cron_job_id"], run["trigger"], run["due_at"]) == (job["id"], "manual", None)
        second = await client.post(f"/cron-jobs/{job['id']}/run")
        assert (second.status_code, second.json()["code"]) == (409, "cron_job_runs")
        mine = await client.get(f"/capsules/{capsule.id}/runs", params={"cron_job": job["id"]})
        assert [row["id"] for row in mine.json()["items"]] == [run["id"]]
        shown = (await client.get(f"/cron-jobs/{job['id']}")).json()
        assert shown["last_run"]["id"] == run["id"]
