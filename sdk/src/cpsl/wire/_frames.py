"""Turn messages into lines and back."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from typing import Any, Generic, Literal, TypeVar, get_args, get_origin, get_type_hints, is_typeddict

from ._messages import WireMessage
from ._zygote import ZygoteMessage

M = TypeVar("M")
Check = Callable[[object], bool]

MAX_LINE = 16 * 1024 * 1024
"""The largest message either side accepts, in bytes."""


class WireError(ValueError):
    """A line that is no message of this protocol."""


def _type_name(kind: type[Any]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


class Codec(Generic[M]):
    """Encodes and decodes the messages of one union.

    Whoever decodes may be spoken to by a stranger: values are of the kinds that the message declares, one
    level deep, so that nobody has to look again.
    """

    def __init__(self, union: Any) -> None:
        self._kinds: dict[str, type[Any]] = {_type_name(kind): kind for kind in get_args(union)}
        self._names = {kind: name for name, kind in self._kinds.items()}
        self._fields = {kind: _fields_of(kind) for kind in self._names}

    def name(self, message: M) -> str:
        """Return how a message is called in its line."""
        return self._names[type(message)]

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
            found = json.loads(line, parse_constant=_refuse)
            if b"\\u" in line:  # only there can half a surrogate pair be
                found = json.loads(_to_utf8(json.dumps(found, ensure_ascii=False)))
        except (ValueError, RecursionError) as exc:
            raise _unknown(line) from exc
        return self.build(found, line)

    def build(self, found: Any, line: bytes) -> M:
        """Return the message whose JSON has been read already. Raises WireError as `decode`."""
        try:
            kind = self._kinds[found["type"]]
            fields = self._fields[kind]
            values = {name: found[name] for name in fields if name in found}
            for name, value in values.items():
                if not fields[name](value):
                    raise TypeError(name)
            message: M = kind(**values)
        except (KeyError, TypeError) as exc:
            raise _unknown(line) from exc
        return message


def _unknown(line: bytes) -> WireError:
    return WireError(f"Not a message of this protocol: {line[:120]!r}")


def _fields_of(kind: type[Any]) -> dict[str, Check]:
    hints = get_type_hints(kind)
    return {field.name: _check_of(hints[field.name]) for field in dataclasses.fields(kind)}


def _check_of(hint: Any) -> Check:
    """Return what says whether a value is of this kind."""
    origin, choices = get_origin(hint), get_args(hint)
    if hint is Any:
        return lambda value: True
    if origin is Literal:
        return lambda value: isinstance(value, str) and value in choices
    if origin is list:
        fits = _check_of(choices[0])
        return lambda value: isinstance(value, list) and all(map(fits, value))
    if origin is dict or is_typeddict(hint):
        return lambda value: isinstance(value, dict)
    if choices:  # a union
        checks = [_check_of(choice) for choice in choices]
        return lambda value: any(fits(value) for fits in checks)
    return lambda value: type(value) is hint


def _refuse(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _to_utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # no store and no browser could take it
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


TURNS: Codec[WireMessage] = Codec(WireMessage)
"""Messages between the app host and a runtime, one per line."""
encode = TURNS.encode
decode = TURNS.decode

ZYGOTE: Codec[ZygoteMessage] = Codec(ZygoteMessage)
"""Messages between an engine and a zygote, one per packet."""
