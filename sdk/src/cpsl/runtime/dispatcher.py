"""Decide which handler an inbound item means, and run it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import Any

from cpsl._activation import activate_integrations
from cpsl._ambient import active_session
from cpsl._app import App
from cpsl._calls import is_async
from cpsl._errors import NotYetAvailable
from cpsl._handlers import Handlers
from cpsl._identity import SessionChannel, UserInfo
from cpsl._integrations import IntegrationCredentials
from cpsl._messages import Attachment, Event, Message
from cpsl._session import Session
from cpsl._workflow import Workflow, WorkflowInput
from cpsl.wire import HistoryEntry, Inbound, RunTurn, SessionState, TurnEnded, TurnStatus

from .backend import WireBackend
from .journal import Diverged, Journal
from .link import Link, LinkClosed

log = logging.getLogger(__name__)

_CHAT_NAME = "__chat_name__"
_WORKFLOW = "__workflow__"


class Dispatcher:
    """Runs turns of one app."""

    def __init__(self, app: App, handlers: Handlers) -> None:
        self._app = app
        self._handlers = handlers
        self._backends: dict[str, WireBackend] = {}

    async def run(self, turn: RunTurn, link: Link) -> TurnEnded:
        """Run one turn to its end, whatever happens in the handler, and tell how it ended.

        Raises LinkClosed when the host went away; then nothing can be told any more.
        """
        session = to_session(turn.session)
        session._collection_scopes = self._app._scopes()
        session._integration_modes = {kind: config.mode for kind, config in self._app._integrations.items()}
        journal = Journal(turn.journal)
        backend = WireBackend(
            link,
            turn.turn_id,
            lambda name, payload: self._act(session, name, payload),
            journal,
            turn.attempt,
        )
        session._backend = backend
        self._replace(session.id, backend)
        active_session.set(session)
        try:
            status, error = await self._attempt(session, backend, turn)
            if journal.diverged is not None and status != "cancelled":
                log.error("turn %s was run again and diverged: %s", turn.turn_id, journal.diverged)
                return TurnEnded(turn.turn_id, "failed", str(journal.diverged))
            error = await _save(session, error)
            if journal.left:
                log.warning("turn %s was run again without doing: %s", turn.turn_id, ", ".join(journal.left))
            if status == "succeeded" and error is not None:
                status = "failed"
            if error is not None and not backend.has_output:
                await backend.reply(error)
                error = None
        finally:
            backend.close()
            if self._backends.get(session.id) is backend:
                del self._backends[session.id]
        return TurnEnded(turn.turn_id, status, error)

    def _replace(self, session_id: str, backend: WireBackend) -> None:
        """Let go of an earlier turn of the session that was stopped but whose handler goes on.

        The host sends the turns of a session one after the other, so a new one means that it gave up on
        the one before; that handler must not hold up the conversation, nor be heard any more.
        """
        if (earlier := self._backends.get(session_id)) is not None:
            log.warning("a stopped handler of session %s still runs; what it says is dropped", session_id)
            earlier.close()
        self._backends[session_id] = backend

    async def _attempt(
        self, session: Session, backend: WireBackend, turn: RunTurn
    ) -> tuple[TurnStatus, str | None]:
        try:
            chat_name = turn.inbound.get("chat_name")
            is_known = bool(chat_name) and chat_name in self._handlers.messages
            if is_known and _CHAT_NAME not in session.data:
                session.data[_CHAT_NAME] = chat_name
            if not turn.session["is_entered"]:
                await self._enter(session, backend)
            await activate_integrations(session)
            await self._route(session, turn.inbound)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None:
                _uncancel(task)
            return "cancelled", None
        except LinkClosed:
            raise
        except Diverged as exc:
            return "failed", str(exc)
        except SystemExit as exc:  # one conversation must not end all the others
            log.exception("turn %s of session %s called sys.exit()", turn.turn_id, session.id)
            return "failed", f"Something went wrong: the handler called sys.exit({exc.code!r})"
        except NotYetAvailable as exc:
            # An answer rather than a failure: trying again would not help.
            log.warning("turn %s: %s", turn.turn_id, exc)
            await backend.reply(str(exc))
        except Exception as exc:
            log.exception("turn %s of session %s failed", turn.turn_id, session.id)
            return "failed", f"Something went wrong: {str(exc) or type(exc).__name__}"
        return "succeeded", None

    async def _enter(self, session: Session, backend: WireBackend) -> None:
        if self._handlers.enter is not None:
            await _call(self._handlers.enter, session)
        await backend.entered()

    async def _route(self, session: Session, inbound: Inbound) -> None:
        action = inbound.get("action")
        if action:
            await self._run_action(session, action, inbound.get("payload") or {})
            return
        message = to_message(inbound, session.channel.type)
        if (command := _workflow_command(message.text)) is not None:
            await self._run_workflow(session, command)
            return
        workflow = self._workflow_of(session)
        if workflow is not None and workflow._message is not None:
            await _call(workflow._message, session, message)
            return
        name = inbound.get("chat_name") or session.data.get(_CHAT_NAME)
        if name and name not in self._handlers.messages:
            known = ", ".join(sorted(n for n in self._handlers.messages if n)) or "none"
            raise RuntimeError(f"There is no chat {name!r}; there are: {known}.")
        handler = self._handlers.messages.get(name or None)
        if handler is not None:
            await _call(handler, session, message)

    async def _run_action(self, session: Session, name: str, payload: dict[str, Any]) -> None:
        if name == "__session_exit__":
            if self._handlers.exit is not None:
                await _call(self._handlers.exit, session)
        elif name == "__session_init__":
            initialise = self._handlers.sessions.get(str(payload.get("name")))
            if initialise is not None:
                await _call(initialise, session)
        elif name == "__session_set__":
            values = payload["values"] if "values" in payload else {payload["key"]: payload.get("value")}
            session.data.update(values)
        else:
            await self._act(session, name, payload)

    async def _act(self, session: Session, name: str, payload: dict[str, Any]) -> Any:
        """Run an action of the session's workflow, else of the app. Raises RuntimeError if unknown."""
        workflow = self._workflow_of(session)
        if workflow is not None and name in workflow._actions:
            return await _call(workflow._actions[name], session, WorkflowInput(payload))
        if name in self._handlers.actions:
            return await _call(self._handlers.actions[name], session, Event(name, payload))
        known = sorted({*self._handlers.actions, *(workflow._actions if workflow else ())})
        raise RuntimeError(f"There is no action {name!r}; there are: {', '.join(known) or 'none'}.")

    async def _run_workflow(self, session: Session, command: dict[str, Any]) -> None:
        name, action = str(command["__workflow__"]), str(command["__action__"])
        workflow = self._app._workflows.get(name)
        if workflow is None:
            raise RuntimeError(f"There is no workflow {name!r}.")
        values = WorkflowInput(command.get("__payload__") or {})
        if action == "start":
            session.data[_WORKFLOW] = name
            if workflow._start is not None:
                await _call(workflow._start, session, values)
        elif action in workflow._actions:
            await _call(workflow._actions[action], session, values)
        else:
            raise RuntimeError(f"Workflow {name!r} has no action {action!r}.")

    def _workflow_of(self, session: Session) -> Workflow | None:
        return self._app._workflows.get(str(session.data.get(_WORKFLOW)))


