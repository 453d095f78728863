"""Let a lower tier say what happened without knowing who cares.

Handlers run in the publisher's unit of work, so what they write commits or rolls back with it.
`main` and `api.app` subscribe; a tier never imports the tier above it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.models import Capsule

Need = Literal["build", "deployment", "reconcile"]


@dataclass(frozen=True)
class CapsuleCreated:
    capsule: Capsule
    by: str
    """Id of the user."""
    deploy: bool
    """Whether a build of its source is wanted at once."""
    access_token: str = field(default="", repr=False)
    """Of a private repository."""
    connection_id: str | None = None
    """The team's connection to a git host by which the source is fetched."""
    deploy_key_id: str | None = None
    """Of a key of the team that was made before."""


@dataclass(frozen=True)
class CapsuleChanged:
    """Something about the capsule is other than before; `needs` says what makes it real."""

    capsule: Capsule
    by: str
    needs: Need
    """`build`: source or build settings; `deployment`: what replicas are started with; `reconcile`: only
    the record."""


@dataclass(frozen=True)
class CapsuleRemoved:
    """`removed_at` was set; reconcile takes everything away and drops the row at the end."""

    capsule: Capsule
    by: str


EventT = TypeVar("EventT", CapsuleCreated, CapsuleChanged, CapsuleRemoved)
AnyEvent = CapsuleCreated | CapsuleChanged | CapsuleRemoved


@dataclass
class Events:
    """Subscriptions of one server."""

    _handlers: dict[type[AnyEvent], list[Callable[..., Awaitable[None]]]] = field(default_factory=dict)

    def subscribe(
        self, kind: type[EventT], handler: Callable[[AsyncSession, EventT], Awaitable[None]]
    ) -> None:
        self._handlers.setdefault(kind, []).append(handler)

    async def publish(self, db_session: AsyncSession, event: AnyEvent) -> None:
        """Run every handler, in the order of subscription, inside the caller's unit of work."""
        for handler in self._handlers.get(type(event), []):
            await handler(db_session, event)


def after_commit(db_session: AsyncSession, do: Callable[[], None]) -> None:
    """Call `do` once when this unit of work has committed; never when it rolls back."""
    sqlalchemy_event.listen(db_session.sync_session, "after_commit", lambda _session: do(), once=True)
