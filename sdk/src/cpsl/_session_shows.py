"""Things a handler shows besides text. Arguments are checked now; the rendering comes later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._blocks import Block
from ._errors import NotYetAvailable
from ._home import Suggestion
from ._integrations import integration_type as type_of
from ._terminal import Terminal
from ._types import check_word

if TYPE_CHECKING:
    from ._session import Session

_BROWSER_MODES = ("split", "copilot", "preview")
_PANEL_MODES = ("inline", "split", "copilot", "preview")
_STEP_STATUSES = ("running", "completed", "failed", "skipped")


class ShowCalls:
    """`session.show*`, `session.hide*` and the other calls that put elements on the screen."""

    async def show(self, block: Block) -> None:
        if not isinstance(block, Block):
            raise TypeError(f"show() takes a cpsl.Block; got {type(block).__name__}.")
        raise NotYetAvailable("Showing elements in the chat")

    async def emit(self, event: str, payload: dict[str, Any] | None = None) -> None:
        raise NotYetAvailable("Sending events to pages")

    async def show_task(self, handle_or_id: Any, *, message: str | None = None) -> None:
        if handle_or_id:
            raise NotYetAvailable("Showing a task in the chat")

    async def show_integration(self, integration_type: str, *, reason: str = "") -> None:
        """Offer to connect an account, without waiting."""
        raise NotYetAvailable(f"Connecting a {type_of(integration_type)} account")

    async def show_suggestions(self, suggestions: Any, *, title: str = "") -> None:
        """Offer next steps: texts, `Suggestion`s, dicts, or a list of them."""
        if _suggestions(suggestions):
            raise NotYetAvailable("Showing suggestions in the chat")

    async def show_step(
        self,
        label: str,
        *,
        status: str = "running",
        detail: str = "",
        step_id: str | None = None,
        links: list[dict[str, Any]] | None = None,
        fields: dict[str, Any] | None = None,
        expanded: bool = False,
    ) -> str:
        check_word(status, _STEP_STATUSES, "status")
        raise NotYetAvailable("Showing steps in the chat")

    async def show_activity(
        self,
        label: str,
        *,
        detail: str = "",
        links: list[dict[str, Any]] | None = None,
        fields: dict[str, Any] | None = None,
        icon: str = "",
        activity_id: str | None = None,
        expanded: bool = False,
    ) -> str:
        raise NotYetAvailable("Showing activities in the chat")

    async def show_browser(
        self, *, port: int = 0, url: str = "", title: str = "", path: str = "/", mode: str = "split"
    ) -> None:
        check_word(mode, _BROWSER_MODES, "mode")
        if not port and not url:
            raise ValueError("show_browser() needs a port or a url.")
        raise NotYetAvailable("Showing a browser preview")

    async def hide_browser(self) -> None:
        raise NotYetAvailable("Showing a browser preview")

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
        check_word(mode, _PANEL_MODES, "mode")
        _check_one_source("show_table()", table=table, collection=collection, rows=rows, data=data)
        raise NotYetAvailable("Showing a table in the chat")

    async def hide_table(self) -> None:
        raise NotYetAvailable("Showing a table in the chat")

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
        check_word(mode, _PANEL_MODES, "mode")
        _check_one_source("show_ui()", ui=ui, component=component, page=page)
        if ui is not None and not hasattr(ui, "to_dict"):
            raise TypeError(f"show_ui() takes a cpsl.ui widget; got {type(ui).__name__}.")
        raise NotYetAvailable("Showing a page in the chat")

    async def hide_ui(self, key: str = "") -> None:
        raise NotYetAvailable("Showing a page in the chat")

    async def show_image(self, source: str, *, alt: str = "", width: int | None = None) -> None:
        raise NotYetAvailable("Showing an image in the chat")

    def terminal(
        self, name: str, *, title: str = "", cwd: str | None = None, env: dict[str, str] | None = None
    ) -> Terminal:
        """Open or reopen the named transcript."""
        return Terminal(self._as_session(), name, title=title, cwd=cwd, env=env)

    async def show_terminal(
        self,
        *,
        title: str | None = None,
        name: str | None = None,
        terminal: Terminal | None = None,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
    ) -> Terminal:
        if terminal is not None and terminal._session is not self:
            raise ValueError("This terminal belongs to another session.")
        raise NotYetAvailable("Showing a terminal in the chat")

    async def complete_onboarding(self) -> None:
        raise NotYetAvailable("Completing the onboarding")

    def _as_session(self) -> Session:
        from ._session import Session

        assert isinstance(self, Session)
        return self


def _check_one_source(call: str, **sources: Any) -> None:
    given = [name for name, value in sources.items() if value is not None]
    if len(given) != 1:
        raise ValueError(
            f"{call} needs exactly one of {', '.join(sources)}; got {', '.join(given) or 'none'}."
        )


def _suggestions(suggestions: Any) -> list[dict[str, Any]]:
    entries = suggestions if isinstance(suggestions, (list, tuple)) else [suggestions]
    found = []
    for entry in entries:
        if not entry:
            continue
        if isinstance(entry, str):
            wire = Suggestion(entry, prompt=entry).to_dict()
        elif isinstance(entry, Suggestion):
            wire = entry.to_dict()
        elif isinstance(entry, dict):
            wire = dict(entry) if "target" in entry else Suggestion.from_loose(entry).to_dict()
        else:
            raise TypeError(
                f"A suggestion is a text, a cpsl.Suggestion or a dict; got {type(entry).__name__}."
            )
        if wire.get("target") not in ("prompt", "action") or not wire.get("label") or not wire.get("value"):
            raise ValueError("A suggestion in the chat needs a label and a prompt or an action.")
        found.append(wire)
    return found
