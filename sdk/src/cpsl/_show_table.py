"""The widget behind `session.show_table`, from whatever holds rows."""

from __future__ import annotations

import copy
from typing import Any

from ._collections import Collection, CollectionRef, DynamicCollection
from ._schema import to_columns


def table_preview(
    table: Any, collection: Any, rows: Any, data: Any, options: dict[str, Any]
) -> tuple[dict[str, Any], str]:
    """Return the wire form of a table and a title for it. Exactly one of the sources is given.

    Raises TypeError for a source of the wrong kind.
    """
    from .ui import Table, TableBrowser

    if isinstance(table, TableBrowser):
        return table.to_dict(), table.title or options["label"] or "Table"
    if isinstance(table, Table):
        widget = _changed(table, options)
    else:
        source = table if collection is None else collection
        if isinstance(table, (list, tuple)):
            source, rows = None, list(table)
        if rows is not None:
            _check_rows(rows)
        if data is not None and (not isinstance(data, str) or not data.strip()):
            raise TypeError(f"data= is the name of a data handler; got {data!r}.")
        name, scope = _collection(source)
        widget = Table(name, data=data, rows=rows, **{**options, "scope": options["scope"] or scope})
    name = widget.collection or widget.data
    return widget.to_dict(), widget.label or (humanised(name) if name else "Table")


def humanised(name: str) -> str:
    """Return a name such as `open_orders` as a title: `Open orders`."""
    text = " ".join(name.replace("_", " ").replace("-", " ").split())
    return text[:1].upper() + text[1:]


def _collection(source: Any) -> tuple[Any, str | None]:
    """Return what `ui.Table` takes for a collection, and the scope that a handle has."""
    if source is None or isinstance(source, CollectionRef):
        return source, None
    if isinstance(source, str) and source.strip():
        return source.strip(), None
    if isinstance(source, (DynamicCollection, Collection)):
        return source.name, source.scope
    raise TypeError(
        f"show_table() takes a ui.Table, a ui.TableBrowser, a collection or a list of rows; got {source!r}."
    )


def _check_rows(rows: Any) -> None:
    if not isinstance(rows, (list, tuple)):
        raise TypeError(f"rows= is a list of dicts; got {type(rows).__name__}.")
    for row in rows:
        if not isinstance(row, dict):
            raise TypeError(f"A row is a dict; got {type(row).__name__}.")


def _changed(table: Any, options: dict[str, Any]) -> Any:
    """Return a copy of a table widget with the options that were given beside it."""
    changed = copy.copy(table)
    for name, value in options.items():
        if value:
            setattr(changed, name, list(to_columns(value)) if name == "columns" else value)
    return changed
