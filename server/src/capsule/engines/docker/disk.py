"""Keep containers from filling the machine's disk with files that are in no filesystem of the platform.

The usual file systems have no quota for a container, so this looks: the sooner the less is left, the less
often the longer a look takes. It is a watch, no wall: what is written between two looks is not held back.
"""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capsule.docker.errors import DockerRefused, DockerUnavailable
from capsule.engines.process.private_files import nameless_bytes
from capsule.engines.process.quota import PAUSE_FACTOR, written_bytes
from capsule.kit.diskuse import measure

if TYPE_CHECKING:
    from capsule.docker.client import DockerClient

log = logging.getLogger(__name__)

_MIB = 1024 * 1024
_FASTEST = 1024 * _MIB
"""Bytes that are hardly written in less than a second."""
_TICK_SECONDS = 0.25
_LONGEST_SECONDS = 5.0
_IDLE_SECONDS = 30.0
"""After so long a look is taken also where no process was seen to write: space can be had without."""
_ANY_NUMBER = 1 << 62


@dataclass(frozen=True)
class Watched:
    """One container that runs."""

    container: str
    limit: int
    """MiB."""
    pids: Callable[[], list[int]]
    end: Callable[[str], None]
    """Ends it, for a reason that follows upon "because"."""


@dataclass
class _Note:
    """What was seen of a container so far, with times by the monotonic clock."""

    written: int = -1
    looked_at: float = 0.0
    pause: float = 0.0
    again_at: float = 0.0


class DiskWatch:
    def __init__(self, client: Callable[[], Awaitable["DockerClient"]]) -> None:
        self._client = client
        self._notes: dict[str, _Note] = {}

    async def run(self, list_watched: Callable[[], Iterable[Watched]]) -> None:
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            try:
                await self.tick(list(list_watched()))
            except (DockerUnavailable, DockerRefused) as exc:
                log.info("the files of containers cannot be measured: %s", exc.detail)
            except Exception:  # one odd file must not end the watch over all others
                log.exception("the watch over the files of containers stumbled and goes on")

    async def tick(self, watched: list[Watched]) -> None:
        """Look once, wherever that is due."""
        self._notes = {item.container: self._notes.get(item.container, _Note()) for item in watched}
        await asyncio.gather(*(self._look_if_due(item, self._notes[item.container]) for item in watched))

    async def _look_if_due(self, item: Watched, note: _Note) -> None:
        at = time.monotonic()
        if at < note.again_at:
            return
        pids = item.pids()
        written = sum(map(written_bytes, pids))
        if written == note.written and at < note.looked_at + _IDLE_SECONDS:
            note.again_at = at + note.pause
            return
        most = item.limit * _MIB
        size = await own_bytes(await self._client(), item.container, pids, most)
        if size > most:
            log.warning("the files of container %s are over their limit", item.container[:12])
            item.end(f"its own files went over {item.limit} MiB")
        note.written, note.looked_at = written, time.monotonic()
        soon = min(max((most - size) / _FASTEST, _TICK_SECONDS), _LONGEST_SECONDS)
        note.pause = max(soon, (note.looked_at - at) * PAUSE_FACTOR)
        note.again_at = note.looked_at + note.pause


async def own_bytes(client: "DockerClient", container: str, pids: list[int], most: int) -> int:
    """Return the bytes of a container's files beside those of its image; counted little further than `most`.

    Where this process may look at them itself, by what they occupy, with the volumes that the image asks for
    and with deleted files that are still open; else by what the daemon says of lengths.
    """
    found = await client.container(container)
    if found is None:
        return 0
    layer = ((found.get("GraphDriver") or {}).get("Data") or {}).get("UpperDir") or ""
    folders = [path for path in (layer, *_volumes(found)) if os.access(path, os.R_OK | os.X_OK)]
    size = await asyncio.to_thread(_measure, folders, pids, most)
    if layer not in folders:
        size += int((await client.container(container, with_size=True) or {}).get("SizeRw") or 0)
    return size


def _volumes(container: dict[str, Any]) -> list[str]:
    """Return where volumes are that only this container has: others are never asked for."""
    return [mount["Source"] for mount in container.get("Mounts") or () if mount["Type"] == "volume"]


def _measure(folders: list[str], pids: list[int], most: int) -> int:
    total = 0
    for folder in folders:
        size = measure(Path(folder), most, _ANY_NUMBER)
        total += most + 1 if size.is_hidden else size.bytes  # nobody needs folders in each other so deep
    if total <= most and pids and folders:
        try:
            total += nameless_bytes(pids, os.stat(f"/proc/{pids[0]}/root").st_dev)[0]
        except OSError:  # it has just ended
            return total
    return total
