"""After an upgrade of the platform: build apps anew whose SDK speaks a protocol of before.

An artifact keeps the SDK that it was built with. Where the platform can no longer talk to it, waiting for
somebody to deploy would leave the app dead, so it is built again from the same source at once.
"""

import logging

from sqlalchemy import select

from capsule.control.delivery.builds.service import has_source, request_build
from capsule.models import Build, Capsule, Release
from capsule.reconcile.platform import Platform
from cpsl.wire import PROTOCOL

log = logging.getLogger(__name__)

TRIGGER = "upgrade"


async def rebuild_outdated_apps(platform: Platform) -> None:
    """Queue one build for each live app of another protocol. Again after a crash is harmless."""
    async with platform.database.unit_of_work() as db_session:
        query = (
            select(Capsule, Release)
            .join(Release, Release.id == Capsule.release_id)
            .where(Capsule.type == "app", Capsule.is_on, Capsule.removed_at.is_(None))
        )
        for capsule, release in (await db_session.execute(query)).all():
            if (release.manifest or {}).get("protocol") == PROTOCOL or not has_source(capsule):
                continue
            waiting = select(Build.id).where(
                Build.capsule_id == capsule.id, Build.status.in_(("queued", "running"))
            )
            if (await db_session.scalars(waiting)).first() is None:
                log.info("%s is built again: its SDK is of before the upgrade", capsule.name)
                await request_build(db_session, capsule, trigger=TRIGGER, requested_by=None)
