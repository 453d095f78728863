"""Whether an installation may have a daemon of its own, and which is used."""

from pathlib import Path

import pytest

from capsule.docker import own
from capsule.docker.daemon import Daemon, installation_id
from capsule.docker.own import own_pid, sockets, stop_own, why_not
from capsule.paths import DataPaths


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> DataPaths:
    """A machine without any daemon."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(own, "USUAL_SOCKET", tmp_path / "none.sock")
    monkeypatch.setattr(own, "_other_daemon", lambda: None)
    return DataPaths(tmp_path)


def test_without_docker_there_is_none(alone: DataPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "_dockerd", lambda: None)
    assert "not installed" in (why_not(alone) or "")
    assert not Daemon(alone).is_possible()


def test_only_root_can_start_one(alone: DataPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "_dockerd", lambda: "/usr/sbin/dockerd")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert "only root can start one" in (why_not(alone) or "")


def test_none_is_started_beside_another(alone: DataPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "_dockerd", lambda: "/usr/sbin/dockerd")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(own, "_other_daemon", lambda: 77)
    assert "pid 77" in (why_not(alone) or "")


def test_the_path_of_the_data_folder_must_leave_room(
    alone: DataPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own, "_dockerd", lambda: "/usr/sbin/dockerd")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert "too long" in (why_not(DataPaths(alone.root / ("x" * 90))) or "")


def test_a_remote_daemon_is_no_place_for_replicas(alone: DataPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://far.example:2375")
    assert sockets(alone) == [alone.docker_socket, own.USUAL_SOCKET]
    monkeypatch.setenv("DOCKER_HOST", "unix:///run/here.sock")
    assert sockets(alone) == [alone.docker_socket, Path("/run/here.sock")]


def test_a_stale_pid_file_is_nobody(alone: DataPaths) -> None:
    alone.run.mkdir()
    for text in ("", "nonsense", "1", "99999999"):
        alone.docker_pid_file.write_text(text)
        assert own_pid(alone) is None
    assert not stop_own(alone)


def test_installations_are_told_apart(tmp_path: Path) -> None:
    ids = {installation_id(DataPaths(tmp_path / name)) for name in ("a", "b")}
    assert len(ids) == 2
