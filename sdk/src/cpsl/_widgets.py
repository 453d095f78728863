"""Turn functions that return widgets into frozen trees. Knows nothing of the single widgets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def freeze(fn: Callable[[], Any], expected: str | None = None) -> dict[str, Any]:
    """Call `fn` once and return the widget tree it gives.

    Raises TypeError when that is no widget, or not one of type `expected`.
    """
    widget = fn()
    to_dict = getattr(widget, "to_dict", None)
    if to_dict is None:
        raise TypeError(f"{fn.__name__}() must return a cpsl.ui widget; got {type(widget).__name__}.")
    tree: dict[str, Any] = to_dict()
    if expected is not None and tree.get("type") != expected:
        raise TypeError(f"{fn.__name__}() must return a {expected} widget; got {tree.get('type')!r}.")
    return tree


def count_widgets(tree: Any, kind: str) -> int:
    """Return how many widgets of one type a tree holds."""
    if isinstance(tree, dict):
        own = 1 if tree.get("type") == kind else 0
        return own + sum(count_widgets(value, kind) for value in tree.values())
    if isinstance(tree, list):
        return sum(count_widgets(item, kind) for item in tree)
    return 0
