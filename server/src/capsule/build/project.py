"""A read-only view of a source tree, the only way providers look at a project.

Never leaves its root: a path with `..` or through a link to the outside is as good as missing. Never walks
the whole tree either: what providers ask for lies in the root folder or a few levels below it.
"""

import codecs
import json
import os
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MAX_READ = 2 * 1024 * 1024
_MAX_LOCK = 64 * 1024 * 1024
_LOCKS = (".lock", ".lockb", "lock.json", "lock.yaml", "shrinkwrap.json")
_MAX_LISTED = 20_000
"""Entries of one folder that are looked at; nobody starts what comes after."""
_MAX_FOUND = 50_000
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
    "vendor",
}


class Unreadable(Exception):
    """A file of the project is there and cannot be understood; ends as a reason in `CannotPlan`."""

    def __init__(self, path: str, why: str, hint: str = "") -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why
        self.hint = hint


class Project:
    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def is_empty(self) -> bool:
        return not any(entry.name != ".git" for entry in self._root.iterdir())

    @cached_property
    def names(self) -> list[str]:
        """What lies in the root folder, sorted."""
        return sorted(entry.name for entry in _listed(str(self._root)))

    def has(self, path: str) -> bool:
        """Say whether `path` is a file of the project."""
        found = self._locate(path)
        return found is not None and found.is_file()

    def has_folder(self, path: str) -> bool:
        found = self._locate(path)
        return found is not None and found.is_dir()

    def leaves(self, path: str) -> bool:
        """Say whether `path` leads out of the project, by `..` or through a link."""
        if "\0" in path:
            return False
        try:
            return not self._root.joinpath(path.lstrip("/")).resolve().is_relative_to(self._root)
        except (OSError, RuntimeError):
            return True

    def first(self, *paths: str) -> str | None:
        """Return the first of `paths` that is a file."""
        return next((path for path in paths if self.has(path)), None)

    def read(self, path: str) -> str:
        """Return the text of a file, or the empty text when it is missing.

        UTF-8, or UTF-16 with its mark. Raises Unreadable for what is no text or is far too large to be meant
        for reading.
        """
        found = self._locate(path)
        if found is None or not found.is_file():
            return ""
        limit = _MAX_LOCK if path.endswith(_LOCKS) else _MAX_READ
        if found.stat().st_size > limit:
            raise Unreadable(path, f"is larger than {limit // (1024 * 1024)} MiB")
        try:
            content = found.read_bytes()
            return content.decode("utf-16" if content.startswith(_UTF_16) else "utf-8-sig")
        except UnicodeDecodeError as exc:
            raise Unreadable(path, "is not UTF-8 text", f"Save {path} as UTF-8 text.") from exc
        except OSError as exc:
            raise Unreadable(path, f"cannot be read ({exc.strerror})") from exc

    def is_utf_16(self, path: str) -> bool:
        """Say whether a file is text as the shell of Windows writes it, which most tools do not read."""
        found = self._locate(path)
        if found is None or not found.is_file():
            return False
        with found.open("rb") as file:
            return file.read(2) in _UTF_16

    def text(self, path: str) -> str:
        """Return the text of a source file; what cannot be read says nothing."""
        try:
            return self.read(path)
        except Unreadable:
            return ""

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
        """Return the files that match, sorted, without those in dependency folders and hidden ones.

        Each part of the pattern stands for one folder or file (`src/*/*.py`); at most 50,000 are returned.
        """
        return sorted(islice(self._matching(self._root, "", pattern.split("/")), _MAX_FOUND))

    @cached_property
    def python_files(self) -> list[str]:
        """Python files in the root folder."""
        return self.glob("*.py")

    def _matching(self, folder: Path, prefix: str, parts: list[str]) -> Iterator[str]:
        part, rest = parts[0], parts[1:]
        if "*" not in part:
            path = f"{prefix}{part}"
            if rest and self.has_folder(path):
                yield from self._matching(folder / part, f"{path}/", rest)
            elif not rest and self.has(path):
                yield path
            return
        for entry in _listed(str(folder)):
            name = entry.name
            if name.startswith(".") or name in _DEPENDENCY_FOLDERS or not fnmatchcase(name, part):
                continue
            path = f"{prefix}{name}"
            if entry.is_symlink() and self._locate(path) is None:
                continue
            if rest and entry.is_dir():
                yield from self._matching(folder / name, f"{path}/", rest)
            elif not rest and entry.is_file():
                yield path

    def _locate(self, path: str) -> Path | None:
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if ".." in parts or "\0" in path:
            return None
        try:
            found = self._root.joinpath(*parts).resolve()
            return found if found.is_relative_to(self._root) and found.exists() else None
        except (OSError, RuntimeError):
            return None


def _listed(folder: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from islice(entries, _MAX_LISTED)
    except OSError:
        return
