"""Widgets that arrange others, and plain text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from ._base import _Widget, maybe_nodes, nodes, wire


class Page(_Widget):
    """The root of a page."""

    def __init__(self, children: list[_Widget]) -> None:
        self.children = list(children)

    def to_dict(self) -> dict[str, Any]:
        return wire("page", {"children": nodes(self.children)})


class Row(_Widget):
    """Widgets side by side; `columns` are track weights or CSS sizes."""

    def __init__(
        self,
        children: list[_Widget],
        *,
        columns: list[str | int | float] | None = None,
        min_widths: list[int | str] | int | str | None = None,
        gap: int | str | None = None,
        fill: bool = False,
        align: Literal["start", "center", "end", "stretch"] | None = None,
    ) -> None:
        self.children = list(children)
        self.columns = columns
        self.min_widths = min_widths
        self.gap = gap
        self.fill = fill
        self.align = align

    def to_dict(self) -> dict[str, Any]:
        return wire(
            "row",
            {"children": nodes(self.children)},
            columns=self.columns,
            min_widths=self.min_widths,
            gap=self.gap,
            fill=self.fill,
            align=self.align,
        )


class Column(_Widget):
    """Widgets one below the other."""

    def __init__(
        self,
        children: list[_Widget],
        *,
        width: int | str | None = None,
        flex: int | float | str | None = None,
        rows: list[str | int | float] | None = None,
        gap: int | str | None = None,
        fill: bool = False,
    ) -> None:
        self.children = list(children)
        self.width = width
        self.flex = flex
        self.rows = rows
        self.gap = gap
        self.fill = fill

    def to_dict(self) -> dict[str, Any]:
        return wire(
            "column",
            {"children": nodes(self.children)},
            width=self.width,
            flex=self.flex,
            rows=self.rows,
            gap=self.gap,
            fill=self.fill,
        )


class Card(_Widget):
    """A titled section, without a border unless asked for."""

    def __init__(
        self,
        title: str | None = None,
        children: list[_Widget] | None = None,
        *,
        icon: str | None = None,
        bordered: bool = False,
    ) -> None:
        self.title = title
        self.icon = icon
        self.bordered = bordered
        self.children: Sequence[_Widget] | None = None if children is None else list(children)

    def to_dict(self) -> dict[str, Any]:
        children = maybe_nodes(self.children)
        return wire("card", title=self.title, icon=self.icon, bordered=self.bordered, children=children)


class Divider(_Widget):
    def to_dict(self) -> dict[str, Any]:
        return wire("divider")


class Text(_Widget):
    """Text; styles in use are `heading` and `muted`."""

    def __init__(self, content: str, *, style: str | None = None) -> None:
        self.content = content
        self.style = style

    def to_dict(self) -> dict[str, Any]:
        return wire("text", {"content": self.content}, style=self.style)
