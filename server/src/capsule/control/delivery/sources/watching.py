"""Whether a push is to be built: by its branch, its message and the paths it changed. Pure."""

import re
from collections.abc import Iterable, Sequence

_SKIP = re.compile(r"\[(skip ci|ci skip|skip deploy|deploy skip|no ci)\]", re.IGNORECASE)


def is_skipped(message: str) -> bool:
    """Tell whether the commit's message asks not to be built."""
    return bool(_SKIP.search(message))


def is_watched(changed: Iterable[str] | None, patterns: Sequence[str], folder: str) -> bool:
    """Tell whether one of the changed paths counts; unknown paths (None) do.

    Without patterns, what lies in the project's `folder` counts.
    """
    wanted = list(patterns) or ([f"{folder}/**"] if folder else [])
    if changed is None or not wanted:
        return True
    rules = [_rule(pattern) for pattern in wanted]
    return any(rule.fullmatch(path) for path in changed for rule in rules)


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Tell whether a branch's name fits one of the patterns."""
    return any(_rule(pattern).fullmatch(name) for pattern in patterns)


def _rule(pattern: str) -> re.Pattern[str]:
    """`*` and `?` stay in one folder, `**` does not; a pattern that ends in `/` means all below."""
    pattern = pattern.strip().lstrip("/")
    if pattern.endswith("/"):
        pattern += "**"
    parts = []
    for part in re.split(r"(\*\*/|\*\*|\*|\?)", pattern):
        parts.append({"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part) or re.escape(part))
    return re.compile("".join(parts), re.DOTALL)
