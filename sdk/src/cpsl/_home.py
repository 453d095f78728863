"""Suggestions and the landing page of an app."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from ._types import AccessLevel

_TARGETS = ("prompt", "workflow", "page", "action")


@dataclass(frozen=True)
class Suggestion:
    """A next step to click on. It has exactly one target: a prompt, a workflow, a page or an action."""

    label: str
    prompt: str | None = None
    workflow: Any | None = None
    page: str | None = None
    action: Any | None = None
    description: str | None = None
    icon: str | None = None
    image: str | None = None
    accent: str | None = None
    primary: bool = False
    input: dict[str, Any] | None = None
    payload: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        target, _ = self._target()
        if self.input is not None and self.payload is not None:
            raise ValueError(f"Suggestion {self.label!r} takes input or payload, not both.")
        if self._payload() is not None and target not in ("workflow", "action"):
            raise ValueError(f"Suggestion {self.label!r}: only a workflow or an action takes a payload.")

    @classmethod
    def from_loose(cls, values: dict[str, Any]) -> Suggestion:
        """Return the suggestion in a dict; unknown keys are dropped."""
        known = {f.name for f in fields(cls)}
        return cls(**{"label": "", **{key: value for key, value in values.items() if key in known}})

    def _payload(self) -> dict[str, Any] | None:
        return self.input if self.input is not None else self.payload

    def _target(self) -> tuple[str, Any]:
        given = [(name, getattr(self, name)) for name in _TARGETS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"Suggestion {self.label!r} needs exactly one of {', '.join(_TARGETS)}.")
        return given[0]

    def to_dict(self) -> dict[str, Any]:
        target, value = self._target()
        found: dict[str, Any] = {"label": self.label, "target": target, "value": target_name(target, value)}
        for name in ("description", "icon", "image", "accent", "primary"):
            if getattr(self, name):
                found[name] = getattr(self, name)
        if self._payload() is not None:
            found["payload"] = self._payload()
        return found


def target_name(target: str, value: Any) -> str:
    """Return the text that names a click target: an object's route or name, or the text itself."""
    if isinstance(value, str):
        return value
    for attribute in ("route", "name") if target == "page" else ("name", "__name__"):
        found = getattr(value, attribute, None)
        if isinstance(found, str):
            return found
    raise TypeError(f"A {target} is named by a text or an object with a name; got {type(value).__name__}.")


@dataclass(frozen=True)
class HomeConfig:
    """The declared landing page."""

    title: str | None = None
    subtitle: str | None = None
    suggestions: tuple[Suggestion, ...] = ()
    widget_tree: dict[str, Any] | None = None
    dynamic_suggestions: bool = False
    dynamic_suggestions_access: AccessLevel = "public"
    dynamic_suggestions_ttl: int = 0
    access: AccessLevel = "public"

    def to_dict(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "suggestions": [suggestion.to_dict() for suggestion in self.suggestions],
            "dynamic_suggestions": self.dynamic_suggestions,
            "access": self.access,
        }
        optional = {"title": self.title, "subtitle": self.subtitle, "widget_tree": self.widget_tree}
        found.update({name: value for name, value in optional.items() if value is not None})
        if self.dynamic_suggestions:
            found["dynamic_suggestions_access"] = self.dynamic_suggestions_access
            found["dynamic_suggestions_ttl"] = self.dynamic_suggestions_ttl
        return found
