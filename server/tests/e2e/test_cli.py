"""The commands of the SDK's specification against a local installation, and without a login."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from installation import ADMIN, CAPSULE, PASSWORD, Installation, eventually

APP = """
import cpsl
app = cpsl.App(name="{name}", image=cpsl.Image())

@app.message()
async def handle(session, msg):
    await session.reply("one")
"""
NEED_A_LOGIN = [
    ("serve", "app.py:app"),
    ("deploy", "app.py:app"),
    ("app", "list"),
    ("app", "get", "desk"),
    ("secret", "create", "A=1"),
    ("secret", "list"),
    ("secret", "delete", "A"),
    ("fs", "create", "files"),
    ("fs", "list"),
    ("fs", "delete", "files", "--yes"),
    ("fs", "ls"),
    ("fs", "ls", "files", "/"),
    ("fs", "upload", "files", "app.py"),
    ("fs", "download", "files", "/app.py"),
]
NOT_YET = [
    ("create", "my-app"),
    ("app", "create", "--name", "my-app"),
    ("channel", "create", "bot", "--type", "telegram", "-c", "bot_token=1"),
    ("channel", "list"),
    ("channel", "info", "bot"),
    ("channel", "bind", "bot", "--app", "my-app"),
    ("channel", "unbind", "bot"),
    ("channel", "delete", "bot", "--yes"),
]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def outsider(installation: Installation, tmp_path: Path) -> Run:
    """Runs commands as somebody of another machine, who knows the installation's address only."""
    home, project = tmp_path / "home", tmp_path / "project"
    home.mkdir()
    project.mkdir()
    (project / "app.py").write_text(APP.format(name="outside"))
    foreign = ("CAPSULE_DATA", "CAPSULE_TOKEN", "CAPSULE_SPACE", "CONFIG_PATH", "CAPSULE_HTTP_URL")
    environment = {name: value for name, value in os.environ.items() if name not in foreign}

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(CAPSULE), *arguments],
            env={**environment, "HOME": str(home), "CAPSULE_URL": installation.url},
            cwd=project,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def test_every_command_without_a_login_says_so_and_does_nothing(
    installation: Installation, outsider: Run
) -> None:
    before = installation.json("list")
    for command in NEED_A_LOGIN:
        done = outsider(*command)
        assert (done.returncode, done.stdout) == (77, ""), (command, done.stderr)
        assert done.stderr.startswith("Error:")
        assert "capsule login" in done.stderr
    for command in (("serve", "app.py:app"), ("deploy", "app.py:app"), ("app", "list"), ("fs", "ls")):
        done = outsider(*command, "--token", "made-up")
        assert done.returncode == 77, (command, done.stderr)
        assert "The token is unknown or has expired." in done.stderr
        assert "capsule login" in done.stderr
    assert installation.json("list") == before


def test_every_command_with_an_unreachable_server_says_so(outsider: Run) -> None:
    for command in NEED_A_LOGIN:
        done = outsider(*command, "--server", "http://127.0.0.1:9", "--token", "made-up")
        assert done.returncode == 75, (command, done.stderr)
        assert "127.0.0.1:9" in done.stderr
        assert "(unreachable" in done.stderr


def test_login_lets_the_commands_in_and_logout_shuts_them_out(outsider: Run) -> None:
    done = outsider("login", "--email", ADMIN, "--password", PASSWORD)
    assert done.returncode == 0, done.stderr
    assert ADMIN in outsider("whoami").stdout
    assert outsider("app", "list").returncode == 0
    assert outsider("logout").returncode == 0
    assert outsider("app", "list").returncode == 77


@pytest.mark.parametrize("command", NOT_YET, ids=" ".join)
def test_commands_of_later_versions_are_not_there_and_say_so(outsider: Run, command: tuple[str, ...]) -> None:
    """`create` with its templates and `channel` are still to come, with tests of their own."""
    done = outsider(*command)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: There is no command")


