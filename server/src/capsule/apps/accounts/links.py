"""Links of mails: kept by the hash of their token only."""

import secrets
import time

from capsule.apps.accounts.rows import Link
from capsule.kit.crypto import token_hash

LINK_MINUTES = 15
LINK_PATH = "/api/account/magic-link"


def new_link(
    email: str, *, visitor_id: str, return_to: str, password_hash: str | None = None
) -> tuple[str, Link]:
    """Return a token and what it stands for."""
    token = secrets.token_urlsafe(32)
    return token, Link(email, password_hash, visitor_id, return_to, time.time() + LINK_MINUTES * 60)


def hash_of(token: str) -> str:
    return token_hash(token)


def url_of(base: str, token: str) -> str:
    return f"{base}{LINK_PATH}?token={token}"
