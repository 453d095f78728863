"""One database session per request: a unit of work for calls that change something, else a reading one.

The dependency has function scope, so it commits after the endpoint returned and before a byte of the
answer is sent; a failed commit is an error answer, never a wrong success. A streamed answer is sent after
the session is closed: a generator opens its own short `database.reading()` whenever it looks.
"""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.api.auth import OptionalActor
from capsule.api.context import CurrentContext


async def db_session(
    request: Request, context: CurrentContext, _caller_first: OptionalActor
) -> AsyncIterator[AsyncSession]:
    # The caller is looked up in a session of its own, before this one can hold the write lock.
    if request.method in {"GET", "HEAD"}:
        async with context.database.reading() as session:
            yield session
    else:
        async with context.database.unit_of_work() as session:
            yield session


DbSession = Annotated[AsyncSession, Depends(db_session, scope="function")]
"""Commits once, before the answer is sent. On SQLite the write lock is taken at the first query, so do
slow work (hashing, reading a body) before."""
