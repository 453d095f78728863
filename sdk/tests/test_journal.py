"""A turn that is run again: what happened before does not happen a second time."""

import asyncio
from typing import Any

import pytest

from cpsl.runtime.journal import Diverged, Journal
from cpsl.wire import JournalEntry


async def collect(journal: Journal, *kinds: str) -> list[tuple[str, bool, Any]]:
    return [journal.next(kind) for kind in kinds]


def entries(found: list[tuple[str, bool, Any]], *results: Any) -> list[JournalEntry]:
    return [{"site": site, "result": result} for (site, _, _), result in zip(found, results, strict=False)]


async def test_what_is_recorded_is_returned_and_the_rest_is_new() -> None:
    first = await collect(Journal([]), "reply", "get", "reply")
    assert [known for _, known, _ in first] == [False, False, False]
    again = await collect(Journal(entries(first, None, 7)), "reply", "get", "reply")
    assert [(known, result) for _, known, result in again] == [(True, None), (True, 7), (False, None)]
    assert [site for site, _, _ in again] == [site for site, _, _ in first]


async def test_another_kind_of_effect_at_a_place_is_a_divergence_and_ends_everything() -> None:
    first = await collect(Journal([]), "reply", "get")
    journal = Journal(entries(first, None, 7))
    await collect(journal, "reply")
    with pytest.raises(Diverged, match="differently"):
        await collect(journal, "set")
    with pytest.raises(Diverged):  # also what an app does in its `except`
        journal.next("get")
    assert journal.diverged is not None


async def test_the_function_counts_and_its_line_does_not() -> None:
    def one(journal: Journal) -> tuple[str, bool, Any]:
        return journal.next("reply")

    def two(journal: Journal) -> tuple[str, bool, Any]:
        "Another function, as after an edit."
        return journal.next("reply")

    kept = entries([one(Journal([]))], None)
    assert one(Journal(kept))[1]
    with pytest.raises(Diverged):
        two(Journal(kept))


async def test_tasks_of_a_handler_count_by_themselves_so_their_order_does_not_matter() -> None:
    async def branch(journal: Journal, name: str, delays: list[float], found: dict[str, Any]) -> None:
        for number, delay in enumerate(delays):
            site, known, result = journal.next("reply")
            found[f"{name}{number}"] = (site, known, result)
            await asyncio.sleep(delay)

    async def run(journal: Journal, a: list[float], b: list[float]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        await asyncio.gather(branch(journal, "a", a, found), branch(journal, "b", b, found))
        return found

    first = await run(Journal([]), [0.02, 0], [0, 0])
    kept: list[JournalEntry] = [{"site": first[name][0], "result": name} for name in ("a0", "b0", "b1")]
    again = await run(Journal(kept), [0, 0], [0.02, 0])
    assert {name: (known, result) for name, (_, known, result) in again.items()} == {
        "a0": (True, "a0"),
        "b0": (True, "b0"),
        "b1": (True, "b1"),
        "a1": (False, None),
    }


async def test_what_happens_inside_a_recorded_work_moves_nothing_else() -> None:
    async def get(journal: Journal) -> tuple[str, bool]:
        return journal.next("get")[:2]

    async def turn(journal: Journal) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
        site, known, _ = journal.next("command")
        inner: list[tuple[str, bool]] = []
        if known:
            journal.skip_inside(site)
        else:
            with journal.inside(site):
                inner = [journal.next("show")[:2] for _ in range(3)]
                inner += await asyncio.gather(get(journal), get(journal))
        return [(site, known), journal.next("reply")[:2], await asyncio.create_task(get(journal))], inner

    outer, inner = await turn(Journal([]))
    sites = [site for site, _ in (*outer, *inner)]
    assert len(set(sites)) == 8
    kept: list[JournalEntry] = [{"site": site, "result": None} for site in sites if site != outer[2][0]]
    journal = Journal(kept)
    assert await turn(journal) == ([(outer[0][0], True), (outer[1][0], True), (outer[2][0], False)], [])
    assert journal.left == []
    cut_off: list[JournalEntry] = [{"site": site, "result": None} for site, _ in inner[:2]]
    _, again = await turn(Journal(cut_off))
    assert [known for _, known in again] == [True, True, False, False, False]


async def test_what_the_handler_no_longer_does_is_left_over() -> None:
    first = await collect(Journal([]), "reply", "get")
    journal = Journal(entries(first, None, 7))
    await collect(journal, "reply")
    assert [what.rpartition(" ")[2] for what in journal.left] == ["get"]
