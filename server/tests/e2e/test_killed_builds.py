"""The server is killed at random points of builds and deployments: each comes to a true end."""

import os
import random
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any

from installation import Installation, eventually, git_repository
from test_releases_under_load import commit

ROUNDS = int(os.environ.get("CAPSULE_KILL_ROUNDS", "5"))
"""Fifty take some minutes."""
LONGEST = 2.5
FINAL = ("succeeded", "failed", "cancelled")


def test_every_build_and_deployment_comes_to_a_true_end(installation: Installation, tmp_path: Path) -> None:
    dice = random.Random(11)
    folder = git_repository(tmp_path / "repository", "python-plain")
    for file in folder.glob("*.py"):
        file.unlink()
    commit(folder, 0)
    source = {"kind": "git", "url": str(folder)}
    wanted = {"space_id": "main", "name": "killed", "type": "backend", "source": source}
    capsule = installation.api("POST", "/capsules", {**wanted, "config": {"run_command": "python app.py"}})[
        "id"
    ]

    def rows(kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = installation.api("GET", f"/capsules/{capsule}/{kind}")["items"]
        return found

    def has_settled(number: int, newest: str) -> bool:
        builds, deployments = rows("builds"), rows("deployments")
        return (
            builds[0]["id"] == newest
            and all(row["status"] in FINAL for row in (*builds, *deployments))
            and installation.get("killed").text == f"version {number}"
        )

    (first,) = rows("builds")
    eventually(partial(has_settled, 0, first["id"]), what="the first version")
    for number in range(1, ROUNDS + 1):
        commit(folder, number)
        newest = installation.api("POST", f"/capsules/{capsule}/builds", {})["id"]
        time.sleep(dice.random() * LONGEST)
        os.kill(installation.pid("server"), signal.SIGKILL)
        installation.up()
        eventually(partial(has_settled, number, newest), what=f"version {number}")
    assert {row["status"] for row in rows("builds")} == {"succeeded"}
    numbers = [row["number"] for row in rows("releases")]
    assert numbers == sorted(set(numbers), reverse=True)
    eventually(lambda: len(rows("replicas")) == 1, what="the end of the replicas before")
    installation.run("remove", "killed", "--yes")
