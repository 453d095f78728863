"""Turn any Python value into one that JSON can hold, as session data and block payloads need."""

from __future__ import annotations

import dataclasses
import math
from datetime import date, time
from enum import Enum
from typing import Any


def to_jsonable(value: Any) -> Any:
    """Return a copy of `value` made of dicts, lists, strings, numbers, booleans and None.

    Enums become their value, dates ISO text, bytes text, models and dataclasses dicts, NaN and infinities
    None, keys strings; anything else becomes its `str`.
    """
    if isinstance(value, Enum):
        return to_jsonable(value.value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {_key(key): to_jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_jsonable(item) for item in value]
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8", "replace")
    dump = getattr(value, "model_dump", None)
    if callable(dump) and not isinstance(value, type):
        return to_jsonable(dump())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_jsonable(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return str(value)


def _key(key: Any) -> str:
    return str(key.value) if isinstance(key, Enum) else str(key)
