"""Deployments, rollbacks, restarts and kills while a crowd uses the capsule: nobody notices."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

from crowd import APP, Crowd
from installation import Installation, eventually, git_repository

DEPLOYMENTS = 30
ROLLBACKS = 10
SERVER_KILLS = (6, 14, 22)
NODE_KILL = 18


def commit(folder: Path, number: int) -> None:
    (folder / "app.py").write_text(APP.replace("version 0", f"version {number}"))
    author = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    for command in (("add", "--all"), (*author, "commit", "--quiet", "--message", f"Version {number}")):
        subprocess.run(["git", "-C", str(folder), *command], check=True, capture_output=True)


def add_capsule(installation: Installation, name: str, repository: Path) -> str:
    """Have the repository's app built and deployed; return the capsule's id."""
    wanted = {
        "space_id": "main",
        "name": name,
        "type": "backend",
        "source": {"kind": "git", "url": str(repository)},
        "config": {"run_command": "python app.py", "watch_seconds": 0},
    }
    return str(installation.api("POST", "/capsules", wanted)["id"])


def newest(installation: Installation, capsule: str) -> dict[str, Any]:
    found: dict[str, Any] = installation.api("GET", f"/capsules/{capsule}/deployments")["items"][0]
    return found


def live(installation: Installation, capsule: str, *, after: str, text: str) -> None:
    """Wait until a deployment newer than `after` has succeeded, and the capsule says `text`."""

    def ended() -> bool:
        deployment = newest(installation, capsule)
        assert deployment["status"] not in ("failed", "cancelled"), deployment
        return bool(deployment["id"] != after and deployment["status"] == "succeeded")

    eventually(ended, what=text)
    assert installation.get(capsule).text == text


def test_nobody_notices_thirty_deployments_ten_rollbacks_and_four_kills(
    installation: Installation, tmp_path: Path
) -> None:
    folder = git_repository(tmp_path / "repository", "python-plain")
    for file in folder.glob("*.py"):
        file.unlink()
    commit(folder, 0)
    capsule = add_capsule(installation, "crowded", folder)
    eventually(lambda: installation.get("crowded").text == "version 0", what="version 0")
    with Crowd(installation.port, installation.host("crowded")).running() as crowd:
        for number in range(1, DEPLOYMENTS + 1):
            before = newest(installation, capsule)["id"]
            commit(folder, number)
            installation.api("POST", f"/capsules/{capsule}/builds", {})
            if number in SERVER_KILLS:
                os.kill(installation.pid("server"), signal.SIGKILL)
                installation.up()
            if number == NODE_KILL:
                os.kill(installation.pid("node"), signal.SIGKILL)
            live(installation, "crowded", after=before, text=f"version {number}")
            if number % (DEPLOYMENTS // ROLLBACKS) == 0:
                before = newest(installation, capsule)["id"]
                _, back = installation.api("GET", f"/capsules/{capsule}/releases")["items"][:2]
                installation.api("POST", f"/releases/{back['id']}/roll-back", {})
                live(installation, "crowded", after=before, text=f"version {number - 1}")
    assert crowd.failed == []
    assert crowd.streamed >= 50
    receipt = newest(installation, capsule)["receipt"]
    assert [phase["name"] for phase in receipt["phases"]][:2] == ["start", "switch"]
    installation.run("remove", "crowded", "--yes")
