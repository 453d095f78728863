from pathlib import Path

import pytest

from capsule.engines.contract import Limits, Mount, MountMissing, ReplicaSpec, ReplicaStartFailed
from capsule.engines.process.files import check, describe, lay_out
from capsule.engines.process.state import ReplicaFolder
from capsule.paths import DataPaths
from capsule.sandbox.machine import Machine, Walls

MACHINE = Machine(Walls.user, False, None, False, False, ())
PATHS = DataPaths(Path("/nowhere"))


def spec(artifact: Path, **more: object) -> ReplicaSpec:
    values: dict[str, object] = {"id": "rpl_1", "capsule_id": "cps_1", "release_id": "rel_1", "identity": 1}
    values |= {"argv": ("run", "{app}", "{port}", "{other}"), "artifact": str(artifact)}
    return ReplicaSpec(**{**values, **more})  # type: ignore[arg-type]


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    path = tmp_path / "artifact"
    (path / "app").mkdir(parents=True)
    (path / "app" / "a.txt").write_text("a")
    (path / "app" / "link").symlink_to("a.txt")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> ReplicaFolder:
    made = ReplicaFolder(tmp_path / "replica")
    made.root.mkdir()
    return made


def test_what_is_missing_is_named(artifact: Path, tmp_path: Path) -> None:
    with pytest.raises(ReplicaStartFailed, match="no command"):
        check(spec(artifact, argv=()), MACHINE)
    with pytest.raises(ReplicaStartFailed, match="gone"):
        check(spec(tmp_path / "none"), MACHINE)
    with pytest.raises(MountMissing, match="/data"):
        check(spec(artifact, mounts=(Mount("/nowhere", "/data"),)), MACHINE)
    with pytest.raises(MountMissing, match="absolute"):
        check(spec(artifact, mounts=(Mount("/tmp", "data"),)), MACHINE)


def test_a_copy_is_made_afresh_and_links_stay_links(artifact: Path, folder: ReplicaFolder) -> None:
    assert lay_out(spec(artifact), folder, MACHINE, PATHS) is False
    (folder.app / "a.txt").write_text("changed")
    (folder.run / "replica.sock").touch()
    run = folder.run.stat().st_ino
    lay_out(spec(artifact), folder, MACHINE, PATHS)
    assert (folder.app / "a.txt").read_text() == "a"
    assert (folder.app / "link").is_symlink()
    assert list(folder.run.iterdir()) == []
    assert folder.run.stat().st_ino == run


def test_placeholders_are_filled_once_and_unknown_ones_stay(artifact: Path, folder: ReplicaFolder) -> None:
    given = spec(artifact, env={"A": "{run}:{b}", "PORT": "9"}, limits=Limits(memory=7))
    box = describe(given, folder, MACHINE, PATHS, port=4321, overlay=False)
    assert box.argv == ("run", "/app", "4321", "{other}")
    assert box.env["A"] == "/run/capsule:{b}"
    assert box.env["PORT"] == "4321"
    assert box.limits is not None
    assert box.limits.memory_bytes == 7 << 20


def test_without_walls_paths_are_those_of_the_host(artifact: Path, folder: ReplicaFolder) -> None:
    plain = Machine(Walls.plain, False, None, False, False, ())
    box = describe(spec(artifact), folder, plain, PATHS, port=1, overlay=False)
    assert box.argv[1] == str(folder.app)
    assert box.binds == ()
