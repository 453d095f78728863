"""Make identifiers that explain themselves in a log line: `dpl_7h2k9x4mq0ab`."""

import secrets

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str) -> str:
    """Return `<prefix>_` and 12 random characters (60 bits)."""
    return f"{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(12))
