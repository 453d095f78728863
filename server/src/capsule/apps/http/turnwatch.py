"""Follow one turn to its end, for callers that want an answer rather than a log."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from capsule.apps.liveapp import LiveApp
from capsule.apps.sessions.blocks import is_prompt_id
from capsule.apps.sessions.events import Event
from capsule.apps.sessions.records import Accepted


@dataclass(frozen=True)
class Piece:
    """A part of an answer: `text` to add, the whole reply once one is complete, what is asked."""

    text: str = ""
    reply: str | None = None
    prompt: dict[str, Any] | None = None
    """The element `{id, type, payload}` of a prompt for which the turn waits from here on."""


class TurnFailed(Exception):
    """The turn ended without success and without saying why in a reply."""


async def answer_of(live: LiveApp, session_id: str, accepted: Accepted) -> AsyncIterator[Piece]:
    """Yield the pieces of a turn's answer until it ends.

    Raises TurnFailed with the reason when it ended with an error.
    """
    async for events in live.log.follow(session_id, accepted.offset - 1):
        for event in events:
            if event.turn_id != accepted.turn_id:
                continue
            if event.type == "turn_ended":
                error = event.payload().get("error")
                if error:
                    raise TurnFailed(str(error))
                return
            piece = _piece(event)
            if piece is not None:
                yield piece


def _piece(event: Event) -> Piece | None:
    if event.type == "reply":
        text = str(event.payload()["text"])
        return Piece(text, text)
    if event.type == "reply_delta":
        return Piece(str(event.payload()["text"]))
    if event.type == "reply_ended":
        return Piece(reply=str(event.payload()["text"]))
    if event.type == "block":
        block = event.payload()
        payload = block.get("payload") or {}
        if is_prompt_id(str(block["id"])) and payload.get("blocking") and not payload.get("completed"):
            return Piece(prompt=block)
    return None
