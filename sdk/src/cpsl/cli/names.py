"""The rule for capsule names, and a valid name made from any text."""

from __future__ import annotations

import re
import unicodedata

from cpsl._problems import InvalidInput

MAX_LENGTH = 40
RULE = "lower-case letters, digits and single dashes, at most 40, beginning and ending with a letter or digit"

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


def is_valid(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and "--" not in name


def suggestion(text: str) -> str:
    """Return the valid name nearest to `text`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MAX_LENGTH].strip("-")
    return name or "my-app"


def check(name: str, *, where: str = "--name") -> str:
    """Return `name`; raises InvalidInput with a valid suggestion when it does not suit."""
    if is_valid(name):
        return name
    shown = name if len(name) <= 60 else name[:57] + "…"
    raise InvalidInput(
        f"'{shown}' ({where}) cannot be the name of a capsule: {RULE}.",
        code="invalid_name",
        hint=f"--name {suggestion(name)}",
    )
