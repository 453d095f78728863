"""The calls of OAuth 2: a code for a token, a refresh token for a new one, a token given back.

Written by hand on the platform's own HTTP client: it is three forms, and what matters here (telling a refusal
from passing trouble, bounds on time and size, checked addresses) would have to be put around any OAuth
library.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus, urlencode, urlsplit, urlunsplit

import httpx2

from capsule.apps.connections.calls import Answer, ProviderCalls
from capsule.apps.connections.catalogue import ClientAuth, Revocation
from capsule.apps.connections.errors import AccessRefused, ProviderIncomplete, ProviderUnavailable
from capsule.apps.connections.provider import Endpoint, Provider

_REFUSALS = frozenset([
    "invalid_grant", "bad_verification_code", "bad_refresh_token", "expired_token", "access_denied",
    "interaction_required", "consent_required", "login_required",
])  # fmt: skip
_WRONG_CLIENT = frozenset(["invalid_client", "unauthorized_client", "incorrect_client_credentials"])
_TROUBLE = frozenset(["server_error", "temporarily_unavailable", "slow_down"])
_MAX_TOKEN = 16 * 1024
_MAX_TEXT = 200
_LONGEST_LIFE = 10 * 365 * 24 * 3600


@dataclass(frozen=True)
class Client:
    """The app, as the provider knows it."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Token:
    """What a token endpoint gave."""

    access_token: str = field(repr=False)
    token_type: str
    refresh_token: str = field(repr=False)
    """Empty when none was given: the one before stays valid, if there was one."""
    scopes: tuple[str, ...] | None
    """None: as asked for."""
    expires_in: int
    """Seconds; 0: it does not expire."""


def new_verifier() -> str:
    return secrets.token_urlsafe(48)


def challenge(verifier: str) -> str:
    """Return the S256 challenge of RFC 7636."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def authorize_url(
    provider: Provider, client: Client, scopes: tuple[str, ...], redirect_uri: str, state: str, verifier: str
) -> str:
    """Return where to send the user."""
    asked = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": redirect_uri,
        **({"scope": provider.service.scope_joiner.join(scopes)} if scopes else {}),
        "state": state,
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
        **provider.service.authorize_params,
    }
    parts = urlsplit(provider.authorize.url)
    query = "&".join(part for part in (parts.query, urlencode(asked, quote_via=quote)) if part)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


async def exchange(
    calls: ProviderCalls, provider: Provider, client: Client, code: str, redirect_uri: str, verifier: str
) -> Token:
    """Return the token for a code. Raises AccessRefused, ProviderIncomplete, ProviderUnavailable.

    `verifier` is empty for a code that was asked for without a challenge.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        **({"code_verifier": verifier} if verifier else {}),
    }
    return _token(provider.label, await _post(calls, provider, provider.token, client, form))


