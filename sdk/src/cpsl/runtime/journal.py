"""Know each effect of a handler again when its turn is run a second time.

A turn whose runtime died is run from its start. An effect is known by where it happens: the n-th in its task,
in which function, of which kind. Tasks that a handler starts count by themselves, so that `asyncio.gather`
may finish in any order.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import Any

from cpsl.wire import JournalEntry


class Diverged(RuntimeError):
    """The handler does something else than it did before its turn was interrupted."""


class _Branch:
    """One task of the handler, and how many effects and tasks it has had."""

    def __init__(self, task: asyncio.Task[Any] | None, path: str) -> None:
        self.task = task
        self.path = path
        self.effects = 0
        self.children = 0


_branch: ContextVar[_Branch] = ContextVar("capsule_branch")


class Journal:
    """The effects of earlier attempts at one turn. Made in the task that runs the handler."""

    def __init__(self, entries: list[JournalEntry]) -> None:
        self._entries: dict[str, tuple[str, Any]] = {}
        for entry in entries:
            position, _, what = entry["site"].partition(" ")
            self._entries[position] = (what, entry["result"])
        self.diverged: Diverged | None = None
        """Once set, nothing more happens: what a handler does in reaction would not fit either."""
        _branch.set(_Branch(asyncio.current_task(), "0"))

    @property
    def left(self) -> list[str]:
        """Effects that the handler has not come to this time."""
        return [what for what, _ in self._entries.values()]

    def next(self, kind: str) -> tuple[str, bool, Any]:
        """Return the site of the effect that happens now, whether it happened before, and its result.

        Raises Diverged when something else happened here before.
        """
        if self.diverged is not None:
            raise self.diverged
        branch = _current_branch()
        branch.effects += 1
        position, what = f"{branch.path}/{branch.effects}", f"{_caller()} {kind}"
        site = f"{position} {what}"
        if position not in self._entries:
            return site, False, None
        recorded, result = self._entries.pop(position)
        if recorded != what:
            self.diverged = Diverged(
                f"The app goes on differently than before the interruption ({what} instead of {recorded}),"
                " so the rest was not done. Send your message again."
            )
            raise self.diverged
        return site, True, result

    @contextmanager
    def inside(self, site: str) -> Iterator[None]:
        """Count apart what happens while the result of the effect at `site` is made.

        Once that result is kept, none of it happens again, and what follows must keep its places.
        """
        outer = _current_branch()
        _branch.set(_Branch(outer.task, _inner_path(site)))
        try:
            yield
        finally:
            _branch.set(outer)

    def skip_inside(self, site: str) -> None:
        """Let go of what happened while the result of the effect at `site`, which is kept, was made."""
        path = _inner_path(site)
        for position in [known for known in self._entries if known.startswith((f"{path}/", f"{path}."))]:
            del self._entries[position]


def _inner_path(site: str) -> str:
    return f"{site.partition(' ')[0]}i"


def _current_branch() -> _Branch:
    task = asyncio.current_task()
    branch = _branch.get(None)
    if branch is None:  # a thread that was not started through the loop
        branch = _Branch(task, "x")
        _branch.set(branch)
    if branch.task is not task:
        branch.children += 1
        branch = _Branch(task, f"{branch.path}.{branch.children}")
        _branch.set(branch)
    return branch


def _caller() -> str:
    """Return the name of the nearest function that is not the SDK's. Names survive an edit; lines do not."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        is_named = not frame.f_code.co_name.startswith("<")  # comprehensions have frames on some versions
        if is_named and module.partition(".")[0] not in ("cpsl", "asyncio", "contextlib"):
            return str(getattr(frame.f_code, "co_qualname", frame.f_code.co_name)).replace(" ", "")
        frame = frame.f_back
    return "-"
