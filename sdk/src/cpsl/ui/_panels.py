"""The chat panel and the frame of workflows."""

from __future__ import annotations

from typing import Any

from ._base import _Widget, maybe_nodes, wire


class ChatPanel(_Widget):
    """The conversation, inside a `chat_page`."""

    def __init__(
        self,
        *,
        title: str | None = None,
        placeholder: str | None = None,
        height: int | None = None,
        show_header: bool = True,
    ) -> None:
        if height is not None and height <= 0:
            raise ValueError(f"height must be positive; got {height}.")
        self.title = title
        self.placeholder = placeholder
        self.height = height
        self.show_header = show_header

    def to_dict(self) -> dict[str, Any]:
        return wire(
            "chat_panel",
            {"show_header": self.show_header},
            title=self.title,
            placeholder=self.placeholder,
            height=self.height,
        )


class WorkflowShell(_Widget):
    """The launcher of a workflow."""

    def __init__(self, title: str = "", *, children: list[_Widget] | None = None) -> None:
        self.title = title
        self.children = None if children is None else list(children)

    def to_dict(self) -> dict[str, Any]:
        return wire("workflow_shell", title=self.title, children=maybe_nodes(self.children))


class FormSection(_Widget):
    def __init__(self, label: str = "", *, children: list[_Widget] | None = None) -> None:
        self.label = label
        self.children = None if children is None else list(children)

    def to_dict(self) -> dict[str, Any]:
        return wire("form_section", label=self.label, children=maybe_nodes(self.children))


class SubmitButton(_Widget):
    """Sends the form to the workflow's start handler, or to one of its actions."""

    def __init__(self, label: str, *, action: str = "start", primary: bool = False) -> None:
        self.label = label
        self.action = action
        self.primary = primary

    def to_dict(self) -> dict[str, Any]:
        return wire("submit_button", {"label": self.label, "action": self.action}, primary=self.primary)


class ActionBar(_Widget):
    def __init__(self, *, children: list[_Widget] | None = None) -> None:
        self.children = None if children is None else list(children)

    def to_dict(self) -> dict[str, Any]:
        return wire("action_bar", children=maybe_nodes(self.children))


class RunStatus(_Widget):
    def to_dict(self) -> dict[str, Any]:
        return wire("run_status")


class RunList(_Widget):
    def __init__(self, *, empty_message: str = "No runs yet") -> None:
        self.empty_message = empty_message

    def to_dict(self) -> dict[str, Any]:
        return wire("run_list", {"empty_message": self.empty_message})


class EmptyState(_Widget):
    def __init__(self, message: str = "", *, icon: str = "") -> None:
        self.message = message
        self.icon = icon

    def to_dict(self) -> dict[str, Any]:
        return wire("empty_state", message=self.message, icon=self.icon)
