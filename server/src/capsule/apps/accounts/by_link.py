"""Sign in by a link in a mail, and finish signing up by one.

Opening the link only shows a page that asks whether to go on: programs that look through mail for dangerous
links open each one, and must not use it up.
"""

from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from capsule.apps.accounts.book import email_not_allowed, wrong_credentials
from capsule.apps.accounts.by_password import MAIL_SENT, MAX_BODY
from capsule.apps.accounts.emails import local_path, normal_email
from capsule.apps.accounts.links import LINK_PATH, new_link, url_of
from capsule.apps.accounts.mail import sign_in_mail
from capsule.apps.accounts.offers import need, title_of
from capsule.apps.accounts.pages import confirm_page
from capsule.apps.accounts.rows import Link
from capsule.apps.accounts.signing import (
    Mailer,
    base_of,
    client_of,
    fits,
    shape,
    sign_in,
    text_of,
)
from capsule.apps.errors import MessageTooLarge
from capsule.apps.http.api_sessions import json_response, read_json
from capsule.apps.http.identity import Visitors
from capsule.apps.http.visit import Visit

CONFIRM_PATH = f"{LINK_PATH}/confirm"
_FORM = "application/x-www-form-urlencoded"


class ByLink:
    def __init__(self, visitors: Visitors, mailer: Mailer) -> None:
        self._visitors = visitors
        self._mailer = mailer

    async def ask(self, visit: Visit) -> Response:
        """Mail a link. The answer tells nothing of whether there is an account."""
        book, policy = visit.accounts, visit.live.app.access
        need(policy.magic_link and book.has_mail, "sign-in by mail")
        body = await read_json(visit.request, MAX_BODY)
        email, return_to = normal_email(body.get("email")), local_path(body.get("return_to"))
        if not policy.admits(email):
            raise email_not_allowed(email)
        book.askers.begin("", client_of(visit.request), what="mails asked for from here")
        book.mails.begin(email, client_of(visit.request), what="mails to this address")
        book.in_background(self._mail_link(visit, email, return_to))
        return json_response(MAIL_SENT, 202)

    async def open(self, visit: Visit) -> Response:
        """Show whom the link signs in, and a button."""
        token = visit.request.query_params.get("token", "")
        link = await visit.accounts.link(token)
        return confirm_page(
            app=title_of(visit.live.app),
            email=link.email,
            token=token,
            action=CONFIRM_PATH,
            is_sign_up=link.password_hash is not None,
            asks_password=_asks_password(visit, link),
        )

    async def confirm(self, visit: Visit) -> Response:
        """Use the link up and sign in. In another browser than that of the sign-up it takes the password.

        Otherwise whoever signs up with somebody else's e-mail would only have to wait until its owner opens
        the link, and then have a password of that account.
        """
        is_form = visit.request.headers.get("content-type", "").partition(";")[0].strip() == _FORM
        body = await (_read_form(visit.request) if is_form else read_json(visit.request, MAX_BODY))
        token = text_of(body, "token")
        link = await visit.accounts.link(token)
        if _asks_password(visit, link):
            client = client_of(visit.request)
            visit.accounts.sign_ins.begin(link.email, client)
            if not await fits(str(body.get("password", "")), link.password_hash):
                raise wrong_credentials()
            visit.accounts.sign_ins.succeeded(link.email, client)
        account, link = await visit.accounts.enter_by_link(token, visit.caller)
        response: Response
        if is_form:
            response = RedirectResponse(link.return_to, 303, {"Cache-Control": "no-store"})
        else:
            response = json_response({"status": "signed_in", "return_to": link.return_to, **shape(account)})
        return sign_in(self._visitors, response, visit, account, by_mail=True)

    async def _mail_link(self, visit: Visit, email: str, return_to: str) -> None:
        book = visit.accounts
        if not visit.live.app.access.sign_up and await book.by_email(email) is None:
            return
        token, link = new_link(email, visitor_id=visit.caller.user_id, return_to=return_to)
        await book.keep_link(token, link)
        url = url_of(base_of(visit.request), token)
        await self._mailer.send(sign_in_mail(self._mailer.sender(visit), email, url))


def _asks_password(visit: Visit, link: Link) -> bool:
    is_same_browser = visit.caller.user_id == link.visitor_id and not visit.caller.is_new
    return link.password_hash is not None and not is_same_browser


async def _read_form(request: Request) -> dict[str, Any]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise MessageTooLarge(f"The request is larger than {MAX_BODY} bytes.")
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
