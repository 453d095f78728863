"""Decorators for class apps: they mark methods, which are collected when the class is loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ._tasks import TaskDescriptor
from ._types import F

_ATTRIBUTE = "__capsule_marks__"


@dataclass(frozen=True)
class Mark:
    """One role of a method."""

    kind: str
    options: dict[str, Any] = field(default_factory=dict)


def _marker(kind: str, **options: Any) -> Callable[[F], F]:
    def register(fn: F) -> F:
        if not callable(fn):
            raise TypeError(f"@cpsl.{kind}() decorates a function; got {type(fn).__name__}.")
        marks = [*getattr(fn, _ATTRIBUTE, ()), Mark(kind, options)]
        setattr(fn, _ATTRIBUTE, tuple(marks))
        return fn

    return register


def marked_members(owner: type) -> Iterator[tuple[str, Mark]]:
    """Yield the name and each mark of the marked members of a class, in order of definition."""
    seen: dict[str, Any] = {}
    for base in reversed(owner.__mro__):
        for name, value in vars(base).items():
            seen.pop(name, None)
            seen[name] = value
    for name, value in seen.items():
        if isinstance(value, TaskDescriptor):
            yield name, Mark("task", {"descriptor": value})
            continue
        inner = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
        for mark in getattr(inner, _ATTRIBUTE, ()):
            yield name, mark


def boot() -> Callable[[F], F]:
    """Run once when a runtime starts, before any message."""
    return _marker("boot")


def shutdown() -> Callable[[F], F]:
    """Run when a runtime stops; it has 5 seconds."""
    return _marker("shutdown")


def enter() -> Callable[[F], F]:
    """Run before the first message of a session."""
    return _marker("enter")


def exit() -> Callable[[F], F]:
    """Run when a session is closed."""
    return _marker("exit")


def message(name: str | None = None, *, label: str | None = None) -> Callable[[F], F]:
    """Handle messages of the default chat, or of the chat `name`."""
    return _marker("message", name=name, label=label)


def action(name: str | None = None) -> Callable[[F], F]:
    """Handle a UI event; the name defaults to the method's."""
    return _marker("action", name=name)


def schedule(cron: str) -> Callable[[F], F]:
    """Run at the times of a five-field cron line, in UTC."""
    return _marker("schedule", cron=cron)


def endpoint(method: str = "GET", path: str = "/", authorized: bool = True) -> Callable[[F], F]:
    """Answer HTTP requests at `path`."""
    return _marker("endpoint", method=method, path=path, authorized=authorized)


def asgi(path: str = "/app") -> Callable[[F], F]:
    """Mount the ASGI app that the decorated method returns."""
    return _marker("asgi", path=path)


def task(
    retries: int = 0,
    timeout: int = 0,
    lock: str | None = None,
    retry_for: list[type[Exception]] | None = None,
    callback_url: str | None = None,
    process: bool = False,
) -> Callable[..., TaskDescriptor]:
    """Declare a background function."""

    def register(fn: Callable[..., Any]) -> TaskDescriptor:
        return TaskDescriptor(fn, retries, timeout, lock, retry_for, callback_url, False, process)

    return register
