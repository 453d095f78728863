"""Repositories of three kinds go live by host name; what they did is visible on the command line."""

import subprocess
from pathlib import Path

import pytest
from installation import Installation, eventually, git_repository


@pytest.mark.parametrize(
    ("example", "type_", "text"),
    [
        ("flask-procfile", "backend", "Flask"),
        ("express", "backend", "Express"),
        ("static-html", "frontend", "<html"),
    ],
)
def test_repository_is_live_by_host_name(
    installation: Installation, tmp_path: Path, example: str, type_: str, text: str
) -> None:
    repository = git_repository(tmp_path / example, example)
    name = f"git-{example}"
    done = installation.run(
        "deploy", "--git", str(repository), "--branch", "main", "--type", type_, "--name", name
    )
    assert installation.host(name) in done.stdout
    answer = installation.get(name)
    assert answer.status_code == 200
    assert text in answer.text

    builds = installation.json("builds", name)
    assert builds[0]["status"] == "succeeded"
    assert builds[0]["source"]["commit"]
    assert any(item["key"] == "APP_URL" for item in installation.json("env", "list", name))
    installation.run("remove", name, "--yes")
    eventually(lambda: installation.get(name).status_code == 404, what="removal")


def test_second_deploy_of_the_same_name_is_a_new_release(installation: Installation, tmp_path: Path) -> None:
    repository = git_repository(tmp_path / "site", "static-html")
    command = ("deploy", "--git", str(repository), "--type", "frontend", "--name", "two-releases")
    installation.run(*command)
    (repository / "index.html").write_text("<!doctype html><title>second</title>second release")
    commit = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "-qam", "Second")
    subprocess.run(["git", "-C", str(repository), *commit], check=True)
    installation.run(*command)
    assert "second release" in installation.get("two-releases").text
    capsule = next(item for item in installation.json("list") if item["name"] == "two-releases")
    assert capsule["release"]["number"] == 2


def test_failed_build_leaves_the_running_release_alone(installation: Installation, tmp_path: Path) -> None:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html>still here")
    installation.run("deploy", str(folder), "--type", "frontend", "--name", "survivor")
    done = installation.run(
        "deploy",
        str(folder),
        "--type",
        "frontend",
        "--name",
        "survivor",
        "--build-command",
        "exit 3",
        check=False,
    )
    assert done.returncode == 1
    assert "3" in done.stderr
    assert "still here" in installation.get("survivor").text
    assert installation.json("builds", "survivor")[0]["status"] == "failed"


def test_variables_reach_the_capsule_after_a_restart_without_a_build(
    installation: Installation, tmp_path: Path
) -> None:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "main.py").write_text(
        "import http.server, os\n"
        "class H(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        "        self.send_response(200); self.end_headers()\n"
        "        self.wfile.write(os.environ.get('GREETING', 'none').encode())\n"
        "    def log_message(self, *a): print('asked', self.path, flush=True)\n"
        "http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['PORT'])), H).serve_forever()\n"
    )
    installation.run("deploy", str(folder), "--type", "backend", "--name", "greeter")
    assert installation.get("greeter").text == "none"
    installation.run("env", "set", "greeter", "GREETING=hello")
    eventually(lambda: installation.get("greeter").text == "hello", what="the new value")
    assert len(installation.json("builds", "greeter")) == 1
    eventually(lambda: "asked /" in installation.run("logs", "greeter").stdout, what="the log line")

    installation.run("stop", "greeter")
    stopped = installation.get("greeter")
    assert stopped.status_code == 503
    installation.run("start", "greeter")
    eventually(lambda: installation.get("greeter").text == "hello", what="the start")


def test_releases_are_listed_scaled_and_gone_back_to(installation: Installation, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    page = folder / "index.html"
    for word in ("first", "second"):
        page.write_text(f"<!doctype html>{word}")
        installation.run("deploy", str(folder), "--type", "frontend", "--name", "back")
    assert [item["number"] for item in installation.json("releases", "back")] == [2, 1]
    assert "Release 1 of back is live" in installation.run("rollback", "back").stdout
    assert "first" in installation.get("back").text
    assert [item["is_live"] for item in installation.json("releases", "back")] == [False, True]
    refused = installation.run("rollback", "back", "7", check=False)
    assert (refused.returncode, "has no release 7" in refused.stderr) == (2, True)
    (web,) = installation.json("scale", "back", "web=2")
    assert (web["process"], web["healthy"]) == ("web", 2)
    shown = installation.run("releases", "receipt", "back").stdout
    assert ("start" in shown, "switch" in shown) == (True, True)
    installation.run("remove", "back", "--yes")
