"""What all widgets share: plain data with a wire form, no rendering."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._home import target_name


class _Widget:
    """A node of a page."""

    def to_dict(self) -> dict[str, Any]:
        raise NotImplementedError


def wire(kind: str, required: dict[str, Any] | None = None, /, **optional: Any) -> dict[str, Any]:
    """Return a node: required keys as they are, optional ones unless None, False or empty text."""
    found: dict[str, Any] = {"type": kind, **(required or {})}
    found.update({name: value for name, value in optional.items() if is_set(value)})
    return found


def is_set(value: Any) -> bool:
    return value is not None and value is not False and value != ""


def nodes(children: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the wire forms of child widgets, in order."""
    for child in children:
        if not hasattr(child, "to_dict"):
            raise TypeError(f"A child must be a cpsl.ui widget; got {type(child).__name__}.")
    return [child.to_dict() for child in children]


def maybe_nodes(children: Sequence[Any] | None) -> list[dict[str, Any]] | None:
    return None if children is None else nodes(children)


def click_target(
    owner: str,
    *,
    prompt: str | None,
    workflow: Any | None,
    page: Any | None,
    input: dict[str, Any] | None,
    payload: dict[str, Any] | None,
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return `{target, value}` (or nothing) and the payload of a clickable widget.

    Raises ValueError for several targets, for both `input` and `payload`, and for either without a workflow.
    """
    given = {"prompt": prompt, "workflow": workflow, "page": page}
    chosen = [(name, value) for name, value in given.items() if value is not None]
    if len(chosen) > 1:
        raise ValueError(f"{owner} takes one of prompt, workflow and page.")
    if input is not None and payload is not None:
        raise ValueError(f"{owner} takes input or payload, not both.")
    carried = input if input is not None else payload
    if carried is not None and workflow is None:
        raise ValueError(f"{owner}: only a workflow takes a payload.")
    if not chosen:
        return {}, None
    name, value = chosen[0]
    return {"target": name, "value": target_name(name, value)}, carried
