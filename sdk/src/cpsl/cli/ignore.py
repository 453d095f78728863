"""Turn ignore files into a decision per path: `.capsuleignore` where there is one, else every `.gitignore`.

The patterns mean what they mean to git: `#` comments, `!` takes back, a leading or inner slash ties to the
file's folder, a trailing slash means folders only, `**` crosses folders.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ALWAYS = frozenset(
    [
        ".git",
        ".venv",
        "venv",
        "__pycache__",
        ".pytest_cache",
        ".ruff_cache",
        ".mypy_cache",
        "node_modules",
        ".DS_Store",
        ".idea",
        ".vscode",
        ".env.local",
        ".envrc",
        ".next",
        ".capsuleignore",
        ".capsule",
    ]
)
"""Names that are never sent, at any depth."""

OWN_FILE, GIT_FILE = ".capsuleignore", ".gitignore"


@dataclass(frozen=True)
class Pattern:
    matches: re.Pattern[str]
    takes_back: bool
    folders_only: bool
    text: str


class Ignore:
    """Decides what of the tree under `root` is left out. Ask for folders before what is in them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        own = root / OWN_FILE
        self._file_name = OWN_FILE if own.is_file() else GIT_FILE
        self._patterns: dict[str, list[Pattern]] = {}

    def reason(self, path: str, *, is_folder: bool) -> str | None:
        """Return why `path` (relative, with slashes) is left out, None when it is not."""
        name = path.rpartition("/")[2]
        if name in ALWAYS or name.endswith(".pyc"):
            return "never sent"
        verdict: str | None = None
        for folder, rest in _folders_above(path):
            for pattern in self._of(folder):
                if (is_folder or not pattern.folders_only) and pattern.matches.fullmatch(rest):
                    where = f"{folder}/{self._file_name}" if folder else self._file_name
                    verdict = None if pattern.takes_back else f"'{pattern.text}' in {where}"
        return verdict

    def reason_within(self, path: str) -> str | None:
        """Like `reason` for a file, looking at every folder above it as well."""
        parts = path.split("/")
        for count in range(1, len(parts)):
            if found := self.reason("/".join(parts[:count]), is_folder=True):
                return found
        return self.reason(path, is_folder=False)

    def _of(self, folder: str) -> list[Pattern]:
        if self._file_name == OWN_FILE and folder:
            return []
        if folder not in self._patterns:
            self._patterns[folder] = read_patterns(self._root / folder / self._file_name)
        return self._patterns[folder]


def read_patterns(path: Path) -> list[Pattern]:
    """Return the patterns of one ignore file; none when there is no such file."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [pattern for line in lines if (pattern := parse_pattern(line)) is not None]


def parse_pattern(line: str) -> Pattern | None:
    """Return the pattern of one line; None for blank lines and comments."""
    text = line.rstrip("\r\n")
    text = re.sub(r"(?<!\\)\s+$", "", text)
    if not text or text.startswith("#"):
        return None
    shown = text
    takes_back = text.startswith("!")
    if takes_back or text.startswith("\\"):
        text = text[1:]
    folders_only = text.endswith("/")
    text = text.rstrip("/")
    if not text:
        return None
    tied = "/" in text
    return Pattern(_expression(text.lstrip("/"), tied), takes_back, folders_only, shown)


def _expression(glob: str, tied: bool) -> re.Pattern[str]:
    out, index = "" if tied else "(?:.*/)?", 0
    while index < len(glob):
        char = glob[index]
        if glob.startswith("**/", index):
            out, index = out + "(?:.*/)?", index + 3
            continue
        if glob.startswith("/**", index) and index + 3 == len(glob):
            out, index = out + "/.+", index + 3
            continue
        if char == "*":
            out += ".*" if glob.startswith("**", index) else "[^/]*"
            index += 2 if glob.startswith("**", index) else 1
            continue
        if char == "?":
            out += "[^/]"
        elif char == "[" and (end := glob.find("]", index + 2)) > 0:
            inner = glob[index + 1 : end]
            inner = "^" + inner[1:] if inner.startswith("!") else inner
            out += "[" + inner.replace("\\", "\\\\") + "]"
            index = end
        elif char == "\\" and index + 1 < len(glob):
            index += 1
            out += re.escape(glob[index])
        else:
            out += re.escape(char)
        index += 1
    try:
        return re.compile(out, re.DOTALL)
    except re.error:
        return re.compile(re.escape(glob))


def _folders_above(path: str) -> list[tuple[str, str]]:
    """Every folder that holds `path`, from the root down, with the rest of the path."""
    parts = path.split("/")
    return [("/".join(parts[:count]), "/".join(parts[count:])) for count in range(len(parts))]
