"""Output between a shell and its readers: bounded, whole, readable again."""

import asyncio

from capsule.engines.output import MOST_UNREAD, Output


async def test_what_nobody_has_read_is_kept_and_the_process_waits() -> None:
    drained: list[bool] = []
    output = Output(lambda: drained.append(True))
    while not output.is_full:
        output.add(b"x" * 1000)
    position, total = 0, b""
    while position < output.end:
        pieces, position = await output.read(position, 0)
        total += b"".join(piece.data for piece in pieces)
    assert len(total) == output.end >= MOST_UNREAD
    await output.read(position, 0)
    assert (bool(output.is_full), drained) == (False, [True])


async def test_reading_from_the_middle_of_a_piece() -> None:
    output = Output()
    output.add(b"hello ")
    output.add(b"world", "stderr")
    pieces, following = await output.read(3, 0)
    assert [(piece.offset, piece.data, piece.stream) for piece in pieces] == [
        (3, b"lo ", "stdout"),
        (6, b"world", "stderr"),
    ]
    assert following == 11


async def test_reader_waits_for_more_and_for_the_end() -> None:
    output = Output()
    waiting = asyncio.create_task(output.read(0, 5))
    await asyncio.sleep(0)
    output.add(b"now")
    assert (await waiting)[1] == 3
    waiting = asyncio.create_task(output.read(3, 5))
    await asyncio.sleep(0)
    output.close()
    assert await waiting == ((), 3)
    assert output.is_read_to_the_end(3)


async def test_offset_beyond_the_end_is_taken_for_the_end() -> None:
    output = Output()
    output.add(b"abc")
    assert await output.read(99, 0) == ((), 3)
