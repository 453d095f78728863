"""Read `_headers`: a path pattern, and below it, indented, `Name: value` or `! Name` to leave one out."""

import re
from dataclasses import dataclass, field

from capsule.staticsite.pattern import Pattern

_NAME = re.compile(r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
_VALUE = re.compile(r"^[\x20-\x7e\x80-\xff\t]*$")
# They say how this answer is sent, which only the server knows.
_OURS = {"connection", "content-encoding", "content-length", "content-range", "transfer-encoding", "upgrade",
         "keep-alive", "trailer", "te", "date", "location", "set-cookie", "basic-auth"}  # fmt: skip
_REASONS = {
    "basic-auth": "a site asks for no password",
    "set-cookie": "a site sets no cookies",
}


@dataclass
class HeaderRule:
    pattern: Pattern
    given: dict[str, str] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)


class HeaderRules:
    """The rules of one site; all that match a path count, the later ones add to the earlier."""

    def __init__(self, rules: list[HeaderRule]) -> None:
        self._rules = rules

    def apply(self, path: str, headers: dict[str, str]) -> dict[str, str]:
        """Return `headers` as the rules for the decoded `path` change them."""
        if not self._rules:
            return headers
        given: dict[str, str] = {}
        left_out: set[str] = set()
        for rule in self._rules:
            if rule.pattern.match(path) is None:
                continue
            left_out |= rule.left_out
            for name in rule.left_out:
                given.pop(name, None)
            for name, value in rule.given.items():
                given[name] = f"{given[name]}, {value}" if name in given else value
        kept = {name: value for name, value in headers.items() if name.lower() not in {*given, *left_out}}
        return {**kept, **{_shown(name): value for name, value in given.items()}}


def read_headers(text: str) -> tuple[list[HeaderRule], list[str]]:
    """Return the rules, and a sentence for each line that is none."""
    rules: list[HeaderRule] = []
    complaints = []
    current: HeaderRule | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.strip().startswith("#"):
            continue
        try:
            if line[0] in " \t":
                if current is None:
                    raise ValueError("there is no path above it")
                _add(current, line.strip())
            else:
                current = None
                current = HeaderRule(Pattern(line.strip()))
                rules.append(current)
        except ValueError as exc:
            complaints.append(f"Line {number} of _headers is left out: {exc}.")
    return rules, complaints


def _add(rule: HeaderRule, line: str) -> None:
    if line.startswith("! "):
        rule.left_out.add(_name(line[2:]))
        return
    name, colon, value = line.partition(":")
    if not colon:
        raise ValueError(f"`{line}` is not `Name: value`")
    key = _name(name)
    if not _VALUE.match(value):
        raise ValueError(f"the value of `{name}` has characters that no header may have")
    before = rule.given.get(key)
    rule.given[key] = f"{before}, {value.strip()}" if before else value.strip()


def _name(text: str) -> str:
    name = text.strip()
    if not _NAME.match(name):
        raise ValueError(f"`{name}` is no name of a header")
    if name.lower() in _OURS:
        raise ValueError(f"`{name}`: {_REASONS.get(name.lower(), 'the server sets it by itself')}")
    return name.lower()


def _shown(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))
