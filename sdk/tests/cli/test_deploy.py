"""`capsule deploy` against a platform: what is sent, what is said, and nothing half made."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_platform import FakePlatform, Problem, Ran

Cli = Callable[..., Ran]


class TestEntry:
    def test_app_is_sent_built_and_live(
        self, platform: FakePlatform, capsule_cli: Cli, project: Path
    ) -> None:
        ran = capsule_cli("deploy", "app.py:app")
        assert ran.code == 0, ran.err
        assert list(platform.uploads[0]) == ["app.py"]
        made = platform.called("POST", "^/capsules$")[0]
        assert (made["name"], made["type"], made["config"]) == (
            "report-agent",
            "app",
            {"entry": "app.py:app"},
        )
        assert "installing flask" in ran.out
        assert "report-agent is live: release 1, in" in ran.out
        assert "http://report-agent.localhost:8080" in ran.out

    def test_second_deploy_is_a_new_release_of_the_same_capsule(
        self, platform: FakePlatform, capsule_cli: Cli, project: Path
    ) -> None:
        capsule_cli("deploy", "app.py:app")
        ran = capsule_cli("deploy", "app.py:app", "--json")
        assert len(platform.capsules) == 1
        assert ran.json["release"] == 2
        assert ran.json["status"] == "live"
        sent = platform.called("POST", "/builds$")[1]
        assert sent["source"] == {"kind": "upload", "path": "", "upload_id": "upl_2"}

    def test_wrong_entry_sends_nothing(self, platform: FakePlatform, capsule_cli: Cli, project: Path) -> None:
        for target in ("app.py", "app.py:nope", "missing.py:app"):
            assert capsule_cli("deploy", target).code == 2
        assert platform.requests == []

    def test_unsuitable_name_sends_nothing_and_proposes_one(
        self, platform: FakePlatform, capsule_cli: Cli, project: Path
    ) -> None:
        (project / "app.py").write_text('import cpsl\napp = cpsl.App("My App", image=cpsl.Image())\n')
        ran = capsule_cli("deploy", "app.py:app")
        assert ran.code == 2
        assert "--name my-app" in ran.err
        assert capsule_cli("deploy", "app.py:app", "--name", "a/b").code == 2
        assert platform.requests == []
        assert capsule_cli("deploy", "app.py:app", "--name", "my-app").code == 0

    def test_name_taken_by_another_type_is_refused_before_the_upload(
        self, platform: FakePlatform, capsule_cli: Cli, project: Path
    ) -> None:
        platform.add_capsule("report-agent", "backend")
        ran = capsule_cli("deploy", "app.py:app")
        assert ran.code == 2
        assert "is a backend" in ran.err
        assert platform.uploads == []

    def test_name_that_somebody_takes_meanwhile_gets_another_release(
        self, platform: FakePlatform, capsule_cli: Cli, project: Path
    ) -> None:
        def somebody_was_quicker(method: str, path: str) -> None:
            if method == "POST" and path.endswith("/capsules"):
                platform.add_capsule("report-agent", "app")
                raise Problem(409, "name_taken", "This space already has a capsule 'report-agent'.")

        platform.fail = somebody_was_quicker
        assert capsule_cli("deploy", "app.py:app").code == 0
        assert len(platform.called("POST", "/builds$")) == 1


class TestDirectory:
    @pytest.fixture
    def site(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        folder = tmp_path / "My Site"
        folder.mkdir()
        (folder / "index.html").write_text("<h1>hi</h1>")
        monkeypatch.chdir(folder)
        return folder

    def test_type_is_found_out_by_the_platform(
        self, platform: FakePlatform, capsule_cli: Cli, site: Path
    ) -> None:
        platform.plan = {"provider": "static", "choices": []}
        assert capsule_cli("deploy", "--json").json["type"] == "frontend"
        assert platform.called("POST", "/plans")[0]["source"]["upload_id"] == "upl_1"
        assert platform.called("POST", "^/capsules$")[0]["name"] == "my-site"

    def test_what_cannot_be_planned_leaves_nothing(
        self, platform: FakePlatform, capsule_cli: Cli, site: Path
    ) -> None:
        platform.plan = {"reasons": ["No known project file."], "hint": "Add a Procfile."}
        ran = capsule_cli("deploy")
        assert ran.code == 1
        assert "No known project file." in ran.err
        assert "Hint:  Add a Procfile." in ran.err
        assert platform.capsules == {}

    def test_site_that_has_to_be_built_is_a_frontend(
        self, platform: FakePlatform, capsule_cli: Cli, site: Path
    ) -> None:
        platform.plan = {"reasons": ["package.json has no script `start`."], "hint": "Add one."}
        platform.site_plan = {"provider": "static", "choices": []}
        assert capsule_cli("deploy", "--json").json["type"] == "frontend"

    def test_given_type_and_commands_are_sent(
        self, platform: FakePlatform, capsule_cli: Cli, site: Path
    ) -> None:
        ran = capsule_cli(
            "deploy",
            ".",
            "--name",
            "web",
            "--type",
            "backend",
            "--run-command",
            "python -m http.server $PORT",
        )
        assert ran.code == 0
        made = platform.called("POST", "^/capsules$")[0]
        assert made["config"] == {"run_command": "python -m http.server $PORT"}
        assert platform.called("POST", "/plans") == []

    def test_directory_with_one_app_is_deployed_by_its_entry(
        self, platform: FakePlatform, capsule_cli: Cli, project: Path
    ) -> None:
        assert capsule_cli("deploy", "--json").json["type"] == "app"
        assert platform.called("POST", "^/capsules$")[0]["config"] == {"entry": "app.py:app"}

    def test_unknown_target_says_what_can_be_named(
        self, platform: FakePlatform, capsule_cli: Cli, site: Path
    ) -> None:
        ran = capsule_cli("deploy", "nope")
        assert ran.code == 2
        assert "There is no 'nope' here." in ran.err


class TestGit:
    URL = "https://git.example/team/Flask_Shop.git"

    def test_repository_branch_and_path_are_sent(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        ran = capsule_cli("deploy", "--git", self.URL, "--branch", "main", "--path", "api", "--json")
        assert ran.code == 0
        made = platform.called("POST", "^/capsules$")[0]
        assert made["source"] == {"kind": "git", "url": self.URL, "branch": "main", "path": "api"}
        assert (made["name"], made["type"]) == ("api", "backend")
        assert platform.uploads == []

    def test_name_comes_from_the_repository(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        assert capsule_cli("deploy", "--git", self.URL, "--json").json["name"] == "flask-shop"

    def test_entry_in_a_repository_is_an_app(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        assert capsule_cli("deploy", "app.py:app", "--git", self.URL, "--json").json["type"] == "app"

    @pytest.mark.parametrize(
        "argv", [(".", "--git", URL), ("--branch", "x"), ("--git", URL, "--type", "app")]
    )
    def test_contradictions_exit_2(
        self, platform: FakePlatform, capsule_cli: Cli, project: Path, argv: tuple[str, ...]
    ) -> None:
        assert capsule_cli("deploy", *argv).code == 2
        assert platform.requests == []


class TestEnvironment:
    def test_variables_are_there_before_the_first_build(
        self, platform: FakePlatform, capsule_cli: Cli, project: Path
    ) -> None:
        assert capsule_cli("deploy", "app.py:app", "--env", "A=1", "--env", "B=x=y").code == 0
        order = [(method, path) for method, path, _ in platform.requests]
        assert order.index(("PATCH", "/capsules/cap_1/env")) < order.index(("POST", "/capsules/cap_1/builds"))
        assert platform.env["cap_1"] == {"A": "1", "B": "x=y"}

    def test_refused_variable_takes_the_new_capsule_back(
        self, platform: FakePlatform, capsule_cli: Cli, project: Path
    ) -> None:
        assert capsule_cli("deploy", "app.py:app", "--env", "CAPSULE_X=1").code == 2
        assert platform.capsules == {}

    def test_equal_variables_are_not_sent_again(
        self, platform: FakePlatform, capsule_cli: Cli, project: Path
    ) -> None:
        for _ in range(2):
            capsule_cli("deploy", "app.py:app", "--env", "A=1")
        assert len(platform.called("PATCH", "/env")) == 1


class TestOutcome:
    def test_failed_build_exits_1_with_reason_and_hint(
        self, platform: FakePlatform, capsule_cli: Cli, project: Path
    ) -> None:
        platform.build_end = {
            "status": "failed",
            "reason": "pip found no 'flsk'",
            "hint": "Is it spelt right?",
        }
        ran = capsule_cli("deploy", "app.py:app")
        assert ran.code == 1
        assert "Error: The build of 'report-agent' failed: pip found no 'flsk'." in ran.err
        assert "Hint:  Is it spelt right?" in ran.err
        assert "(build_failed, bld_1; --verbose for details)" in ran.err
        assert "live" not in ran.out

    def test_failed_deployment_shows_the_last_lines(
        self, platform: FakePlatform, capsule_cli: Cli, project: Path
    ) -> None:
        tail = [{"at": "", "stream": "stderr", "text": "KeyError: 'PORT'"}]
        platform.deployment_end = {"status": "failed", "reason": "exited with code 1", "log_tail": tail}
        ran = capsule_cli("deploy", "app.py:app")
        assert ran.code == 1
        assert "KeyError: 'PORT'" in ran.out
        assert "Release 1 of 'report-agent' did not go live: exited with code 1." in ran.err

    def test_capsule_that_is_removed_meanwhile_is_named(
        self, platform: FakePlatform, capsule_cli: Cli, project: Path
    ) -> None:
        def removed(method: str, path: str) -> None:
            if path.endswith("/deployments"):
                raise Problem(404, "not_found", "There is no capsule 'cap_1'.")

        platform.fail = removed
        ran = capsule_cli("deploy", "app.py:app")
        assert ran.code == 1
        assert "'report-agent' was removed while it was deployed." in ran.err

    def test_what_the_deployment_waits_for_is_said(
        self, platform: FakePlatform, capsule_cli: Cli, project: Path
    ) -> None:
        platform.deployment_waits = ["The app listens on no port yet."] * 2
        ran = capsule_cli("deploy", "app.py:app")
        assert ran.code == 0
        assert ran.out.count("The app listens on no port yet.") == 1

    def test_failure_as_json_is_an_object_with_the_reason(
        self, platform: FakePlatform, capsule_cli: Cli, project: Path
    ) -> None:
        platform.build_end = {"status": "failed", "reason": "boom"}
        ran = capsule_cli("deploy", "app.py:app", "--json")
        assert ran.code == 1
        assert (ran.json["status"], ran.json["code"]) == ("failed", "build_failed")

    def test_capsule_that_is_off_is_built_only(
        self, platform: FakePlatform, capsule_cli: Cli, project: Path
    ) -> None:
        platform.add_capsule("report-agent", "app", is_on=False)
        ran = capsule_cli("deploy", "app.py:app")
        assert ran.code == 0
        assert "capsule start report-agent" in ran.out

    def test_no_wait_returns_with_the_build_queued(
        self, platform: FakePlatform, capsule_cli: Cli, project: Path
    ) -> None:
        ran = capsule_cli("deploy", "app.py:app", "--no-wait", "--json")
        assert ran.json["status"] == "queued"

    def test_broken_log_stream_goes_on_without_a_line_twice(
        self, platform: FakePlatform, capsule_cli: Cli, project: Path
    ) -> None:
        platform.build_lines = ["one", "two", "three"]
        platform.cut_after_line = 2
        ran = capsule_cli("deploy", "app.py:app")
        assert ran.code == 0
        assert [line for line in ran.out.splitlines() if line in ("one", "two", "three")] == [
            "one",
            "two",
            "three",
        ]

    def test_interrupt_detaches_and_says_how_to_go_on(
        self,
        platform: FakePlatform,
        capsule_cli: Cli,
        project: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("cpsl.cli.delivery.Follower._follow_build", interrupt)
        ran = capsule_cli("deploy", "app.py:app")
        assert ran.code == 130
        assert "capsule builds log bld_1 -f" in ran.err
        assert "capsule builds cancel bld_1" in ran.err
        assert platform.capsules

    def test_refused_upload_names_the_biggest_files(
        self, platform: FakePlatform, capsule_cli: Cli, project: Path
    ) -> None:
        def fail(method: str, path: str) -> None:
            if path.endswith("/uploads"):
                raise Problem(413, "too_large", "The archive is larger than 1 kB.")

        platform.fail = fail
        ran = capsule_cli("deploy", "app.py:app")
        assert ran.code == 2
        assert "Biggest: app.py" in ran.err
        assert platform.capsules == {}

    def test_waiting_build_is_followed_until_it_ends(
        self, platform: FakePlatform, capsule_cli: Cli, project: Path
    ) -> None:
        platform.build_gate = threading.Event()
        threading.Timer(0.2, platform.build_gate.set).start()
        assert capsule_cli("deploy", "app.py:app").code == 0
