"""Encode what goes to runtimes. A turn carries a whole history, so it matters how fast that is."""

import msgspec

from cpsl.wire import MAX_LINE, TURNS, WireMessage


def encode(message: WireMessage) -> bytes:
    """Return the same line as `cpsl.wire.encode`. Raises WireError when it is too long."""
    try:
        line = msgspec.json.encode({"type": TURNS.name(message), **message.__dict__}) + b"\n"
    except (UnicodeEncodeError, ValueError):  # half a surrogate pair, which the other one mends
        return TURNS.encode(message)
    return line if len(line) <= MAX_LINE else TURNS.encode(message)
