"""One example of each documented guide: from a git repository to an answer by host name.

All are queued at once, so that the installation builds as many at a time as it would for its users; each test
waits for its own.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx2
import pytest
from installation import REPOSITORY, Installation, eventually, git_repository

from capsule.build.tools import known_tool

_LONGEST = 600.0
"""Seconds, for a slow machine; all of them together take about a minute on a quick one."""


@dataclass(frozen=True)
class Guide:
    name: str
    example: str

    @property
    def folder(self) -> Path:
        return REPOSITORY / "examples" / self.example

    @cached_property
    def expect(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "expect.json").read_text())
        return found

    def missing(self) -> str:
        """Say why it cannot be tried here; empty when it can."""
        if not self.folder.is_dir():
            return f"there is no examples/{self.example}"
        needs = self.expect.get("needs")
        if needs is None or shutil.which(known_tool(needs).program):
            return ""
        return f"needs the package {known_tool(needs).package}"


def guides() -> list[Guide]:
    """Return the examples whose `expect.json` names a guide.

    The largest come first, so that none of them is built alone at the end.
    """
    found = []
    for file in (REPOSITORY / "examples").glob("*/expect.json"):
        if title := json.loads(file.read_text()).get("guide"):
            lock = file.with_name("package-lock.json")
            found.append((lock.stat().st_size if lock.exists() else 0, Guide(title, file.parent.name)))
    return [guide for _, guide in sorted(found, key=lambda item: (-item[0], item[1].name))]


GUIDES = guides()


class Deployed:
    """A capsule for each guide that this machine can try, queued."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http
        self._ids: dict[str, str] = {}

    def create(self, guide: Guide, repository: Path, space: str) -> None:
        wanted = {
            "space_id": space,
            "name": f"guide-{guide.example}",
            "type": guide.expect["type"],
            "source": {"kind": "git", "url": str(repository), "branch": "main"},
            "config": guide.expect.get("settings", {}),
        }
        answer = self._http.post("/capsules", json=wanted)
        assert answer.status_code == 201, answer.text
        self._ids[guide.example] = answer.json()["id"]

    def state(self, guide: Guide) -> dict[str, Any]:
        found: dict[str, Any] = self._http.get(f"/capsules/{self._ids[guide.example]}").json()
        return found

    def log(self, build: dict[str, Any]) -> str:
        lines = self._http.get(f"/builds/{build['id']}/logs").json()["items"]
        return "\n".join(line["text"] for line in lines)

    def remove(self) -> None:
        for capsule in self._ids.values():
            self._http.delete(f"/capsules/{capsule}")


@pytest.fixture(scope="module")
def deployed(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    token = installation.json("token", "create", "guides")["token"]
    space = installation.json("space", "list")[0]["id"]
    with httpx2.Client(
        base_url=f"{installation.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60
    ) as http:
        deployed = Deployed(http)
        for guide in GUIDES:
            if not guide.missing():
                folder = tmp_path_factory.mktemp("guide") / guide.example
                deployed.create(guide, git_repository(folder, guide.example), space)
        yield deployed
        deployed.remove()


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_example_of_the_guide_goes_live(guide: Guide, installation: Installation, deployed: Deployed) -> None:
    if reason := guide.missing():
        pytest.skip(reason)

    def is_live() -> bool:
        state = deployed.state(guide)
        build, deployment = state["current_build"], state["current_deployment"]
        if build["status"] == "failed":
            pytest.fail(f"{guide.example}: the build failed\n{deployed.log(build)}")
        if deployment and deployment["status"] == "failed":
            pytest.fail(f"{guide.example}: {deployment}")
        return bool(state["release"])

    eventually(is_live, seconds=_LONGEST, what=guide.example)
    slug, expect = deployed.state(guide)["slug"], guide.expect
    answer = installation.get(slug, expect["path"])
    assert (answer.status_code, expect["text"] in answer.text) == (expect["status"], True), answer.text
    assert deployed.state(guide)["current_build"]["source"]["commit"]
