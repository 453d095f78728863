"""One request to one app by one caller, and the checks that come before any handler."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from capsule.apps.accounts.book import AccountBook, email_not_allowed
from capsule.apps.accounts.books import Books
from capsule.apps.accounts.errors import SignInRequired
from capsule.apps.errors import AppNotFound, ForeignOrigin
from capsule.apps.hosting import Hosting
from capsule.apps.http.identity import Caller, Visitors
from capsule.apps.liveapp import LiveApp

ROUTE_HEADER = "x-capsule-route"
_SERVE = "serve"


@dataclass(frozen=True)
class Visit:
    """What a handler needs to know."""

    request: Request
    live: LiveApp
    caller: Caller
    accounts: AccountBook
    """The app's own users."""


Handler = Callable[[Visit], Awaitable[Response]]


class Doorman:
    """Turns plain requests into visits."""

    def __init__(self, hosting: Hosting, visitors: Visitors, books: Books) -> None:
        self._hosting = hosting
        self._visitors = visitors
        self._books = books

    def admit(
        self, handler: Handler, *, any_origin: bool = False, open_to_all: bool = False
    ) -> Callable[[Request], Awaitable[Response]]:
        """Wrap a handler: find the app, know the caller, refuse calls from foreign pages and from people
        whom the app does not let in.

        `any_origin` is for what other pages may link to, `open_to_all` for what must work before signing in.
        """

        async def endpoint(request: Request) -> Response:
            route = request.headers.get(ROUTE_HEADER, "")
            live = self.find(route)
            if not any_origin:
                refuse_foreign_origin(request)
            book = self._books.of(live)
            caller = await self._visitors.caller(request, route, book)
            if not open_to_all:
                refuse_outsiders(live, caller)
            response = await handler(Visit(request, live, caller, book))
            self._visitors.remember(response, caller, request, route)
            return response

        return endpoint

    def find(self, route: str) -> LiveApp:
        """Return the app that `X-Capsule-Route` names. Raises AppNotFound."""
        capsule_id, _, environment = route.partition(":")
        if not capsule_id:
            raise AppNotFound("The request names no app.", hint="Apps are reached by their own host name.")
        return self._hosting.find(capsule_id, _SERVE if environment == _SERVE else "deploy")


def refuse_outsiders(live: LiveApp, caller: Caller) -> None:
    """Raise SignInRequired or EmailNotAllowed for people whom the app's policy keeps out.

    People of the console and the platform itself come in anyway: they have proven who they are there.
    """
    policy = live.app.access
    if caller.is_anonymous and not policy.anonymous:
        raise SignInRequired(f"{live.app.name} is for people who are signed in.", hint="Sign in.")
    is_account = caller.sign_in is not None
    if is_account and policy.domains and not (caller.is_verified and policy.admits(caller.email)):
        raise email_not_allowed(caller.email)


def refuse_foreign_origin(request: Request) -> None:
    """Raise ForeignOrigin for a request that a page of another host made in a browser.

    For reads too, since `GET /api/chat/stream` sends a message.
    """
    if request.method in ("GET", "HEAD", "OPTIONS"):
        if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            raise ForeignOrigin("A page of another host may not use this app's API.")
        return
    origin = request.headers.get("origin")
    if origin is None:
        return
    host = request.headers.get("x-forwarded-host") or request.headers.get("host", "")
    if urlsplit(origin).netloc.lower() != host.lower():
        raise ForeignOrigin(f"A page of {origin} may not write here.")
