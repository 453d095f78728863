"""Bring what a container writes into telemetry, and go on where an earlier node agent stopped."""

import asyncio
import calendar
import contextlib
import logging
import os
import re
import time
from collections.abc import AsyncIterator, Callable

from capsule.docker.errors import DockerRefused, DockerUnavailable
from capsule.engines.docker.state import ContainerFolder
from capsule.engines.records import Records
from capsule.telemetry.text import MAX_LINE, decode_line

log = logging.getLogger(__name__)

_GATHER_SECONDS = 0.02
_LAST_SECONDS = 2.0
_LONGEST = MAX_LINE * 4
_OF_INIT = re.compile(rb"\[FATAL tini \(\d+\)\] (.+)\n")


class ContainerLogs:
    """The log of one replica: its container's output and what the platform says about it."""

    def __init__(self, folder: ContainerFolder, records: Records) -> None:
        self._records = records
        self._folder = folder
        self._following: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._rest = {"stdout": b"", "stderr": b""}
        self._logged = _read(folder)
        self.init_complaint = ""
        """Why the image's command could not be run, if it could not."""

    @property
    def since(self) -> str:
        """From when on the container's output is not in telemetry, as the daemon's API wants it."""
        return just_after(self._logged) if self._logged else "0"

    def begin(self) -> None:
        """Forget how far the output of an earlier container was read."""
        self._logged = self.init_complaint = ""

    def follow(self, lines: AsyncIterator[tuple[str, bytes]]) -> None:
        """Read the output of the container that runs until it ends."""
        self._following = asyncio.create_task(self._follow(lines))

    async def drain(self, read: Callable[[str], AsyncIterator[tuple[str, bytes]]]) -> None:
        """Wait until all is read of a container that has ended.

        `read` gives what there is from a time on: who follows a container that ends may miss its last words.
        """
        if self._following is not None:
            await asyncio.wait([self._following], timeout=_LAST_SECONDS)
            await self.let_go()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_SECONDS):
                await self._follow(read(self.since))
        for stream, rest in self._rest.items():
            if rest:
                self._records.append(stream, decode_line(rest))
        self._rest = {"stdout": b"", "stderr": b""}
        self._flush()

    async def let_go(self) -> None:
        """Stop reading; a later process goes on."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
            self._following = None
        self._flush()

    def say(self, text: str) -> None:
        """Write a line of the platform's own."""
        self._records.append("platform", text)
        self._records.flush()

    async def _follow(self, lines: AsyncIterator[tuple[str, bytes]]) -> None:
        try:
            async for stream, data in lines:
                self._take(stream, data)
        except (DockerUnavailable, DockerRefused) as exc:
            log.info("a container's log ended: %s", exc.detail)

    def _take(self, stream: str, data: bytes) -> None:
        at, _, text = data.partition(b" ")
        self._logged = at.decode("ascii", "replace")
        rest = self._rest[stream]
        if len(rest) < _LONGEST:
            rest += text
        elif text.endswith(b"\n"):
            rest += b"\n"
        self._rest[stream] = b"" if rest.endswith(b"\n") else rest
        if found := _OF_INIT.match(rest):
            self.init_complaint = decode_line(found[1])
        elif rest.endswith(b"\n"):
            self._records.append(stream, decode_line(rest))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_GATHER_SECONDS, self._flush)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        # Records first, the time second: a crash in between repeats lines rather than losing them.
        self._records.flush()
        if self._folder.root.is_dir():
            fd = os.open(self._folder.logged, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            os.pwrite(fd, self._logged.ljust(40).encode(), 0)
            os.close(fd)


def just_after(at: str) -> str:
    """Return the next nanosecond after `2026-11-26T04:29:56.960790429Z` as seconds since 1970."""
    whole, _, fraction = at.rstrip("Z").partition(".")
    seconds = calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S"))
    nanoseconds = seconds * 10**9 + int(fraction.ljust(9, "0")[:9] or 0) + 1
    return f"{nanoseconds // 10**9}.{nanoseconds % 10**9:09d}"


def _read(folder: ContainerFolder) -> str:
    try:
        return folder.logged.read_text().strip()
    except OSError:
        return ""
