"""`git push capsule main` from the real git client to the real server, and `git clone` back."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import httpx2
import pytest
from installation import CAPSULE, Installation, eventually, git_repository


class Pusher:
    """A working copy with the remote `capsule`, and git as its user calls it."""

    def __init__(self, installation: Installation, folder: Path, name: str) -> None:
        self.installation = installation
        self.folder = folder
        self.name = name

    @property
    def capsule(self) -> dict[str, Any]:
        found = self.installation.json("list")
        return next(item for item in found if item["name"] == self.name)

    def configure(self, config: dict[str, Any]) -> None:
        login = json.loads((self.installation.data / "run" / "cli.json").read_text())
        answer = httpx2.patch(
            f"{self.installation.url}/api/v1/capsules/{self.capsule['id']}",
            json={"config": config},
            headers={"Authorization": f"Bearer {login['token']}"},
        )
        answer.raise_for_status()

    def head(self) -> str:
        """The commit that the platform's branch is at."""
        return self.git("ls-remote", "capsule", "refs/heads/main").stdout.partition("\t")[0]

    def pushing(self) -> "subprocess.Popen[str]":
        """Begin a push; its output goes on by itself."""
        return subprocess.Popen(
            ["git", "-C", str(self.folder), "push", "capsule", "main"],
            env=self.installation.environment() | {"GIT_TERMINAL_PROMPT": "0"},
            stderr=subprocess.PIPE,
            text=True,
        )

    def git(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        author = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        done = subprocess.run(
            ["git", "-C", str(self.folder), *author, *arguments],
            env=self.installation.environment() | {"GIT_TERMINAL_PROMPT": "0"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"git {' '.join(arguments)}\n{done.stdout}\n{done.stderr}")
        return done

    def commit(self, text: str) -> str:
        (self.folder / "index.html").write_text(f"<!doctype html><title>{text}</title>{text}")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", text)
        return self.git("rev-parse", "HEAD").stdout.strip()


@pytest.fixture
def pusher(installation: Installation, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Pusher]:
    name = request.node.name.removeprefix("test_").replace("_", "-")[:30].strip("-")
    folder = git_repository(tmp_path / name, "static-html")
    installation.run("git", "remote", name, cwd=folder)
    yield Pusher(installation, folder, name)
    installation.run("remove", name, "--yes", check=False)


def test_push_is_live_and_a_failing_one_is_refused(installation: Installation, pusher: Pusher) -> None:
    first = pusher.git("push", "capsule", "main")
    assert "remote: Release 1 is live at http://" in first.stderr
    assert "up-to-date" in pusher.git("push", "capsule", "main").stderr
    assert "cap_tok" not in (pusher.folder / ".git" / "config").read_text()

    commit = pusher.commit("second")
    assert "Release 2 is live" in pusher.git("push", "capsule", "main").stderr
    assert "second" in installation.get(pusher.name).text
    build = installation.json("builds", pusher.name)[0]
    assert (build["source"]["commit"], build["trigger"]) == (commit, "push")

    pusher.configure({"build_command": "echo almost; exit 3"})
    pusher.commit("third")
    refused = pusher.git("push", "capsule", "main", check=False)
    assert refused.returncode != 0
    assert "remote: almost" in refused.stderr
    assert "exit code 3" in refused.stderr
    assert "pre-receive hook declined" in refused.stderr
    assert pusher.head() == commit
    assert "second" in installation.get(pusher.name).text

    pusher.git("push", "capsule", "main:refs/heads/idea")
    assert pusher.head() == commit
    assert "stays" in pusher.git("push", "capsule", ":main", check=False).stderr
    assert "only branches and tags" in pusher.git("push", "capsule", "main:refs/x/y", check=False).stderr

    clone = pusher.folder.with_name("clone")
    helper = f"credential.helper=!{CAPSULE} git credential"
    url = pusher.git("remote", "get-url", "capsule").stdout.strip()
    pusher.git("-c", helper, "clone", "--quiet", url, str(clone))
    assert "second" in (clone / "index.html").read_text()


def test_newest_push_takes_the_place_of_an_older_one(pusher: Pusher) -> None:
    pusher.git("push", "capsule", "main")
    before = pusher.head()
    pusher.configure({"build_command": "if grep -q slow index.html; then sleep 60; fi"})
    pusher.commit("slow")
    with pusher.pushing() as older:
        assert older.stderr is not None
        _read_until(older.stderr, "build command")
        newest = pusher.commit("newest")
        assert "is live" in pusher.git("push", "capsule", "main").stderr
        said = older.stderr.read()
        assert older.wait(timeout=30) != 0
    assert "A newer push took its place." in said
    assert pusher.head() == newest != before


def test_push_goes_on_without_its_client(installation: Installation, pusher: Pusher) -> None:
    pusher.git("push", "capsule", "main")
    pusher.configure({"build_command": "sleep 1"})
    commit = pusher.commit("watched by nobody")
    with pusher.pushing() as client:
        assert client.stderr is not None
        _read_until(client.stderr, "build command")
        client.send_signal(signal.SIGINT)
    eventually(lambda: pusher.head() == commit, what="the branch")
    assert "nobody" in installation.get(pusher.name).text


def test_killed_server_leaves_nothing_of_a_push_and_takes_the_next(
    installation: Installation, pusher: Pusher
) -> None:
    pusher.git("push", "capsule", "main")
    before = pusher.head()
    pusher.configure({"build_command": "if grep -q slow index.html; then sleep 60; fi"})
    pusher.commit("slow")
    with pusher.pushing() as client:
        assert client.stderr is not None
        _read_until(client.stderr, "build command")
        os.kill(installation.pid("server"), signal.SIGKILL)
        assert client.wait(timeout=30) != 0
    installation.up()
    build = installation.json("builds", pusher.name)[0]
    assert (build["status"], build["hint"]) == ("cancelled", "Push again.")
    assert pusher.head() == before
    repository = installation.data / "git" / f"{pusher.capsule['id']}.git"
    assert not list(repository.glob("objects/tmp_objdir*"))
    commit = pusher.commit("after the crash")
    assert "is live" in pusher.git("push", "capsule", "main").stderr
    assert pusher.head() == commit


def test_branch_as_a_preview(installation: Installation, pusher: Pusher) -> None:
    pusher.git("push", "capsule", "main")
    pusher.git("checkout", "--quiet", "-b", "idea")
    pusher.commit("an idea")
    pusher.git("push", "capsule", "idea")
    made = installation.json("preview", "create", pusher.name, "idea", "--hours", "2")
    eventually(lambda: "an idea" in installation.get(made["slug"]).text, what="the preview")
    assert "an idea" not in installation.get(pusher.name).text
    (listed,) = installation.json("preview", "list", pusher.name)
    assert (listed["preview_of"], listed["parent_id"]) == ("idea", pusher.capsule["id"])
    installation.run("preview", "remove", pusher.name, "idea", "--yes")
    assert not installation.json("preview", "list", pusher.name)
    about = installation.json("git", "access", pusher.name, "--deploy-key", "--webhook")
    assert about["public_key"].startswith("ssh-ed25519 ")
    assert about["webhook_secret"].startswith("whsec_")


def _read_until(lines: IO[str], text: str) -> None:
    for line in lines:
        if text in line:
            return
    raise AssertionError(f"git ended without a line with {text!r}")
