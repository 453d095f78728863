"""Archives: the same tree gives the same bytes, and what does not belong is left out."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from cpsl.cli.archive import ProjectRefused, pack, read_project


def tree(root: Path, *paths: str) -> Path:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(path)
    return root


def paths(root: Path) -> list[str]:
    return [file.path for file in read_project(root).files]


def packed(root: Path) -> bytes:
    out = io.BytesIO()
    assert pack(read_project(root).files, out) == len(out.getvalue())
    return out.getvalue()


def test_same_tree_gives_same_bytes_whatever_the_times(tmp_path: Path) -> None:
    one, two = tree(tmp_path / "one", "b.py", "a/c.txt"), tree(tmp_path / "two", "a/c.txt", "b.py")
    os.utime(two / "b.py", (1, 1))
    (two / "b.py").chmod(0o600)
    assert packed(one) == packed(two)


def test_archive_holds_contents_and_the_executable_bit(tmp_path: Path) -> None:
    tree(tmp_path, "run.sh", "pkg/mod.py")
    (tmp_path / "run.sh").chmod(0o755)
    with tarfile.open(fileobj=io.BytesIO(packed(tmp_path)), mode="r:gz") as archive:
        assert archive.getnames() == ["pkg/mod.py", "run.sh"]
        assert archive.getmember("run.sh").mode == 0o755
        content = archive.extractfile("pkg/mod.py")
        assert content is not None
        assert content.read() == b"pkg/mod.py"


def test_what_is_never_sent_is_left_out_at_any_depth(tmp_path: Path) -> None:
    tree(
        tmp_path,
        "app.py",
        ".git/config",
        "sub/.venv/bin/python",
        "venv/x",
        "a/__pycache__/b.pyc",
        "c.pyc",
        "node_modules/x/index.js",
        "web/node_modules/y.js",
        ".env.local",
        ".envrc",
        ".DS_Store",
        ".capsule/types/a.d.ts",
        ".next/x",
        ".idea/x",
        ".vscode/x",
        ".pytest_cache/x",
        ".ruff_cache/x",
        ".env",
    )
    assert paths(tmp_path) == [".env", "app.py"]


def test_gitignore_counts_where_there_is_no_capsuleignore(tmp_path: Path) -> None:
    tree(tmp_path, "app.py", "out/a.txt", "data.db", "keep.db", "web/dist/x.js", "web/src/y.js")
    (tmp_path / ".gitignore").write_text("# made\n/out/\n*.db\n!keep.db\n")
    (tmp_path / "web" / ".gitignore").write_text("dist\n")
    assert paths(tmp_path) == [".gitignore", "app.py", "keep.db", "web/.gitignore", "web/src/y.js"]


def test_capsuleignore_takes_the_place_of_gitignore(tmp_path: Path) -> None:
    tree(tmp_path, "app.py", "generated/x.py", "big/a.bin")
    (tmp_path / ".gitignore").write_text("generated/\n")
    (tmp_path / ".capsuleignore").write_text("big/**\n")
    assert paths(tmp_path) == [".gitignore", "app.py", "generated/x.py"]


@pytest.mark.parametrize(
    ("pattern", "path", "ignored"),
    [
        ("*.log", "a/b/c.log", True),
        ("/top.txt", "sub/top.txt", False),
        ("a/*.txt", "a/b.txt", True),
        ("a/*.txt", "a/b/c.txt", False),
        ("a/**/c.txt", "a/b/x/c.txt", True),
        ("a/**/c.txt", "a/c.txt", True),
        ("**/tmp", "x/y/tmp", True),
        ("folder/", "folder", False),
        ("[ab].txt", "a.txt", True),
        ("[!ab].txt", "a.txt", False),
        ("?.txt", "ab.txt", False),
        ("\\#x", "#x", True),
        ("#x", "#x", False),
        ("a[", "a[", True),
    ],
)
def test_patterns_mean_what_they_mean_to_git(tmp_path: Path, pattern: str, path: str, ignored: bool) -> None:
    tree(tmp_path, path, "other")
    (tmp_path / ".gitignore").write_text(pattern + "\n")
    assert (path not in paths(tmp_path)) is ignored


def test_links_are_kept_inside_and_left_out_when_they_lead_away(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", "a.txt", "sub/b.txt")
    (tmp_path / "secret.txt").write_text("s")
    (root / "in").symlink_to("sub/b.txt")
    (root / "folder").symlink_to("sub")
    (root / "out").symlink_to("../secret.txt")
    (root / "absolute").symlink_to(tmp_path / "secret.txt")
    project = read_project(root)
    assert project.skipped_links == ("absolute", "out")
    assert [(file.path, file.link) for file in project.files if file.link] == [
        ("folder", "sub"),
        ("in", "sub/b.txt"),
    ]


def test_too_much_to_send_names_the_biggest_files(tmp_path: Path) -> None:
    tree(tmp_path, "app.py")
    (tmp_path / "model.bin").write_bytes(b"0" * 5000)
    with pytest.raises(ProjectRefused) as caught:
        read_project(tmp_path, max_bytes=1000)
    assert caught.value.code == "too_large"
    assert "model.bin (5.0 kB)" in str(caught.value.hint)


def test_home_directory_is_not_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(ProjectRefused, match="not a project"):
        read_project(tree(tmp_path, "app.py"))


def test_empty_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectRefused, match="nothing to send"):
        read_project(tmp_path)
