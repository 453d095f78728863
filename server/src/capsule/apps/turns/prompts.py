"""What an app asks its user: kept as rows, so that an answer finds its turn after any restart.

Answers and deadlines belong to this process, the handler that waits to a runtime. Either may be gone while
the other comes; what ends a prompt is kept with it, and in the journal of its turn.
"""

import asyncio
import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from capsule.apps.errors import PromptEnded, PromptNotFound
from capsule.apps.sessions import journal
from capsule.apps.sessions.blocks import PROMPT_PREFIXES, prompt_block
from capsule.apps.sessions.events import to_text
from capsule.apps.sessions.log import SessionLog
from capsule.apps.sessions.store import SessionStore
from capsule.apps.sessions.transaction import Transaction
from capsule.errors import InvalidInput, PlatformError
from capsule.kit.ids import new_id
from cpsl.wire import Ask

LONGEST_SECONDS = 30 * 24 * 3600.0
PAYLOAD_BYTES = 64 * 1024
OPEN_AT_ONCE = 20
"""Of one turn: each takes a place in memory until its user answers."""
_SAID_AT_ITS_END = ("completed", "status", "approved", "timed_out")

Result = Mapping[str, Any]
"""`{"status": ...}` and, by kind, `approved` or `file`."""


@dataclass(frozen=True)
class Prompt:
    id: str
    session_id: str
    turn_id: str
    site: str
    kind: str
    payload: dict[str, Any]
    status: str
    """`open`, `answered`, `declined`, `timed_out` or `cancelled`."""
    deadline: float


