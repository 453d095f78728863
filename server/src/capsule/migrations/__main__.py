"""Bring the database whose URL is on standard input to the newest revision. Started by `migrate`."""

import asyncio
import sys

from sqlalchemy.exc import DBAPIError

from capsule.db import Database
from capsule.migrations import upgrade


async def main(url: str) -> None:
    database = Database(url)
    try:
        async with database.engine.begin() as connection:
            await connection.run_sync(upgrade)
    except DBAPIError as error:
        sys.exit(str(error.orig))
    finally:
        await database.close()


asyncio.run(main(sys.stdin.read()))
