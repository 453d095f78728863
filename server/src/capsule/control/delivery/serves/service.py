"""Begin, keep alive, change and end a developer's `capsule serve`. The work itself is done by `reconcile`."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.delivery.builds.service import queue_build
from capsule.control.delivery.serves.errors import ServeEnded
from capsule.control.delivery.serves.repository import ServeRepository
from capsule.control.delivery.serves.shell import keep
from capsule.control.workload.capsules.service import CapsuleService, ensure_present, ensure_type
from capsule.kit.clock import now
from capsule.kit.crypto import SecretBox
from capsule.kit.ids import new_id
from capsule.models import Capsule, Serve

HEARTBEAT_OVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Heartbeat of a serve that shall end now."""


async def begin(
    db_session: AsyncSession,
    capsules: CapsuleService,
    capsule: Capsule,
    *,
    upload_id: str,
    entry: str,
    user_id: str,
    box: SecretBox,
    shell: Mapping[str, str],
) -> Serve:
    """Build the uploaded files and serve them; an earlier serve of the capsule ends.

    `shell`: values of secrets that are exported in the developer's shell. Raises WrongCapsuleType unless it
    is an app, UploadNotFound, and InvalidSecret for a value that cannot be kept.
    """
    ensure_present(capsule)
    ensure_type(capsule, "app")
    await capsules.check_upload(upload_id, team_id=capsule.team_id)
    for earlier in await ServeRepository(db_session).active(capsule.id):
        earlier.heartbeat_at = HEARTBEAT_OVER
        earlier.reason = "Another capsule serve of this app took over."
    build = await queue_build(
        db_session,
        capsule,
        trigger="serve",
        requested_by=user_id,
        source={"kind": "upload", "upload_id": upload_id, "path": ""},
        settings={**capsule.config, "entry": entry, "project_path": ""},
    )
    serve = Serve(
        id=new_id("srv"),
        team_id=capsule.team_id,
        capsule_id=capsule.id,
        user_id=user_id,
        status="starting",
        revision=0,
        build_id=build.id,
        heartbeat_at=now(),
    )
    keep(serve, box, shell)
    db_session.add(serve)
    await db_session.flush()
    return serve


def beat(serve: Serve) -> None:
    """Say that the developer is still there. Raises ServeEnded."""
    _refuse_when_over(serve)
    serve.heartbeat_at = now()


def next_revision(serve: Serve) -> int:
    """Count a change, and forget why the revision before it failed. Raises ServeEnded."""
    _refuse_when_over(serve)
    serve.revision += 1
    serve.reason = None
    serve.heartbeat_at = now()
    return serve.revision


def finish(serve: Serve) -> None:
    """Ask for its end; doing it twice changes nothing."""
    serve.heartbeat_at = HEARTBEAT_OVER


def _refuse_when_over(serve: Serve) -> None:
    if serve.status == "stopped" or serve.heartbeat_at <= HEARTBEAT_OVER:
        raise ServeEnded(serve.reason or "This capsule serve has ended.", hint="Run capsule serve again.")
