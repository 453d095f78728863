"""Values of secrets that a developer's shell exports: they win over the space's, in this serve only.

Encrypted at rest, never shown, and forgotten when the serve ends.
"""

import json
from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.delivery.serves.repository import ServeRepository
from capsule.control.workload.secrets.service import check
from capsule.errors import InvalidInput
from capsule.kit.crypto import SecretBox
from capsule.models import Build, Serve

_MOST = 100


class TooManyValues(InvalidInput):
    code = "too_many_values"


def keep(serve: Serve, box: SecretBox, values: Mapping[str, str]) -> None:
    """Raises InvalidSecret, TooManyValues."""
    if len(values) > _MOST:
        raise TooManyValues(f"At most {_MOST} values of secrets can be given; these are {len(values)}.")
    for name, value in values.items():
        check(name, value)
    serve.shell = box.encrypt(json.dumps(dict(values)), context=_context(serve)) if values else None


def shell_of(serve: Serve | None, box: SecretBox) -> dict[str, str]:
    """Return what was kept, by name."""
    if serve is None or serve.shell is None:
        return {}
    found: dict[str, str] = json.loads(box.decrypt(serve.shell, context=_context(serve)))
    return found


async def shell_of_build(db_session: AsyncSession, box: SecretBox, build: Build) -> dict[str, str]:
    """Return what was kept with the serve that a build is for."""
    active = await ServeRepository(db_session).active(build.capsule_id)
    return shell_of(next((serve for serve in active if serve.build_id == build.id), None), box)


async def shell_value(db_session: AsyncSession, box: SecretBox, capsule_id: str, name: str) -> str | None:
    """Return a value that the shell of the capsule's newest serve exports."""
    active = await ServeRepository(db_session).active(capsule_id)
    return shell_of(active[-1], box).get(name) if active else None


def _context(serve: Serve) -> str:
    return f"serve:{serve.id}"
