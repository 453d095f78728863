"""Come in from the console: a ticket becomes the cookie of a person rather than of an anonymous visitor."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from capsule.apps.errors import ForeignOrigin
from capsule.apps.http.identity import Caller, Visitors
from capsule.apps.http.tickets import Tickets
from capsule.apps.http.visit import ROUTE_HEADER


def enter(tickets: Tickets, visitors: Visitors) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        if request.headers.get("sec-fetch-dest", "document") != "document":
            raise ForeignOrigin("This address is only for opening the app from the console.")
        route = request.headers.get(ROUTE_HEADER, "")
        user_id, email = tickets.read(route, request.query_params.get("ticket", ""))
        response = RedirectResponse("/", 303, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
        visitors.remember(response, Caller(user_id, email, is_new=True), request, route)
        return response

    return endpoint
