"""Turn messages into lines and back."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any, Generic, TypeVar, get_args

from ._messages import WireMessage
from ._zygote import ZygoteMessage

M = TypeVar("M")

MAX_LINE = 16 * 1024 * 1024
"""The largest message either side accepts, in bytes."""


class WireError(ValueError):
    """A line that is no message of this protocol."""


def _type_name(kind: type[Any]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


class Codec(Generic[M]):
    """Encodes and decodes the messages of one union."""

    def __init__(self, union: Any) -> None:
        self._kinds: dict[str, type[Any]] = {_type_name(kind): kind for kind in get_args(union)}
        self._names = {kind: name for name, kind in self._kinds.items()}
        self._fields = {kind: tuple(f.name for f in dataclasses.fields(kind)) for kind in self._names}

    def encode(self, message: M) -> bytes:
        """Return the line for `message`, with its newline. Half a surrogate pair becomes U+FFFD.

        Raises WireError when it would be longer than a reader accepts.
        """
        kind = type(message)
        fields = {name: getattr(message, name) for name in self._fields[kind]}
        text = json.dumps(
            {"type": self._names[kind], **fields},
            separators=(",", ":"),
            allow_nan=False,
            ensure_ascii=False,
        )
        line = _to_utf8(text) + b"\n"
        if len(line) > MAX_LINE:
            name = self._names[kind]
            raise WireError(f"A {name!r} message of {len(line)} bytes is over the limit of {MAX_LINE}.")
        return line

    def decode(self, line: bytes) -> M:
        """Return the message in `line`; fields it does not know are left out.

        Raises WireError for anything else.
        """
        try:
            found = json.loads(line)
            kind = self._kinds[found["type"]]
            message: M = kind(**{name: found[name] for name in self._fields[kind] if name in found})
        except (ValueError, KeyError, TypeError) as exc:
            raise WireError(f"Not a message of this protocol: {line[:120]!r}") from exc
        return message


def _to_utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # no store and no browser could take it
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


_TURNS: Codec[WireMessage] = Codec(WireMessage)
encode = _TURNS.encode
decode = _TURNS.decode

ZYGOTE: Codec[ZygoteMessage] = Codec(ZygoteMessage)
"""Messages between an engine and a zygote, one per packet."""
