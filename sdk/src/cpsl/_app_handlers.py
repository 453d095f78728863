"""Declarations of what an app does, for apps made of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._handlers import Handlers
from ._tasks import TaskDescriptor
from ._types import F, WorkflowScope
from ._workflow import Workflow


class HandlerDeclarations:
    """The part of `App` that registers functions. Only for apps created with `image=`."""

    def __init__(self) -> None:
        self._functions = Handlers()
        self._workflows: dict[str, Workflow] = {}

    def _require_functions(self, what: str) -> None:
        """Raise RuntimeError when this app is (or will be) a class app."""
        raise NotImplementedError

    def _register(self, kind: str, **options: Any) -> Callable[[F], F]:
        self._require_functions(f"@app.{kind}")

        def register(fn: F) -> F:
            if not callable(fn):
                raise TypeError(f"@app.{kind}() decorates a function; got {type(fn).__name__}.")
            self._functions.add(kind, fn.__name__, fn, options)
            return fn

        return register

    def boot(self) -> Callable[[F], F]:
        """Run once when a runtime starts, before any message. An exception stops the runtime."""
        return self._register("boot")

    def shutdown(self) -> Callable[[F], F]:
        """Run when a runtime stops; it has 5 seconds."""
        return self._register("shutdown")

    def enter(self) -> Callable[[F], F]:
        """Run with the session before its first message."""
        return self._register("enter")

    def exit(self) -> Callable[[F], F]:
        """Run with the session when it is closed."""
        return self._register("exit")

    def message(self, name: str | None = None, *, label: str | None = None) -> Callable[[F], F]:
        """Handle `(session, message)` of the default chat, or of the chat `name`."""
        return self._register("message", name=name, label=label)

    def action(self, name: str | None = None) -> Callable[[F], F]:
        """Handle `(session, event)` of a UI event; the name defaults to the function's."""
        return self._register("action", name=name)

    def session(self, name: str) -> Callable[[F], F]:
        """Initialise sessions that a page opens under `name`."""
        if not isinstance(name, str) or not name.strip():
            raise ValueError("@app.session() needs a name.")
        self._require_functions("@app.session")

        def register(fn: F) -> F:
            self._functions.sessions[name] = fn
            return fn

        return register

    def schedule(self, cron: str) -> Callable[[F], F]:
        """Run at the times of a five-field cron line, in UTC."""
        if not isinstance(cron, str) or len(cron.split()) != 5:
            raise ValueError(f"A schedule is a cron line of five fields, such as '0 9 * * 1'; got {cron!r}.")
        return self._named(self._register("schedule", cron=cron))

    def endpoint(self, method: str = "GET", path: str = "/", authorized: bool = True) -> Callable[[F], F]:
        """Answer HTTP requests at `path`."""
        return self._named(self._register("endpoint", method=method, path=path, authorized=authorized))

    def asgi(self, path: str = "/app") -> Callable[[F], F]:
        """Mount the ASGI app that the decorated function returns."""
        return self._register("asgi", path=path)

    def task(
        self,
        retries: int = 0,
        timeout: int = 0,
        lock: str | None = None,
        retry_for: list[type[Exception]] | None = None,
        callback_url: str | None = None,
        process: bool = False,
    ) -> Callable[..., TaskDescriptor]:
        """Declare a background function."""
        self._require_functions("@app.task")

        def register(fn: Callable[..., Any]) -> TaskDescriptor:
            found = TaskDescriptor(fn, retries, timeout, lock, retry_for, callback_url, True, process)
            self._functions.add("task", found.name, found, {"descriptor": found})
            self._expose(found.name, found)
            return found

        return register

    def workflow(
        self,
        name: str,
        *,
        scope: WorkflowScope = "user",
        icon: str = "workflow",
        description: str = "",
    ) -> Workflow:
        """Declare a workflow; its handlers are decorated on what this returns."""
        self._require_functions("app.workflow")
        found = Workflow(name, scope=scope, icon=icon, description=description)
        self._workflows[name] = found
        return found

    def _named(self, register: Callable[[F], F]) -> Callable[[F], F]:
        def register_and_expose(fn: F) -> F:
            self._expose(fn.__name__, fn)
            return register(fn)

        return register_and_expose

    def _expose(self, name: str, value: Any) -> None:
        """Offer `app.<name>`, unless the app has something of that name already."""
        if not hasattr(self, name):
            setattr(self, name, value)
