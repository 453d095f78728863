"""Which files of a build context `.dockerignore` leaves out, by the rules of Docker's own client."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class _Rule:
    pattern: re.Pattern[str]
    is_exception: bool


class Ignore:
    def __init__(self, text: str) -> None:
        self._rules = [rule for line in text.splitlines() if (rule := _rule(line)) is not None]
        self.has_exceptions = any(rule.is_exception for rule in self._rules)
        """What lies in a folder that is left out may be wanted all the same."""

    def leaves_out(self, path: str) -> bool:
        """`path` is relative to the context. The last rule that matches it or a folder above it wins."""
        parts = path.split("/")
        names = ["/".join(parts[: count + 1]) for count in range(len(parts))]
        left_out = False
        for rule in self._rules:
            if rule.is_exception == left_out and any(rule.pattern.fullmatch(name) for name in names):
                left_out = not rule.is_exception
        return left_out


def _rule(line: str) -> _Rule | None:
    if line.startswith("#") or not (text := line.strip()):
        return None
    is_exception = text.startswith("!")
    parts = [part for part in text.removeprefix("!").strip().split("/") if part not in ("", ".")]
    cleaned: list[str] = []
    for part in parts:
        if part == ".." and cleaned:
            cleaned.pop()
        elif part != "..":
            cleaned.append(part)
    return _Rule(re.compile(_expression("/".join(cleaned))), is_exception) if cleaned else None


def _expression(pattern: str) -> str:
    found, position = "", 0
    while position < len(pattern):
        character = pattern[position]
        if pattern.startswith("**", position):
            position += 2
            if pattern.startswith("/", position):
                position += 1
                found += "(?:.*/)?"
            else:
                found += ".*"
            continue
        if character == "*":
            found += "[^/]*"
        elif character == "?":
            found += "[^/]"
        elif character == "[" and (end := pattern.find("]", position + 2)) > 0:
            inside = pattern[position + 1 : end].replace("\\", "\\\\")
            found += f"[{inside}]"
            position = end
        elif character == "\\" and position + 1 < len(pattern):
            position += 1
            found += re.escape(pattern[position])
        else:
            found += re.escape(character)
        position += 1
    return found
