"""Workflows: a form, an action table and a conversation, launched as a session of their own."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from typing import Any, get_args

from ._types import F, WorkflowScope, check_word
from ._widgets import freeze

_SCOPES: tuple[str, ...] = get_args(WorkflowScope)


class WorkflowInput:
    """The values of a submitted form, by item and by attribute."""

    def __init__(self, data: dict[str, Any] | None = None) -> None:
        self._data: dict[str, Any] = dict(data or {})

    def __getitem__(self, key: str) -> Any:
        return self._data[key]

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__") or key == "_data":
            raise AttributeError(key)
        if key in self._data:
            return self._data[key]
        if key == "payload":
            return self._data
        raise AttributeError(f"The input has no field {key!r}; it has {', '.join(self._data) or 'none'}.")

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __bool__(self) -> bool:
        return True

    def get(self, key: str, default: Any = None) -> Any:
        return self._data.get(key, default)

    def keys(self) -> KeysView[str]:
        return self._data.keys()

    def values(self) -> ValuesView[Any]:
        return self._data.values()

    def items(self) -> ItemsView[str, Any]:
        return self._data.items()

    def to_dict(self) -> dict[str, Any]:
        return dict(self._data)


class Workflow:
    """A declared workflow; made by `app.workflow(...)`."""

    def __init__(
        self,
        name: str,
        *,
        scope: WorkflowScope = "user",
        icon: str = "workflow",
        description: str = "",
    ) -> None:
        check_word(scope, _SCOPES, f"The scope of workflow {name!r}")
        self.name = name
        self.scope = scope
        self.icon = icon
        self.description = description
        self._tree: dict[str, Any] | None = None
        self._start: Callable[..., Any] | None = None
        self._message: Callable[..., Any] | None = None
        self._actions: dict[str, Callable[..., Any]] = {}

    def ui(self) -> Callable[[F], F]:
        """Decorate the function that returns the launcher, a `ui.WorkflowShell`; it is called once."""

        def register(fn: F) -> F:
            self._tree = freeze(fn, "workflow_shell")
            return fn

        return register

    def start(self) -> Callable[[F], F]:
        def register(fn: F) -> F:
            self._start = fn
            return fn

        return register

    def action(self, name: str) -> Callable[[F], F]:
        def register(fn: F) -> F:
            self._actions[name] = fn
            return fn

        return register

    def message(self) -> Callable[[F], F]:
        def register(fn: F) -> F:
            self._message = fn
            return fn

        return register

    def to_dict(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "name": self.name,
            "scope": self.scope,
            "icon": self.icon,
            "actions": list(self._actions),
        }
        if self.description:
            found["description"] = self.description
        if self._tree is not None:
            found["widget_tree"] = self._tree
        return found
