"""The control database while its users are cancelled at the worst moments."""

import asyncio
import random
from pathlib import Path

from sqlalchemy import text

from capsule.db import Database, sqlite_url


async def test_cancelled_users_leave_no_task_and_no_lock_behind(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "x.db"))
    dice = random.Random(5)
    async with database.unit_of_work() as db_session:
        await db_session.execute(text("CREATE TABLE t (a INTEGER)"))

    async def write() -> None:
        async with database.unit_of_work() as db_session:
            for _ in range(5):
                await db_session.execute(text("INSERT INTO t VALUES (1)"))

    async def read() -> None:
        async with database.reading() as db_session:
            for _ in range(5):
                (await db_session.execute(text("SELECT count(*) FROM t"))).all()

    for _ in range(60):
        tasks = [asyncio.create_task(dice.choice((write, read))()) for _ in range(4)]
        for _ in range(3):  # again and again, as whoever waits for their end does
            await asyncio.sleep(dice.random() * 0.004)
            for task in tasks:
                task.cancel()
        await asyncio.wait(tasks)
    async with asyncio.timeout(15):
        await write()
        while len(asyncio.all_tasks()) > 1:  # noqa: ASYNC110 - they tell nobody
            await asyncio.sleep(0.01)
    await database.close()
