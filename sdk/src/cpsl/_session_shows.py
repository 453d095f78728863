"""Things a handler shows besides text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._blocks import Block
from ._checks import check_text
from ._errors import NotYetAvailable
from ._home import Suggestion
from ._jsonable import to_jsonable
from ._media import is_remote, local_file
from ._show_panels import PanelCalls
from ._show_steps import StepCalls
from ._terminal import Terminal

if TYPE_CHECKING:
    from ._session import Session

_SUGGESTION_KEYS = (
    "label",
    "target",
    "value",
    "description",
    "icon",
    "image",
    "accent",
    "primary",
    "payload",
)


class ShowCalls(StepCalls, PanelCalls):
    """`session.show*`, `session.hide*` and the other calls that put elements on the screen."""

    async def show(self, block: Block) -> None:
        """Show an element and keep it; it takes the place of one with the same id."""
        if not isinstance(block, Block):
            raise TypeError(f"show() takes a cpsl.Block; got {type(block).__name__}.")
        kind = check_text(block.type, "The type of a block")
        if not isinstance(block.payload, dict):
            raise TypeError(f"The payload of a block is a dict; got {type(block.payload).__name__}.")
        await self._put(kind, block.payload, block.id)

    async def emit(self, event: str, payload: dict[str, Any] | None = None) -> None:
        """Tell the pages that are open now; kept nowhere."""
        event = check_text(event, "The name of an event")
        if payload is not None and not isinstance(payload, dict):
            raise TypeError(f"The payload of an event is a dict; got {type(payload).__name__}.")
        if self._backend is not None:
            await self._backend.emit(event, to_jsonable(payload or {}))

    async def show_task(self, handle_or_id: Any, *, message: str | None = None) -> None:
        """Show the live state of a task, given by its handle or id. Nothing happens without one."""
        task_id = getattr(handle_or_id, "task_id", handle_or_id)
        if not task_id:
            return
        payload = {"task_id": check_text(task_id, "The id of a task")}
        await self._put("task_card", {**payload, **({"message": str(message)} if message else {})})

    async def show_suggestions(self, suggestions: Any, *, title: str = "") -> None:
        """Offer next steps: texts, `Suggestion`s, dicts, or a list of them.

        Raises ValueError for a step that is neither a prompt nor an action.
        """
        entries = _suggestions(suggestions)
        if entries:
            await self._put(
                "suggestions", {"suggestions": entries, **({"title": str(title)} if title else {})}
            )

    async def show_image(self, source: str, *, alt: str = "", width: int | None = None) -> None:
        """Show a picture: a URL, or a local file, which is kept for as long as the conversation."""
        if width is not None and (isinstance(width, bool) or not isinstance(width, int) or width <= 0):
            raise ValueError(f"width= is a number of pixels; got {width!r}.")
        is_url = isinstance(source, str) and is_remote(source)
        if self._backend is None and not is_url:
            local_file(source)
            return  # nobody is there to see it, and nowhere to keep it
        image = await self._as_session().media.image(source)
        optional = {"alt": str(alt), "width": width}
        await self._put(
            "image", {"url": image["src"], **{name: value for name, value in optional.items() if value}}
        )

    def terminal(
        self, name: str, *, title: str = "", cwd: str | None = None, env: dict[str, str] | None = None
    ) -> Terminal:
        """Open or reopen the named transcript. It shows itself with its first command."""
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
        """Show a transcript: the given one, the one of this name, or a new one."""
        if terminal is None:
            chosen = name if name is not None else f"terminal-{await self._fresh_id()}"
            terminal = self.terminal(chosen, title=title or "", cwd=cwd, env=env)
        elif terminal._session is not self:
            raise ValueError("This terminal belongs to another session.")
        else:
            terminal.cwd = cwd if cwd is not None else terminal.cwd
            terminal.env.update(env or {})
        return await terminal.show(title=title)

    async def complete_onboarding(self) -> None:
        raise NotYetAvailable("Completing the onboarding")

    def _as_session(self) -> Session:
        from ._session import Session

        assert isinstance(self, Session)
        return self


def _suggestions(suggestions: Any) -> list[dict[str, Any]]:
    entries = suggestions if isinstance(suggestions, (list, tuple)) else [suggestions]
    found = []
    for entry in entries:
        if not entry or (isinstance(entry, str) and not entry.strip()):
            continue
        if isinstance(entry, str):
            wire = Suggestion(entry.strip(), prompt=entry.strip()).to_dict()
        elif isinstance(entry, Suggestion):
            wire = entry.to_dict()
        elif isinstance(entry, dict):
            wire = entry if "target" in entry else Suggestion.from_loose(entry).to_dict()
        else:
            raise TypeError(
                f"A suggestion is a text, a cpsl.Suggestion or a dict; got {type(entry).__name__}."
            )
        if wire.get("target") not in ("prompt", "action") or not wire.get("label") or not wire.get("value"):
            raise ValueError("A suggestion in the chat needs a label and a prompt or an action.")
        found.append({key: wire[key] for key in _SUGGESTION_KEYS if wire.get(key) is not None})
    return found
