"""What the handlers of accounts share: who asks, from where, and how an answer signs somebody in."""

import logging
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from capsule.apps.accounts.mail import Sender
from capsule.apps.accounts.offers import title_of
from capsule.apps.accounts.pages import failure_page
from capsule.apps.accounts.rows import Account
from capsule.apps.http.identity import Visitors
from capsule.apps.http.visit import ROUTE_HEADER, Handler, Visit
from capsule.apps.options import AppHostOptions
from capsule.errors import InvalidInput, PlatformError
from capsule.kit import passwords, smtp

log = logging.getLogger(__name__)


class Mailer:
    """Sends the mails of all apps through the installation's mail server, if it has one."""

    def __init__(self, options: AppHostOptions) -> None:
        self._server = smtp.parse_smtp_url(options.smtp_url) if options.smtp_url else None
        self._from = parseaddr(options.mail_from)[1]

    @property
    def is_there(self) -> bool:
        return self._server is not None

    def sender(self, visit: Visit) -> Sender:
        host = host_of(visit.request).partition(":")[0]
        return Sender(title_of(visit.live.app), self._from or f"no-reply@{host}")

    async def send(self, message: EmailMessage) -> None:
        """Failures are only logged: nobody waits for the outcome, which could tell whom the app knows."""
        assert self._server is not None
        try:
            await smtp.send(self._server, message)
        except smtp.MailNotSent as exc:
            log.warning("%s", exc.detail)


def host_of(request: Request) -> str:
    return request.headers.get("x-forwarded-host") or request.headers.get("host", "")


def base_of(request: Request) -> str:
    """Return the app's own address as its visitors write it: `http://app.localhost:8080`."""
    scheme = "https" if request.headers.get("x-forwarded-proto") == "https" else "http"
    return f"{scheme}://{host_of(request)}"


def client_of(request: Request) -> str:
    """Return the address that the edge saw; earlier entries are whatever the client claims."""
    return request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip() or "local"


def sign_in(
    visitors: Visitors, response: Response, visit: Visit, account: Account, *, by_mail: bool = False
) -> Response:
    route = visit.request.headers.get(ROUTE_HEADER, "")
    visitors.sign_in(response, account.id, account.generation, visit.request, route, by_mail=by_mail)
    return response


def shape(account: Account) -> dict[str, Any]:
    """Return an account as its owner sees it."""
    return {
        "id": account.id,
        "email": account.email,
        "is_anonymous": False,
        "is_verified": account.is_verified,
        "has_password": account.password_hash is not None,
    }


def text_of(body: dict[str, Any], field: str) -> str:
    """Return a text of a body. Raises InvalidInput."""
    found = body.get(field)
    if not isinstance(found, str):
        raise InvalidInput(f"{field} must be a text.", field=field)
    return found


async def fits(password: str, password_hash: str | None) -> bool:
    return len(password) <= passwords.MAX_LENGTH and await passwords.matches(password, password_hash)


def as_page(handler: Handler) -> Handler:
    """Show failures as a page to people who came by a link; programs get the problem itself."""

    async def wrapped(visit: Visit) -> Response:
        try:
            return await handler(visit)
        except PlatformError as exc:
            if "text/html" not in visit.request.headers.get("accept", ""):
                raise
            return failure_page(exc)

    return wrapped
