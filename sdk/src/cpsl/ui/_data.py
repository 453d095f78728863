"""Widgets bound to data: metrics, charts, tables, task boards, files."""

from __future__ import annotations

from typing import Any, Literal

from .._collections import CollectionRef
from .._schema import Column as ColumnDef
from .._schema import columns_to_wire, to_columns
from ._base import _Widget, wire

ChartType = Literal["line", "bar", "pie", "scatter", "area"]
MetricFormat = Literal["number", "currency", "percent"]


class Metric(_Widget):
    """One number, given or read from the `field` of a data handler."""

    def __init__(
        self,
        label: str,
        *,
        data: str | None = None,
        field: str | None = None,
        value: Any = None,
        format: MetricFormat | None = None,
    ) -> None:
        self.label = label
        self.data = data
        self.field = field
        self.value = value
        self.format = format

    def to_dict(self) -> dict[str, Any]:
        found = wire("metric", {"label": self.label}, data=self.data, field=self.field)
        if self.value is not None:
            found["value"] = self.value
        return {**found, **({"format": self.format} if self.format else {})}


class Chart(_Widget):
    """A chart of the records of a data handler."""

    def __init__(
        self,
        *,
        data: str | None = None,
        chart_type: ChartType = "line",
        x: str | None = None,
        y: str | None = None,
    ) -> None:
        self.data = data
        self.chart_type = chart_type
        self.x = x
        self.y = y

    def to_dict(self) -> dict[str, Any]:
        return wire("chart", {"chart_type": self.chart_type}, data=self.data, x=self.x, y=self.y)


class Table(_Widget):
    """Rows of a collection, of a data handler, or given here."""

    def __init__(
        self,
        collection: str | CollectionRef | None = None,
        *,
        data: str | None = None,
        rows: list[dict[str, Any]] | None = None,
        columns: list[str | ColumnDef] | None = None,
        label: str | None = None,
        scope: Literal["app", "user", "owner", "session"] | None = None,
        sortable: bool = False,
        filterable: bool = False,
        paginate: int = 0,
        editable: bool = False,
        reorderable: bool = False,
        import_url: str | None = None,
        import_page: str | None = None,
    ) -> None:
        if import_url is not None and (not import_url.startswith("#/") or "\\" in import_url):
            raise ValueError(f"import_url is a link inside the app, such as '#/import'; got {import_url!r}.")
        declared = collection._decl if isinstance(collection, CollectionRef) else None
        self.collection = collection.name if isinstance(collection, CollectionRef) else collection
        self.data = data
        self.rows = rows
        self.columns = None if columns is None else list(to_columns(columns))
        self.label = label
        self.scope: str | None = scope
        self.sortable = sortable
        self.filterable = filterable
        self.paginate = paginate
        self.editable = editable
        self.reorderable = reorderable
        self.import_url = import_url
        self.import_page = import_page
        if declared is not None:
            self.scope = declared.scope if scope is None else scope
            if self.columns is None and declared.columns is not None:
                self.columns = list(declared.columns)
            self.sortable = sortable or declared.sortable
            self.filterable = filterable or declared.filterable
            self.paginate = paginate or declared.paginate

    def to_dict(self) -> dict[str, Any]:
        options = {
            "scope": self.scope,
            "columns": None if self.columns is None else columns_to_wire(self.columns),
            "sortable": self.sortable,
            "filterable": self.filterable,
            "paginate": self.paginate or None,
            "editable": self.editable,
            "reorderable": self.reorderable,
        }
        found = wire("table", data=self.data, rows=self.rows, **options)
        if self.collection is not None:
            key = "collection" if len(wire("table", **options)) > 1 else "collection_ref"
            found[key] = self.collection
        found.update(
            wire("table", label=self.label, import_url=self.import_url, import_page=self.import_page)
        )
        return found


class TableGroup(_Widget):
    """A labelled group of tables in a `TableBrowser`."""

    def __init__(self, label: str, items: list[Table | TableGroup]) -> None:
        if not isinstance(label, str) or not label.strip():
            raise ValueError("A TableGroup needs a label.")
        self.label = label
        self.items = _check_items(items)

    def to_dict(self) -> dict[str, Any]:
        return wire("table_group", {"label": self.label, "items": [item.to_dict() for item in self.items]})


class TableBrowser(_Widget):
    """Several collections behind one list."""

    def __init__(self, items: list[Table | TableGroup], *, title: str | None = None) -> None:
        self.items = _check_items(items)
        self.title = title

    def to_dict(self) -> dict[str, Any]:
        return wire("table_browser", {"items": [item.to_dict() for item in self.items]}, title=self.title)


def _check_items(items: list[Table | TableGroup]) -> list[Table | TableGroup]:
    for item in items:
        if not isinstance(item, (Table, TableGroup)):
            raise TypeError(f"items= takes Table and TableGroup; got {type(item).__name__}.")
        if isinstance(item, Table) and item.collection is None:
            raise ValueError("A table in a browser shows a collection.")
    return list(items)


class TaskBoardColumn:
    """A column of a `TaskBoard`: tasks in some statuses."""

    def __init__(self, label: str, statuses: list[str]) -> None:
        self.label = label
        self.statuses = list(statuses)

    def to_dict(self) -> dict[str, Any]:
        return {"label": self.label, "statuses": list(self.statuses)}


class TaskBoard(_Widget):
    """Tasks of the app, by status."""

    def __init__(
        self,
        *,
        title: str | None = None,
        filter: dict[str, Any] | None = None,
        columns: list[TaskBoardColumn] | None = None,
        refresh_ms: int = 5000,
    ) -> None:
        self.title = title
        self.filter = filter
        self.columns = columns
        self.refresh_ms = refresh_ms

    def to_dict(self) -> dict[str, Any]:
        columns = None if self.columns is None else [column.to_dict() for column in self.columns]
        return wire(
            "task_board",
            {"refresh_ms": self.refresh_ms},
            title=self.title,
            filter=self.filter,
            columns=columns,
        )


class FileBrowser(_Widget):
    """The files under a mount of the app."""

    def __init__(
        self,
        *,
        mount: str,
        path: str = "/",
        title: str | None = None,
        scope: str = "",
        allow_upload: bool = True,
        allow_delete: bool = True,
        allow_rename: bool = True,
        allow_mkdir: bool = True,
        fill: bool = False,
    ) -> None:
        if not mount.startswith("/") or not path.startswith("/"):
            raise ValueError(f"mount and path start with '/'; got {mount!r} and {path!r}.")
        if scope not in ("", "user", "owner"):
            raise ValueError(f"scope must be '', 'user' or 'owner'; got {scope!r}.")
        self.mount = mount.rstrip("/") or "/"
        self.path = path
        self.title = title
        self.scope = scope
        self.allow_upload = allow_upload
        self.allow_delete = allow_delete
        self.allow_rename = allow_rename
        self.allow_mkdir = allow_mkdir
        self.fill = fill

    def to_dict(self) -> dict[str, Any]:
        always = {
            "mount": self.mount,
            "path": self.path,
            "scope": self.scope,
            "allow_upload": self.allow_upload,
            "allow_delete": self.allow_delete,
            "allow_rename": self.allow_rename,
            "allow_mkdir": self.allow_mkdir,
            "fill": self.fill,
        }
        return wire("file_browser", always, title=self.title)
