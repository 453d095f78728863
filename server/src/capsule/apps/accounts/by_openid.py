"""Sign in with an OpenID provider: to it and back."""

import logging
import secrets
import time

from starlette.responses import RedirectResponse, Response

from capsule.apps.access import OidcProvider
from capsule.apps.accounts.book import email_not_allowed
from capsule.apps.accounts.emails import local_path, normal_email
from capsule.apps.accounts.errors import (
    InvalidEmail,
    MethodNotOffered,
    OidcRefused,
    OidcStateRefused,
    OidcUnavailable,
)
from capsule.apps.accounts.provider import Providers, name_of
from capsule.apps.accounts.rows import Attempt
from capsule.apps.accounts.signing import base_of, client_of, sign_in
from capsule.apps.http.identity import Visitors
from capsule.apps.http.visit import Visit

log = logging.getLogger(__name__)

CALLBACK_PATH = "/api/account/oidc/callback"
_MINUTES = 15


class ByOpenId:
    def __init__(self, visitors: Visitors, providers: Providers) -> None:
        self._visitors = visitors
        self._providers = providers

    async def start(self, visit: Visit) -> Response:
        """Send the browser to the provider."""
        name = visit.request.path_params["name"]
        provider = visit.live.app.access.provider(name)
        if provider is None:
            raise MethodNotOffered(
                f"This app has no sign-in with {name[:60]!r}.", hint="See access.methods of /api/app."
            )
        return_to = local_path(visit.request.query_params.get("return_to"))
        visit.accounts.openids.begin("", client_of(visit.request), what="sign-ins from here")
        state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
        url = await self._providers.authorize_url(
            provider,
            redirect_uri=base_of(visit.request) + CALLBACK_PATH,
            state=state,
            nonce=nonce,
            verifier=verifier,
        )
        await visit.accounts.keep_attempt(
            state,
            Attempt(
                provider=provider.issuer,
                nonce=nonce,
                verifier=verifier,
                return_to=return_to,
                visitor_id=visit.caller.user_id,
                expires_at=time.time() + _MINUTES * 60,
            ),
        )
        return RedirectResponse(url, 303, {"Cache-Control": "no-store"})

    async def finish(self, visit: Visit) -> Response:
        """Take the provider's answer, of this browser and only once."""
        query = visit.request.query_params
        attempt = await visit.accounts.take_attempt(query.get("state", ""), visit.caller.user_id)
        if attempt is None:
            raise OidcStateRefused(
                "This sign-in was not begun in this browser, is finished already, or took too long.",
                hint="Sign in again.",
            )
        policy = visit.live.app.access
        provider = next((item for item in policy.oidc if item.issuer == attempt.provider), None)
        if provider is None:
            raise MethodNotOffered("This app does not offer sign-in with that provider any more.")
        _check_answer(provider, query.get("error"), query.get("iss"))
        person = await self._providers.person(
            provider,
            secret=await _secret(visit, provider),
            code=query.get("code", ""),
            redirect_uri=base_of(visit.request) + CALLBACK_PATH,
            nonce=attempt.nonce,
            verifier=attempt.verifier,
        )
        account = await visit.accounts.enter_by_identity(
            provider.issuer, person.subject, _email(person.email), visit.caller
        )
        if policy.domains and not (account.is_verified and policy.admits(account.email)):
            raise email_not_allowed(account.email)
        response = RedirectResponse(attempt.return_to, 303, {"Cache-Control": "no-store"})
        return sign_in(self._visitors, response, visit, account)


def _check_answer(provider: OidcProvider, error: str | None, issuer: str | None) -> None:
    """Raise OidcRefused for an answer that says no, or that another provider gives (RFC 9207)."""
    if issuer is not None and issuer.rstrip("/") != provider.issuer.rstrip("/"):
        raise OidcRefused("Another provider answered than was asked.", hint="Sign in again.")
    if error == "access_denied":
        raise OidcRefused(f"You did not allow it at {name_of(provider)}.")
    if error is not None:
        raise OidcRefused(f"{name_of(provider)} refused ({error[:60]}).", hint="Sign in again.")


async def _secret(visit: Visit, provider: OidcProvider) -> str | None:
    """Return the client's secret; None for a public client. Raises OidcUnavailable when it is missing."""
    if not provider.client_secret_name:
        return None
    secret = await visit.live.secret(provider.client_secret_name)
    if secret is None:
        log.warning("%s: no secret %r for OpenID", visit.live.app.capsule_id, provider.client_secret_name)
        raise OidcUnavailable(
            f"Sign-in with {name_of(provider)} is not set up: the space has no secret"
            f" '{provider.client_secret_name}'.",
            hint=f"capsule secret create {provider.client_secret_name}=…",
        )
    return secret


def _email(email: str | None) -> str | None:
    """Return a provider's e-mail as it is kept; one in a form that is not known here is left out."""
    if email is None:
        return None
    try:
        return normal_email(email)
    except InvalidEmail:
        return None
