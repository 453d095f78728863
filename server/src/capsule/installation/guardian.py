"""Start the node agent, the edge and the app host again when one of them has died."""

import asyncio
import logging

from capsule.errors import PlatformError
from capsule.installation.processes import Process

log = logging.getLogger(__name__)

_LONGEST_PAUSE = 30.0


async def guard(processes: list[Process], *, every_seconds: float = 0.5) -> None:
    """Watch until cancelled. A process that does not come up is tried again, waiting longer each time."""
    await asyncio.gather(*(_guard_one(process, every_seconds) for process in processes))


async def _guard_one(process: Process, every_seconds: float) -> None:
    pause = every_seconds
    while True:
        await asyncio.sleep(pause)
        if process.running() is not None:
            pause = every_seconds
            continue
        log.warning("the %s is not running; starting it", process.name)
        try:
            await process.start()
            pause = every_seconds
        except PlatformError as exc:
            pause = min(max(pause * 2, 1.0), _LONGEST_PAUSE)
            log.error("%s Trying again in %g s.", exc.detail, pause)
