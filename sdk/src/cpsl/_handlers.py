"""All handlers of an app in one record, whichever style declared them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ._marks import marked_members
from ._tasks import TaskDescriptor

Handler = Callable[..., Any]


@dataclass(frozen=True)
class Endpoint:
    """A function that answers HTTP requests."""

    name: str
    method: str
    path: str
    authorized: bool
    fn: Handler


@dataclass
class Handlers:
    """What to call when. `messages` has the default chat under None."""

    boot: Handler | None = None
    shutdown: Handler | None = None
    enter: Handler | None = None
    exit: Handler | None = None
    messages: dict[str | None, Handler] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    actions: dict[str, Handler] = field(default_factory=dict)
    sessions: dict[str, Handler] = field(default_factory=dict)
    schedules: dict[str, tuple[str, Handler]] = field(default_factory=dict)
    endpoints: list[Endpoint] = field(default_factory=list)
    mounts: dict[str, Handler] = field(default_factory=dict)
    tasks: dict[str, TaskDescriptor] = field(default_factory=dict)

    def add(self, kind: str, name: str, fn: Handler, options: dict[str, Any]) -> None:
        """Record one handler; a later one of the same kind and name wins."""
        if kind in ("boot", "shutdown", "enter", "exit"):
            setattr(self, kind, fn)
        elif kind == "message":
            self.messages[options["name"]] = fn
            if options["name"] is not None:
                self.labels[options["name"]] = options["label"] or options["name"]
        elif kind == "action":
            self.actions[options["name"] or name] = fn
        elif kind == "schedule":
            self.schedules[name] = (options["cron"], fn)
        elif kind == "endpoint":
            self.endpoints.append(
                Endpoint(name, options["method"].upper(), options["path"], options["authorized"], fn)
            )
        elif kind == "asgi":
            self.mounts[options["path"]] = fn
        elif kind == "task":
            descriptor: TaskDescriptor = options["descriptor"]
            self.tasks[descriptor.name] = descriptor
        else:
            raise ValueError(f"There is no handler of kind {kind!r}.")

    def describe(self) -> dict[str, Any]:
        """Return the keys of the manifest that tell which handlers there are."""
        return {
            "has_message_handler": bool(self.messages),
            "message_handlers": [{"name": name, "label": label} for name, label in self.labels.items()],
            "session_handlers": list(self.sessions),
            "actions": list(self.actions),
            "schedules": [{"name": name, "cron": cron} for name, (cron, _) in self.schedules.items()],
        }


def collect_handlers(owner: type, instance: Any = None) -> Handlers:
    """Return the marked methods of a class app, bound to `instance` when there is one.

    Raises RuntimeError when two methods handle the same messages.
    """
    found = Handlers()
    source = owner if instance is None else instance
    for name, mark in marked_members(owner):
        fn = getattr(source, name)
        if mark.kind == "message" and mark.options["name"] in found.messages:
            chat = "the default chat" if mark.options["name"] is None else f"chat {mark.options['name']!r}"
            raise RuntimeError(f"Two methods of {owner.__name__} handle {chat}; the second is {name}().")
        options = {"descriptor": fn} if mark.kind == "task" else mark.options
        found.add(mark.kind, name, fn, options)
    return found
