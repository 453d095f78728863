"""Previews beside the chat: a browser, a table, a piece of user interface. A newer one replaces the older."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ._checks import check_one_source, check_text
from ._home import target_name
from ._session_part import SessionPart, shown_block
from ._show_table import table_preview
from ._types import check_word

_BROWSER_MODES = ("split", "copilot", "preview")
_PANEL_MODES = ("inline", "split", "copilot", "preview")


class PanelCalls(SessionPart):
    """`session.show_browser`, `show_table`, `show_ui` and their `hide_*`."""

    async def show_browser(
        self, *, port: int = 0, url: str = "", title: str = "", path: str = "/", mode: str = "split"
    ) -> None:
        """Show a web page, or the server that listens on `port` inside the app.

        Raises ValueError for an unknown mode and when there is neither port nor url.
        """
        check_word(mode, _BROWSER_MODES, "mode")
        if not port and not url:
            raise ValueError("show_browser() needs a port or a url.")
        payload: dict[str, Any] = {"title": str(title), "path": _rooted(path), "mode": mode}
        if port:
            if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
                raise ValueError(f"port is a number from 1 to 65535; got {port!r}.")
            payload["port"] = port
        else:
            if urlsplit(url).scheme not in ("http", "https"):
                raise ValueError(f"url starts with http:// or https://; got {url!r}.")
            payload["url"] = url
        await self._put("browser_preview", payload, self._panel_id("browser_preview"))

    async def hide_browser(self) -> None:
        await self._put("browser_preview", {"close": True}, self._panel_id("browser_preview"))

    async def show_table(
        self,
        table: Any = None,
        *,
        collection: Any = None,
        rows: list[dict[str, Any]] | None = None,
        data: str | None = None,
        columns: list[Any] | None = None,
        title: str = "",
        label: str | None = None,
        scope: str | None = None,
        sortable: bool = False,
        filterable: bool = False,
        paginate: int = 0,
        mode: str = "split",
    ) -> None:
        """Show rows: of a `ui.Table` or `ui.TableBrowser`, a collection, a data handler, or given here.

        Raises ValueError unless there is exactly one source, TypeError for one of the wrong kind.
        """
        check_word(mode, _PANEL_MODES, "mode")
        check_one_source("show_table()", table=table, collection=collection, rows=rows, data=data)
        options = {
            "columns": columns,
            "label": label,
            "scope": scope,
            "sortable": sortable,
            "filterable": filterable,
            "paginate": paginate,
        }
        shown, name = table_preview(table, collection, rows, data, options)
        payload = {"title": title or name, "mode": mode, "table": shown}
        await self._put("table_preview", payload, "" if mode == "inline" else self._panel_id("table_preview"))

    async def hide_table(self) -> None:
        await self._put("table_preview", {"close": True}, self._panel_id("table_preview"))

    async def show_ui(
        self,
        ui: Any = None,
        *,
        component: str | None = None,
        page: str | None = None,
        props: dict[str, Any] | None = None,
        packages: list[str] | None = None,
        title: str = "",
        key: str = "",
        mode: str = "split",
    ) -> None:
        """Show a `cpsl.ui` widget, a React component of the project, or a page of the app.

        Previews with different keys live side by side. Raises ValueError unless there is exactly one source.
        """
        check_word(mode, _PANEL_MODES, "mode")
        check_one_source("show_ui()", ui=ui, component=component, page=page)
        payload: dict[str, Any] = {"mode": mode}
        if ui is not None:
            if isinstance(ui, type) or not callable(getattr(ui, "to_dict", None)):
                raise TypeError(f"show_ui() takes a cpsl.ui widget; got {type(ui).__name__}.")
            payload.update(kind="widget", widget=ui.to_dict())
        elif component is not None:
            payload.update(kind="component", component=check_text(component, "The name of a component"))
        else:
            payload.update(kind="page", page=check_text(target_name("page", page), "The name of a page"))
        if packages:
            payload["packages"] = [check_text(package, "The name of a package") for package in packages]
        if props:
            if not isinstance(props, dict):
                raise TypeError(f"props= is a dict; got {type(props).__name__}.")
            payload["props"] = props
        if key:
            payload["key"] = str(key)
        payload["title"] = str(title)
        is_passing = mode == "inline" and not key
        await self._put("ui_preview", payload, "" if is_passing else self._panel_id("ui_preview", str(key)))

    async def hide_ui(self, key: str = "") -> None:
        """Close the preview with this key; without a key, every one."""
        if key:
            await self._put("ui_preview", {"close": True, "key": str(key)}, self._panel_id("ui_preview", key))
            return
        await self._put("ui_preview", {"close": True}, self._panel_id("ui_preview"))
        for block in [shown_block(entry) for entry in self.history]:
            if block is None or block["type"] != "ui_preview" or block["payload"].get("close"):
                continue
            if (other := block["payload"].get("key")) is not None:
                await self._put("ui_preview", {"close": True, "key": other}, block["id"])

    def _panel_id(self, kind: str, key: str = "") -> str:
        return "_".join(part for part in (kind, self.id, key) if part)


def _rooted(path: str) -> str:
    return path if path.startswith("/") else f"/{path}"
