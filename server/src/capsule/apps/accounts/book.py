"""The users of one hosted app: found, made, signed in. Knows nothing of HTTP."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from capsule.apps.accounts import moves, rows
from capsule.apps.accounts.errors import (
    EmailNotAllowed,
    EmailTaken,
    LinkRefused,
    MethodNotOffered,
    WrongCredentials,
)
from capsule.apps.accounts.links import hash_of
from capsule.apps.accounts.offers import describe
from capsule.apps.accounts.rows import Account, Attempt, Link
from capsule.apps.accounts.standings import Standings
from capsule.apps.http.identity import Caller, Standing
from capsule.apps.liveapp import LiveApp
from capsule.kit.attempts import Attempts
from capsule.kit.ids import new_id

log = logging.getLogger(__name__)

T = TypeVar("T")

_FIRST_RETRY_SECONDS, _LAST_RETRY_SECONDS = 0.25, 5.0


class AccountBook:
    """Implements `http.identity.Register`."""

    def __init__(self, live: LiveApp, *, has_mail: bool) -> None:
        self.live = live
        self.has_mail = has_mail
        self.sign_ins = Attempts()
        self.sign_ups = Attempts(per_client=30, per_email=10_000)
        """By address alone, since every sign-up has another e-mail."""
        self.askers = Attempts(per_client=60, per_email=10_000)
        """Who asks for mails: by address alone, since each may be to another mailbox."""
        self.guessers = Attempts(per_client=300, per_email=100_000)
        """Who tries passwords, of however many accounts."""
        self.openids = Attempts(per_client=100, per_email=10_000)
        """By address alone, too: each leaves a note until it ends or is too old."""
        self.mails = Attempts(per_client=5, per_email=10)
        self._standings = Standings(self.account)
        self._background: set[asyncio.Task[None]] = set()
        self._moving: asyncio.Task[None] | None = None
        self.in_background(self._resume_moves())

    def offers(self) -> dict[str, Any]:
        """Return which ways to sign in there are, as `GET /api/app` tells it."""
        return describe(self.live.app.access, has_mail=self.has_mail)

    # Who is there

    async def standing(self, user_id: str) -> Standing | None:
        return await self._standings.of(user_id)

    async def account(self, user_id: str) -> Account | None:
        return await self._read(lambda connection: rows.by_id(connection, user_id))

    async def by_email(self, email: str) -> Account | None:
        return await self._read(lambda connection: rows.by_email(connection, email))

    # Made and signed in

    async def create(self, email: str, password_hash: str, caller: Caller) -> Account:
        """Make an account whose mailbox nobody has proven. Raises EmailTaken."""

        def operation(connection: sqlite3.Connection) -> Account:
            if rows.by_email(connection, email) is not None:
                raise EmailTaken(f"There is already an account for {email}.", hint="Sign in.", field="email")
            user_id = _free_id(connection, caller)
            return self._added(
                connection, Account(user_id, email, password_hash, is_verified=False, generation=1), caller
            )

        return await self._change(operation)

    async def enter(self, account: Account, caller: Caller) -> Account:
        """Sign in somebody whose password was checked. Raises WrongCredentials when it has changed since."""

        def operation(connection: sqlite3.Connection) -> Account:
            present = _present(connection, account.id)
            if present.password_hash != account.password_hash:
                raise wrong_credentials()
            _entered(connection, present, caller)
            return present

        return await self._change(operation)

    async def enter_by_link(self, token: str, caller: Caller) -> tuple[Account, Link]:
        """Use up the link of a mail. Raises LinkRefused, MethodNotOffered, EmailNotAllowed."""

        def operation(connection: sqlite3.Connection) -> tuple[Account, Link]:
            link = rows.link(connection, hash_of(token))
            if link is None:
                raise link_refused()
            account = rows.by_email(connection, link.email)
            if account is None:
                self._refuse_new(link.email)
            rows.use_link(connection, hash_of(token))
            if account is None:
                user_id = _free_id(connection, caller, link.visitor_id if link.password_hash else None)
                fresh = Account(user_id, link.email, link.password_hash, is_verified=True, generation=1)
                return self._added(connection, fresh, caller), link
            return self._proven(connection, account, caller), link

        return await self._change(operation)

    async def enter_by_identity(
        self, provider: str, subject: str, email: str | None, caller: Caller
    ) -> Account:
        """Sign in whom an OpenID provider names; `email` only when the provider says it is verified.

        Raises EmailTaken, MethodNotOffered, EmailNotAllowed.
        """

        def operation(connection: sqlite3.Connection) -> Account:
            account = rows.by_identity(connection, provider, subject)
            if account is not None:
                _entered(connection, account, caller)
                return account
            account = rows.by_email(connection, email) if email else None
            if account is not None:
                is_own = caller.sign_in is not None and caller.user_id == account.id
                if not account.is_verified and not is_own:
                    raise EmailTaken(
                        f"There is an account for {email} whose owner has not confirmed the address.",
                        hint="Sign in with its password first, then with this provider.",
                    )
                rows.set_verified(connection, account.id)
                rows.add_identity(connection, provider, subject, account.id)
                _entered(connection, account, caller)
                return replace(account, is_verified=True)
            self._refuse_new(email)
            fresh = Account(_free_id(connection, caller), email, None, email is not None, generation=1)
            rows.add_identity(connection, provider, subject, fresh.id)
            return self._added(connection, fresh, caller)

        return await self._change(operation)

    async def set_password(self, user_id: str, password_hash: str) -> Account:
        """Change a password; everybody signed in to the account is signed out."""

        def operation(connection: sqlite3.Connection) -> Account:
            rows.set_password(connection, user_id, password_hash)
            return _present(connection, user_id)

        account = await self._change(operation)
        await self._end_streams(user_id)
        return account

    async def sign_out_everywhere(self, user_id: str) -> None:
        def operation(connection: sqlite3.Connection) -> Account:
            rows.end_sign_ins(connection, user_id)
            return _present(connection, user_id)

        await self._change(operation)
        await self._end_streams(user_id)

    # Links and attempts

    async def keep_link(self, token: str, link: Link) -> None:
        await self.live.log.submit(lambda t: rows.add_link(t.connection, hash_of(token), link))

    async def link(self, token: str) -> Link:
        """Return what a link stands for without using it up. Raises LinkRefused."""
        found = await self._read(lambda connection: rows.link(connection, hash_of(token)))
        if found is None:
            raise link_refused()
        return found

    async def keep_attempt(self, state: str, attempt: Attempt) -> None:
        await self.live.log.submit(lambda t: rows.add_attempt(t.connection, hash_of(state), attempt))

    async def take_attempt(self, state: str, visitor_id: str) -> Attempt | None:
        return await self.live.log.submit(
            lambda t: rows.take_attempt(t.connection, hash_of(state), visitor_id)
        )

    def in_background(self, work: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._background.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.error("accounts of %s: %s", self.live.app.capsule_id, failure, exc_info=failure)

    # Inside

    async def _read(self, question: Callable[[sqlite3.Connection], T]) -> T:
        return await self.live.log.read(lambda store: question(store.reader))

    async def _change(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        """Write, and let what is remembered follow."""
        result = await self.live.log.submit(lambda t: operation(t.connection))
        account = result[0] if isinstance(result, tuple) else result
        assert isinstance(account, Account)
        self._standings.changed(account)
        self._move_in_time()
        return result

    def _refuse_new(self, email: str | None) -> None:
        """Raise unless the app's policy lets somebody with a proven e-mail make an account."""
        policy = self.live.app.access
        if not policy.sign_up:
            raise MethodNotOffered(
                "New accounts are not made here.", hint="Ask whoever runs the app for an account."
            )
        if not policy.admits(email):
            raise email_not_allowed(email)

    def _added(self, connection: sqlite3.Connection, account: Account, caller: Caller) -> Account:
        rows.add(connection, account)
        _entered(connection, account, caller)
        return account

    def _proven(self, connection: sqlite3.Connection, account: Account, caller: Caller) -> Account:
        """Sign in the owner of the mailbox.

        Whoever made an account with an address that was never proven does not keep it from its owner: their
        password and sign-ins end.
        """
        is_own = caller.sign_in is not None and caller.user_id == account.id
        if not account.is_verified:
            rows.set_verified(connection, account.id)
            if not is_own:
                rows.set_password(connection, account.id, None)
        _entered(connection, account, caller)
        return _present(connection, account.id)

    async def _end_streams(self, user_id: str) -> None:
        """Whoever follows the user's sessions comes back and shows the cookie again."""
        for session_id in await self._read(lambda connection: rows.sessions_of(connection, user_id)):
            self.live.log.forget(session_id)

    def _move_in_time(self) -> None:
        if self._moving is None or self._moving.done():
            self._moving = self.in_background(self._resume_moves())

    async def _resume_moves(self) -> None:
        wait = _FIRST_RETRY_SECONDS
        while await self._read(moves.has_moves):
            await self.live.log.submit(lambda t: moves.move_more(t.connection))
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LAST_RETRY_SECONDS)


