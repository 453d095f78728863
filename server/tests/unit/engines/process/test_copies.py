"""A folder that follows another."""

import os
from pathlib import Path

from capsule.engines.process.copies import follow


def tree(root: Path) -> dict[str, str]:
    """Return every path below `root` with what it is: a file's text, a link's target, or `/`."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        found[name] = os.readlink(path) if path.is_symlink() else "/" if path.is_dir() else path.read_text()
    return found


def test_target_becomes_like_the_source_whatever_it_was(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "pages").mkdir(parents=True)
    (source / "app.py").write_text("new")
    (source / "pages" / "home.tsx").write_text("page")
    (source / "was-a-folder").write_text("file")
    (source / "link").symlink_to("app.py")
    (target / "was-a-folder" / "deep").mkdir(parents=True)
    (target / "gone" / "deep").mkdir(parents=True)
    (target / "app.py").write_text("old")
    (target / "pages").write_text("was a file")
    (target / "link").symlink_to("elsewhere.py")
    follow(source, target, None)
    assert tree(target) == tree(source)


def test_what_is_the_same_is_not_touched(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    (source / "same.py").write_text("1")
    (source / "changed.py").write_text("1")
    (source / "run.sh").write_text("1")
    follow(source, target, os.getuid())
    same = (target / "same.py").stat().st_ino
    (source / "changed.py").write_text("2")
    (source / "run.sh").chmod(0o755)
    follow(source, target, os.getuid())
    assert (target / "same.py").stat().st_ino == same
    assert (target / "changed.py").read_text() == "2"
    assert (target / "run.sh").stat().st_mode & 0o777 == 0o755
