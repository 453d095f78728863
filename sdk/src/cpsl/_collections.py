"""Handles on collections. Their data calls check what they are given; the store behind comes later."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from typing import Any

from ._errors import NotYetAvailable
from ._lookups import bare_ids, to_filter, to_sort, to_update
from ._schema import SCOPES, CollectionDecl, Column, check_column_key, to_columns
from ._types import CollectionScope, check_word


class CollectionRow(dict[str, Any]):
    """One document, with calls that change it in its collection. Note that `update` is such a call."""

    def __init__(self, data: dict[str, Any], collection: Any) -> None:
        super().__init__(data)
        self._collection = collection

    @property
    def id(self) -> str:
        return str(self.get("_id") or "")

    async def update(self, patch: dict[str, Any]) -> dict[str, Any]:  # type: ignore[override]
        """Save `patch` and merge it into the row."""
        result: dict[str, Any] = await self._collection.update_one({"_id": self._own_id()}, patch)
        super().update(patch)
        return result

    async def delete(self) -> dict[str, Any]:
        result: dict[str, Any] = await self._collection.delete_one({"_id": self._own_id()})
        return result

    def _own_id(self) -> str:
        if not self.id:
            raise ValueError("This row has no id, so it cannot be changed.")
        return self.id


class CollectionQuery:
    """A lazy query; each call returns a new one. Awaiting it gives all rows."""

    def __init__(
        self,
        collection: Any,
        filter_doc: dict[str, Any] | None = None,
        *,
        limit_value: int = 0,
        skip_value: int = 0,
        sort_doc: dict[str, Any] | None = None,
    ) -> None:
        self._collection = collection
        self._filter = dict(filter_doc or {})
        self._limit = limit_value
        self._skip = skip_value
        self._sort = dict(sort_doc or {})

    def _with(self, **changes: Any) -> CollectionQuery:
        options: dict[str, Any] = {
            "limit_value": self._limit,
            "skip_value": self._skip,
            "sort_doc": self._sort,
            **changes,
        }
        filter_doc = options.pop("filter_doc", self._filter)
        return CollectionQuery(self._collection, filter_doc, **options)

    def filter(self, **lookups: Any) -> CollectionQuery:
        """Narrow the query; a later lookup on a field replaces the earlier one."""
        return self._with(filter_doc={**self._filter, **to_filter(lookups)})

    def limit(self, n: int) -> CollectionQuery:
        return self._with(limit_value=n)

    def offset(self, n: int) -> CollectionQuery:
        return self._with(skip_value=n)

    def order_by(self, *fields: str) -> CollectionQuery:
        """Sort by fields; a leading `-` reverses one."""
        return self._with(sort_doc=to_sort(fields))

    async def all(self) -> list[CollectionRow]:
        rows: list[CollectionRow] = await self._collection.raw_filter(
            self._filter, limit=self._limit, skip=self._skip, sort=self._sort or None
        )
        return rows

    async def first(self) -> CollectionRow | None:
        rows = await self.limit(1).all()
        return rows[0] if rows else None

    async def one(self) -> CollectionRow:
        """Return the only match; ValueError unless there is exactly one."""
        rows = await self.limit(2).all()
        if len(rows) != 1:
            raise ValueError("No row matches." if not rows else "More than one row matches.")
        return rows[0]

    async def delete(self) -> dict[str, Any]:
        result: dict[str, Any] = await self._collection.delete_many(self._filter)
        return result

    def __await__(self) -> Generator[Any, None, list[CollectionRow]]:
        return self.all().__await__()


class _DocumentCalls:
    """The calls that every handle on a collection has."""

    name: str

    def _reach(self) -> None:
        """Raise because no call gets through to documents in this version."""
        raise NotYetAvailable(f"Collection {self.name!r}: reading and writing documents")

    async def insert_one(self, document: dict[str, Any]) -> dict[str, Any]:
        self._reach()
        return {}

    async def insert_many(self, documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self._reach()
        return []

    async def raw_get(self, filter: dict[str, Any] | None = None) -> CollectionRow | None:
        self._reach()
        return None

    async def raw_filter(
        self,
        filter: dict[str, Any] | None = None,
        limit: int = 0,
        skip: int = 0,
        sort: dict[str, Any] | None = None,
    ) -> list[CollectionRow]:
        self._reach()
        return []

    async def find_one(self, filter: dict[str, Any] | None = None) -> CollectionRow | None:
        return await self.raw_get(filter)

    async def find(
        self,
        filter: dict[str, Any] | None = None,
        limit: int = 0,
        skip: int = 0,
        sort: dict[str, Any] | None = None,
    ) -> list[CollectionRow]:
        return await self.raw_filter(filter, limit=limit, skip=skip, sort=sort)

    async def get(self, **lookups: Any) -> CollectionRow | None:
        return await self.raw_get(to_filter(lookups))

    async def update_one(
        self, filter: dict[str, Any], update: dict[str, Any], *, upsert: bool = False
    ) -> dict[str, Any]:
        to_update(update)
        self._reach()
        return {}

    async def delete_one(self, filter: dict[str, Any]) -> dict[str, Any]:
        self._reach()
        return {}

    async def delete_many(self, filter: dict[str, Any]) -> dict[str, Any]:
        self._reach()
        return {}

    async def delete_rows(self, rows_or_ids: Any) -> dict[str, Any]:
        return await self.delete_many({"_id": {"$in": _row_ids(rows_or_ids)}})

    async def count(self, filter: dict[str, Any] | None = None) -> int:
        self._reach()
        return 0

    def all(self) -> CollectionQuery:
        return CollectionQuery(self)

    def filter(self, **lookups: Any) -> CollectionQuery:
        return CollectionQuery(self, to_filter(lookups))


class _ColumnCalls(_DocumentCalls):
    """Changes of the shown columns; they never touch documents."""

    async def _columns(self) -> list[Column]:
        self._reach()
        return []

    async def _store_columns(self, columns: tuple[Column, ...]) -> list[Column]:
        self._reach()
        return list(columns)

    async def list_columns(self) -> list[Column]:
        return await self._columns()

    async def set_columns(self, columns: list[str | Column | dict[str, Any]]) -> list[Column]:
        return await self._store_columns(to_columns(columns))

    async def add_column(
        self,
        key: str,
        *,
        type: str = "text",
        label: str | None = None,
        format: str | None = None,
        default: Any = None,
        backfill: bool = False,
    ) -> list[Column]:
        if default is not None or backfill:
            raise NotImplementedError("Adding a column does not write into documents.")
        fresh = {"key": key, "type": type, "label": label, "format": format}
        (column,) = to_columns([fresh])
        columns = await self._columns()
        if any(key == other.key for other in columns):
            raise ValueError(f"Collection {self.name!r} has a column {key!r} already.")
        return await self._store_columns((*columns, column))

    async def remove_column(self, key: str, *, drop_values: bool = False) -> list[Column]:
        if drop_values:
            raise NotImplementedError("Removing a column does not remove values from documents.")
        check_column_key(key)
        return await self._store_columns(tuple(c for c in await self._columns() if c.key != key))

    async def rename_column(
        self, old_key: str, new_key: str, *, migrate_values: bool = False
    ) -> list[Column]:
        if migrate_values:
            raise NotImplementedError("Renaming a column does not move values in documents.")
        check_column_key(new_key)
        columns = await self._columns()
        if old_key not in [column.key for column in columns]:
            raise ValueError(f"Collection {self.name!r} has no column {old_key!r}.")
        renamed = [Column(new_key, c.type, c.label, c.format) if c.key == old_key else c for c in columns]
        return await self._store_columns(to_columns(renamed))


class CollectionRef(_ColumnCalls):
    """A declared collection. Its data calls work inside a running app."""

    def __init__(self, name: str, decl: CollectionDecl) -> None:
        self.name = name
        self._decl = decl
        self._is_bound = False

    def _reach(self) -> None:
        if not self._is_bound:
            raise RuntimeError(
                f"Collection {self.name!r} can be used once the app is running, not at import."
            )
        super()._reach()

    async def _columns(self) -> list[Column]:
        return list(self._decl.columns or ())

    def __repr__(self) -> str:
        state = "bound" if self._is_bound else "unbound"
        return f"CollectionRef({self.name!r}, scope={self._decl.scope!r}, {state})"


class DynamicCollection(_ColumnCalls):
    """A collection named at run time."""

    def __init__(
        self,
        stub: Any,
        app_id: str,
        name: str,
        scope: CollectionScope,
        *,
        user_id: str = "",
        owner_id: str = "",
        session_id: str = "",
    ) -> None:
        self.name = name
        self.scope = scope


class CollectionManager:
    """Hands out collections by name, with the identity it was made for."""

    def __init__(
        self,
        stub: Any,
        app_id: str,
        *,
        default_scope: CollectionScope = "app",
        user_id: str = "",
        owner_id: str = "",
        session_id: str = "",
        collection_scopes: dict[str, str] | None = None,
    ) -> None:
        self._stub = stub
        self._app_id = app_id
        self._ids = {"user_id": user_id, "owner_id": owner_id, "session_id": session_id}
        self._scopes = dict(collection_scopes or {})

    async def get(self, name: str, *, scope: CollectionScope | None = None) -> DynamicCollection:
        """Return the collection `name`; `scope` is needed for names that are not declared."""
        declared = self._scopes.get(name)
        chosen: Any = scope or declared
        if chosen is None:
            raise ValueError(f"Collection {name!r} is not declared; say which scope it has.")
        check_word(chosen, SCOPES, "scope")
        if declared is not None and chosen != declared:
            raise ValueError(f"Collection {name!r} is declared with scope {declared!r}, not {chosen!r}.")
        needed = {"user": "user_id", "owner": "owner_id", "session": "session_id"}.get(chosen)
        if needed is not None and not (self._ids[needed] or self._ids["user_id"]):
            raise ValueError(f"Scope {chosen!r} needs a {chosen}, and there is none here.")
        return DynamicCollection(self._stub, self._app_id, name, chosen, **self._ids)


class Collection(_DocumentCalls):
    """A collection reached by attribute, such as `session.db.notes` or `app.db.notes`."""

    def __init__(self, name: str, scope: str = "app") -> None:
        self.name = name
        self.scope = scope


class DatabaseProxy:
    """Collections by attribute, without a scope filter."""

    def __getattr__(self, name: str) -> Collection:
        if name.startswith("_"):
            raise AttributeError(name)
        return Collection(name)


class ScopedDatabaseProxy:
    """Collections by attribute, limited to what the session's user may see."""

    def __init__(self, collection_scopes: dict[str, str]) -> None:
        self._collection_scopes = collection_scopes

    def __getattr__(self, name: str) -> Collection:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._collection_scopes:
            known = ", ".join(sorted(self._collection_scopes)) or "none"
            raise ValueError(f"Collection {name!r} is not declared; declared are: {known}.")
        return Collection(name, self._collection_scopes[name])


def _row_ids(rows_or_ids: Any) -> list[str]:
    single = isinstance(rows_or_ids, (str, dict)) or not isinstance(rows_or_ids, Iterable)
    entries: Sequence[Any] = [rows_or_ids] if single else list(rows_or_ids)
    found = [entry.get("_id") or entry.get("id") if isinstance(entry, dict) else entry for entry in entries]
    ids = [str(bare_ids(one)) for one in found if one]
    if not ids:
        raise ValueError("None of the rows has an id.")
    return ids
