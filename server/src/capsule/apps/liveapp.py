"""One hosted app: its conversations, the turns in them, and the runtimes that take those.

Puts the parts together; what a message goes through is in `turns.turns`, where runtimes come from in
`runtimes.supply`.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from typing import Any

from capsule.apps.connections.connections import Connections
from capsule.apps.contract import AppState, HostedApp, Vault
from capsule.apps.files import rows as file_rows
from capsule.apps.files.store import FileStore
from capsule.apps.runtimes.runtime import Question
from capsule.apps.runtimes.supply import RuntimeSupply
from capsule.apps.runtimes.tokens import RuntimeTokens
from capsule.apps.sessions import values
from capsule.apps.sessions.log import SessionLog
from capsule.apps.sessions.records import Accepted, NewSession, SessionRecord, TurnRecord
from capsule.apps.sessions.store import SessionStore
from capsule.apps.sessions.transaction import Transaction
from capsule.apps.turns.beginning import Beginning, begin
from capsule.apps.turns.prompts import Prompts
from capsule.apps.turns.turns import STOP_SECONDS, Turns
from capsule.engines.contract import Engine
from capsule.errors import NotFound
from capsule.kit.ids import new_id
from cpsl.wire import Lookup

log = logging.getLogger(__name__)

REMOVED = "The app was removed."
_EXIT = "__session_exit__"
_EXIT_SECONDS = 30.0


class LiveApp:
    """The state of one app in one environment while the app host runs."""

    def __init__(
        self,
        app: HostedApp,
        store: SessionStore,
        executor: Executor,
        wait_seconds: float,
        engine: Engine,
        tokens: RuntimeTokens,
        vault: Vault,
        open_files: Callable[[SessionLog], FileStore],
        connect: Callable[["LiveApp"], Connections],
    ) -> None:
        self.log = SessionLog(store, executor)
        self.vault = vault
        self.changing = asyncio.Lock()
        """Held while the app is being replaced or removed."""
        self.prompts = Prompts(self.log)
        self.files = open_files(self.log)
        self.runtimes = RuntimeSupply(app, engine, tokens, self.log.room, self._answer, wait_seconds)
        self.connections = connect(self)
        self.turns = Turns(
            self.log, self.runtimes, self.prompts, self.files, self.connections.all_credentials
        )

    @property
    def app(self) -> HostedApp:
        return self.runtimes.app

    async def recover(self) -> None:
        """After a restart: take up the turns that had not ended, and find the runtimes again."""
        self.runtimes.recover()
        await self.prompts.recover()
        for turn in await self.log.read(lambda store: store.open_turns()):
            self.turns.enqueue(turn)

    async def adopt(self, app: HostedApp, ready_seconds: float) -> Callable[[float], Any] | None:
        """Take over a new state; return what takes the turns off the replica it replaces, if there is one.

        Raises RuntimeUnready and changes nothing when the new replica's runtimes do not become ready.
        """
        release, access, reason = self.app.release, self.app.access, self.app.reason
        old = await self.runtimes.adopt(app, ready_seconds)
        if app.access != access:
            self.log.end_streams()  # whoever still may follow comes back
        if app.state is AppState.live and (app.release != release or old is not None):
            self._tell_release()
        if app.reason != reason:
            for session_id in self.log.followed():
                self.log.tell(session_id, "app_state", {"state": app.state, "reason": app.reason})
        return None if old is None else partial(self.turns.leave, old)

    async def close(self, error: str | None = None) -> None:
        """Let go of everything; with `error`, end all open turns first."""
        if error is not None:
            self.runtimes.app = replace(self.app, state=AppState.stopped)
            self.runtimes.announce()
            await self.turns.end_all(error)
        await self.turns.close()
        self.prompts.close()
        await self.connections.close()
        await self.runtimes.close(stops_runtimes=error is not None)
        await self.log.close()

    def _tell_release(self) -> None:
        release = self.app.release
        for session_id in self.log.followed():
            self.log.submit(
                lambda t, session_id=session_id: t.append(  # type: ignore[misc]
                    session_id, "app_changed", None, {"release": release}
                )
            )

    # Sessions

    async def create_session(self, new: NewSession) -> tuple[SessionRecord, bool]:
        """Begin a conversation, or find the one of its thread; say whether it is new."""
        self.files.ensure_room()
        chosen, is_new = await self.log.submit(lambda t: t.create_session(new))
        session = await self.log.read(lambda store: store.session(chosen))
        assert session is not None
        return session, is_new

    async def post(
        self, session: SessionRecord, client_id: str, data: Mapping[str, Any], files: Sequence[str] = ()
    ) -> Accepted:
        """Take in a message, or an action when `data` names one; it is durable when this returns.

        The same `client_id` again changes nothing.
        """
        return await self.post_of(session.user_id, session.id, client_id, data, files)

    async def post_of(
        self,
        user_id: str,
        session_id: str,
        client_id: str,
        data: Mapping[str, Any],
        files: Sequence[str] = (),
    ) -> Accepted:
        """As `post`, for a session that may be another user's. Raises SessionNotFound then."""
        if data.get("name") != _EXIT:  # without which nothing can be deleted
            self.turns.ensure_room(session_id)
            self.files.ensure_room()
        turn_id = new_id("trn")
        type = "action" if "name" in data else "message"
        complete = {**data, **({} if type == "action" else {"sender": "user"})}
        with self.turns.opening(session_id, user_id) as link:

            def accept(transaction: Transaction) -> tuple[Accepted, Beginning | None]:
                transaction.ensure_owner(session_id, user_id)
                if files:
                    claimed = file_rows.claim(transaction.connection, user_id, list(files), session_id)
                    complete["attachments"] = [self.files.describe(row) for row in claimed]
                accepted = transaction.accept(session_id, turn_id, client_id, type, complete)
                if link is None or not accepted.is_new:
                    return accepted, None
                turn = TurnRecord(turn_id, session_id, user_id, accepted.offset, "queued")
                return accepted, begin(transaction, turn, link.release, accepted.event)

            accepted, begun = await self.log.submit(accept)
            if accepted.is_new:
                turn = TurnRecord(turn_id, session_id, user_id, accepted.offset, "queued")
                self.turns.enqueue(turn, None if link is None or begun is None else (link, begun))
        return accepted

    async def repeat(self, session_id: str, ended_id: str) -> Accepted:
        """Run the last message again. Raises TurnNotFound, TurnNotRepeatable."""
        turn_id = new_id("trn")
        accepted = await self.log.submit(lambda t: t.repeat_turn(session_id, ended_id, turn_id), is_long=True)
        turns = await self.log.read(lambda store: store.open_turns())
        for turn in turns:
            if turn.id == turn_id:
                self.turns.enqueue(turn)
        return accepted

    async def delete_session(self, session: SessionRecord) -> None:
        """End what runs, run the app's `exit`, and delete the conversation with its files."""
        await self.turns.stop(session.id)
        await self.turns.settled(session.id, STOP_SECONDS + 1)
        await self.close_session(session)
        await self.turns.stop(session.id)
        await self.turns.settled(session.id, STOP_SECONDS + 1)
        await self.files.delete_of_session(session.id)
        await self.log.submit(lambda t: t.delete_session(session.id), is_long=True)
        self.log.forget(session.id)

    async def close_session(self, session: SessionRecord) -> None:
        """Run the app's `exit` for a session, once."""
        if not session.is_entered or session.is_closed:
            return
        if self.app.state is AppState.live and self.app.manifest.get("has_exit"):
            await self.post(session, f"exit:{new_id('cli')}", {"name": _EXIT, "payload": {}})
            await self.turns.settled(session.id, _EXIT_SECONDS)
        await self.log.submit(lambda t: t.set_closed(session.id))

    async def close_expired(self, before: float) -> None:
        """Close the sessions in which nothing has happened since `before`."""
        for session_id in await self.log.read(lambda store: store.expired(before)):
            session = await self.log.read(lambda store, id=session_id: store.session(id))  # type: ignore[misc]
            if session is not None:
                await self.close_session(session)

    # What runtimes ask

    async def secret(self, name: str) -> str | None:
        """Look up a secret of the app's space. Raises Unavailable while the server is away."""
        return await self.vault.secret(self.app.capsule_id, self.app.environment, name)

    async def _answer(self, user_id: str | None, question: Question) -> Any:
        if not isinstance(question, Lookup):
            owner = values.owner_of(question, None)
            return await self.log.submit(lambda t: values.apply(t.connection, question, owner))
        if question.what == "secret":
            return await self.secret(question.name)
        if user_id is None:
            raise NotFound("Nobody has connected an account while the app starts.")
        return await self.connections.credentials(user_id, question.name)
