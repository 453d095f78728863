"""The rule of capsule names, and the host label made of one."""

import re
import secrets
import unicodedata

from capsule.control.workload.capsules.errors import InvalidName

_RULE = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
_SENTENCE = (
    "A name has 1 to 40 small letters, digits and single hyphens, and begins and ends with a letter or digit"
)
_ALPHABET = "abcdefghjkmnpqrstvwxyz23456789"


def check_name(name: str) -> None:
    """Raise InvalidName with the rule and a name that would do."""
    if _RULE.fullmatch(name) and "--" not in name:
        return
    shown = name if len(name) <= 60 else f"{name[:57]}…"
    suggestion = suggest(name)
    hint = f"{_SENTENCE}, such as '{suggestion}'." if suggestion else f"{_SENTENCE}."
    raise InvalidName(f"'{shown}' cannot be the name of a capsule.", hint=hint, field="name")


def suggest(name: str) -> str:
    """Return the nearest allowed name, or nothing."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")


def slug_with_ending(name: str) -> str:
    """Return the name and four random characters, for when the name itself is taken."""
    return f"{name}-" + "".join(secrets.choice(_ALPHABET) for _ in range(4))
