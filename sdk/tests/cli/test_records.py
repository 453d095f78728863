"""Commands on records: logins, spaces, capsules, variables, secrets, files, logs, builds, tokens."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_platform import FakePlatform, Ran

from cpsl import _config

Cli = Callable[..., Ran]


@pytest.fixture
def logged_out(platform: FakePlatform, monkeypatch: pytest.MonkeyPatch) -> FakePlatform:
    monkeypatch.delenv("CAPSULE_TOKEN")
    return platform


class TestLogin:
    def test_by_password_saves_the_login(self, logged_out: FakePlatform, capsule_cli: Cli) -> None:
        ran = capsule_cli("login", "-e", "ada@example.org", "-p", "right")
        assert ran.code == 0
        assert "ada@example.org" in ran.out
        saved = _config.load_saved()
        assert saved is not None
        assert (saved.url, saved.token) == (logged_out.url, "tok-new")
        assert capsule_cli("whoami", "--json").json["user"]["email"] == "ada@example.org"

    def test_wrong_password_exits_77_and_saves_nothing(
        self, logged_out: FakePlatform, capsule_cli: Cli
    ) -> None:
        ran = capsule_cli("login", "-e", "ada@example.org", "-p", "wrong")
        assert ran.code == 77
        assert "E-mail or password is wrong." in ran.err
        assert _config.load_saved() is None

    def test_by_browser_prints_address_and_code_and_waits(
        self, logged_out: FakePlatform, capsule_cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("cpsl.cli.commands.login.POLL_SECONDS", 0.01)
        ran = capsule_cli("login", "--no-browser")
        assert ran.code == 0
        assert "ABCD-1234" in ran.out
        assert f"{logged_out.url}/cli/cli_1" in ran.out
        assert len(logged_out.called("POST", "/poll")) == 2

    def test_unconfirmed_login_ends_with_a_message(
        self, logged_out: FakePlatform, capsule_cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("cpsl.cli.commands.login.WAIT_SECONDS", 0.0)
        ran = capsule_cli("login", "--no-browser")
        assert ran.code == 1
        assert "login_expired" in ran.err

    def test_host_and_port_name_the_server(
        self, logged_out: FakePlatform, capsule_cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("CAPSULE_URL")
        port = logged_out.url.rpartition(":")[2]
        ran = capsule_cli("login", "--host", "127.0.0.1", "--port", port, "-e", "a@b.c", "-p", "right")
        assert ran.code == 0

    def test_logout_forgets(self, logged_out: FakePlatform, capsule_cli: Cli) -> None:
        capsule_cli("login", "-e", "a@b.c", "-p", "right")
        assert [token["id"] for token in logged_out.tokens] == ["tok_9"]
        assert "Logged out" in capsule_cli("logout").out
        assert logged_out.tokens == []
        assert _config.load_saved() is None
        assert capsule_cli("logout").out == "You were not logged in.\n"


class TestSpace:
    def test_used_space_is_remembered_per_server(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        assert capsule_cli("space", "use", "shop").code == 0
        platform.add_capsule("a", space_id="spc_1")
        platform.add_capsule("b", space_id="spc_2")
        assert [item["name"] for item in capsule_cli("list", "--json").json] == ["b"]
        assert [item["name"] for item in capsule_cli("list", "--json", "-s", "main").json] == ["a"]
        assert len(capsule_cli("list", "--all", "--json").json) == 2

    def test_list_marks_the_current_one(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        assert [item["is_current"] for item in capsule_cli("space", "list", "--json").json] == [True, False]
        assert capsule_cli("space", "list").out.splitlines()[1].startswith("*  main")

    def test_unknown_space_lists_those_there_are(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        ran = capsule_cli("list", "-s", "nope")
        assert ran.code == 1
        assert "Spaces: main, shop" in ran.err

    def test_created_space_becomes_the_current_one(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        capsule_cli("space", "create", "blog")
        assert capsule_cli("space", "list", "--json").json[-1]["is_current"] is True


class TestCapsules:
    def test_table_is_aligned_and_plain_outside_a_terminal(
        self, platform: FakePlatform, capsule_cli: Cli
    ) -> None:
        platform.add_capsule("shop")
        platform.add_capsule("a-long-name", status="failed", url=None)
        lines = capsule_cli("list").out.splitlines()
        assert lines[0].split() == ["NAME", "TYPE", "STATUS", "RELEASE", "URL", "UPDATED"]
        assert lines[1].index("backend") == lines[2].index("backend") == lines[0].index("TYPE")
        assert "\x1b" not in "".join(lines)

    @pytest.mark.parametrize(
        ("verb", "sentence"),
        [("start", "shop is live"), ("stop", "shop is stopped"), ("restart", "shop has restarted")],
    )
    def test_switches_return_when_it_is_so(
        self, platform: FakePlatform, capsule_cli: Cli, verb: str, sentence: str
    ) -> None:
        platform.add_capsule("shop")
        ran = capsule_cli(verb, "shop")
        assert ran.code == 0
        assert sentence in ran.out
        assert platform.called("POST", f"/capsules/cap_1/{verb}")

    def test_unknown_capsule_proposes_a_near_one(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        platform.add_capsule("shop")
        ran = capsule_cli("start", "shp")
        assert ran.code == 1
        assert "There is no capsule 'shp' in the space 'main'." in ran.err
        assert "Did you mean 'shop'?" in ran.err

    @pytest.mark.parametrize("name", ["a/b/../c", "x" * 200, "", "?x=1"])
    def test_strange_names_are_unknown_capsules(
        self, platform: FakePlatform, capsule_cli: Cli, name: str
    ) -> None:
        assert capsule_cli("logs", name).code == 1

    def test_remove_without_terminal_wants_yes(
        self, platform: FakePlatform, capsule_cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        platform.add_capsule("shop")
        monkeypatch.setattr("sys.stdin", io.StringIO("shop\n"))
        assert capsule_cli("remove", "shop").code == 2
        assert platform.capsules
        assert capsule_cli("remove", "shop", "--yes").code == 0
        assert not platform.capsules

    @pytest.mark.parametrize(("typed", "code"), [("shop\n", 0), ("y\n", 1)])
    def test_remove_wants_the_name_typed(
        self,
        platform: FakePlatform,
        capsule_cli: Cli,
        monkeypatch: pytest.MonkeyPatch,
        typed: str,
        code: int,
    ) -> None:
        platform.add_capsule("shop")
        stdin = io.StringIO(typed)
        monkeypatch.setattr(stdin, "isatty", lambda: True)
        monkeypatch.setattr("sys.stdin", stdin)
        assert capsule_cli("remove", "shop").code == code
        assert bool(platform.capsules) is bool(code)

    def test_open_prints_the_address(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        platform.add_capsule("shop")
        assert capsule_cli("open", "shop", "--print").out == "http://shop.localhost:8080\n"

    def test_apps_are_the_capsules_of_that_type(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        platform.add_capsule("shop")
        platform.add_capsule("bot", "app")
        assert [item["name"] for item in capsule_cli("app", "list", "--json").json] == ["bot"]
        assert capsule_cli("app", "get", "bot", "--json").json["id"] == "cap_2"
        assert capsule_cli("app", "get", "shop").code == 1


class TestEnv:
    def test_set_list_unset(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        platform.add_capsule("shop")
        assert capsule_cli("env", "set", "shop", "A=1", "B = x=y ").code == 0
        assert platform.env["cap_1"] == {"A": "1", "B": "x=y"}
        assert capsule_cli("env", "unset", "shop", "A").code == 0
        assert capsule_cli("env", "list", "shop", "--json").json == [
            {"key": "B", "value": "x=y", "set_by": "user"}
        ]

    def test_pair_without_equals_is_refused_without_showing_it(
        self, platform: FakePlatform, capsule_cli: Cli
    ) -> None:
        platform.add_capsule("shop")
        ran = capsule_cli("env", "set", "shop", "hunter2")
        assert ran.code == 2
        assert "hunter2" not in ran.err


class TestSecrets:
    def test_value_is_read_from_stdin(
        self, platform: FakePlatform, capsule_cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("s3cret\n"))
        ran = capsule_cli("secret", "create", "KEY=-", "OTHER=a=b")
        assert ran.code == 0
        assert platform.secrets == {"KEY": "s3cret", "OTHER": "a=b"}
        assert "s3cret" not in ran.out

    def test_first_bad_pair_stops_after_those_before(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        ran = capsule_cli("secret", "create", "A=1", "9B=2", "C=3")
        assert ran.code == 2
        assert platform.secrets == {"A": "1"}

    def test_list_and_delete(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        platform.secrets["A"] = "1"
        assert capsule_cli("secret", "list", "--json").json == [{"name": "A"}]
        assert capsule_cli("secret", "delete", "A").code == 0
        assert not platform.secrets


class TestFs:
    @pytest.fixture(autouse=True)
    def reports(self, platform: FakePlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        platform.add_capsule("reports", "storage")
        platform.add_capsule("shop")
        monkeypatch.chdir(tmp_path)

    def test_create_makes_a_storage_capsule(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        assert capsule_cli("fs", "create", "data", "--json").json["type"] == "storage"
        assert capsule_cli("fs", "create", "a/b").code == 2

    def test_size_is_given_in_words_that_people_use(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        assert capsule_cli("fs", "create", "data", "--size", "2G", "--json").json["config"] == {"size": 2048}
        assert "may hold 500 MiB" in capsule_cli("fs", "resize", "data", "500m").out
        assert "may hold 1024 GiB" in capsule_cli("fs", "resize", "data", "1TiB").out
        for wrong in ("0", "-1", "much", "1.5G", "G"):
            assert capsule_cli("fs", "create", "more", f"--size={wrong}").code == 2
        assert "not a filesystem" in capsule_cli("fs", "resize", "shop", "1G").err

    def test_list_shows_what_is_used(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        platform.files["/a.txt"] = b"x" * 2000
        assert "2.0 kB" in capsule_cli("fs", "list").out
        assert "10 GiB" in capsule_cli("fs", "list").out

    def test_list_and_ls_without_a_name_are_the_same(self, capsule_cli: Cli) -> None:
        assert capsule_cli("fs", "list").out == capsule_cli("fs", "ls").out
        assert [item["name"] for item in capsule_cli("fs", "list", "--json").json] == ["reports"]

    def test_upload_goes_to_the_top_under_its_name(
        self, platform: FakePlatform, capsule_cli: Cli, tmp_path: Path
    ) -> None:
        (tmp_path / "a.txt").write_bytes(b"hello")
        assert capsule_cli("fs", "upload", "reports", "a.txt").code == 0
        assert capsule_cli("fs", "upload", "reports", "a.txt", "/b/c.txt").code == 0
        assert capsule_cli("fs", "upload", "reports", "a.txt", "d/").code == 0
        assert platform.files == dict.fromkeys(["/a.txt", "/b/c.txt", "/d/a.txt"], b"hello")

    def test_upload_of_a_folder_sends_every_file(
        self, platform: FakePlatform, capsule_cli: Cli, tmp_path: Path
    ) -> None:
        (tmp_path / "in" / "x").mkdir(parents=True)
        (tmp_path / "in" / "x" / "a.txt").write_text("1")
        (tmp_path / "in" / "b.txt").write_text("2")
        assert capsule_cli("fs", "upload", "reports", "in").code == 0
        assert platform.files == {"/in/x/a.txt": b"1", "/in/b.txt": b"2"}

    def test_download_defaults_to_the_basename(
        self, platform: FakePlatform, capsule_cli: Cli, tmp_path: Path
    ) -> None:
        platform.files["/sub/a.txt"] = b"x" * 600_000
        assert capsule_cli("fs", "download", "reports", "/sub/a.txt").code == 0
        assert (tmp_path / "a.txt").read_bytes() == b"x" * 600_000

    def test_failed_download_leaves_the_older_file(
        self, platform: FakePlatform, capsule_cli: Cli, tmp_path: Path
    ) -> None:
        (tmp_path / "a.txt").write_text("old")
        ran = capsule_cli("fs", "download", "reports", "/a.txt")
        assert ran.code == 1
        assert (tmp_path / "a.txt").read_text() == "old"
        assert {path.name for path in tmp_path.iterdir()} == {"a.txt", "home"}

    def test_ls_shows_name_type_and_size(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        platform.files["/a.txt"] = b"hello"
        rows = [line.split() for line in capsule_cli("fs", "ls", "reports").out.splitlines()]
        assert rows[1][:3] == ["a.txt", "file", "5"]
        assert rows[2][:3] == ["sub", "dir", "-"]

    def test_other_capsules_and_paths_that_leave_are_refused(self, capsule_cli: Cli) -> None:
        assert "not a filesystem" in capsule_cli("fs", "ls", "shop").err
        assert capsule_cli("fs", "ls", "reports", "/../x").code == 2

    def test_missing_local_file_exits_2(self, capsule_cli: Cli) -> None:
        assert capsule_cli("fs", "upload", "reports", "nope.txt").code == 2


class TestLogsAndBuilds:
    def test_logs_are_lines_or_a_list(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        platform.add_capsule("shop")
        assert [line.split()[-1] for line in capsule_cli("logs", "shop").out.splitlines()] == ["one", "two"]
        assert len(capsule_cli("logs", "shop", "--json", "--since", "2h").json) == 2

    def test_bad_time_exits_2(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        assert capsule_cli("logs", "shop", "--since", "yesterday").code == 2

    def test_follow_goes_on_after_a_break_until_the_log_ends(
        self, platform: FakePlatform, capsule_cli: Cli
    ) -> None:
        platform.add_capsule("shop")
        ran = capsule_cli("logs", "shop", "-f", "--json", "--search", "NEEDLE")
        assert ran.code == 1
        texts = [json.loads(line)["text"] for line in ran.out.splitlines()]
        assert texts == ["one", "two", "two needle"]

    def test_builds_lists_by_bare_name(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        platform.add_capsule("shop")
        assert capsule_cli("builds", "shop").out == "shop has not been built yet.\n"
        assert capsule_cli("builds", "shop", "--json").json == []

    def test_build_log_follows_to_the_end(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        platform.builds["bld_1"] = {"id": "bld_1", "status": "running"}
        platform.build_end = {"status": "failed", "reason": "no Procfile"}
        ran = capsule_cli("builds", "log", "bld_1", "-f")
        assert ran.code == 1
        assert ran.out.splitlines()[-1] == "Build failed. no Procfile"
        assert capsule_cli("builds", "log", "bld_1").code == 0
        assert capsule_cli("builds", "cancel", "bld_1").code == 0


class TestTokens:
    def test_delete_by_name(self, platform: FakePlatform, capsule_cli: Cli) -> None:
        platform.tokens.append({"id": "tok_1", "name": "ci"})
        assert capsule_cli("token", "list", "--json").json == [{"id": "tok_1", "name": "ci"}]
        assert capsule_cli("token", "delete", "nope").code == 1
        assert capsule_cli("token", "delete", "ci").code == 0
        assert platform.tokens == []


def test_git_hosts_say_which_of_them_need_a_sign_in(platform: FakePlatform, capsule_cli: Cli) -> None:
    assert "No git host is connected" in capsule_cli("git", "hosts").out
    host = {"id": "gcn_1", "url": "https://github.com", "account": "ada", "problem": None}
    platform.git_connections += [host, {**host, "id": "gcn_2", "problem": "The app was removed from ada."}]
    listed = capsule_cli("git", "hosts").out
    assert "connected" in listed
    assert "The app was removed from ada." in listed
    assert [found["team"] for found in capsule_cli("git", "hosts", "--json").json] == ["ada", "ada"]
