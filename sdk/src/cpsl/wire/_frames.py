"""Turn messages into lines and back."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any, get_args

from ._messages import WireMessage

MAX_LINE = 16 * 1024 * 1024
"""The largest message either side accepts, in bytes."""


class WireError(ValueError):
    """A line that is no message of this protocol."""


def _type_name(kind: type[Any]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


_KINDS: dict[str, type[Any]] = {_type_name(kind): kind for kind in get_args(WireMessage)}
_FIELDS = {kind: tuple(f.name for f in dataclasses.fields(kind)) for kind in _KINDS.values()}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def encode(message: WireMessage) -> bytes:
    """Return the line for `message`, with its newline. Half a surrogate pair becomes U+FFFD.

    Raises WireError when it would be longer than a reader accepts.
    """
    kind = type(message)
    fields = {name: getattr(message, name) for name in _FIELDS[kind]}
    text = json.dumps(
        {"type": _NAMES[kind], **fields}, separators=(",", ":"), allow_nan=False, ensure_ascii=False
    )
    line = _to_utf8(text) + b"\n"
    if len(line) > MAX_LINE:
        raise WireError(f"A {_NAMES[kind]!r} message of {len(line)} bytes is over the limit of {MAX_LINE}.")
    return line


def _to_utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # no store and no browser could take it
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def decode(line: bytes) -> WireMessage:
    """Return the message in `line`; fields it does not know are left out.

    Raises WireError for anything else.
    """
    try:
        found = json.loads(line)
        kind = _KINDS[found["type"]]
        message: WireMessage = kind(**{name: found[name] for name in _FIELDS[kind] if name in found})
    except (ValueError, KeyError, TypeError) as exc:
        raise WireError(f"Not a message of this protocol: {line[:120]!r}") from exc
    return message