async def _save(session: Session, error: str | None) -> str | None:
    try:
        await session.flush_data()
    except RuntimeError as exc:
        log.exception("data of session %s could not be saved", session.id)
        return error or f"Something went wrong: {exc}"
    return error


async def _call(fn: Callable[..., Any], *args: Any) -> Any:
    """Call a handler: coroutines here, plain functions in a thread, with the ambient session in both."""
    if is_async(fn):
        return await fn(*args)
    context = copy_context()
    result = await asyncio.get_running_loop().run_in_executor(None, lambda: context.run(fn, *args))
    return await result if asyncio.iscoroutine(result) else result


def _uncancel(task: asyncio.Task[Any]) -> None:
    # Python 3.11 counts requests to cancel; what follows must be able to await again.
    uncancel = getattr(task, "uncancel", None)
    if uncancel is not None:
        uncancel()


def _workflow_command(text: str) -> dict[str, Any] | None:
    if not text.startswith("{") or "__workflow__" not in text:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    is_command = isinstance(found, dict) and "__workflow__" in found and "__action__" in found
    return found if is_command else None


def to_session(state: SessionState) -> Session:
    """Return the session a handler gets; neighbouring texts of one sender become one entry."""
    user = state["user"]
    session = Session(
        state["id"],
        UserInfo(user["id"], user.get("email"), user.get("org_id")),
        SessionChannel(state["channel"]),
        None,
        state["data"],
        {kind: IntegrationCredentials(**found) for kind, found in state["integrations"].items()},
    )
    session._earlier = partial(join_history, state["history"], state["channel"])
    return session


def join_history(entries: list[HistoryEntry], channel: str) -> list[Message]:
    found: list[Message] = []
    for entry in entries:
        if found and found[-1].sender == entry["sender"] != "block":
            found[-1].text += entry["text"]
        else:
            message = Message(entry["text"], entry["sender"], channel, entry["at"])  # type: ignore[arg-type]
            found.append(message)
    return found


def to_message(inbound: Inbound, channel: str) -> Message:
    attachments = [
        Attachment(a["name"], a.get("content_type", ""), a["url"], a.get("size", 0))
        for a in inbound.get("attachments") or []
    ]
    message = Message(inbound.get("text") or "", "user", channel, attachments=attachments or None)  # type: ignore[arg-type]
    if "at" in inbound:
        message.timestamp = inbound["at"]
    return message
