"""Follow one turn for a program that waits for its answer: replies, what the app asks, and the end.

Works from the log, so whoever was cut off goes on behind the last event that came through.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

from capsule.apps.errors import AppUnavailable
from capsule.apps.liveapp import LiveApp
from capsule.apps.sessions.blocks import is_prompt_id
from capsule.apps.sessions.events import Event

WAITING = "waiting"


@dataclass(frozen=True)
class Step:
    """One thing that the caller is told: `chunk`, `restart`, `prompt`, `error` or `done`."""

    kind: str
    offset: int
    """Of the event in the session's log."""
    data: dict[str, Any] = field(default_factory=dict)


async def steps(
    live: LiveApp, session_id: str, turn_id: str, after: int, *, goes_on: bool = False
) -> AsyncIterator[Step | None]:
    """Yield what happens in a turn behind the offset `after`, until it ends or waits for an answer.

    With `goes_on` also what comes after somebody has answered. None when nothing happened for a while.
    Raises AppUnavailable when the log ends before the turn.
    """
    begun: set[str] = set()
    async for events in live.log.follow(session_id, after):
        if not events:
            yield None
        for event in events:
            if event.turn_id == turn_id and event.offset:
                for step in _steps(event, begun):
                    yield step
                    if step.kind == "prompt" and not goes_on:
                        yield Step("done", step.offset, {"status": WAITING, "prompts": [step.data]})
                        return
                    if step.kind == "done":
                        return
    raise AppUnavailable(f"{live.app.name} cannot be followed any more.", hint="Try again in a moment.")


def _steps(event: Event, begun: set[str]) -> Iterator[Step]:
    data, offset = event.payload(), event.offset
    if event.type == "reply":
        yield Step("chunk", offset, {"text": str(data["text"]), "reply": str(data["text"])})
    elif event.type == "reply_delta":
        yield Step("chunk", offset, {"text": str(data["text"])})
    elif event.type == "reply_ended":
        yield Step("chunk", offset, {"text": "", "reply": str(data["text"])})
    elif event.type == "reply_started":
        if data["id"] in begun:
            yield Step("restart", offset)
        begun.add(data["id"])
    elif event.type == "block" and _is_open_prompt(data):
        yield Step("prompt", offset, {"id": data["id"], "type": data["type"], "payload": data["payload"]})
    elif event.type == "turn_ended":
        if error := data.get("error"):
            yield Step("error", offset, {"text": str(error), "reply": str(error)})
        yield Step("done", offset, {"status": str(data.get("status") or "succeeded")})


def _is_open_prompt(data: dict[str, Any]) -> bool:
    payload = data.get("payload")
    return (
        is_prompt_id(str(data["id"]))
        and isinstance(payload, dict)
        and payload.get("blocking") is True
        and not payload.get("completed")
    )


async def replies_behind(
    live: LiveApp, session_id: str, turn_id: str, after: int
) -> tuple[list[str], dict[str, Any]]:
    """Wait for the end, or for a prompt; return the replies and what `done` tells."""
    replies: list[str] = []
    async for step in steps(live, session_id, turn_id, after):
        if step is not None and "reply" in step.data:
            replies.append(step.data["reply"])
        if step is not None and step.kind == "done":
            return replies, step.data
    raise AppUnavailable(f"{live.app.name} did not finish this turn.")
