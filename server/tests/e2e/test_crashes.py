"""Kill any process at any time: no request is lost, and everything is found again."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from installation import Installation, eventually


class Load:
    """Asks one capsule all the time and counts what it got."""

    def __init__(self, installation: Installation, capsule: str) -> None:
        self.answers: list[int | str] = []
        self._url = f"http://127.0.0.1:{installation.port}/"
        self._host = installation.host(capsule)
        self._stop = threading.Event()

    def _run(self) -> None:
        with httpx2.Client(headers={"Host": self._host}, timeout=60) as client:
            while not self._stop.is_set():
                try:
                    self.answers.append(client.get(self._url).status_code)
                except httpx2.HTTPError as exc:
                    self.answers.append(repr(exc))
                time.sleep(0.005)

    @contextmanager
    def running(self, clients: int = 4) -> Iterator["Load"]:
        threads = [threading.Thread(target=self._run) for _ in range(clients)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    @property
    def failed(self) -> list[int | str]:
        return [answer for answer in self.answers if answer != 200]


@pytest.fixture(scope="module")
def target(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("target")
    (folder / "index.html").write_text("<!doctype html>target")
    installation.run("deploy", str(folder), "--type", "frontend", "--name", "target")
    yield "target"
    installation.run("remove", "target", "--yes", check=False)


def test_killed_server_drops_no_request_and_knows_everything_when_started_again(
    installation: Installation, target: str
) -> None:
    before = {item["name"] for item in installation.json("list")}
    with Load(installation, target).running() as load:
        time.sleep(0.5)
        os.kill(installation.pid("server"), signal.SIGKILL)
        time.sleep(1.5)
        installation.up()
        time.sleep(0.5)
    assert load.failed == []
    assert len(load.answers) > 50
    assert {item["name"] for item in installation.json("list")} == before


def test_killed_node_agent_leaves_replicas_running_and_finds_them_again(
    installation: Installation, target: str
) -> None:
    def replicas() -> list[str]:
        capsule = next(item for item in installation.json("list") if item["name"] == target)
        return [replica["id"] for replica in capsule["replicas"]]

    before, killed = replicas(), installation.pid("node")
    with Load(installation, target).running() as load:
        os.kill(killed, signal.SIGKILL)
        eventually(
            lambda: (
                installation.json_status()["node"]["health"] == "healthy"
                and installation.pid("node") != killed
            ),
            what="a new node agent",
        )
    assert load.failed == []
    assert replicas() == before
    installation.run("stop", target)
    installation.run("start", target)
    eventually(lambda: installation.get(target).status_code == 200, what="the start")


@pytest.mark.parametrize("process", ["apps", "edge"])
def test_killed_app_host_or_edge_is_started_again(
    installation: Installation, target: str, process: str
) -> None:
    def is_healthy() -> bool:
        return bool(installation.json_status()[process]["health"] == "healthy")

    killed = installation.pid(process)
    os.kill(killed, signal.SIGKILL)
    eventually(is_healthy, what=f"a new {process}")
    assert installation.pid(process) != killed
    assert installation.get(target).status_code == 200