def wrong_credentials() -> WrongCredentials:
    return WrongCredentials("E-mail or password is wrong.")


def link_refused() -> LinkRefused:
    return LinkRefused("This link was used already or is too old.", hint="Ask for another one.")


def email_not_allowed(email: str | None) -> EmailNotAllowed:
    return EmailNotAllowed(
        f"This app is not for people with the address {email}."
        if email
        else "This app is only for people whose e-mail is confirmed.",
        field="email",
    )


def _free_id(connection: sqlite3.Connection, caller: Caller, wanted: str | None = None) -> str:
    """Return the id of a new account: the visitor's own, with all that hangs on it, unless it has one."""
    candidate = wanted or (caller.user_id if caller.is_anonymous and not caller.is_new else None)
    if candidate is not None and candidate.startswith("vis_") and rows.by_id(connection, candidate) is None:
        return candidate
    return new_id("usr")


def _entered(connection: sqlite3.Connection, account: Account, caller: Caller) -> None:
    rows.note_sign_in(connection, account.id)
    if caller.is_anonymous and not caller.is_new and caller.user_id != account.id:
        moves.begin_move(connection, caller.user_id, account.id)


def _present(connection: sqlite3.Connection, user_id: str) -> Account:
    account = rows.by_id(connection, user_id)
    assert account is not None, "accounts are not deleted"
    return account
