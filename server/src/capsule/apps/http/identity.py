"""Tell who calls: a user named by the platform, a person from the console, an account of the app, or an
anonymous visitor.

All but the first have a signed cookie. That of an account counts only while the account's generation is the
one that it carries; that of a visitor only until the visitor has an account.
"""

import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import Response

from capsule.kit.durable import load_key
from capsule.kit.ids import new_id

COOKIE = "capsule_visitor"
_SECURE_PREFIX = "__Host-"
"""Browsers take a cookie of such a name only from this very host. Otherwise the pages of an app on a sibling
host could set one for all hosts of the platform, and make people use another app as somebody else."""
USER_HEADER = "x-capsule-user"
EMAIL_HEADER = "x-capsule-email"
"""Believed, because the edge removes every inbound `X-Capsule-*` header before it adds its own."""

_YEAR_SECONDS = 365 * 24 * 3600
_SIGN_IN_SECONDS = 90 * 24 * 3600
_REMEMBERED_COOKIES = 2048
_VISITOR_CLAIMS, _ACCOUNT_CLAIMS = 2, 5


@dataclass(frozen=True)
class SignIn:
    """How and when somebody signed in to an account."""

    at: float
    """Unix time."""
    by_mail: bool
    """By a link in a mail: they have the mailbox in their hands."""


@dataclass(frozen=True)
class Caller:
    """Whose sessions a request may see."""

    user_id: str
    email: str | None = None
    is_platform: bool = False
    """Named by the platform's own server, not by a cookie."""
    is_new: bool = False
    """Somebody who has no cookie yet."""
    is_anonymous: bool = False
    """A visitor who has not signed in."""
    sign_in: SignIn | None = None
    """Of somebody with an account of the app; None for people of the console."""
    is_verified: bool = False
    """Whether the e-mail was proven to be theirs."""


@dataclass(frozen=True)
class Standing:
    """What of an account decides whether a cookie counts."""

    generation: int
    email: str | None
    is_verified: bool


class Register(Protocol):
    async def standing(self, user_id: str) -> Standing | None:
        """Return how an account stands now; None when the id is that of no account."""


@dataclass(frozen=True)
class Claims:
    """What a cookie says."""

    user_id: str
    email: str | None = None
    """Of a person of the console."""
    generation: int | None = None
    """Of an account."""
    signed_in_at: float = 0.0
    by_mail: bool = False


class Visitors:
    """Reads and writes cookies. A cookie of one app means nothing to another."""

    def __init__(self, key_file: Path) -> None:
        self._key = load_key(key_file)
        # A page sends the same cookie with each request.
        self._read = lru_cache(_REMEMBERED_COOKIES)(self._read_anew)

    async def caller(self, request: Request, route: str, register: Register) -> Caller:
        """Return who calls; a stranger becomes a new visitor."""
        named = request.headers.get(USER_HEADER)
        if named:
            return Caller(named, request.headers.get(EMAIL_HEADER), is_platform=True, is_verified=True)
        claims = self._claims(request, route)
        known = None if claims is None else await _known(claims, register)
        return known or Caller(new_id("vis"), is_new=True, is_anonymous=True)

    def remember(self, response: Response, caller: Caller, request: Request, route: str) -> None:
        """Give a newcomer a cookie, unless the response has one already."""
        if caller.is_new and "set-cookie" not in response.headers:
            self._set(response, [caller.user_id, caller.email], _YEAR_SECONDS, request, route)

    def sign_in(
        self,
        response: Response,
        user_id: str,
        generation: int,
        request: Request,
        route: str,
        *,
        by_mail: bool = False,
    ) -> None:
        """Give the cookie of an account."""
        claims = [user_id, None, generation, int(time.time()), by_mail]
        self._set(response, claims, _SIGN_IN_SECONDS, request, route)

    def forget(self, response: Response, request: Request) -> None:
        """Take the cookie away; the next request comes from a new visitor."""
        response.delete_cookie(_name(request), httponly=True, samesite="lax", secure=_is_https(request))

    def _claims(self, request: Request, route: str) -> Claims | None:
        cookie = request.cookies.get(_name(request))
        return self._read(cookie, route) if cookie else None

    def _read_anew(self, cookie: str, route: str) -> Claims | None:
        try:
            return _read(self._serializer(route).loads(cookie))
        except (BadSignature, ValueError):
            return None  # forged, foreign or outdated

    def _set(self, response: Response, claims: object, seconds: int, request: Request, route: str) -> None:
        response.set_cookie(
            _name(request),
            str(self._serializer(route).dumps(claims)),
            max_age=seconds,
            httponly=True,
            samesite="lax",
            secure=_is_https(request),
        )

    def _serializer(self, route: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._key, salt=f"visitor:{route}")


def _is_https(request: Request) -> bool:
    return request.headers.get("x-forwarded-proto") == "https"


def _name(request: Request) -> str:
    return f"{_SECURE_PREFIX}{COOKIE}" if _is_https(request) else COOKIE


def _read(claims: object) -> Claims:
    if isinstance(claims, str):  # cookies of before there were e-mails in them
        return Claims(claims)
    if isinstance(claims, list) and len(claims) == _VISITOR_CLAIMS:
        return Claims(str(claims[0]), None if claims[1] is None else str(claims[1]))
    if isinstance(claims, list) and len(claims) == _ACCOUNT_CLAIMS:
        return Claims(str(claims[0]), None, int(claims[2]), float(claims[3]), bool(claims[4]))
    raise ValueError("not what a cookie holds")


async def _known(claims: Claims, register: Register) -> Caller | None:
    """Return whom a cookie stands for; None when it does not count any more."""
    if claims.email is not None:
        return Caller(claims.user_id, claims.email, is_verified=True)
    standing = await register.standing(claims.user_id)
    if claims.generation is None:
        return Caller(claims.user_id, is_anonymous=True) if standing is None else None
    if standing is None or standing.generation != claims.generation:
        return None
    if claims.signed_in_at + _SIGN_IN_SECONDS < time.time():
        return None
    return Caller(
        claims.user_id,
        standing.email,
        sign_in=SignIn(claims.signed_in_at, claims.by_mail),
        is_verified=standing.is_verified,
    )
