import asyncio
import itertools
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from capsule.telemetry.segments import Position, SegmentWriter, end, follow, tail

START = datetime(2026, 1, 1, tzinfo=UTC)


def record(number: int, **more: object) -> dict[str, object]:
    at = (START + timedelta(seconds=number)).isoformat()
    return {"at": at, "replica": "rpl_1", "stream": "stdout", "text": f"line {number}", **more}


def write(folder: Path, numbers: range, **options: Any) -> None:
    writer = SegmentWriter(folder, "app", **options)
    for number in numbers:
        writer.append(record(number))
        writer.flush()
    writer.close()


def texts(records: list[dict[str, Any]]) -> list[str]:
    return [item["text"] for item in records]


def test_tail_returns_the_newest_records_oldest_first(tmp_path: Path) -> None:
    write(tmp_path, range(10))
    assert texts(tail(tmp_path, "app", limit=3)) == ["line 7", "line 8", "line 9"]


def test_tail_of_a_missing_folder_is_empty(tmp_path: Path) -> None:
    assert tail(tmp_path / "none", "app", limit=3) == []


def test_tail_crosses_segments_and_blocks(tmp_path: Path) -> None:
    write(tmp_path, range(10_000), max_bytes=400_000)
    assert len(list(tmp_path.iterdir())) > 1
    assert texts(tail(tmp_path, "app", limit=9_000)) == [f"line {n}" for n in range(1_000, 10_000)]


def test_pruning_by_size_keeps_the_newest_segments(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, "app", max_bytes=2_000, keep=3)
    for number in range(1_000):
        writer.append(record(number))
        writer.flush()
    writer.close()
    files = list(tmp_path.iterdir())
    assert len(files) == 3
    assert sum(file.stat().st_size for file in files) <= 3 * 2_000
    assert texts(tail(tmp_path, "app", limit=1)) == ["line 999"]


def test_pruning_by_age_drops_old_segments(tmp_path: Path) -> None:
    write(tmp_path, range(100), max_bytes=2_000)
    old = time.time() - 20 * 24 * 3600
    segments = sorted(tmp_path.iterdir())
    for file in segments[:-1]:
        os.utime(file, (old, old))
    write(tmp_path, range(100, 101), max_bytes=2_000)
    assert segments[0] not in tmp_path.iterdir()


def test_since_and_until_bound_the_time(tmp_path: Path) -> None:
    write(tmp_path, range(10))
    found = tail(
        tmp_path, "app", limit=99, since=START + timedelta(seconds=3), until=START + timedelta(seconds=5)
    )
    assert texts(found) == ["line 3", "line 4"]


def test_search_ignores_case_and_looks_at_values_only(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, "app")
    for text in ("Hello World", "stream of text", 'say "hi"', "größe"):
        writer.append(record(0, text=text))
    writer.close()
    assert texts(tail(tmp_path, "app", limit=9, search="hello")) == ["Hello World"]
    assert texts(tail(tmp_path, "app", limit=9, search="replica")) == []
    assert texts(tail(tmp_path, "app", limit=9, search='"HI"')) == ['say "hi"']
    assert texts(tail(tmp_path, "app", limit=9, search="GRÖSSE")) == ["größe"]


def test_match_wants_equal_values_and_takes_a_missing_key_as_empty(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, "app")
    writer.append(record(1))
    writer.append(record(2, environment="serve"))
    writer.close()
    assert texts(tail(tmp_path, "app", limit=9, match={"environment": "serve"})) == ["line 2"]
    assert texts(tail(tmp_path, "app", limit=9, match={"environment": ""})) == ["line 1"]


def test_a_line_cut_by_a_crash_is_skipped_and_closed_by_the_next_writer(tmp_path: Path) -> None:
    write(tmp_path, range(2))
    (segment,) = tmp_path.iterdir()
    with segment.open("ab") as file:
        file.write(b'{"at": "2026-01-01T00:')
    assert texts(tail(tmp_path, "app", limit=9)) == ["line 0", "line 1"]
    write(tmp_path, range(2, 3))
    assert texts(tail(tmp_path, "app", limit=9)) == ["line 0", "line 1", "line 2"]


def test_tail_before_a_position_sees_nothing_later(tmp_path: Path) -> None:
    write(tmp_path, range(3))
    position = end(tmp_path, "app")
    write(tmp_path, range(3, 6))
    assert texts(tail(tmp_path, "app", limit=9, before=position)) == ["line 0", "line 1", "line 2"]


async def test_follow_survives_rotation_and_misses_nothing(tmp_path: Path) -> None:
    write(tmp_path, range(3))
    position = end(tmp_path, "app")

    async def write_more() -> None:
        writer = SegmentWriter(tmp_path, "app", max_bytes=1_000, keep=100)
        for number in range(3, 200):
            writer.append(record(number))
            writer.flush()
            if number % 20 == 0:
                await asyncio.sleep(0.005)
        writer.close()

    task = asyncio.create_task(write_more())
    seen = []
    async with asyncio.timeout(10):
        async for item in follow(tmp_path, "app", after=position, interval=0.01):
            seen.append(item["text"])
            if item["text"] == "line 199":
                break
    await task
    assert seen == [f"line {n}" for n in range(3, 200)]


async def test_follow_of_a_pruned_position_goes_on_with_the_oldest(tmp_path: Path) -> None:
    write(tmp_path, range(100), max_bytes=1_000, keep=100)
    first = sorted(tmp_path.iterdir())
    for file in first[:-1]:
        file.unlink()
    async with asyncio.timeout(5):
        async for item in follow(tmp_path, "app", after=Position(1, 0)):
            assert item["text"] == texts(tail(tmp_path, "app", limit=99))[0]
            break


async def test_follow_starts_before_the_first_record_was_ever_written(tmp_path: Path) -> None:
    stream = follow(tmp_path / "later", "app", interval=0.01)
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.05)
    write(tmp_path / "later", range(1))
    assert (await asyncio.wait_for(waiting, 5))["text"] == "line 0"
    await stream.aclose()  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [1, 300_000])
def test_positions_count_bytes_whatever_the_length(tmp_path: Path, size: int) -> None:
    writer = SegmentWriter(tmp_path, "app")
    for letter in itertools.islice("äbc", 3):
        writer.append(record(0, text=letter * size))
    writer.close()
    assert end(tmp_path, "app").offset == sum(file.stat().st_size for file in tmp_path.iterdir())
    assert [text[0] for text in texts(tail(tmp_path, "app", limit=9))] == ["ä", "b", "c"]
