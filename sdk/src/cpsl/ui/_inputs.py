"""Buttons, fields bound to settings, and the fields of workflow forms."""

from __future__ import annotations

from typing import Any

from ._base import _Widget, wire


class Button(_Widget):
    """Runs an action handler when clicked."""

    def __init__(
        self,
        label: str,
        *,
        on_click: Any | None = None,
        payload: dict[str, Any] | None = None,
        primary: bool = False,
    ) -> None:
        self.label = label
        self.on_click = on_click
        self.payload = payload
        self.primary = primary

    def to_dict(self) -> dict[str, Any]:
        target = {} if self.on_click is None else {"target": "action", "value": _action_name(self.on_click)}
        return wire("button", {"label": self.label}, **target, payload=self.payload, primary=self.primary)


def _action_name(handler: Any) -> str:
    if isinstance(handler, str) and handler.strip():
        return handler
    for mark in getattr(handler, "__capsule_marks__", ()):
        if mark.kind == "action" and mark.options.get("name"):
            return str(mark.options["name"])
    name = getattr(handler, "__capsule_action__", None) or getattr(handler, "__name__", None)
    if not callable(handler) or not isinstance(name, str):
        raise ValueError(f"on_click= takes an action handler or its name; got {handler!r}.")
    return name


class Toggle(_Widget):
    """An on/off switch of a setting."""

    def __init__(self, label: str, *, setting: str) -> None:
        self.label = label
        self.setting = setting

    def to_dict(self) -> dict[str, Any]:
        return wire("toggle", {"label": self.label, "setting": self.setting})


class TextInput(_Widget):
    def __init__(
        self,
        label: str = "",
        *,
        name: str | None = None,
        setting: str | None = None,
        multiline: bool = False,
        placeholder: str | None = None,
        required: bool = False,
    ) -> None:
        self.label = label
        self.name = name
        self.setting = setting
        self.multiline = multiline
        self.placeholder = placeholder
        self.required = required

    def to_dict(self) -> dict[str, Any]:
        return wire(
            "text_input",
            label=self.label,
            name=self.name,
            setting=self.setting,
            multiline=self.multiline,
            placeholder=self.placeholder,
            required=self.required,
        )


class NumberInput(_Widget):
    def __init__(
        self,
        label: str = "",
        *,
        name: str | None = None,
        setting: str | None = None,
        min: int | float | None = None,
        max: int | float | None = None,
        step: int | float | None = None,
        required: bool = False,
    ) -> None:
        self.label = label
        self.name = name
        self.setting = setting
        self.min = min
        self.max = max
        self.step = step
        self.required = required

    def to_dict(self) -> dict[str, Any]:
        return wire(
            "number_input",
            label=self.label,
            name=self.name,
            setting=self.setting,
            min=self.min,
            max=self.max,
            step=self.step,
            required=self.required,
        )


class Select(_Widget):
    def __init__(
        self,
        label: str = "",
        *,
        name: str | None = None,
        setting: str | None = None,
        options: list[str] | None = None,
        default: str | None = None,
        required: bool = False,
    ) -> None:
        self.label = label
        self.name = name
        self.setting = setting
        self.options = options
        self.default = default
        self.required = required

    def to_dict(self) -> dict[str, Any]:
        return wire(
            "select",
            label=self.label,
            name=self.name,
            setting=self.setting,
            options=self.options,
            default=self.default,
            required=self.required,
        )


class TextArea(_Widget):
    def __init__(
        self, *, name: str, label: str = "", placeholder: str = "", required: bool = False, rows: int = 4
    ) -> None:
        self.name = name
        self.label = label
        self.placeholder = placeholder
        self.required = required
        self.rows = rows

    def to_dict(self) -> dict[str, Any]:
        return wire(
            "text_area",
            {"name": self.name},
            label=self.label,
            placeholder=self.placeholder,
            required=self.required,
            rows=None if self.rows == 4 else self.rows,
        )


class FileInput(_Widget):
    def __init__(
        self,
        *,
        name: str,
        label: str = "",
        accept: list[str] | None = None,
        required: bool = False,
        multiple: bool = False,
    ) -> None:
        self.name = name
        self.label = label
        self.accept = accept
        self.required = required
        self.multiple = multiple

    def to_dict(self) -> dict[str, Any]:
        return wire(
            "file_input",
            {"name": self.name},
            label=self.label,
            accept=self.accept,
            required=self.required,
            multiple=self.multiple,
        )


class ImageInput(_Widget):
    def __init__(self, *, name: str, label: str = "", required: bool = False, multiple: bool = False) -> None:
        self.name = name
        self.label = label
        self.required = required
        self.multiple = multiple

    def to_dict(self) -> dict[str, Any]:
        return wire(
            "image_input",
            {"name": self.name},
            label=self.label,
            required=self.required,
            multiple=self.multiple,
        )


class UrlInput(_Widget):
    def __init__(self, *, name: str, label: str = "", placeholder: str = "", required: bool = False) -> None:
        self.name = name
        self.label = label
        self.placeholder = placeholder
        self.required = required

    def to_dict(self) -> dict[str, Any]:
        return wire(
            "url_input",
            {"name": self.name},
            label=self.label,
            placeholder=self.placeholder,
            required=self.required,
        )


class UrlListInput(_Widget):
    def __init__(self, *, name: str, label: str = "", placeholder: str = "") -> None:
        self.name = name
        self.label = label
        self.placeholder = placeholder

    def to_dict(self) -> dict[str, Any]:
        return wire("url_list_input", {"name": self.name}, label=self.label, placeholder=self.placeholder)


class CheckboxGroup(_Widget):
    def __init__(
        self,
        *,
        name: str,
        label: str = "",
        options: list[str] | None = None,
        default: list[str] | None = None,
    ) -> None:
        self.name = name
        self.label = label
        self.options = options
        self.default = default

    def to_dict(self) -> dict[str, Any]:
        return wire(
            "checkbox_group",
            {"name": self.name},
            label=self.label,
            options=self.options,
            default=self.default,
        )
