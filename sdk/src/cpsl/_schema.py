"""Declared collections and settings: plain records, their checks and their wire forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from ._types import CollectionScope, ColumnType, SettingScope, check_word

SCOPES: tuple[str, ...] = get_args(CollectionScope)
SETTING_SCOPES: tuple[str, ...] = get_args(SettingScope)
COLUMN_TYPES: tuple[str, ...] = get_args(ColumnType)
SETTING_TYPES: tuple[type, ...] = (bool, str, int, float)


@dataclass(frozen=True)
class Column:
    """A column of a collection: key, type and how to show it."""

    key: str
    type: ColumnType = "text"
    label: str | None = None
    format: str | None = None

    def to_dict(self) -> dict[str, Any]:
        found = {"key": self.key, "type": self.type, "label": self.label, "format": self.format}
        return {name: value for name, value in found.items() if value is not None}

    @classmethod
    def from_dict(cls, d: dict[str, Any] | str) -> Column:
        """Return the column in its wire form; a bare string is a key."""
        if isinstance(d, str):
            return cls(d)
        return cls(d["key"], d.get("type") or "text", d.get("label"), d.get("format"))

    @property
    def _is_plain(self) -> bool:
        return self.type == "text" and self.label is None and self.format is None


def to_columns(columns: Sequence[str | Column | dict[str, Any]]) -> tuple[Column, ...]:
    """Return checked columns: known types, usable keys, no repeats."""
    found: list[Column] = []
    for entry in columns:
        if not isinstance(entry, (str, dict, Column)):
            raise TypeError(f"A column is a key or a cpsl.Column; got {type(entry).__name__}.")
        column = entry if isinstance(entry, Column) else Column.from_dict(entry)
        check_column_key(column.key)
        check_word(column.type, COLUMN_TYPES, f"The type of column {column.key!r}")
        if any(column.key == other.key for other in found):
            raise ValueError(f"Column {column.key!r} is declared twice.")
        found.append(column)
    return tuple(found)


def check_column_key(key: object) -> None:
    """Raise ValueError for a key that cannot be a field of a document."""
    if not isinstance(key, str) or not key or key.startswith("$") or "." in key or "\0" in key:
        raise ValueError(f"A column key is a non-empty text without '.', NUL or a leading '$'; got {key!r}.")


def columns_to_wire(columns: Sequence[Column]) -> list[Any]:
    """Return plain keys when no column says more, otherwise an object for each."""
    if all(column._is_plain for column in columns):
        return [column.key for column in columns]
    return [column.to_dict() for column in columns]


@dataclass(frozen=True)
class CollectionDecl:
    """A declared collection."""

    name: str
    scope: CollectionScope = "app"
    columns: tuple[Column, ...] | None = None
    sortable: bool = False
    filterable: bool = False
    paginate: int = 0

    def __post_init__(self) -> None:
        check_word(self.scope, SCOPES, f"The scope of collection {self.name!r}")

    def column_keys(self) -> list[str] | None:
        return None if self.columns is None else [column.key for column in self.columns]

    def to_dict(self) -> dict[str, Any]:
        found: dict[str, Any] = {"name": self.name, "scope": self.scope}
        if self.columns is not None:
            found["columns"] = columns_to_wire(self.columns)
        flags = {"sortable": self.sortable, "filterable": self.filterable, "paginate": self.paginate}
        return {**found, **{name: value for name, value in flags.items() if value}}

    @classmethod
    def from_dict(cls, d: dict[str, Any]) -> CollectionDecl:
        columns = d.get("columns")
        return cls(
            d["name"],
            d.get("scope", "app"),
            None if columns is None else to_columns(columns),
            bool(d.get("sortable")),
            bool(d.get("filterable")),
            int(d.get("paginate") or 0),
        )


@dataclass(frozen=True)
class SettingDecl:
    """A declared setting."""

    name: str
    scope: SettingScope = "app"
    type: type = str
    default: Any = None
    options: tuple[str, ...] | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        check_word(self.scope, SETTING_SCOPES, f"The scope of setting {self.name!r}")
        if self.type not in SETTING_TYPES:
            raise ValueError(f"Setting {self.name!r} must be of type bool, str, int or float.")

    def to_dict(self) -> dict[str, Any]:
        found: dict[str, Any] = {"name": self.name, "scope": self.scope, "type": self.type.__name__}
        options = None if self.options is None else list(self.options)
        optional = {"default": self.default, "options": options, "label": self.label}
        return {**found, **{name: value for name, value in optional.items() if value is not None}}
