"""What a step prints becomes log lines, and the line that tells most is found."""

import asyncio
from typing import Any

import pytest

from capsule.build.builders.process.output import Output


async def follow(text: bytes, log: Any) -> Output:
    output = Output(log)
    reader = asyncio.StreamReader()
    reader.feed_data(text)
    reader.feed_eof()
    await output.follow(reader, "stdout")
    return output


async def test_lines_come_without_colours_and_progress_overwritten(log: Any) -> None:
    await follow(b"one\r\n\x1b[32mtwo\x1b[0m\n10%\r20%\r\nrest \xff", log)
    assert log.lines == ["one", "two", "10%", "20%", "rest \ufffd"]


async def test_endless_line_is_cut(log: Any) -> None:
    await follow(b"x" * 20_000, log)
    assert [len(line) for line in log.lines] == [8192, 8192, 3616]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "Traceback\n  File x\nModuleNotFoundError: No module named 'x'\n",
            "ModuleNotFoundError: No module named 'x'",
        ),
        (
            "error: No solution found\n  cause: Because x==9 is missing\n",
            "error: No solution found cause: Because x==9 is missing",
        ),
        (
            "npm error code E1\nnpm error 404 Not Found: nope\nnpm error\nnpm error See npm help\n",
            "404 Not Found: nope",
        ),
        ("doing\nlast words\n", "last words"),
        ("", ""),
    ],
)
async def test_last_words(text: str, words: str, log: Any) -> None:
    assert (await follow(text.encode(), log)).last_words() == words
