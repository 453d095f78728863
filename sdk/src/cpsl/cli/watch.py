"""Turn changes in a project's directory into sets of files that really differ from what was sent last.

Compares content, so touching a file is no change. Knows nothing of servers.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from pathlib import Path

from cpsl.cli.archive import Project, SourceFile, digest, read_project
from cpsl.cli.ignore import Ignore

# fmt: off
WATCHED = frozenset({
    ".py", ".tsx", ".ts", ".jsx", ".js",
    ".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".ico",
    ".css", ".json", ".yaml", ".yml", ".toml", ".html", ".md", ".txt",
})
# fmt: on
"""Endings of files that a running app is told about."""

QUIET_MS = 20
"""Editors write a file in several steps; changes within this time of each other are one change."""


@dataclass(frozen=True)
class ChangeSet:
    """What differs from the tree that the server has."""

    changed: tuple[SourceFile, ...] = ()
    deleted: tuple[str, ...] = ()
    digests: dict[str, str] = field(default_factory=dict)
    """Content of the changed files, for `Tree.sent`."""

    @property
    def paths(self) -> list[str]:
        return sorted([*(file.path for file in self.changed), *self.deleted])

    def __bool__(self) -> bool:
        return bool(self.changed or self.deleted)


class Tree:
    """The project as the server has it."""

    def __init__(self, project: Project) -> None:
        self.root = project.root
        self._known = {file.path: digest(file.source) for file in project.files if file.link is None}

    def compare(self) -> ChangeSet:
        """Return how the directory differs from what was sent last.

        Looks at the whole directory: a file held back earlier, or a change that the watcher missed, is found.
        """
        current = {file.path: file for file in read_project(self.root).files if file.link is None}
        changed, digests = [], {}
        for path, file in current.items():
            if not is_watched(path):
                continue
            content = digest(file.source)
            if content is not None and content != self._known.get(path):
                changed.append(file)
                digests[path] = content
        deleted = [path for path in self._known if is_watched(path) and path not in current]
        return ChangeSet(tuple(changed), tuple(sorted(deleted)), digests)

    def sent(self, changes: ChangeSet) -> None:
        """Remember that the server has `changes` now."""
        self._known.update(changes.digests)
        for path in changes.deleted:
            self._known.pop(path, None)


def is_watched(path: str) -> bool:
    return Path(path).suffix.lower() in WATCHED


def wakes(root: Path, stop: threading.Event) -> Iterator[None]:
    """Yield whenever something under `root` that is sent may have changed, until `stop` is set."""
    from watchfiles import Change, DefaultFilter, watch

    ignore = Ignore(root)

    class Sent(DefaultFilter):
        def __call__(self, change: Change, path: str) -> bool:
            try:
                relative = Path(path).relative_to(root).as_posix()
            except ValueError:
                return False
            return is_watched(relative) and ignore.reason_within(relative) is None

    changes: Iterator[Set[tuple[Change, str]]] = watch(
        root, watch_filter=Sent(), step=QUIET_MS, stop_event=stop, raise_interrupt=True, rust_timeout=1000
    )
    for _ in changes:
        yield