async def refresh(calls: ProviderCalls, provider: Provider, client: Client, refresh_token: str) -> Token:
    """Return the next token. Raises AccessRefused, ProviderIncomplete, ProviderUnavailable."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return _token(provider.label, await _post(calls, provider, provider.token, client, form))


async def revoke(
    calls: ProviderCalls, provider: Provider, client: Client, access_token: str, refresh_token: str
) -> bool:
    """Give tokens back; return whether the provider took them. Raises ProviderUnavailable, AddressRefused."""
    if (end := provider.revoke) is None:
        return False
    how = provider.service.revocation
    if how is Revocation.github:
        answer = await calls.send(
            provider.label,
            "DELETE",
            Endpoint(end.url.replace("{client_id}", quote(client.id, safe="")), end.is_trusted),
            json={"access_token": access_token},
            auth=httpx2.BasicAuth(client.id, client.secret),
        )
        return answer.status == 204
    # The refresh token's end is the end of every access token that came from it.
    form = {
        "token": refresh_token or access_token,
        "token_type_hint": "refresh_token" if refresh_token else "access_token",
    }
    if how is Revocation.token_alone:
        answer = await calls.send(provider.label, "POST", end, form={"token": form["token"]})
    elif how is Revocation.bearer:
        proof = {"Authorization": f"Bearer {access_token}"}
        answer = await calls.send(provider.label, "POST", end, form=form, headers=proof)
    else:
        answer = await _post(calls, provider, end, client, form)
    return 200 <= answer.status < 300


async def account(calls: ProviderCalls, provider: Provider, access_token: str) -> str:
    """Return the name of the connected account; empty when it cannot be learnt.

    Raises ProviderUnavailable, AddressRefused.
    """
    if (end := provider.profile) is None:
        return ""
    headers = {"Authorization": f"Bearer {access_token}"}
    if query := provider.service.profile_query:
        answer = await calls.send(provider.label, "POST", end, json={"query": query}, headers=headers)
    else:
        answer = await calls.send(provider.label, "GET", end, headers=headers)
    if answer.status != 200:
        return ""
    return next((name for path in provider.service.account if (name := _at(answer.body, path))), "")


async def _post(
    calls: ProviderCalls, provider: Provider, end: Endpoint, client: Client, form: dict[str, str]
) -> Answer:
    in_form = {**form, "client_id": client.id, **({"client_secret": client.secret} if client.secret else {})}
    if provider.service.client_auth is ClientAuth.post or not client.secret:
        return await calls.send(provider.label, "POST", end, form=in_form)
    # RFC 6749 §2.3.1: both are form-encoded before they become a user name and a password.
    basic = httpx2.BasicAuth(quote_plus(client.id), quote_plus(client.secret))
    answer = await calls.send(provider.label, "POST", end, form=form, auth=basic)
    if answer.status == 401 or answer.body.get("error") == "invalid_client":
        return await calls.send(provider.label, "POST", end, form=in_form)
    return answer


def _token(label: str, answer: Answer) -> Token:
    body = answer.body
    # Some report errors with status 200.
    if answer.status >= 400 or "error" in body:
        _fail(label, answer)
    access_token = body.get("access_token")
    if not isinstance(access_token, str) or not _is_token(access_token):
        raise ProviderUnavailable(f"{label} answered without an access token.")
    refresh_token = body.get("refresh_token") or ""
    if not isinstance(refresh_token, str) or (refresh_token and not _is_token(refresh_token)):
        raise ProviderUnavailable(f"{label} answered with a refresh token that makes no sense.")
    kind = body.get("token_type")
    kind = kind if isinstance(kind, str) and kind.isalnum() and len(kind) <= 40 else "Bearer"
    return Token(
        access_token,
        "Bearer" if kind.lower() == "bearer" else kind,
        refresh_token,
        _scopes(body.get("scope")),
        _seconds(body.get("expires_in")),
    )


def _fail(label: str, answer: Answer) -> None:
    """Raise what an error answer of a token endpoint means."""
    error = _text(answer.body.get("error"))
    said = _text(answer.body.get("error_description")) or error or f"status {answer.status}"
    if error in _REFUSALS:
        raise AccessRefused(f"{label} refused: {said}.".replace("..", "."), hint="Connect again.")
    if error in _WRONG_CLIENT or answer.status == 401:
        raise ProviderIncomplete(
            f"{label} does not accept the app's client id and secret ({said}).",
            hint="The app's author has to correct the secrets that its declaration names.",
        )
    if answer.status >= 500 or answer.status == 429 or error in _TROUBLE or not error:
        raise ProviderUnavailable(f"{label} is in trouble ({said}).", hint="Try again in a moment.")
    raise ProviderIncomplete(
        f"{label} does not accept what the app asks for ({said}).",
        hint="The app's author has to check scopes, client and redirect address at the provider.",
    )


def _is_token(text: str) -> bool:
    return 0 < len(text) <= _MAX_TOKEN and text.isascii() and text.isprintable()


def _scopes(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, str):
        value = value.replace(",", " ").split()
    if not isinstance(value, list):
        return None
    return tuple(item for item in value[:200] if isinstance(item, str) and 0 < len(item) <= 500)


def _seconds(value: Any) -> int:
    try:
        return max(0, min(int(value), _LONGEST_LIFE))
    except (TypeError, ValueError, OverflowError):
        return 0


def _text(value: Any) -> str:
    """Return a provider's words so that they can be shown."""
    if not isinstance(value, str):
        return ""
    return "".join(letter for letter in value[:_MAX_TEXT] if letter.isprintable()).strip()


def _at(body: Any, path: str) -> str:
    for name in path.split("."):
        body = body.get(name) if isinstance(body, dict) else None
    return _text(body)
