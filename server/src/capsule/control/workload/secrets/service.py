"""Secrets of a space: written, listed by name, used by replicas, never read back."""

import re
from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.workload.secrets.repository import SecretRepository
from capsule.errors import InvalidInput, NotFound
from capsule.kit.clock import now
from capsule.kit.crypto import SecretBox
from capsule.kit.ids import new_id
from capsule.models import Secret, Space

MAX_BYTES = 64 * 1024
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,199}")


class SecretNotFound(NotFound):
    code = "secret_not_found"


class InvalidSecret(InvalidInput):
    code = "invalid_secret"


async def put(db_session: AsyncSession, box: SecretBox, space: Space, *, name: str, value: str) -> Secret:
    """Create the secret or replace its value."""
    check(name, value)
    secret = await SecretRepository(db_session).by_name(space.id, name)
    if secret is None:
        secret = Secret(
            id=new_id("sec"), team_id=space.team_id, space_id=space.id, name=name, created_at=now()
        )
        db_session.add(secret)
    secret.ciphertext = box.encrypt(value, context=_context(space.id, name))
    secret.updated_at = now()
    await db_session.flush()
    return secret


def check(name: str, value: str) -> None:
    """Raises InvalidSecret."""
    if not _NAME.fullmatch(name):
        raise InvalidSecret(
            f"'{name[:60]}' cannot be the name of a secret.",
            hint="Letters, digits, '_', '-' and '.', beginning with a letter or '_'; at most 200.",
            field="name",
        )
    if not value or "\0" in value or len(value.encode()) > MAX_BYTES:
        raise InvalidSecret(
            f"The value of secret '{name}' cannot be kept.",
            hint=f"It needs 1 to {MAX_BYTES} bytes, and no zero byte.",
            field="value",
        )


async def delete(db_session: AsyncSession, space: Space, name: str) -> None:
    secret = await SecretRepository(db_session).by_name(space.id, name)
    if secret is None:
        raise SecretNotFound(f"Space '{space.name}' has no secret '{name}'.", hint="capsule secret list")
    await db_session.delete(secret)
    await db_session.flush()


async def values(
    db_session: AsyncSession, box: SecretBox, space_id: str, names: Collection[str]
) -> dict[str, str]:
    """Decrypt the named secrets for a replica. Raises SecretNotFound naming what is missing."""
    rows = {row.name: row for row in await SecretRepository(db_session).of_space(space_id)}
    if missing := sorted(set(names) - set(rows)):
        listed = ", ".join(f"'{name}'" for name in missing)
        raise SecretNotFound(
            f"The space has no secret {listed}.", hint=f"capsule secret create {missing[0]}=…"
        )
    return {name: _decrypt(box, rows[name]) for name in names}


async def value(db_session: AsyncSession, box: SecretBox, space_id: str, name: str) -> str | None:
    """Decrypt one secret; None when the space has none of that name."""
    secret = await SecretRepository(db_session).by_name(space_id, name)
    return None if secret is None else _decrypt(box, secret)


def _decrypt(box: SecretBox, secret: Secret) -> str:
    return box.decrypt(secret.ciphertext, context=_context(secret.space_id, secret.name))


def _context(space_id: str, name: str) -> str:
    return f"secret:{space_id}:{name}"
