"""One OpenID provider as the app host sees it: where it is, its keys, and what it says of somebody.

Authorization code with PKCE. Every address is called through `kit.outbound`, so that nobody makes the
platform call into its own network; issuers in the installation's settings may be private.
"""

import asyncio
import base64
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx2
import msgspec

from capsule.apps.access import OidcProvider
from capsule.apps.accounts.errors import OidcRefused, OidcUnavailable
from capsule.kit import outbound

_MAX_BYTES = 1024 * 1024
_SECONDS = 20.0
"""Within which an answer has to be complete."""
_KEEP_SECONDS = 3600.0
_FRESH_SECONDS = 30.0
"""Keys are not asked for again sooner, whatever key a token names."""
_LEEWAY_SECONDS = 60
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_SCOPE = "openid email profile"


@dataclass(frozen=True)
class Person:
    """Whom a provider names."""

    subject: str
    email: str | None
    """Only when the provider says that it is verified."""


@dataclass(frozen=True)
class Discovery:
    """What of a provider's own description is used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    takes_basic: bool


@dataclass
class _Kept:
    discovery: Discovery
    keys: Mapping[str, Any]
    keys_at: float
    read_at: float


class Providers:
    """Talks to every provider; keeps descriptions and keys for an hour."""

    def __init__(self, private_issuers: tuple[str, ...] = ()) -> None:
        self._private = frozenset(issuer.rstrip("/") for issuer in private_issuers)
        self._kept: dict[str, _Kept] = {}
        self._reading: dict[str, asyncio.Lock] = {}
        """By issuer: one that does not answer must not hold up the sign-ins of other apps."""

    async def authorize_url(
        self, provider: OidcProvider, *, redirect_uri: str, state: str, nonce: str, verifier: str
    ) -> str:
        """Return where the browser is sent. Raises OidcUnavailable."""
        discovery = (await self._look_up(provider)).discovery
        query = urlencode(
            {
                "response_type": "code",
                "client_id": provider.client_id,
                "redirect_uri": redirect_uri,
                "scope": _SCOPE,
                "state": state,
                "nonce": nonce,
                "code_challenge": challenge_of(verifier),
                "code_challenge_method": "S256",
            }
        )
        joint = "&" if urlsplit(discovery.authorization_endpoint).query else "?"
        return f"{discovery.authorization_endpoint}{joint}{query}"

    async def person(
        self,
        provider: OidcProvider,
        *,
        secret: str | None,
        code: str,
        redirect_uri: str,
        nonce: str,
        verifier: str,
    ) -> Person:
        """Exchange a code and return whom the provider names, checked.

        Raises OidcRefused, OidcUnavailable.
        """
        discovery = (await self._look_up(provider)).discovery
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers = {"Accept": "application/json"}
        if secret is None:
            form["client_id"] = provider.client_id
        elif discovery.takes_basic:
            pair = f"{quote(provider.client_id, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": provider.client_id, "client_secret": secret}
        status, answer = await self._fetch(
            provider, "POST", discovery.token_endpoint, content=urlencode(form), headers=headers
        )
        token = answer.get("id_token")
        if status != 200 or not isinstance(token, str):
            raise OidcRefused(
                f"{name_of(provider)} did not accept the sign-in"
                f" ({_word(answer.get('error')) or f'answer {status}'}).",
                hint="Sign in again.",
            )
        claims = await self._verified(provider, token, nonce)
        if "email" not in claims and discovery.userinfo_endpoint:
            claims = {**await self._userinfo(provider, discovery, answer, claims["sub"]), **claims}
        return Person(str(claims["sub"]), _verified_email(claims))

    async def _verified(self, provider: OidcProvider, token: str, nonce: str) -> dict[str, Any]:
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        kept = await self._look_up(provider)
        for is_last in (False, True):
            try:
                keys = KeySet.import_key_set(_keys_for_signing(kept.keys))
                claims = jwt.decode(token, keys, algorithms=list(_ALGORITHMS)).claims
                break
            except (JoseError, ValueError) as exc:
                # The provider may have begun to sign with a new key.
                if is_last or not await self._renew_keys(provider, kept):
                    raise _refused(provider, exc) from exc
        registry = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": kept.discovery.issuer},
            aud={"essential": True, "value": provider.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            registry.validate(claims)
        except JoseError as exc:
            raise _refused(provider, exc) from exc
        if "azp" in claims and claims["azp"] != provider.client_id:
            raise _refused(provider, ValueError("issued to another client"))
        return claims

    async def _userinfo(
        self, provider: OidcProvider, discovery: Discovery, answer: dict[str, Any], subject: str
    ) -> dict[str, Any]:
        token = answer.get("access_token")
        if not isinstance(token, str) or discovery.userinfo_endpoint is None:
            return {}
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        status, found = await self._fetch(provider, "GET", discovery.userinfo_endpoint, headers=headers)
        return found if status == 200 and found.get("sub") == subject else {}

    async def _look_up(self, provider: OidcProvider) -> _Kept:
        async with self._reading.setdefault(provider.issuer, asyncio.Lock()):
            kept = self._kept.get(provider.issuer)
            if kept is None or kept.read_at + _KEEP_SECONDS < time.monotonic():
                discovery = await self._discover(provider)
                keys = await self._get(provider, discovery.jwks_uri)
                now = time.monotonic()
                kept = self._kept[provider.issuer] = _Kept(discovery, keys, now, now)
            return kept

    async def _renew_keys(self, provider: OidcProvider, kept: _Kept) -> bool:
        """Ask for the keys again; False when they are fresh."""
        if kept.keys_at + _FRESH_SECONDS > time.monotonic():
            return False
        kept.keys_at = time.monotonic()
        kept.keys = await self._get(provider, kept.discovery.jwks_uri)
        return True

    async def _discover(self, provider: OidcProvider) -> Discovery:
        base = provider.issuer.rstrip("/")
        found = await self._get(provider, f"{base}/.well-known/openid-configuration")
        issuer = str(found.get("issuer", ""))
        if issuer.rstrip("/") != base:
            raise OidcUnavailable(
                f"{name_of(provider)} calls itself {issuer[:200]!r}, not {provider.issuer!r}.",
                hint="Give the issuer as the provider writes it.",
            )
        addresses = {}
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            addresses[name] = self._address(provider, name, found.get(name))
        userinfo = found.get("userinfo_endpoint")
        methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return Discovery(
            issuer=issuer,
            userinfo_endpoint=self._address(provider, "userinfo_endpoint", userinfo) if userinfo else None,
            takes_basic="client_secret_basic" in methods,
            **addresses,
        )

    def _address(self, provider: OidcProvider, name: str, address: object) -> str:
        if isinstance(address, str):
            scheme = urlsplit(address).scheme
            if scheme == "https" or (scheme == "http" and self._is_private(provider)):
                return address
        raise OidcUnavailable(f"{name_of(provider)} gives no secure address as {name}.")

    async def _get(self, provider: OidcProvider, address: str) -> dict[str, Any]:
        self._address(provider, "issuer", address)
        status, found = await self._fetch(provider, "GET", address)
        if status != 200:
            raise OidcUnavailable(f"{name_of(provider)} answered {status} at {address}.")
        return found

    async def _fetch(
        self,
        provider: OidcProvider,
        method: str,
        address: str,
        *,
        content: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        sent = {"Accept-Encoding": "identity", **(headers or {})}
        if content is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        body = bytearray()
        try:
            async with (
                asyncio.timeout(_SECONDS),
                outbound.client(allow_private=self._is_private(provider)) as client,
                client.stream(method, address, content=content, headers=sent) as answer,
            ):
                async for chunk in answer.aiter_raw():
                    body += chunk
                    if len(body) > _MAX_BYTES:
                        raise OidcUnavailable(f"{name_of(provider)} answers with too much.")
        except TimeoutError as exc:
            raise OidcUnavailable(f"{name_of(provider)} did not answer within {_SECONDS:g} s.") from exc
        except (httpx2.HTTPError, httpx2.InvalidURL) as exc:
            raise OidcUnavailable(f"{name_of(provider)} cannot be reached: {exc}") from exc
        try:
            found = msgspec.json.decode(bytes(body))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise OidcUnavailable(f"{name_of(provider)} did not answer with JSON.")
        return answer.status_code, found

    def _is_private(self, provider: OidcProvider) -> bool:
        return provider.issuer.rstrip("/") in self._private


def name_of(provider: OidcProvider) -> str:
    return provider.label or provider.name


def challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _keys_for_signing(keys: Mapping[str, Any]) -> Any:
    """Return the keys of a document that signatures are checked with."""
    listed = keys.get("keys")
    if not isinstance(listed, list):
        raise ValueError("it has no keys")
    return {"keys": [key for key in listed if isinstance(key, dict) and key.get("use", "sig") == "sig"]}


def _verified_email(claims: Mapping[str, Any]) -> str | None:
    email = claims.get("email")
    is_verified = claims.get("email_verified") in (True, "true")
    return email if is_verified and isinstance(email, str) else None


def _refused(provider: OidcProvider, exc: Exception) -> OidcRefused:
    return OidcRefused(
        f"What {name_of(provider)} says of you cannot be trusted: {exc}", hint="Sign in again."
    )


def _word(value: object) -> str:
    return value[:60] if isinstance(value, str) else ""
