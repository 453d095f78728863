"""Which pushes are built: patterns of paths and branches, and markers in messages."""

import pytest

from capsule.control.delivery.sources.watching import is_skipped, is_watched, matches


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("api/**", "api/main.py", True),
        ("api/**", "api/deep/er/main.py", True),
        ("api/**", "apis/main.py", False),
        ("api/", "api/deep/main.py", True),
        ("*.md", "README.md", True),
        ("*.md", "docs/README.md", False),
        ("**/*.md", "docs/README.md", True),
        ("**/*.md", "README.md", True),
        ("/src/?.py", "src/a.py", True),
        ("src/?.py", "src/ab.py", False),
        ("a+b.[txt]", "a+b.[txt]", True),
    ],
)
def test_patterns(pattern: str, path: str, fits: bool) -> None:
    assert is_watched([path], [pattern], "") is fits


def test_without_patterns_the_projects_folder_counts() -> None:
    assert is_watched(["web/index.html", "api/main.py"], (), "web")
    assert not is_watched(["api/main.py"], (), "web")
    assert is_watched(["anything"], (), "")


def test_unknown_paths_count() -> None:
    assert is_watched(None, ["docs/**"], "web")
    assert not is_watched([], ["docs/**"], "web")


@pytest.mark.parametrize(
    ("message", "skipped"),
    [
        ("Fix [skip ci]", True),
        ("Fix\n\n[CI SKIP]", True),
        ("[skip deploy] words", True),
        ("skip ci", False),
        ("", False),
    ],
)
def test_markers(message: str, skipped: bool) -> None:
    assert is_skipped(message) is skipped


def test_branches() -> None:
    assert matches("feature/blue", ["feature/*"])
    assert not matches("feature/deep/blue", ["feature/*"])
    assert matches("feature/deep/blue", ["fix", "feature/**"])
    assert not matches("main", [])
