"""What of a project is sent to the daemon."""

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from capsule.build.builders.docker.context import DOCKERFILE, pack
from capsule.build.builders.docker.ignore import Ignore


class TestIgnore:
    @pytest.mark.parametrize(
        ("rules", "path", "left_out"),
        [
            ("node_modules", "node_modules/a/b.js", True),
            ("node_modules", "web/node_modules/a.js", False),
            ("**/node_modules", "web/node_modules/a.js", True),
            ("**/node_modules", "node_modules/a.js", True),
            ("*.md", "README.md", True),
            ("*.md", "docs/README.md", False),
            ("**/*.md", "docs/deep/README.md", True),
            ("*.md\n!README.md", "README.md", False),
            ("*\n!src", "src/a.py", False),
            ("*\n!src\nsrc/*.pyc", "src/a.pyc", True),
            ("docs/**", "docs/a/b", True),
            ("/build/", "build/x", True),
            ("./a/../b", "b", True),
            ("a?c", "abc", True),
            ("[a-c]x", "bx", True),
            ("# comment\n\n", "anything", False),
            ("a+b", "a+b", True),
        ],
    )
    def test_rules(self, rules: str, path: str, left_out: bool) -> None:
        assert Ignore(rules).leaves_out(path) is left_out


class TestPack:
    def names(self, archive: Path) -> set[str]:
        with tarfile.open(archive) as tar:
            return set(tar.getnames())

    def test_ignored_files_and_git_stay_behind(
        self, project: Callable[[dict[str, str]], Path], tmp_path: Path
    ) -> None:
        root = project(
            {
                ".dockerignore": "*.log\ndocs\n!docs/keep.md\n",
                ".git/config": "token",
                "a.py": "1",
                "a.log": "2",
                "docs/drop.md": "3",
                "docs/keep.md": "4",
                "Dockerfile": "FROM debian\n",
            }
        )
        pack(root, "Dockerfile", "FROM other\n", tmp_path / "c.tar")
        assert self.names(tmp_path / "c.tar") == {
            ".dockerignore", DOCKERFILE, "a.py", "docs/keep.md", "Dockerfile",
        }  # fmt: skip
        with tarfile.open(tmp_path / "c.tar") as tar:
            file = tar.extractfile(DOCKERFILE)
            assert file is not None
            assert file.read() == b"FROM other\n"
            assert tar.getmember("a.py").uid == 0

    def test_a_link_is_sent_as_a_link(
        self, project: Callable[[dict[str, str]], Path], tmp_path: Path
    ) -> None:
        root = project({"a": "1"})
        (root / "out").symlink_to("/etc")
        (root / "host").symlink_to("/etc/hostname")
        pack(root, "Dockerfile", "FROM debian\n", tmp_path / "c.tar")
        with tarfile.open(tmp_path / "c.tar") as tar:
            assert tar.getmember("out").issym()
            assert tar.getmember("host").issym()

    def test_rules_of_one_dockerfile_win(
        self, project: Callable[[dict[str, str]], Path], tmp_path: Path
    ) -> None:
        files = {
            "web.Dockerfile": "FROM a",
            "web.Dockerfile.dockerignore": "b",
            ".dockerignore": "a",
            "a": "",
            "b": "",
        }
        root = project(files)
        pack(root, "web.Dockerfile", "FROM a\n", tmp_path / "c.tar")
        assert {"a"} == self.names(tmp_path / "c.tar") & {"a", "b"}
