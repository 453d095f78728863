"""Turn keyword lookups such as `age__gte=18` into filter documents, and check updates. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_COMPARISONS = {"ne", "gt", "gte", "lt", "lte", "in", "nin"}
_TEXTS = {"contains": "{}", "startswith": "^{}", "endswith": "{}$"}
_WRAPPED_ID = re.compile(r"""^ObjectI[dD]\(["']([0-9a-fA-F]{24})["']\)$""")


def to_filter(lookups: Mapping[str, Any]) -> dict[str, Any]:
    """Return the filter document that the lookups mean.

    Raises ValueError for a suffix that is unknown or not alone, TypeError for an equality and a suffix on
    one field.
    """
    found: dict[str, Any] = {}
    for name, value in lookups.items():
        if name.startswith("_"):
            continue
        field, *suffixes = name.split("__")
        if len(suffixes) > 1:
            raise ValueError(f"A lookup has one suffix only; got {name!r}.")
        field = "_id" if field == "id" else field
        if field == "_id":
            value = bare_ids(value)
        if not suffixes:
            if isinstance(found.get(field), _Conditions):
                raise TypeError(f"Field {field!r} has both an equality and a comparison.")
            found[field] = value
            continue
        if field in found and not isinstance(found[field], _Conditions):
            raise TypeError(f"Field {field!r} has both an equality and a comparison.")
        found.setdefault(field, _Conditions()).update(_condition(suffixes[0], value))
    return {field: dict(value) if isinstance(value, _Conditions) else value for field, value in found.items()}


class _Conditions(dict[str, Any]):
    """Operators on one field; a type of its own, since a plain dict may be the value looked for."""


def _condition(suffix: str, value: Any) -> dict[str, Any]:
    if suffix in _COMPARISONS:
        return {f"${suffix}": list(value) if suffix in ("in", "nin") else value}
    if suffix in _TEXTS:
        return {"$regex": _TEXTS[suffix].format(re.escape(str(value))), "$options": "i"}
    known = ", ".join(sorted([*_COMPARISONS, *_TEXTS]))
    raise ValueError(f"There is no lookup {suffix!r}; there are {known}.")


def bare_ids(value: Any) -> Any:
    """Return ids written as `ObjectID("...")` or `{"$oid": ...}` as the bare text."""
    if isinstance(value, dict) and set(value) == {"$oid"}:
        return str(value["$oid"])
    if isinstance(value, (list, tuple, set)):
        return [bare_ids(item) for item in value]
    if isinstance(value, str) and (match := _WRAPPED_ID.match(value)):
        return match.group(1)
    return value


def to_update(update: Mapping[str, Any]) -> dict[str, Any]:
    """Return an update document; a plain dict is a patch.

    Raises ValueError when it is empty or mixes fields and operators.
    """
    operators = [key.startswith("$") for key in update]
    if not operators:
        raise ValueError("An update needs at least one field.")
    if all(operators):
        return dict(update)
    if any(operators):
        raise ValueError("An update is either fields to set or operators such as $inc, not both.")
    return {"$set": dict(update)}


def to_sort(fields: tuple[str, ...]) -> dict[str, int]:
    """Return the sort document for `order_by("a", "-b")`."""
    return {field.lstrip("-"): -1 if field.startswith("-") else 1 for field in fields}
