"""Checks of arguments that several calls share."""

from __future__ import annotations

import json
import math
from typing import Any


def check_timeout(timeout: object, call: str) -> float:
    """Return `timeout` in seconds; raises TypeError or ValueError unless it is a positive number."""
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)):
        raise TypeError(f"{call}: timeout= is a number of seconds; got {timeout!r}.")
    if not math.isfinite(timeout) or timeout <= 0:
        raise ValueError(f"{call}: timeout= must be more than 0 seconds; got {timeout!r}.")
    return float(timeout)


def check_text(value: object, what: str) -> str:
    """Return `value` trimmed; raises TypeError or ValueError unless it is a text that says something."""
    if not isinstance(value, str):
        raise TypeError(f"{what} is a text; got {type(value).__name__}.")
    if not value.strip():
        raise ValueError(f"{what} must not be empty.")
    return value.strip()


def check_one_source(call: str, **sources: Any) -> None:
    """Raise ValueError unless exactly one of the sources is given."""
    given = [name for name, value in sources.items() if value is not None]
    if len(given) != 1:
        raise ValueError(
            f"{call} needs exactly one of {', '.join(sources)}; got {', '.join(given) or 'none'}."
        )


def to_stored_json(value: Any, what: str) -> Any:
    """Return `value` as it comes back from JSON.

    Raises TypeError or ValueError, naming `what`, for a value that JSON cannot hold.
    """
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except TypeError as exc:
        raise TypeError(f"{what} must be JSON (texts, numbers, lists, dicts, None): {exc}.") from exc
    except (ValueError, RecursionError) as exc:
        raise ValueError(f"{what} must be JSON: {exc}.") from exc
