"""Sign-ins at providers: begun with a state that only this user can use, once, and what comes of them."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from capsule.apps.connections import oauth
from capsule.apps.connections.calls import ProviderCalls
from capsule.apps.connections.clients import ReadSecret, find_client
from capsule.apps.connections.errors import InvalidConnection
from capsule.apps.connections.oauth import Client, Token
from capsule.apps.connections.provider import Declared, Mode, Provider, find_provider
from capsule.apps.connections.rows import Authorization, Connection, Status
from capsule.apps.connections.safe import Asked, Held, Safe
from capsule.apps.options import ProviderUrls
from capsule.errors import PlatformError
from capsule.kit.crypto import token_hash

log = logging.getLogger(__name__)

OPEN_SECONDS = 600
"""How long a user may take at the provider."""
_PROFILE_SECONDS = 5.0
_LONGEST_RETURN = 2000
_LONGEST_CODE = 4096


class Result(StrEnum):
    connected = "connected"
    denied = "denied"
    """The user said no at the provider."""
    failed = "failed"


@dataclass(frozen=True)
class Finished:
    """How a sign-in ended, in words for the user."""

    result: Result
    text: str
    type: str = ""
    label: str = ""
    return_to: str = "/"
    prompt_id: str = ""


@dataclass(frozen=True)
class Answer:
    """What the provider sent the browser back with."""

    state: str
    code: str = ""
    error: str = ""
    error_description: str = ""


class SignIns:
    """Sign-ins of the users of one app."""

    def __init__(
        self,
        safe: Safe,
        calls: ProviderCalls,
        providers: Mapping[str, ProviderUrls],
        read_secret: ReadSecret,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._safe = safe
        self._calls = calls
        self._providers = providers
        self._read_secret = read_secret
        self._clock = clock

    async def authorize(
        self, user_id: str, declared: Declared, redirect_uri: str, return_to: str, prompt_id: str
    ) -> str:
        """Begin a sign-in and return the provider's address to send the user to.

        Raises ProviderIncomplete, InvalidConnection, Unavailable.
        """
        check_return(return_to)
        provider = find_provider(declared, self._providers)
        client = await find_client(declared, self._read_secret)
        state, verifier, scopes = secrets.token_urlsafe(32), oauth.new_verifier(), declared.wanted_scopes
        now = self._clock()
        authorization = Authorization(
            token_hash(state),
            user_id,
            declared.type,
            "",
            redirect_uri,
            return_to,
            prompt_id,
            now,
            now + OPEN_SECONDS,
            is_used=False,
        )
        await self._safe.begin(authorization, Asked(verifier, scopes))
        return oauth.authorize_url(provider, client, scopes, redirect_uri, state, verifier)

    async def finish(self, user_id: str, declared: Mapping[str, Declared], answer: Answer) -> Finished:
        """Take up what a sign-in came back with; the connection is durable when it is `connected`."""
        begun = await self._safe.claim(token_hash(answer.state), user_id)
        if begun is None:
            return Finished(
                Result.failed,
                "This sign-in was not begun here, or by somebody else. Nothing was connected. Open the app in"
                " the browser in which you use it, and connect from there.",
            )
        entry = declared.get(begun.type)

        def ended(result: Result, text: str) -> Finished:
            label = entry.label if entry else begun.type
            return Finished(result, text, begun.type, label, begun.return_to, begun.prompt_id)

        if begun.is_used:
            return ended(
                Result.failed,
                "This sign-in has been finished before. If the account is not shown as connected, connect it"
                " again in the app.",
            )
        if begun.expires_at < self._clock():
            return ended(
                Result.failed,
                f"This sign-in took longer than {OPEN_SECONDS // 60} minutes. Connect again in the app.",
            )
        if entry is None or entry.mode is not Mode.oauth:
            return ended(Result.failed, "The app does not use this connection any more.")
        if answer.error == "access_denied":
            return ended(
                Result.denied,
                f"You did not allow the app to use your {entry.label} account. You can connect again in the"
                " app, or decline there.",
            )
        if answer.error or not answer.code or len(answer.code) > _LONGEST_CODE:
            return ended(
                Result.failed,
                f"{entry.label} did not let you connect: {_told(answer) or 'it sent no code'}.",
            )
        asked = self._safe.open_authorization(begun)
        if asked is None:
            return ended(Result.failed, "This sign-in cannot be read any more. Connect again in the app.")
        try:
            await self._connect(entry, begun, asked, answer.code)
        except PlatformError as exc:
            log.warning("a sign-in at %s failed: %s", entry.type, exc.detail)
            return ended(Result.failed, f"{exc.detail} {exc.hint or ''}".strip())
        return ended(Result.connected, f"Your {entry.label} account is connected.")

    async def _connect(self, declared: Declared, begun: Authorization, asked: Asked, code: str) -> None:
        provider = find_provider(declared, self._providers)
        client = await find_client(declared, self._read_secret)
        now = self._clock()
        token = await oauth.exchange(self._calls, provider, client, code, begun.redirect_uri, asked.verifier)
        held = Held(token.access_token, token.token_type, token.refresh_token, asked.scopes, token.expires_in)
        connection = Connection(
            begun.user_id,
            declared.type,
            "",
            " ".join(asked.scopes if token.scopes is None else token.scopes),
            int(now) + token.expires_in if token.expires_in else 0,
            Status.connected,
            await self._account(provider, token),
            now,
            now,
        )
        await self._safe.put(connection, held)

    async def _account(self, provider: Provider, token: Token) -> str:
        """Return the name of the account; the connection is good without it."""
        try:
            async with asyncio.timeout(_PROFILE_SECONDS):
                return await oauth.account(self._calls, provider, token.access_token)
        except (PlatformError, TimeoutError) as exc:
            log.info("the profile of an account at %s could not be read: %s", provider.label, exc)
            return ""

    async def give_back(self, declared: Declared, held: Held) -> None:
        """Ask the provider to forget a connection's tokens; it is forgotten here whatever comes of it."""
        try:
            provider = find_provider(declared, self._providers)
            client: Client = await find_client(declared, self._read_secret)
            is_done = await oauth.revoke(self._calls, provider, client, held.access_token, held.refresh_token)
        except PlatformError as exc:
            log.warning("tokens of %s could not be given back: %s", declared.type, exc.detail)
        else:
            if not is_done and provider.revoke is not None:
                log.warning("%s did not take back its tokens", declared.label)


def check_return(return_to: str) -> None:
    """Raise InvalidConnection unless it is a path of this app."""
    is_local = return_to.startswith("/") and not return_to.startswith(("//", "/\\"))
    if not is_local or not return_to.isprintable() or "\\" in return_to or len(return_to) > _LONGEST_RETURN:
        raise InvalidConnection(
            f"return_to must be a path of this app, such as `/`; got {return_to[:100]!r}.", field="return_to"
        )


def _told(answer: Answer) -> str:
    words = (answer.error_description or answer.error)[:200]
    return "".join(letter for letter in words if letter.isprintable()).strip().rstrip(".")
