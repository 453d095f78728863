"""Sign up, sign in and out with a password, and change it."""

import time

from starlette.responses import Response

from capsule.apps.accounts import mail
from capsule.apps.accounts.book import AccountBook, email_not_allowed, wrong_credentials
from capsule.apps.accounts.emails import local_path, normal_email
from capsule.apps.accounts.errors import AccountElsewhere, SignInRequired
from capsule.apps.accounts.links import LINK_MINUTES, new_link, url_of
from capsule.apps.accounts.offers import need, password_sign_up
from capsule.apps.accounts.signing import (
    Mailer,
    base_of,
    client_of,
    fits,
    shape,
    sign_in,
    text_of,
)
from capsule.apps.http.api_sessions import json_response, read_json
from capsule.apps.http.identity import Visitors
from capsule.apps.http.visit import Visit
from capsule.errors import Conflict, InvalidInput
from capsule.kit import passwords

MAX_BODY = 16 * 1024
MAIL_SENT = {"status": "mail_sent"}


class ByPassword:
    def __init__(self, visitors: Visitors, mailer: Mailer) -> None:
        self._visitors = visitors
        self._mailer = mailer

    async def show(self, visit: Visit) -> Response:
        caller = visit.caller
        if caller.sign_in is None:
            kind = "visitor" if caller.is_anonymous else "platform"
            return json_response(
                {
                    "id": caller.user_id,
                    "email": caller.email,
                    "is_anonymous": caller.is_anonymous,
                    "is_verified": caller.is_verified,
                    "has_password": False,
                    "kind": kind,
                }
            )
        account = await visit.accounts.account(caller.user_id)
        assert account is not None
        needs_old = _needs_old(visit, account.password_hash)
        return json_response({**shape(account), "kind": "account", "needs_old_password": needs_old})

    async def sign_up(self, visit: Visit) -> Response:
        """Make an account; with a mail server only once the mailbox is proven.

        The answer is then the same for an e-mail that has an account: its owner gets another mail.
        """
        book, policy = visit.accounts, visit.live.app.access
        need(password_sign_up(policy, has_mail=book.has_mail), "sign-up with a password")
        body = await read_json(visit.request, MAX_BODY)
        email, password = normal_email(body.get("email")), text_of(body, "password")
        return_to = local_path(body.get("return_to"))
        passwords.check(password)
        if not policy.admits(email):
            raise email_not_allowed(email)
        client = client_of(visit.request)
        book.sign_ups.begin("", client, what="sign-ups from here")
        if book.has_mail:
            book.mails.begin(email, client, what="mails to this address")
        password_hash = await passwords.hash_password(password)
        if book.has_mail:
            book.in_background(self._mail_sign_up(visit, email, password_hash, return_to))
            return json_response(MAIL_SENT, 202)
        account = await book.create(email, password_hash, visit.caller)
        return sign_in(
            self._visitors, json_response({"status": "signed_in", **shape(account)}, 201), visit, account
        )

    async def sign_in(self, visit: Visit) -> Response:
        book, policy = visit.accounts, visit.live.app.access
        need(policy.password, "sign-in with a password")
        body = await read_json(visit.request, MAX_BODY)
        email, password = normal_email(body.get("email")), text_of(body, "password")
        client = client_of(visit.request)
        book.guessers.begin("", client, what="sign-ins from here")
        book.sign_ins.begin(email, client)
        account = await book.by_email(email)
        is_right = await fits(password, account.password_hash if account else None)
        if account is None or not is_right:
            raise wrong_credentials()
        book.sign_ins.succeeded(email, client)
        account = await book.enter(account, visit.caller)
        return sign_in(
            self._visitors, json_response({"status": "signed_in", **shape(account)}), visit, account
        )

    async def sign_out(self, visit: Visit) -> Response:
        body = await read_json(visit.request, MAX_BODY)
        everywhere = body.get("everywhere", False)
        if not isinstance(everywhere, bool):
            raise InvalidInput("everywhere is true or false.", field="everywhere")
        if everywhere and visit.caller.sign_in is not None:
            await visit.accounts.sign_out_everywhere(visit.caller.user_id)
        response = json_response({"status": "signed_out"})
        self._visitors.forget(response, visit.request)
        return response

    async def change_password(self, visit: Visit) -> Response:
        """Set or change the password; all other sign-ins of the account end."""
        need(visit.live.app.access.password, "passwords")
        book, user_id = visit.accounts, _own_account(visit)
        body = await read_json(visit.request, MAX_BODY)
        new = text_of(body, "new")
        passwords.check(new, field="new")
        account = await book.account(user_id)
        assert account is not None
        if account.email is None:
            raise Conflict("An account without a confirmed e-mail cannot have a password.")
        if _needs_old(visit, account.password_hash):
            client = client_of(visit.request)
            book.sign_ins.begin(account.email, client)
            if not await fits(text_of(body, "old"), account.password_hash):
                raise wrong_credentials()
            book.sign_ins.succeeded(account.email, client)
        account = await book.set_password(user_id, await passwords.hash_password(new))
        return sign_in(self._visitors, json_response(shape(account)), visit, account)

    async def _mail_sign_up(self, visit: Visit, email: str, password_hash: str, return_to: str) -> None:
        book: AccountBook = visit.accounts
        is_known = await book.by_email(email) is not None
        token, link = new_link(
            email,
            visitor_id=visit.caller.user_id,
            return_to=return_to,
            password_hash=None if is_known else password_hash,
        )
        await book.keep_link(token, link)
        compose = mail.known_mail if is_known else mail.sign_up_mail
        await self._mailer.send(
            compose(self._mailer.sender(visit), email, url_of(base_of(visit.request), token))
        )


def _own_account(visit: Visit) -> str:
    if visit.caller.sign_in is not None:
        return visit.caller.user_id
    if visit.caller.is_anonymous:
        raise SignInRequired("Only somebody who is signed in has a password.")
    raise AccountElsewhere("You are signed in by the platform.", hint="Change your password in its console.")


def _needs_old(visit: Visit, password_hash: str | None) -> bool:
    """Tell whether a change takes the old password: not for who has just opened a link of a mail."""
    if password_hash is None:
        return False
    signed_in = visit.caller.sign_in
    return signed_in is None or not signed_in.by_mail or signed_in.at + LINK_MINUTES * 60 < time.time()
