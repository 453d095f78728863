"""Turn `KEY=VALUE` arguments into names and values; `-` as value reads standard input."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

from cpsl._problems import InvalidInput

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read_pair(text: str, *, what: str) -> tuple[str, str]:
    """Split `text` at its first `=`, both sides trimmed. Raises InvalidInput; never repeats the value."""
    name, equals, value = text.partition("=")
    name, value = name.strip(), value.strip()
    if not equals:
        # The text may be a bare value, so it is not shown.
        raise InvalidInput(f"A {what} is given as NAME=VALUE; there is no '=' in one of them.")
    if not _KEY.fullmatch(name):
        raise InvalidInput(
            f"'{name[:60]}' cannot be the name of a {what}.",
            code="invalid_name",
            hint="Letters, digits and underscores, not beginning with a digit: API_KEY=…",
        )
    if value == "-":
        value = sys.stdin.read().rstrip("\r\n")
    if not value and what == "secret":
        raise InvalidInput(f"The secret {name} has no value.", hint=f"{name}=VALUE, or {name}=- to read it")
    return name, value


def read_pairs(texts: Iterable[str], *, what: str) -> dict[str, str]:
    """Read several pairs; a name given twice has its last value."""
    return dict(read_pair(text, what=what) for text in texts)


def read_secret(text: str) -> str:
    """Return one value that should not stand on the command line; `-` reads it from standard input."""
    return sys.stdin.readline().strip() if text == "-" else text.strip()
