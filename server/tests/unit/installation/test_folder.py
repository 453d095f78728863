"""What other users of the machine see of the data folder."""

from pathlib import Path

from capsule.installation.folder import prepare
from capsule.paths import DataPaths


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_folder_lets_others_through_and_shows_them_nothing(tmp_path: Path) -> None:
    paths = DataPaths(tmp_path / "data")
    prepare(paths)
    assert mode(paths.root) == 0o711
    assert mode(paths.database) == 0o600
    assert {mode(folder) for folder in paths.private} == {0o700}
    assert {paths.run, paths.keys} <= set(paths.private)


def test_what_an_older_version_left_open_is_closed(tmp_path: Path) -> None:
    paths = DataPaths(tmp_path)
    sessions = paths.sessions("cap_1", "deploy")
    sessions.parent.mkdir(mode=0o755)
    journal = paths.database.with_name("capsule.db-wal")
    for file in (sessions, paths.database, journal):
        file.touch(mode=0o644)
    prepare(paths)
    assert mode(sessions.parent) == 0o700
    assert mode(paths.database) == mode(journal) == 0o600
