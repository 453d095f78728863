"""`session.data`: every change is noticed, and only changes are sent."""

import enum
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpsl._jsonable import to_jsonable
from cpsl._session_data import DataChanges, SessionData


class Colour(enum.Enum):
    RED = "red"


@dataclass
class Point:
    x: int


def test_a_nested_append_alone_is_a_change() -> None:
    data = SessionData({"xs": [1], "other": {"deep": [{}]}})
    assert not data.is_dirty
    data["xs"].append(2)
    assert data.changes() == DataChanges({"xs": [1, 2]}, [])
    data.mark_saved(data.changes())
    data["other"]["deep"][0]["k"] = "v"
    assert data.changes() == DataChanges({"other": {"deep": [{"k": "v"}]}}, [])


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(a=5),
        lambda d: d.pop("a"),
        lambda d: d.popitem(),
        lambda d: d.clear(),
        lambda d: d.setdefault("new", []).append(1),
        lambda d: d["xs"].extend([3]),
        lambda d: d["xs"].insert(0, 0),
        lambda d: d["xs"].pop(),
        lambda d: d["xs"].remove(2),
        lambda d: d["xs"].sort(reverse=True),
        lambda d: d["xs"].reverse(),
        lambda d: d["xs"].clear(),
        lambda d: d["xs"].__setitem__(slice(0, 1), [9, 9]),
        lambda d: d["xs"].__delitem__(0),
        lambda d: d["xs"].__iadd__([7]),
        lambda d: d["deep"].__ior__({"z": 1}),
        lambda d: d["deep"].__delitem__("k"),
    ],
)
def test_every_way_to_change_is_noticed(change: Any) -> None:
    data = SessionData({"a": 1, "xs": [1, 2], "deep": {"k": 1}})
    change(data)
    assert data.changes()


def test_a_removed_key_is_named_and_an_unchanged_one_is_not() -> None:
    data = SessionData({"a": 1, "b": 2})
    del data["a"]
    data["b"] = 2
    assert data.changes() == DataChanges({}, ["a"])


async def test_set_returns_what_is_stored() -> None:
    data = SessionData()
    stored = await data.set("xs", [1])
    stored.append(2)
    assert data["xs"] == [1, 2]


def test_values_cross_the_json_boundary() -> None:
    class Model:
        def model_dump(self) -> dict[str, Any]:
            return {"at": date(2025, 1, 2)}

    found = to_jsonable(
        {
            1: Colour.RED,
            "p": Point(3),
            "t": (1, {2}),
            "b": b"\xff!",
            "n": float("nan"),
            "m": Model(),
            "o": range(2),
        }
    )
    assert found == {
        "1": "red",
        "p": {"x": 3},
        "t": [1, [2]],
        "b": "\ufffd!",
        "n": None,
        "m": {"at": "2025-01-02"},
        "o": "range(0, 2)",
    }


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
documents = st.dictionaries(st.text(max_size=3), json_values, max_size=4)


@given(documents, documents)
def test_applying_the_changes_to_the_old_document_gives_the_new_one(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    data = SessionData(old)
    data.clear()
    data.update(new)
    changes = data.changes()
    stored = {**old, **changes.changed}
    for key in changes.removed:
        del stored[key]
    assert stored == new
    data.mark_saved(changes)
    assert not data.is_dirty
