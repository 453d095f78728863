"""Which session the running handler belongs to."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._session import Session

active_session: ContextVar[Session | None] = ContextVar("capsule_session", default=None)


def current_session() -> Session | None:
    """Return the session of the running handler, or None outside of one."""
    return active_session.get()
