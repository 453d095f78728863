"""A read-only view of a source tree, the only way providers look at a project.

Never leaves its root: a path with `..` or through a link to the outside is as good as missing.
"""

import json
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any

_MAX_READ = 2 * 1024 * 1024
_DEPENDENCY_FOLDERS = {
    ".git",
    ".hg",
    ".venv",
    "venv",
    "env",
    "node_modules",
    "__pycache__",
    "site-packages",
    ".tox",
}


class Unreadable(Exception):
    """A file of the project is there and cannot be understood; ends as a reason in `CannotPlan`."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


class Project:
    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def is_empty(self) -> bool:
        return not any(entry.name != ".git" for entry in self._root.iterdir())

    def has(self, path: str) -> bool:
        """Say whether `path` is a file of the project."""
        found = self._locate(path)
        return found is not None and found.is_file()

    def has_folder(self, path: str) -> bool:
        found = self._locate(path)
        return found is not None and found.is_dir()

    def first(self, *paths: str) -> str | None:
        """Return the first of `paths` that is a file."""
        return next((path for path in paths if self.has(path)), None)

    def read(self, path: str) -> str:
        """Return the text of a file, or the empty text when it is missing.

        Raises Unreadable for what is no text or is far too large to be meant for reading.
        """
        found = self._locate(path)
        if found is None or not found.is_file():
            return ""
        if found.stat().st_size > _MAX_READ and not path.endswith(("lock", "lock.json", "lock.yaml")):
            raise Unreadable(path, f"is larger than {_MAX_READ // (1024 * 1024)} MiB")
        try:
            return found.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as exc:
            raise Unreadable(path, "is not UTF-8 text") from exc

    def json(self, path: str) -> dict[str, Any]:
        """Return the object in a JSON file (empty when the file is missing). Raises Unreadable."""
        text = self.read(path)
        try:
            value = json.loads(text) if text else {}
        except (ValueError, RecursionError) as exc:
            where = f"line {exc.lineno}: {exc.msg}" if isinstance(exc, json.JSONDecodeError) else str(exc)
            raise Unreadable(path, f"is not valid JSON ({where})") from exc
        if not isinstance(value, dict):
            raise Unreadable(path, "is not a JSON object")
        return value

    def toml(self, path: str) -> dict[str, Any]:
        """Return a TOML file's tables (empty when the file is missing). Raises Unreadable."""
        try:
            return tomllib.loads(self.read(path))
        except (tomllib.TOMLDecodeError, RecursionError) as exc:
            raise Unreadable(path, f"is not valid TOML ({exc})") from exc

    def glob(self, pattern: str) -> list[str]:
        """Return the files that match, sorted, without those in dependency folders and hidden ones."""
        found = []
        for path in self._root.glob(pattern):
            relative = path.relative_to(self._root)
            if any(part in _DEPENDENCY_FOLDERS or part.startswith(".") for part in relative.parts):
                continue
            if self.has(relative.as_posix()):
                found.append(relative.as_posix())
        return sorted(found)

    @cached_property
    def python_files(self) -> list[str]:
        """Python files in the root folder."""
        return self.glob("*.py")

    def _locate(self, path: str) -> Path | None:
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if ".." in parts or "\0" in path:
            return None
        try:
            found = self._root.joinpath(*parts).resolve()
            return found if found.is_relative_to(self._root) and found.exists() else None
        except (OSError, RuntimeError):
            return None
