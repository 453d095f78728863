"""Encode what goes to runtimes, and decode what they say. There are many of both, so it matters how fast."""

from typing import Any

import msgspec

from cpsl.wire import MAX_LINE, TURNS, WireError, WireMessage


def encode(message: WireMessage) -> bytes:
    """Return the same line as `cpsl.wire.encode`, for fields that may be encoded already (`msgspec.Raw`).

    Raises WireError when it is too long.
    """
    try:
        line = msgspec.json.encode({"type": TURNS.name(message), **message.__dict__}) + b"\n"
    except (UnicodeEncodeError, ValueError):  # half a surrogate pair, which the other one mends
        return TURNS.encode(message)
    if len(line) > MAX_LINE:
        name = TURNS.name(message)
        raise WireError(f"A {name!r} message of {len(line)} bytes is over the limit of {MAX_LINE}.")
    return line


def decode(line: bytes) -> WireMessage:
    """Return the same message as `cpsl.wire.decode`. Raises WireError."""
    try:
        found: dict[str, Any] = _objects.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):  # or half a surrogate pair
        return TURNS.decode(line)
    return TURNS.build(found, line)


_objects = msgspec.json.Decoder(dict[str, Any])
