"""Turn what an app declares (`secrets`, `filesystems`) into records of its space. Knows no replica."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.errors import InvalidInput
from capsule.models import Capsule, Secret


class SecretMissing(InvalidInput):
    code, title = "secret_missing", "Secret missing"


class FilesystemMissing(InvalidInput):
    code, title = "filesystem_missing", "Filesystem missing"


@dataclass(frozen=True)
class StorageMount:
    """A storage capsule that appears as a directory inside the replica."""

    target: str
    storage_id: str
    name: str


@dataclass(frozen=True)
class Requirements:
    secrets: tuple[str, ...] = ()
    mounts: tuple[StorageMount, ...] = ()


async def resolve(
    db_session: AsyncSession,
    capsule: Capsule,
    manifest: Mapping[str, Any] | None,
    *,
    given: Collection[str] = (),
) -> Requirements:
    """Find the declared secrets and storage capsules in the capsule's space.

    `given` are secrets that need not be there, since their values come from elsewhere.
    Raises SecretMissing or FilesystemMissing, each with the command that makes what is missing.
    """
    if not manifest:
        return Requirements()
    return Requirements(
        secrets=await _secrets(db_session, capsule, declared_secrets(manifest), given),
        mounts=await _mounts(db_session, capsule, declared_filesystems(manifest)),
    )


def declared_secrets(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    names = []
    for item in manifest.get("secrets") or ():
        name = item if isinstance(item, str) else item.get("_secret_name") or item.get("name")
        if name and name not in names:
            names.append(str(name))
    return tuple(names)


def declared_filesystems(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return mount path → name of the filesystem."""
    declared = manifest.get("filesystems") or {}
    return {
        str(target): str(item if isinstance(item, str) else item["name"]) for target, item in declared.items()
    }


async def _secrets(
    db_session: AsyncSession, capsule: Capsule, names: tuple[str, ...], given: Collection[str]
) -> tuple[str, ...]:
    query = select(Secret.name).where(Secret.space_id == capsule.space_id, Secret.name.in_(names))
    known = set((await db_session.scalars(query)).all())
    missing = [name for name in names if name not in known and name not in given]
    if missing:
        pairs = " ".join(f"{name}=…" for name in missing)
        raise SecretMissing(
            f"'{capsule.name}' uses {_listed('secret', missing)}, which this space does not have.",
            hint=f"capsule secret create {pairs}",
        )
    return names


async def _mounts(
    db_session: AsyncSession, capsule: Capsule, declared: dict[str, str]
) -> tuple[StorageMount, ...]:
    query = select(Capsule).where(
        Capsule.space_id == capsule.space_id, Capsule.type == "storage", Capsule.removed_at.is_(None)
    )
    storages = {storage.name: storage.id for storage in await db_session.scalars(query)}
    missing = sorted({name for name in declared.values() if name not in storages})
    if missing:
        raise FilesystemMissing(
            f"'{capsule.name}' mounts {_listed('filesystem', missing)}, which this space does not have.",
            hint=f"capsule fs create {missing[0]}",
        )
    return tuple(StorageMount(target, storages[name], name) for target, name in declared.items())


def _listed(noun: str, names: list[str]) -> str:
    quoted = ", ".join(f"'{name}'" for name in names)
    return f"the {noun}{'s' if len(names) > 1 else ''} {quoted}"
