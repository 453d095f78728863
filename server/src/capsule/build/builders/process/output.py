"""Pass what a step prints on to the log, line by line, and remember the end of it."""

import asyncio
import re
from collections import deque

from capsule.build.contract import LogSink
from capsule.kit.complaint import complaint

_LINE_END = re.compile(rb"\r\n|\n|\r")
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07]*\x07|[@-Z\\-_])")
_CAUSES = ("cause:", "Caused by", "\u2570\u2500\u25b6")
"""How uv goes on to say why."""
_MAX_LINE = 8192


class Output:
    def __init__(self, log: LogSink) -> None:
        self._log = log
        self._tail: deque[str] = deque(maxlen=200)

    async def follow(self, reader: asyncio.StreamReader, stream: str) -> None:
        """Read until the end; a progress bar's carriage returns end lines too."""
        rest = b""
        while chunk := await reader.read(65536):
            *lines, rest = _LINE_END.split(rest + chunk)
            for line in lines:
                self._write(line, stream)
            while len(rest) > _MAX_LINE:
                self._write(rest[:_MAX_LINE], stream)
                rest = rest[_MAX_LINE:]
        if rest:
            self._write(rest, stream)

    def last_words(self) -> str:
        """Return the line that most likely says what went wrong, shortened; empty without any output."""
        return complaint(self._tail)

    def _write(self, line: bytes, stream: str) -> None:
        text = _ESCAPES.sub("", line.decode(errors="replace")).rstrip()
        if not text:
            return
        if self._tail and text.strip().startswith(_CAUSES):
            self._tail[-1] += " " + text.strip()
        else:
            self._tail.append(text)
        self._log.write(text, stream=stream)