def test_deploy_output_has_version_and_url_and_app_commands_know_it(
    installation: Installation, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(APP.format(name="desk"))
    try:
        first = installation.run("deploy", "app.py:app", cwd=tmp_path).stdout
        assert "release 1" in first
        assert f"http://{installation.host('desk')}" in first
        assert "release 2" in installation.run("deploy", "app.py:app", cwd=tmp_path).stdout
        listed = installation.run("app", "list").stdout
        assert "desk" in listed
        found = installation.json("app", "get", "desk")
        assert (found["name"], found["release"]["number"]) == ("desk", 2)
        assert installation.host("desk") in installation.run("app", "get", "desk").stdout
        assert installation.run("app", "get", found["id"]).returncode == 0
        missing = installation.run("app", "get", "dess", check=False)
        assert missing.returncode == 1
        assert "desk" in missing.stderr
    finally:
        installation.run("remove", "desk", "--yes", check=False)


def test_secret_commands(installation: Installation) -> None:
    made = installation.run("secret", "create", " CLI_ONE = a=b ", "CLI_TWO=2")
    assert [line for line in made.stdout.splitlines() if "CLI_ONE" in line]
    assert [line for line in made.stdout.splitlines() if "CLI_TWO" in line]
    listed = installation.run("secret", "list").stdout
    assert "CLI_ONE" in listed
    assert "a=b" not in listed + made.stdout
    stopped = installation.run("secret", "create", "CLI_THREE=3", "nonsense", "CLI_FOUR=4", check=False)
    assert stopped.returncode == 2
    names = {item["name"] for item in installation.json("secret", "list")}
    assert "CLI_THREE" in names
    assert "CLI_FOUR" not in names
    for name in ("CLI_ONE", "CLI_TWO", "CLI_THREE"):
        installation.run("secret", "delete", name)
    assert not any(item["name"].startswith("CLI_") for item in installation.json("secret", "list"))


def test_fs_commands(installation: Installation, tmp_path: Path) -> None:
    (tmp_path / "june.txt").write_text("june")
    installation.run("fs", "create", "cli-files")
    try:
        assert "cli-files" in installation.run("fs", "list").stdout
        assert "cli-files" in installation.run("fs", "ls").stdout
        installation.run("fs", "upload", "cli-files", "june.txt", cwd=tmp_path)
        installation.run("fs", "upload", "cli-files", "june.txt", "/deep/er/july.txt", cwd=tmp_path)
        top = installation.run("fs", "ls", "cli-files").stdout
        assert "june.txt" in top
        assert "deep" in top
        assert "july.txt" in installation.run("fs", "ls", "cli-files", "/deep/er").stdout
        installation.run("fs", "download", "cli-files", "/deep/er/july.txt", cwd=tmp_path)
        assert (tmp_path / "july.txt").read_text() == "june"
        unasked = installation.run("fs", "delete", "cli-files", check=False)
        assert unasked.returncode == 2
    finally:
        installation.run("fs", "delete", "cli-files", "--yes")
    assert "cli-files" not in installation.run("fs", "list").stdout


@pytest.fixture
def served(installation: Installation, tmp_path: Path) -> Iterator[tuple[Path, Callable[[], str]]]:
    """An app that `capsule serve` watches: its file, and what the command has printed so far."""
    project = tmp_path / "project"
    project.mkdir()
    app = project / "app.py"
    app.write_text(APP.format(name="watched"))
    log = tmp_path / "serve.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(CAPSULE), "serve", "app.py:app"],
            cwd=project,
            env=installation.environment(),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        eventually(lambda: "Watching for changes" in log.read_text(), what="the watch")
        yield app, log.read_text
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        installation.run("remove", "watched", "--yes", check=False)


def test_serve_restarts_on_a_changed_byte_not_on_a_touch(
    installation: Installation, served: tuple[Path, Callable[[], str]]
) -> None:
    app, printed = served
    assert f"http://{installation.host('watched--serve')}" in printed()
    with httpx2.Client(
        base_url=f"http://127.0.0.1:{installation.port}",
        headers={"Host": installation.host("watched--serve")},
        timeout=60,
    ) as browser:
        session = browser.post("/api/sessions", json={}).json()["id"]

        def say() -> list[str]:
            path = f"/api/sessions/{session}"
            turn = browser.post(f"{path}/messages", json={"text": "hi"}).json()["turn_id"]

            def events() -> list[dict[str, str]]:
                items = browser.get(f"{path}/log").json()["items"]
                return [item for item in items if item.get("turn_id") == turn]

            eventually(lambda: any(item["type"] == "turn_ended" for item in events()), what="the answer")
            return [item["data"]["text"] for item in events() if item["type"] == "reply"]  # type: ignore[index]

        assert say() == ["one"]
        release = browser.get("/api/app").json()["release"]
        # What comes after it shows that the touch was seen and left alone.
        os.utime(app)
        (app.parent / "note.md").write_text("A file of its own.")
        eventually(lambda: printed().count("Reloaded") == 1, what="the reload for another file")
        assert "app.py" not in printed().partition("Watching for changes")[2]
        app.write_text(app.read_text().replace('"one"', '"two"'))
        eventually(lambda: printed().count("Reloaded") == 2, what="the reload")
        assert "app.py" in printed().partition("Watching for changes")[2]
        assert browser.get("/api/app").json()["release"] != release
        assert say() == ["two"]
