"""`session.data`: a dict that knows what changed in it, however deep, and what to send to save that."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, SupportsIndex

from ._jsonable import to_jsonable

Notify = Callable[[], None]


@dataclass(frozen=True)
class DataChanges:
    """What differs from the stored document, by top-level key."""

    changed: dict[str, Any] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.changed or self.removed)


def _wrap(value: Any, notify: Notify) -> Any:
    if type(value) is dict or isinstance(value, TrackedDict):
        return TrackedDict(value, notify)
    if type(value) is list or isinstance(value, TrackedList):
        return TrackedList(value, notify)
    return value


class TrackedDict(dict[Any, Any]):
    """A dict that calls `notify` at each change and wraps what is put into it."""

    def __init__(
        self, values: Mapping[Any, Any] | Iterable[tuple[Any, Any]] = (), notify: Notify = lambda: None
    ) -> None:
        self._notify = notify
        super().__init__({key: _wrap(value, self._changed) for key, value in dict(values).items()})

    def _changed(self) -> None:
        self._notify()

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, _wrap(value, self._changed))
        self._changed()

    def __delitem__(self, key: Any) -> None:
        super().__delitem__(key)
        self._changed()

    def __ior__(self, other: Any) -> TrackedDict:  # type: ignore[misc]
        self.update(other)
        return self

    def clear(self) -> None:
        super().clear()
        self._changed()

    def pop(self, *args: Any) -> Any:
        value = super().pop(*args)
        self._changed()
        return value

    def popitem(self) -> tuple[Any, Any]:
        item = super().popitem()
        self._changed()
        return item

    def setdefault(self, key: Any, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *args: Any, **kwargs: Any) -> None:
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def copy(self) -> dict[Any, Any]:
        return dict(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return (dict, (dict(self),))


class TrackedList(list[Any]):
    """A list that calls `notify` at each change and wraps what is put into it."""

    def __init__(self, values: Iterable[Any] = (), notify: Notify = lambda: None) -> None:
        self._notify = notify
        super().__init__([_wrap(value, self._changed) for value in values])

    def _changed(self) -> None:
        self._notify()

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            super().__setitem__(index, [_wrap(item, self._changed) for item in value])
        else:
            super().__setitem__(index, _wrap(value, self._changed))
        self._changed()

    def __delitem__(self, index: Any) -> None:
        super().__delitem__(index)
        self._changed()

    def __iadd__(self, values: Iterable[Any]) -> TrackedList:  # type: ignore[misc]
        self.extend(values)
        return self

    def __imul__(self, count: SupportsIndex) -> TrackedList:
        self[:] = list(self) * count
        return self

    def append(self, value: Any) -> None:
        super().append(_wrap(value, self._changed))
        self._changed()

    def extend(self, values: Iterable[Any]) -> None:
        super().extend([_wrap(value, self._changed) for value in values])
        self._changed()

    def insert(self, index: SupportsIndex, value: Any) -> None:
        super().insert(index, _wrap(value, self._changed))
        self._changed()

    def pop(self, index: SupportsIndex = -1) -> Any:
        value = super().pop(index)
        self._changed()
        return value

    def remove(self, value: Any) -> None:
        super().remove(value)
        self._changed()

    def clear(self) -> None:
        super().clear()
        self._changed()

    def sort(self, **kwargs: Any) -> None:
        super().sort(**kwargs)
        self._changed()

    def reverse(self) -> None:
        super().reverse()
        self._changed()

    def __reduce__(self) -> tuple[Any, ...]:
        return (list, (list(self),))


class SessionData(TrackedDict):
    """The data of one session. Changes at any depth are noticed and saved when the handler ends."""

    def __init__(
        self,
        values: Mapping[Any, Any] | Iterable[tuple[Any, Any]] = (),
        notify: Notify | None = None,
        **kwargs: Any,
    ) -> None:
        self._outer_notify = notify
        self._is_dirty = False
        super().__init__(dict(values, **kwargs))
        self._saved = self._snapshot()

    def _changed(self) -> None:
        self._is_dirty = True
        if self._outer_notify is not None:
            self._outer_notify()

    async def set(self, key: str, value: Any) -> Any:
        """Write `value` and return what is stored."""
        self[key] = value
        return self[key]

    @property
    def is_dirty(self) -> bool:
        return self._is_dirty

    def changes(self) -> DataChanges:
        """Return what differs from the state last marked as saved; empty when nothing does."""
        if not self._is_dirty:
            return DataChanges()
        current = self._snapshot()
        return DataChanges(
            changed={key: json.loads(text) for key, text in current.items() if self._saved.get(key) != text},
            removed=[key for key in self._saved if key not in current],
        )

    def mark_saved(self, changes: DataChanges) -> None:
        """Take `changes` as stored; what changed since they were taken stays dirty."""
        for key, value in changes.changed.items():
            self._saved[key] = _canonical(value)
        for key in changes.removed:
            self._saved.pop(key, None)
        self._is_dirty = self._snapshot() != self._saved

    def _snapshot(self) -> dict[str, str]:
        return {key: _canonical(value) for key, value in to_jsonable(dict(self)).items()}


def _canonical(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
