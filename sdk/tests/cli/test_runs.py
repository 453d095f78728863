"""`capsule run`, `runs`, `cron` and `exec`: what is sent, what is printed, and the exit code."""

import base64
import json
from collections.abc import Callable
from typing import Any

import cli_platform
import pytest
from cli_platform import AT, STREAMED, FakePlatform, Handler, Json, Ran, items

Cli = Callable[..., Ran]


class Runs:
    """What the platform does with runs, jobs and shells in a test."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = [("platform", "Started."), ("stdout", "hello")]
        self.end: Json = {"status": "succeeded", "exit_code": 0, "reason": None, "hint": None}
        self.cut = False
        self.jobs: list[Json] = []
        self.replicas: list[Json] = []
        self.pieces: list[tuple[str, bytes]] = []
        self.shell_end: Json = {"exit_code": 0, "reason": "It exited with code 0."}

    def run(self, **values: Any) -> Json:
        return {
            "id": "run_1",
            "status": "queued",
            "trigger": "manual",
            "exit_code": None,
            "command": "",
            "reason": None,
            "hint": None,
            "due_at": None,
            "replica_id": None,
            "started_at": None,
            "finished_at": None,
            "created_at": AT,
            **values,
        }

    def follow(self, handler: Handler, *_: Any) -> object:
        handler.stream()
        after = int(handler.headers.get("Last-Event-ID") or 0)
        for number, (stream, text) in enumerate(self.lines, start=1):
            if number > after:
                handler.event("line", {"at": AT, "stream": stream, "text": text}, number)
            if self.cut and number == 1:
                self.cut = False
                return STREAMED
        handler.event("end", self.end)
        return STREAMED

    def printed(self, *_: Any) -> Json:
        return items([{"at": AT, "stream": stream, "text": text} for stream, text in self.lines])

    def follow_shell(self, handler: Handler, *_: Any) -> object:
        handler.stream()
        offset = 0
        for stream, data in self.pieces:
            text = base64.b64encode(data).decode()
            handler.event("output", {"offset": offset, "data": text, "stream": stream}, offset + len(data))
            offset += len(data)
        handler.event("end", self.shell_end)
        return STREAMED

    def change_job(self, _: Handler, __: FakePlatform, body: Json, id_: str) -> Json:
        (job,) = [job for job in self.jobs if job["id"] == id_]
        job.update(body)
        return job

    def routes(self) -> list[Any]:
        shell = {"id": "shl_1", "replica_id": "rpl_2"}
        return [
            ("POST", "/capsules/([^/]+)/runs", lambda _h, _p, body, _id: self.run(**body)),
            ("GET", "/capsules/([^/]+)/runs", lambda *_: items([self.run(command="ls", status="failed")])),
            ("GET", "/runs/([^/]+)", lambda *_: self.run(status="succeeded")),
            ("GET", "/runs/([^/]+)/logs", self.printed),
            ("GET", "/runs/([^/]+)/logs/stream", self.follow),
            ("POST", "/runs/([^/]+)/cancel", lambda *_: self.run(status="cancelled")),
            ("GET", "/capsules/([^/]+)/cron-jobs", lambda *_: items(self.jobs)),
            ("POST", "/capsules/([^/]+)/cron-jobs", lambda _h, _p, body, _id: job(**body)),
            ("PATCH", "/cron-jobs/([^/]+)", self.change_job),
            ("DELETE", "/cron-jobs/([^/]+)", lambda *_: None),
            ("POST", "/cron-jobs/([^/]+)/run", lambda *_: self.run()),
            ("GET", "/capsules/([^/]+)/replicas", lambda *_: items(self.replicas)),
            ("POST", "/replicas/([^/]+)/shells", lambda *_: shell),
            ("GET", "/replicas/([^/]+)/shells/([^/]+)/stream", self.follow_shell),
            ("POST", "/replicas/([^/]+)/shells/([^/]+)/input", lambda *_: None),
        ]


def job(**values: Any) -> Json:
    return {
        "id": "crn_1",
        "name": "nightly",
        "schedule": "@daily",
        "timezone": "UTC",
        "command": "./x",
        "next_times": [AT],
        "last_run": None,
        **values,
    }


def replica(id_: str, **values: Any) -> Json:
    return {"id": id_, "state": "healthy", "environment": "deploy", "started_at": AT, **values}


@pytest.fixture
def runs(platform: FakePlatform, monkeypatch: pytest.MonkeyPatch) -> Runs:
    platform.add_capsule("shop")
    made = Runs()
    monkeypatch.setattr(cli_platform, "ROUTES", [*cli_platform.ROUTES, *made.routes()])
    return made


class TestRun:
    def test_prints_the_commands_own_words_and_takes_over_its_code(
        self, capsule_cli: Cli, platform: FakePlatform, runs: Runs
    ) -> None:
        runs.lines.append(("stderr", "oh no"))
        runs.end = {
            "status": "failed",
            "exit_code": 3,
            "reason": "It exited with code 3.",
            "hint": "Mend it.",
        }
        ran = capsule_cli("run", "--timeout", "60", "shop", "--", "python", "-c", "print('a b')")
        assert (ran.code, ran.out) == (3, "hello\n")
        assert "oh no" in ran.err
        assert "Mend it." in ran.err
        (sent,) = platform.called("POST", "/runs$")
        assert sent == {"command": "python -c 'print('\"'\"'a b'\"'\"')'", "timeout_seconds": 60}

    def test_one_argument_is_a_shell_line(self, capsule_cli: Cli, platform: FakePlatform, runs: Runs) -> None:
        assert capsule_cli("run", "shop", "--", "ls | wc -l").code == 0
        assert platform.called("POST", "/runs$")[0]["command"] == "ls | wc -l"

    def test_broken_connection_is_taken_up_again(self, capsule_cli: Cli, runs: Runs) -> None:
        runs.cut = True
        ran = capsule_cli("run", "shop", "--", "ls")
        assert (ran.code, ran.out) == (0, "hello\n")

    def test_detached_run_prints_its_id(self, capsule_cli: Cli, runs: Runs) -> None:
        ran = capsule_cli("run", "-d", "shop", "--", "ls")
        assert (ran.code, ran.out) == (0, "run_1\n")

    def test_run_that_was_cancelled_is_an_error(self, capsule_cli: Cli, runs: Runs) -> None:
        runs.end = {"status": "cancelled", "exit_code": None, "reason": "Cancelled.", "hint": None}
        ran = capsule_cli("run", "shop", "--", "ls")
        assert ran.code == 1
        assert "Cancelled." in ran.err


class TestRuns:
    def test_are_listed(self, capsule_cli: Cli, runs: Runs) -> None:
        ran = capsule_cli("runs", "shop")
        assert "run_1" in ran.out
        assert "failed" in ran.out

    def test_one_is_shown_with_its_end(self, capsule_cli: Cli, runs: Runs) -> None:
        assert "succeeded" in capsule_cli("runs", "show", "run_1").out
        assert capsule_cli("runs", "show", "run_1", "--json").json["id"] == "run_1"

    def test_output_of_one_is_apart_by_stream(
        self, capsule_cli: Cli, platform: FakePlatform, runs: Runs
    ) -> None:
        runs.lines.append(("stderr", "oh no"))
        ran = capsule_cli("runs", "log", "run_1")
        assert (ran.code, ran.out, ran.err) == (0, "hello\n", "oh no\n")
        assert [line["text"] for line in capsule_cli("runs", "log", "--json", "run_1").json] == [
            "Started.",
            "hello",
            "oh no",
        ]

    def test_followed_one_gives_its_exit_code(self, capsule_cli: Cli, runs: Runs) -> None:
        runs.end = {"status": "failed", "exit_code": 3, "reason": "It exited with code 3.", "hint": None}
        ran = capsule_cli("runs", "log", "-f", "run_1")
        assert (ran.code, ran.out) == (3, "hello\n")
        ran = capsule_cli("runs", "log", "-f", "--json", "run_1")
        assert [json.loads(line)["text"] for line in ran.out.splitlines()] == ["Started.", "hello"]
        assert ran.code == 3

    def test_interrupt_leaves_a_followed_one_running(
        self, capsule_cli: Cli, platform: FakePlatform, runs: Runs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted(*_: Any) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("cpsl.cli.commands.runs.print_line", interrupted)
        assert capsule_cli("runs", "log", "-f", "run_1").code == 130
        assert platform.called("POST", "/cancel$") == []

    def test_one_without_output_says_so(self, capsule_cli: Cli, runs: Runs) -> None:
        runs.lines = []
        assert "has printed nothing" in capsule_cli("runs", "log", "run_1").err

    def test_one_is_cancelled(self, capsule_cli: Cli, platform: FakePlatform, runs: Runs) -> None:
        assert "is cancelled" in capsule_cli("runs", "cancel", "run_1").out
        assert platform.called("POST", "/runs/run_1/cancel$")


class TestCron:
    def test_job_is_made_and_its_times_told(
        self, capsule_cli: Cli, platform: FakePlatform, runs: Runs
    ) -> None:
        ran = capsule_cli(
            "cron", "create", "--timezone", "Europe/Berlin", "shop", "nightly", "0 3 * * *", "--", "./x", "-v"
        )
        assert ran.code == 0, ran.err
        assert AT in ran.out
        assert platform.called("POST", "/cron-jobs$") == [
            {"name": "nightly", "schedule": "0 3 * * *", "command": "./x -v", "timezone": "Europe/Berlin"}
        ]

    def test_job_is_found_by_name_changed_run_and_removed(
        self, capsule_cli: Cli, platform: FakePlatform, runs: Runs
    ) -> None:
        runs.jobs = [job()]
        assert "nightly" in capsule_cli("cron", "shop").out
        assert capsule_cli("cron", "update", "shop", "nightly", "--off").code == 0
        assert platform.called("PATCH", "/cron-jobs/crn_1") == [{"is_on": False}]
        assert capsule_cli("cron", "run-now", "shop", "nightly").out == "hello\n"
        assert "run_1" in capsule_cli("cron", "history", "shop", "nightly").out
        assert capsule_cli("cron", "remove", "shop", "nightly").code == 0
        assert platform.called("DELETE", "/cron-jobs/crn_1")

    def test_unknown_job_gets_a_proposal(self, capsule_cli: Cli, runs: Runs) -> None:
        runs.jobs = [job()]
        ran = capsule_cli("cron", "remove", "shop", "nigthly")
        assert ran.code == 2
        assert "Did you mean 'nightly'?" in ran.err

    def test_nothing_to_change_is_said(self, capsule_cli: Cli, runs: Runs) -> None:
        runs.jobs = [job()]
        assert capsule_cli("cron", "update", "shop", "nightly").code == 2


class TestExec:
    def test_streams_stay_apart_and_the_code_is_its_own(
        self, capsule_cli: Cli, platform: FakePlatform, runs: Runs
    ) -> None:
        runs.replicas = [
            replica("rpl_1", started_at="2026-01-01T00:00:00Z"),
            replica("rpl_2"),
            replica("rpl_3", environment="run", started_at="2027-01-01T00:00:00Z"),
        ]
        runs.pieces = [("stdout", b"one\n"), ("stderr", b"two\n"), ("stdout", b"three\n")]
        runs.shell_end = {"exit_code": 4, "reason": "It exited with code 4."}
        ran = capsule_cli("exec", "shop", "--", "cat", "-n", "x")
        assert (ran.code, ran.out, ran.err) == (4, "one\nthree\n", "two\n")
        (wanted,) = platform.called("POST", "/replicas/rpl_2/shells$")
        assert (wanted["command"], wanted["terminal"]) == (["cat", "-n", "x"], False)

    def test_end_of_the_replica_is_said(self, capsule_cli: Cli, runs: Runs) -> None:
        runs.replicas = [replica("rpl_2")]
        runs.shell_end = {"exit_code": 137, "reason": "The replica has ended."}
        ran = capsule_cli("exec", "shop", "--", "ls")
        assert ran.code == 137
        assert "The replica has ended." in ran.err

    def test_capsule_that_does_not_run_is_told_how(self, capsule_cli: Cli, runs: Runs) -> None:
        ran = capsule_cli("exec", "shop", "--", "ls")
        assert ran.code == 2
        assert "capsule run shop" in ran.err

    def test_unknown_replica_names_those_that_run(self, capsule_cli: Cli, runs: Runs) -> None:
        runs.replicas = [replica("rpl_2")]
        ran = capsule_cli("exec", "--replica", "rpl_9", "shop", "--", "ls")
        assert "Running: rpl_2" in ran.err

    def test_terminal_is_refused_where_there_is_none(self, capsule_cli: Cli, runs: Runs) -> None:
        assert "There is no terminal here." in capsule_cli("exec", "-t", "shop").err


def test_json_of_a_run_is_its_record(capsule_cli: Cli, runs: Runs) -> None:
    ran = capsule_cli("run", "--json", "shop", "--", "ls")
    assert json.loads(ran.out)["id"] == "run_1"
    assert "hello" in ran.err
