"""Deploy keys: ed25519, the private half encrypted. One can be made before its capsule is."""

from dataclasses import dataclass, field
from datetime import timedelta

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.errors import NotFound
from capsule.kit.clock import now
from capsule.kit.crypto import SecretBox
from capsule.kit.ids import new_id
from capsule.models import DeployKey

_KEPT = timedelta(days=7)
"""A key that no capsule took over is forgotten after this time."""


class DeployKeyNotFound(NotFound):
    code = "deploy_key_not_found"


@dataclass(frozen=True)
class KeyPair:
    """Both in OpenSSH's format."""

    public: str
    private: str = field(repr=False)


def make_key_pair(comment: str) -> KeyPair:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return KeyPair(f"{public.decode()} {comment}", private.decode())


class DeployKeys:
    """Keys that wait for their capsule. Works inside the caller's unit of work."""

    def __init__(self, db_session: AsyncSession, box: SecretBox) -> None:
        self._db_session = db_session
        self._box = box

    async def make(self, team_id: str) -> DeployKey:
        await self._db_session.execute(delete(DeployKey).where(DeployKey.created_at < now() - _KEPT))
        pair, key_id = make_key_pair("capsule"), new_id("dky")
        key = DeployKey(
            id=key_id,
            team_id=team_id,
            public_key=pair.public,
            private_key=self._box.encrypt(pair.private, context=_context(key_id)),
            created_at=now(),
        )
        self._db_session.add(key)
        await self._db_session.flush()
        return key

    async def pair(self, key_id: str, team_id: str) -> KeyPair:
        """Return the team's key. Raises DeployKeyNotFound."""
        key = await self._get(key_id, team_id)
        return KeyPair(key.public_key, self._box.decrypt(key.private_key, context=_context(key.id)))

    async def take(self, key_id: str, team_id: str) -> KeyPair:
        """Return the team's key, which waits no more. Raises DeployKeyNotFound."""
        pair = await self.pair(key_id, team_id)
        await self._db_session.delete(await self._get(key_id, team_id))
        return pair

    async def _get(self, key_id: str, team_id: str) -> DeployKey:
        key = await self._db_session.get(DeployKey, key_id)
        if key is None or key.team_id != team_id:
            raise DeployKeyNotFound(
                f"There is no deploy key '{key_id}'.",
                hint="It was taken by a capsule, or is older than a week. Make another one.",
                field="deploy_key_id",
            )
        return key


def _context(key_id: str) -> str:
    return f"deploy_key:{key_id}"
