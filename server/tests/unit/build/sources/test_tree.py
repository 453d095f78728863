"""The project's folder in a source, and digests that depend on nothing else than the files."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from capsule.build.contract import SourceUnavailable
from capsule.build.sources.tree import digest, project_folder

Project = Callable[[dict[str, str]], Path]


@pytest.mark.parametrize("path", ["", "/", ".", "services/api", "/services/api/", "./services/api"])
def test_project_folder_is_found(path: str, project: Project) -> None:
    root = project({"services/api/app.py": ""})
    assert (project_folder(root, path) / "app.py").exists() == ("api" in path)


def test_missing_project_folder_is_named_with_its_neighbours(project: Project) -> None:
    root = project({"services/api/app.py": "", "services/web/app.py": ""})
    with pytest.raises(SourceUnavailable, match="'services/aip'") as caught:
        project_folder(root, "services/aip")
    assert caught.value.hint == "Folders in `services`: api, web."


@pytest.mark.parametrize("path", ["..", "a/../..", "out", "app.py"])
def test_project_folder_never_leaves_the_source(path: str, project: Project) -> None:
    root = project({"app.py": "", "a/b": ""})
    (root / "out").symlink_to("/tmp")
    with pytest.raises(SourceUnavailable):
        project_folder(root, path)


def test_digest_depends_on_paths_modes_and_contents(project: Project, tmp_path: Path) -> None:
    root = project({"a": "1", "b/c": "2"})
    (root / "l").symlink_to("a")
    (tmp_path / "other").symlink_to("c")
    seen = {digest(root)}
    (root / "a").chmod(0o644)
    (root / ".git").mkdir()
    (root / ".git" / "HEAD").write_text("x")
    assert digest(root) in seen
    for change in (
        lambda: (root / "a").chmod(0o755),
        lambda: (root / "a").write_text("3"),
        lambda: (root / "b/c").rename(root / "c"),
        lambda: os.replace(tmp_path / "other", root / "l"),
    ):
        change()
        assert digest(root) not in seen
        seen.add(digest(root))
