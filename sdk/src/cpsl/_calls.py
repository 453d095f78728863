"""Call functions that may be `def` or `async def`, and find out what they want to be given."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

_CONTEXTS = ("RequestContext", "HomeContext")


async def call_inline(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call `fn` here; await what it returns when that is awaitable."""
    result = fn(*args, **kwargs)
    return await result if inspect.isawaitable(result) else result


def is_async(fn: Callable[..., Any]) -> bool:
    """Tell whether calling `fn` gives a coroutine (wrapped, partial and callable objects included)."""
    while hasattr(fn, "func"):
        fn = fn.func
    return inspect.iscoroutinefunction(fn) or inspect.iscoroutinefunction(getattr(fn, "__call__", None))  # noqa: B004


def wants_context(fn: Callable[..., Any]) -> bool:
    """Tell whether the first parameter is a request or home context."""
    parameters = _parameters(fn)
    if not parameters:
        return False
    return parameters[0].name == "ctx" or _mentions(parameters[0], _CONTEXTS)


def wants_session(fn: Callable[..., Any]) -> bool:
    """Tell whether any parameter is the session, by its name or its annotation."""
    return any(p.name == "session" or _mentions(p, ("Session",)) for p in _parameters(fn))


def _parameters(fn: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(fn).parameters.values())
    except (TypeError, ValueError):
        return []


def _mentions(parameter: inspect.Parameter, names: tuple[str, ...]) -> bool:
    annotation = parameter.annotation
    if annotation is inspect.Parameter.empty:
        return False
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    words = text.replace("|", " ").replace("[", " ").replace("]", " ").replace(",", " ").split()
    return any(word.strip("'\"").rsplit(".", 1)[-1] in names for word in words)
