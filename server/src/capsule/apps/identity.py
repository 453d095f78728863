"""Tell who calls: a user named by the platform, a person from the console, or an anonymous visitor.

The last two have a signed cookie.
"""

from dataclasses import dataclass
from pathlib import Path

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import Response

from capsule.kit.durable import load_key
from capsule.kit.ids import new_id

COOKIE = "capsule_visitor"
USER_HEADER = "x-capsule-user"
EMAIL_HEADER = "x-capsule-email"
"""Believed, because the edge removes every inbound `X-Capsule-*` header before it adds its own."""

_YEAR_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True)
class Caller:
    """Whose sessions a request may see."""

    user_id: str
    email: str | None = None
    is_platform: bool = False
    """Named by the platform's own server, not by a cookie."""
    is_new: bool = False
    """Somebody who has no cookie yet."""


class Visitors:
    """Reads and writes visitor cookies. A cookie of one app means nothing to another."""

    def __init__(self, key_file: Path) -> None:
        self._key = load_key(key_file)

    def caller(self, request: Request, route: str) -> Caller:
        """Return who calls; a stranger becomes a new visitor."""
        named = request.headers.get(USER_HEADER)
        if named:
            return Caller(named, request.headers.get(EMAIL_HEADER), is_platform=True)
        cookie = request.cookies.get(COOKIE)
        if cookie:
            try:
                return _caller_of(self._serializer(route).loads(cookie))
            except (BadSignature, ValueError):
                pass  # a forged, foreign or outdated cookie makes a new visitor
        return Caller(new_id("vis"), is_new=True)

    def remember(self, response: Response, caller: Caller, request: Request, route: str) -> None:
        """Give a newcomer a cookie."""
        if not caller.is_new:
            return
        response.set_cookie(
            COOKIE,
            str(self._serializer(route).dumps([caller.user_id, caller.email])),
            max_age=_YEAR_SECONDS,
            httponly=True,
            samesite="lax",
            secure=request.headers.get("x-forwarded-proto") == "https",
        )

    def _serializer(self, route: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._key, salt=f"visitor:{route}")


def _caller_of(claims: object) -> Caller:
    if isinstance(claims, str):  # cookies of before there were e-mails in them
        return Caller(claims)
    if not isinstance(claims, list) or len(claims) != 2:
        raise ValueError("not what a cookie holds")
    return Caller(str(claims[0]), None if claims[1] is None else str(claims[1]))
