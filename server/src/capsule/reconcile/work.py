"""Run claimed rows as tasks of this process. Knows neither builds nor deployments."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)


class Tasks:
    """Tasks by row id; each tells the loop when it has ended."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ended = ended

    def __len__(self) -> int:
        return len(self._tasks)

    def __contains__(self, row_id: str) -> bool:
        return row_id in self._tasks

    def start(self, row_id: str, work: Awaitable[None]) -> None:
        async def run() -> None:
            try:
                await work
            except asyncio.CancelledError:
                pass
            except Exception:
                log.exception("work on %s failed", row_id)
            finally:
                self._tasks.pop(row_id, None)
                self._ended()

        self._tasks[row_id] = asyncio.create_task(run(), name=row_id)

    def cancel(self, row_id: str) -> bool:
        task = self._tasks.get(row_id)
        return task is not None and task.cancel()

    async def cancel_and_wait(self, row_id: str) -> None:
        if task := self._tasks.get(row_id):
            task.cancel()
            await asyncio.wait({task})

    async def stop(self) -> None:
        """Cancel all and wait; who is still busy after some seconds is cancelled once more."""
        while tasks := set(self._tasks.values()):
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=3)
