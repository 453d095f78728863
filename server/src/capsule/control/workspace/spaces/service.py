"""Spaces: made, renamed, and removed when empty."""

import re
import unicodedata

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.workspace.spaces.repository import SpaceRepository
from capsule.errors import Conflict, InvalidInput
from capsule.kit.clock import now
from capsule.kit.ids import new_id
from capsule.models import Space


class SpaceNameTaken(Conflict):
    code, title = "name_taken", "Name taken"


class SpaceNotEmpty(Conflict):
    code = "space_not_empty"


class InvalidSpaceName(InvalidInput):
    code, title = "invalid_name", "Invalid name"


async def create(db_session: AsyncSession, team_id: str, name: str) -> Space:
    """Add a space to the team. Raises InvalidSpaceName and SpaceNameTaken."""
    slug = _slug(name)
    await _check_is_free(db_session, team_id, name, slug)
    space = Space(id=new_id("spc"), team_id=team_id, name=name, slug=slug, created_at=now())
    db_session.add(space)
    await db_session.flush()
    return space


async def rename(db_session: AsyncSession, space: Space, name: str) -> None:
    """Give the space another name, and with it another slug."""
    slug = _slug(name)
    if slug != space.slug:
        await _check_is_free(db_session, space.team_id, name, slug)
    space.name, space.slug = name, slug
    await db_session.flush()


async def delete(db_session: AsyncSession, space: Space) -> None:
    """Drop an empty space with its secrets and uploads. Raises SpaceNotEmpty."""
    count = (await SpaceRepository(db_session).capsule_counts([space.id])).get(space.id, 0)
    if count:
        capsules = "a capsule" if count == 1 else f"{count} capsules"
        raise SpaceNotEmpty(
            f"Space '{space.name}' still has {capsules}.", hint="Remove its capsules first: capsule remove"
        )
    await db_session.delete(space)
    await db_session.flush()


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:63].strip("-")
    if not slug or any(not character.isprintable() or character == "/" for character in name):
        raise InvalidSpaceName(
            f"'{name}' cannot be the name of a space.",
            hint="A name needs a letter or digit, and no slash or control character.",
            field="name",
        )
    return slug


async def _check_is_free(db_session: AsyncSession, team_id: str, name: str, slug: str) -> None:
    if await SpaceRepository(db_session).by_slug(slug, [team_id]):
        raise SpaceNameTaken(
            f"The team already has a space '{slug}'.", hint="Choose another name.", field="name"
        )
