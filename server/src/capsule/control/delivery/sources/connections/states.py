"""States of sign-ins: each leads back to what was begun, for one user in one browser, once, for a while."""

import secrets
from datetime import timedelta
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.policy import Actor
from capsule.db import Database
from capsule.errors import Conflict
from capsule.kit.clock import now
from capsule.kit.crypto import SecretBox, token_hash
from capsule.kit.ids import new_id
from capsule.models import GitSignIn

OPEN_FOR = timedelta(minutes=15)
"""How long somebody may take at the host; people choose repositories there."""

Kind = Literal["register", "authorize", "choose"]


class SignInFailed(Conflict):
    """What came back from the host leads to no connection."""

    code, title = "git_sign_in_failed", "Sign-in failed"


class SignInUnknown(SignInFailed):
    """The state is none of ours, of another browser, used up, or too old."""

    code, title = "git_sign_in_unknown", "Unknown sign-in"


class States:
    """Sign-ins under way."""

    def __init__(self, database: Database, box: SecretBox) -> None:
        self._database = database
        self._box = box

    async def begin(
        self,
        db_session: AsyncSession,
        actor: Actor,
        kind: Kind,
        secret: str,
        *,
        team_id: str | None = None,
        app_id: str | None = None,
        connection_id: str | None = None,
        url: str = "",
    ) -> str:
        """Return a new state, inside the caller's unit of work. `secret` is kept encrypted."""
        await db_session.execute(delete(GitSignIn).where(GitSignIn.expires_at < now()))
        state, sign_in_id = secrets.token_urlsafe(32), new_id("gsi")
        row = GitSignIn(
            id=sign_in_id,
            state_hash=token_hash(state),
            kind=kind,
            user_id=actor.user.id,
            login_id=actor.credential_id,
            team_id=team_id,
            app_id=app_id,
            connection_id=connection_id,
            url=url,
            secret=self._box.encrypt(secret, context=_context(sign_in_id)),
            expires_at=now() + OPEN_FOR,
            created_at=now(),
        )
        db_session.add(row)
        return state

    async def claim(self, actor: Actor, state: str, kinds: tuple[Kind, ...]) -> GitSignIn:
        """Use the state up. Raises SignInUnknown."""
        query = select(GitSignIn).where(
            GitSignIn.state_hash == token_hash(state),
            GitSignIn.kind.in_(kinds),
            GitSignIn.user_id == actor.user.id,
            GitSignIn.login_id == actor.credential_id,
        )
        async with self._database.unit_of_work() as db_session:
            begun = (await db_session.scalars(query)).first()
            if begun is not None:
                own = delete(GitSignIn).where(GitSignIn.id == begun.id).returning(GitSignIn.id)
                # Of two who come at the same time, one takes it.
                taken = await db_session.execute(own.execution_options(synchronize_session=False))
                begun = begun if taken.first() is not None else None
        if begun is None or begun.expires_at < now():
            raise SignInUnknown(
                "This sign-in was not begun in this browser, was finished before, or took longer than"
                f" {OPEN_FOR.total_seconds() / 60:g} minutes. Nothing was connected.",
                hint="Begin again where you connect a git host.",
            )
        return begun

    def secret(self, begun: GitSignIn) -> str:
        return self._box.decrypt(begun.secret, context=_context(begun.id))


def _context(sign_in_id: str) -> str:
    return f"git_sign_in:{sign_in_id}"