class Prompts:
    """The prompts of one app."""

    def __init__(self, log: SessionLog) -> None:
        self._log = log
        self._open: dict[str, Prompt] = {}
        self._waiting: dict[str, asyncio.Future[Result]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._ending: set[asyncio.Future[Any]] = set()

    async def recover(self) -> None:
        """Watch the deadlines of prompts that were open before."""
        for prompt in await self._log.read(lambda store: _select(store.reader, "status = 'open'", ())):
            self._watch(prompt)

    def close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()

    def is_waiting(self, turn_id: str) -> bool:
        """Tell whether a turn has an open prompt."""
        return any(prompt.turn_id == turn_id for prompt in self._open.values())

    async def ask(self, session_id: str, ask: Ask) -> Result:
        """Show a prompt, or take up the one of an earlier attempt, and return how it ended."""
        opened = await self._log.submit(partial(_open, session_id, ask))
        if not isinstance(opened, Prompt):
            return opened
        self._watch(opened)
        waiting: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting[opened.id] = waiting
        return await waiting

    async def get(self, session_id: str, prompt_id: str) -> Prompt:
        """Raises PromptNotFound."""
        found = await self._log.read(
            lambda store: _select(store.reader, "id = ? AND session_id = ?", (prompt_id, session_id))
        )
        if not found:
            raise PromptNotFound(f"There is no prompt {prompt_id!r} in this session.")
        return found[0]

    def ensure_open(self, prompt: Prompt) -> None:
        """Raises PromptEnded."""
        if prompt.status != "open":
            raise _ended(prompt.status)

    async def end(self, prompt: Prompt, result: Result, shown: Mapping[str, Any] | None = None) -> None:
        """End a prompt once and for all; `shown` is added to its element. Raises PromptEnded."""
        await self._log.submit(partial(_end, prompt, result, shown or {}))
        self._settle(prompt.id, result)

    async def connected(self, user_id: str, integration: str) -> None:
        """Answer what waits for the account that a user has connected now."""

        def look(store: SessionStore) -> list[Prompt]:
            of_user = "kind = 'integration' AND status = 'open' AND session_id IN"
            return _select(store.reader, f"{of_user} (SELECT id FROM sessions WHERE user_id = ?)", (user_id,))

        for prompt in await self._log.read(look):
            if prompt.payload.get("type") == integration:
                await self._end_if_open(prompt, {"status": "answered"})

    def turn_ended(self, turn_id: str) -> None:
        """Forget the prompts of a turn that has ended; its rows are ended already."""
        for prompt in [prompt for prompt in self._open.values() if prompt.turn_id == turn_id]:
            self._settle(prompt.id, {"status": "cancelled"})

    def _watch(self, prompt: Prompt) -> None:
        if prompt.id in self._open:
            return
        self._open[prompt.id] = prompt
        loop = asyncio.get_running_loop()
        delay = max(prompt.deadline - time.time(), 0.0)
        self._timers[prompt.id] = loop.call_later(delay, self._time_out, prompt)

    def _time_out(self, prompt: Prompt) -> None:
        task = asyncio.ensure_future(self._end_if_open(prompt, {"status": "timed_out"}))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _end_if_open(self, prompt: Prompt, result: Result) -> None:
        try:
            await self.end(prompt, result)
        except PromptEnded:  # the user was first
            return
        except PlatformError:  # the log cannot be written now; the next attempt finds the deadline passed
            self._settle(prompt.id, result)

    def _settle(self, prompt_id: str, result: Result) -> None:
        self._open.pop(prompt_id, None)
        if timer := self._timers.pop(prompt_id, None):
            timer.cancel()
        waiting = self._waiting.pop(prompt_id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(result)


def _open(session_id: str, ask: Ask, transaction: Transaction) -> Prompt | Result:
    connection = transaction.connection
    known, result = journal.recall(connection, ask.turn_id, ask.site)
    if known:
        found: Result = result
        return found
    if kept := _select(connection, "turn_id = ? AND site = ?", (ask.turn_id, ask.site)):
        return kept[0]
    if len(_select(connection, "turn_id = ? AND status = 'open'", (ask.turn_id,))) >= OPEN_AT_ONCE:
        raise InvalidInput(
            f"A turn asks at most {OPEN_AT_ONCE} questions at once.", hint="Await an answer before the next."
        )
    now = time.time()
    prompt = Prompt(
        new_id(PROMPT_PREFIXES[ask.kind]),
        session_id,
        ask.turn_id,
        ask.site,
        ask.kind,
        {**_without_end(ask.payload), "blocking": True, "session_id": session_id},
        "open",
        now + min(max(ask.timeout, 0.0), LONGEST_SECONDS),
    )
    prompt.payload["deadline"] = to_text(prompt.deadline)
    connection.execute(
        "INSERT INTO prompts VALUES (?, ?, ?, ?, ?, ?, 'open', ?, ?, NULL)",
        (
            prompt.id,
            session_id,
            ask.turn_id,
            ask.site,
            ask.kind,
            msgspec.json.encode(prompt.payload).decode(),
            prompt.deadline,
            now,
        ),
    )
    transaction.put_block(session_id, ask.turn_id, prompt_block(prompt.id, ask.kind, prompt.payload, {}))
    return prompt


def _without_end(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an app asks without what only this module says: how it ended."""
    return {key: value for key, value in payload.items() if key not in _SAID_AT_ITS_END}


def _end(prompt: Prompt, result: Result, shown: Mapping[str, Any], transaction: Transaction) -> None:
    connection, status = transaction.connection, str(result["status"])
    changed = connection.execute(
        "UPDATE prompts SET status = ?, ended_at = ? WHERE id = ? AND status = 'open'",
        (status, time.time(), prompt.id),
    )
    if changed.rowcount != 1:
        row = connection.execute("SELECT status FROM prompts WHERE id = ?", (prompt.id,)).fetchone()
        if row is None:
            raise PromptNotFound(f"There is no prompt {prompt.id!r} any more.")
        raise _ended(row[0])
    journal.keep(connection, prompt.turn_id, prompt.site, result)
    more: dict[str, Any] = {"completed": True, "status": status, **shown}
    if prompt.kind == "approval":
        more |= {"approved": bool(result.get("approved")), "timed_out": status == "timed_out"}
    transaction.put_block(
        prompt.session_id, prompt.turn_id, prompt_block(prompt.id, prompt.kind, prompt.payload, more)
    )


_ENDED = {
    "answered": "This has been answered already.",
    "declined": "This has been declined already.",
    "timed_out": "The time for this answer is over.",
    "cancelled": "This is not asked any more.",
}


def _ended(status: str) -> PromptEnded:
    return PromptEnded(_ENDED.get(status, "This is not asked any more."), prompt_status=status)


def _select(connection: sqlite3.Connection, where: str, values: tuple[object, ...]) -> list[Prompt]:
    rows = connection.execute(
        f"SELECT id, session_id, turn_id, site, kind, payload, status, deadline FROM prompts WHERE {where}",
        values,
    )
    return [
        Prompt(id, session_id, turn_id, site, kind, json.loads(payload), status, deadline)
        for id, session_id, turn_id, site, kind, payload, status, deadline in rows
    ]
