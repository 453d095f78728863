"""Names and types of files as clients give them: cleaned when they are kept, doubted when served."""

import re
import unicodedata

from capsule.apps.files.accept import UNKNOWN, base_type, guess_type
from capsule.apps.files.errors import InvalidFile

_MOST_BYTES = 255
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_SHOWN = frozenset(
    (
        "application/pdf",
        "application/json",
        "text/plain",
        "text/csv",
        "text/markdown",
        "text/tab-separated-values",
    )
)
_SHOWN_KINDS = ("image/", "video/", "audio/")


def clean_name(name: object) -> str:
    """Return the last part of a file name, without what a file system, a header or a person stumbles over.

    Raises InvalidFile when nothing is left.
    """
    if not isinstance(name, str):
        raise InvalidFile("A file needs a name.", field="name")
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    text = "".join(char for char in last if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    text = _shortened(text.strip())
    if text in ("", ".", ".."):
        raise InvalidFile(f"{name[:100]!r} is no name of a file.", field="name")
    return text


def clean_type(content_type: object, name: str) -> str:
    """Return a well-formed type; one that says nothing is replaced by what the name says."""
    if content_type is not None and not isinstance(content_type, str):
        raise InvalidFile("content_type must be a text such as text/csv.", field="content_type")
    found = base_type(content_type or "")
    return found if found != UNKNOWN and _TYPE.fullmatch(found) else guess_type(name)


def is_shown(content_type: str) -> bool:
    """Tell whether a browser may show such a file in place; all others are downloaded.

    Nothing that can carry scripts is among them.
    """
    if content_type.startswith("image/svg"):
        return False
    return content_type in _SHOWN or content_type.startswith(_SHOWN_KINDS)


def served_type(content_type: str) -> str:
    """Return the type to serve a file with: no upload may pass for a script or a style sheet of the app."""
    if not is_shown(content_type):
        return UNKNOWN
    is_text = content_type.startswith("text/") or content_type == "application/json"
    return f"{content_type}; charset=utf-8" if is_text else content_type


def _shortened(name: str) -> str:
    """Cut a name in the middle, so that its ending stays."""
    if len(name.encode()) <= _MOST_BYTES:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending.encode()) > 32:
        stem, dot, ending = name, "", ""
    room = _MOST_BYTES - len(f"{dot}{ending}".encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + ending
