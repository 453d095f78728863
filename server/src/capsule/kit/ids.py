"""Make identifiers that explain themselves in a log line: `dpl_7h2k9x4mq0ab`."""

import os

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [one + other for one in _ALPHABET for other in _ALPHABET]


def new_id(prefix: str) -> str:
    """Return `<prefix>_` and 12 random characters (60 bits)."""
    bits = int.from_bytes(os.urandom(8))
    return f"{prefix}_" + "".join([_PAIRS[bits >> shift & 1023] for shift in range(0, 60, 10)])
