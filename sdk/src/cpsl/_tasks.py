"""Background functions of an app: their declaration, and the handle on a submitted one."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ._calls import call_inline
from ._errors import NotYetAvailable

if TYPE_CHECKING:
    from ._session import Session

_UNITS = {
    1: ("s", "sec", "secs", "second", "seconds"),
    60: ("m", "min", "mins", "minute", "minutes"),
    3600: ("h", "hr", "hour", "hours"),
    86400: ("d", "day", "days"),
}
_SECONDS = {word: seconds for seconds, words in _UNITS.items() for word in words}
_DELAY = re.compile(r"^(?:(?:repeat\s+)?(every)\s+)?(\d+)\s*([a-z]+)$")


class TaskDescriptor:
    """A declared task: submit it to the queue, or await it like a function to run it in place."""

    def __init__(
        self,
        fn: Callable[..., Any],
        retries: int = 0,
        timeout: int = 0,
        lock: str | None = None,
        retry_for: list[type[Exception]] | None = None,
        callback_url: str | None = None,
        functional: bool = False,
        process: bool = False,
    ) -> None:
        self.fn = fn
        self.name: str = fn.__name__
        self.retries = retries
        self.timeout = timeout
        self.lock = lock
        self.retry_for = list(retry_for or [])
        self.callback_url = callback_url
        self.functional = functional
        self.process = process
        self._is_bound = False
        functools.update_wrapper(self, fn)

    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        """Bind to the instance of a class app, so that a direct call has its `self`."""
        if owner is None:
            return self
        bound = TaskDescriptor(
            self.fn.__get__(owner, kind),
            self.retries,
            self.timeout,
            self.lock,
            self.retry_for,
            self.callback_url,
            self.functional,
            self.process,
        )
        bound._is_bound = self._is_bound
        return bound

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the function here and now: no queue, no retry."""
        return await call_inline(self.fn, *args, **kwargs)

    async def submit(
        self, session: Session | None = None, display_name: str = "", **kwargs: Any
    ) -> TaskHandle:
        """Queue the task to run now."""
        raise self._unavailable("Submitting")

    async def schedule(
        self,
        when: str | timedelta | Any | None = None,
        *,
        session: Session | None = None,
        delay: str | timedelta | None = None,
        display_name: str = "",
        **kwargs: Any,
    ) -> TaskHandle:
        """Queue the task to run later, or again and again (`"every 10 min"`)."""
        if when is not None and not isinstance(when, (str, timedelta)):
            if session is not None:
                raise TypeError("schedule() got the session twice.")
            session, when = when, None
        if when is not None and delay is not None:
            raise ValueError("schedule() takes when or delay, not both.")
        parse_delay(when if when is not None else delay)
        raise self._unavailable("Scheduling")

    async def find(
        self,
        status: str | None = None,
        session_id: str | None = None,
        limit: int = 100,
        offset: int = 0,
        **kwargs: Any,
    ) -> list[TaskHandle]:
        raise self._unavailable("Finding")

    async def count(self, status: str | None = None, **kwargs: Any) -> int:
        raise self._unavailable("Counting")

    async def cancel(self, status: str | None = None, **kwargs: Any) -> int:
        raise self._unavailable("Cancelling")

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "retries": self.retries, "timeout": self.timeout}

    def _unavailable(self, doing: str) -> RuntimeError:
        if not self._is_bound:
            return RuntimeError(f"Task {self.name!r} can be used once the app is running, not at import.")
        return NotYetAvailable(f"{doing} tasks")


class TaskHandle:
    """One submitted task."""

    def __init__(self, task_id: str, runner: Any, record: dict[str, Any] | None = None) -> None:
        self.task_id = task_id
        self._runner = runner
        self._record = dict(record or {})

    def _text(self, name: str) -> str:
        return str(self._record.get(name) or "")

    @property
    def task_name(self) -> str:
        return self._text("task_name")

    @property
    def display_name(self) -> str:
        return self._text("display_name")

    @property
    def session_id(self) -> str:
        return self._text("session_id")

    @property
    def kwargs(self) -> dict[str, Any]:
        return dict(self._record.get("kwargs") or {})

    @property
    def created_at(self) -> str:
        return self._text("created_at")

    @property
    def started_at(self) -> str:
        return self._text("started_at")

    @property
    def completed_at(self) -> str:
        return self._text("completed_at")

    async def status(self) -> str:
        raise NotYetAvailable("Asking for the state of a task")

    async def refresh(self) -> None:
        raise NotYetAvailable("Refreshing a task")

    async def cancel(self) -> bool:
        raise NotYetAvailable("Cancelling a task")


class GlobalTaskQuery:
    """`app.tasks`: all tasks of the app."""

    async def find(
        self, status: str | None = None, limit: int = 100, offset: int = 0, **kwargs: Any
    ) -> list[TaskHandle]:
        raise NotYetAvailable("Finding tasks")

    async def count(self, status: str | None = None, **kwargs: Any) -> int:
        raise NotYetAvailable("Counting tasks")

    async def cancel(self, status: str | None = None, **kwargs: Any) -> int:
        raise NotYetAvailable("Cancelling tasks")

    async def get(self, task_id: str) -> TaskHandle | None:
        raise NotYetAvailable("Finding tasks")


def parse_delay(delay: str | timedelta | None) -> tuple[float, bool]:
    """Return seconds and whether the delay repeats; ValueError for text that is no delay."""
    if delay is None:
        return 0.0, False
    if isinstance(delay, timedelta):
        return delay.total_seconds(), False
    match = _DELAY.match(delay.strip().lower())
    if match is None or match.group(3) not in _SECONDS:
        raise ValueError(
            f"Not a delay: {delay!r}. Write it like '30s', '10 min', '2 hours' or 'every 1 day'."
        )
    return float(int(match.group(2)) * _SECONDS[match.group(3)]), match.group(1) is not None
