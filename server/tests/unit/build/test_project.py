"""The view of a source tree: what it shows, what it never follows, and that it never walks everything."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from capsule.build.project import Project, Unreadable

Write = Callable[[dict[str, str]], Path]


def test_glob_goes_as_deep_as_its_pattern_and_into_no_packages(project: Write) -> None:
    root = project({
        "a.py": "", "src/b.py": "", "src/x/c.py": "", "node_modules/d.py": "", ".hidden/e.py": "",
        "vendor/f.py": "", "src/.g.py": "",
    })  # fmt: skip
    assert Project(root).glob("*.py") == ["a.py"]
    assert Project(root).glob("*/*.py") == ["src/b.py"]
    assert Project(root).glob("src/*/*.py") == ["src/x/c.py"]
    assert Project(root).glob("src/x/c.py") == ["src/x/c.py"]


def test_links_out_of_the_tree_are_as_good_as_missing(project: Write, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.py").write_text("secret")
    root = project({"a.py": ""})
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "secret.py").symlink_to(tmp_path / "outside" / "secret.py")
    (root / "loop").symlink_to(root / "loop")
    (root / "again.py").symlink_to("a.py")
    view = Project(root)
    assert view.glob("*.py") == ["a.py", "again.py"]
    assert view.glob("*/*.py") == []
    assert not view.has("secret.py")
    assert not view.has_folder("out")
    assert view.read("../outside/secret.py") == ""


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"\x89PNG\r\n\x1a\n\xff", "not UTF-8"), (b" " * (2 * 1024 * 1024 + 1), "larger than 2 MiB")],
)
def test_what_is_no_text_is_unreadable(content: bytes, why: str, project: Write) -> None:
    root = project({"package.json": ""})
    (root / "package.json").write_bytes(content)
    with pytest.raises(Unreadable, match=why):
        Project(root).json("package.json")
    assert Project(root).text("package.json") == ""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_text_is_read_whatever_system_wrote_it(encoding: str, project: Write) -> None:
    root = project({"Procfile": ""})
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    (root / "Procfile").write_bytes(f"{mark}web: ünï\r\n".encode(encoding))
    assert Project(root).read("Procfile").lstrip("\ufeff").splitlines() == ["web: ünï"]
    assert Project(root).is_utf_16("Procfile") == encoding.startswith("utf-16")
    assert not Project(root).is_utf_16("missing")


def test_a_folder_of_many_files_is_looked_at_quickly(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for number in range(3000):
        (folder / f"{number}.py").touch()
    started = time.perf_counter()
    assert len(Project(tmp_path).glob("*/*.py")) == 3000
    assert time.perf_counter() - started < 1
