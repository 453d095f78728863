"""Create, change and remove capsules. What follows from it (builds, restarts) is up to subscribers."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.events import CapsuleChanged, CapsuleCreated, CapsuleRemoved, Events, Need
from capsule.control.policy import Actor
from capsule.control.workload.capsules.errors import (
    CapsuleBeingRemoved,
    ConfirmationNeeded,
    LocalSourceRefused,
    NameTaken,
    UploadNotFound,
    WrongCapsuleType,
)
from capsule.control.workload.capsules.names import check_name, slug_with_ending
from capsule.control.workload.capsules.repository import CapsuleRepository
from capsule.control.workload.capsules.schemas import ConfigInput, CreateCapsule, UpdateCapsule
from capsule.control.workload.capsules.source import (
    AnySource,
    GitSource,
    ImageSource,
    UploadSource,
    is_local,
    stored,
)
from capsule.kit.clock import now
from capsule.kit.ids import new_id
from capsule.models import Capsule, Space

_FOR_RUNTIMES = {"network", "keep_warm_seconds", "runtime_files"}
"""Config of the runtimes of an app's users; null takes the default again."""

_FOR_VISITORS = {"access", "public_access"}
"""Config of who is let in: told to the app host and the edge, at once; null takes the default again."""

_OF_STORAGE = {"size"}
"""Config of a storage capsule; null takes the default again."""

_FOR_DEPLOYMENTS = {"scale", "strategy", "health", "canary", "watch_seconds"}
"""Config of how releases become live; null takes the default again."""

_FOR_REPLICAS = {"cpu", "memory", *_FOR_RUNTIMES, *_FOR_DEPLOYMENTS}
"""Config that replicas are started with; what is named nowhere here goes into the build."""

_FOR_SOURCES = {"auto_deploy", "watch_paths", "previews"}
"""Config of what a push leads to; it changes nothing that runs. Null takes the default again."""


class CapsuleService:
    """Works inside the caller's unit of work."""

    def __init__(self, db_session: AsyncSession, events: Events) -> None:
        self._db_session = db_session
        self._events = events
        self._repository = CapsuleRepository(db_session)

    async def create(self, space: Space, wanted: CreateCapsule, *, actor: Actor) -> Capsule:
        """Add a capsule to the space; with a source and `deploy`, its first build is queued."""
        check_name(wanted.name)
        await self._check_name_is_free(space.id, wanted.name)
        source = await self.checked_source(
            wanted.source, type=wanted.type, team_id=space.team_id, actor=actor
        )
        if source and wanted.type == "storage":
            raise WrongCapsuleType(f"'{wanted.name}' is a storage capsule; it has files, not a source.")
        _check_size(wanted.config, wanted.name, wanted.type)
        slug = wanted.name
        while await self._repository.is_slug_taken(slug):
            slug = slug_with_ending(wanted.name)
        capsule = Capsule(
            id=new_id("cap"),
            team_id=space.team_id,
            space_id=space.id,
            number=await self._repository.next_number(),
            name=wanted.name,
            slug=slug,
            type=wanted.type,
            is_on=True,
            source=source,
            config=_given(wanted.config),
            created_at=now(),
        )
        self._db_session.add(capsule)
        await self._db_session.flush()
        await self._events.publish(
            self._db_session,
            CapsuleCreated(
                capsule,
                by=actor.user.id,
                deploy=wanted.deploy and bool(source),
                access_token=wanted.access_token,
                connection_id=wanted.connection_id,
                deploy_key_id=wanted.deploy_key_id,
            ),
        )
        return capsule

    async def update(self, capsule: Capsule, wanted: UpdateCapsule, *, actor: Actor) -> Capsule:
        """Change name, source or config; the slug, and so the address, stays."""
        ensure_present(capsule)
        needs: set[Need] = set()
        if wanted.name is not None and wanted.name != capsule.name:
            check_name(wanted.name)
            await self._check_name_is_free(capsule.space_id, wanted.name)
            capsule.name = wanted.name
            needs.add("reconcile")
        if wanted.source is not None:
            source = await self.checked_source(
                wanted.source, type=capsule.type, team_id=capsule.team_id, actor=actor
            )
            if source and capsule.type == "storage":
                raise WrongCapsuleType(f"'{capsule.name}' is a storage capsule; it has files, not a source.")
            if source != capsule.source:
                capsule.source = source
                needs.add("build")
        _check_size(wanted.config, capsule.name, capsule.type)
        config = {**capsule.config, **_given(wanted.config)}
        changed = {key for key in config if _said(config[key]) != _said(capsule.config.get(key))}
        if changed:
            capsule.config = config
        if changed & (_FOR_VISITORS | _FOR_SOURCES):
            needs.add("reconcile")
        if changed := changed - _FOR_VISITORS - _FOR_SOURCES:
            needs.add("deployment" if changed <= _FOR_REPLICAS else "build")
        await self._db_session.flush()
        if need := _greatest(needs, has_source=bool(capsule.source)):
            await self._events.publish(
                self._db_session, CapsuleChanged(capsule, by=actor.user.id, needs=need)
            )
        return capsule

    async def remove(self, capsule: Capsule, *, confirm: str, actor: Actor) -> None:
        """Mark the capsule for removal; reconcile takes it away. Doing it twice changes nothing."""
        if confirm != capsule.name:
            raise ConfirmationNeeded(
                f"To remove capsule '{capsule.name}' and all its data, confirm with its name.",
                hint=f"confirm={capsule.name}",
                field="confirm",
            )
        if capsule.removed_at is None:
            capsule.removed_at = now()
            capsule.is_on = False
            await self._db_session.flush()
            await self._events.publish(self._db_session, CapsuleRemoved(capsule, by=actor.user.id))

    async def _check_name_is_free(self, space_id: str, name: str) -> None:
        existing = await self._repository.by_name(space_id, name)
        if existing is None:
            return
        if existing.removed_at is not None:
            raise NameTaken(f"A capsule '{name}' is just being removed.", hint="Try again in a moment.")
        raise NameTaken(
            f"This space already has a capsule '{name}'.", hint="Choose another name.", field="name"
        )

    async def checked_source(
        self, source: AnySource | None, *, type: str, team_id: str, actor: Actor
    ) -> dict[str, Any]:
        """Return the source as a row keeps it.

        Raises LocalSourceRefused or UploadNotFound when the caller may not use it.
        """
        if source is None:
            return {}
        if isinstance(source, GitSource) and is_local(source.url) and not actor.user.is_admin:
            raise LocalSourceRefused(
                "A repository on the server's own disk can only be used by an administrator.",
                hint="Use an https or ssh address, or upload the folder: capsule deploy <folder>",
                field="source.url",
            )
        if isinstance(source, ImageSource) and type != "docker":
            raise WrongCapsuleType("Only a docker capsule is started from an image.")
        if isinstance(source, UploadSource):
            await self.check_upload(source.upload_id, team_id=team_id)
        return stored(source)

    async def check_upload(self, upload_id: str, *, team_id: str) -> None:
        """Raise UploadNotFound unless the upload exists and belongs to the team."""
        if await self._repository.upload(upload_id, team_id) is None:
            raise UploadNotFound(f"There is no upload '{upload_id}'.", hint="Upload the source first.")


def ensure_present(capsule: Capsule) -> None:
    """Raise CapsuleBeingRemoved for a capsule that is on its way out."""
    if capsule.removed_at is not None:
        raise CapsuleBeingRemoved(f"Capsule '{capsule.name}' is being removed.")


def ensure_type(capsule: Capsule, *types: str) -> None:
    """Raise WrongCapsuleType unless the capsule is of one of these types."""
    if capsule.type not in types:
        wanted = " or ".join(types)
        raise WrongCapsuleType(f"Capsule '{capsule.name}' is of type {capsule.type}, this needs {wanted}.")


def _check_size(config: ConfigInput, name: str, type: str) -> None:
    if config.size is not None and type != "storage":
        raise WrongCapsuleType(f"'{name}' is of type {type}; only a storage capsule has a size.")


def _given(config: ConfigInput) -> dict[str, Any]:
    clearable = _FOR_RUNTIMES | _FOR_VISITORS | _OF_STORAGE | _FOR_DEPLOYMENTS | _FOR_SOURCES
    may_be_empty = clearable & config.model_fields_set
    cleared = {key: None for key in may_be_empty if getattr(config, key) is None}
    return {**config.model_dump(exclude_none=True), **cleared}


def _said(value: object) -> object:
    """Return the value of a setting; what is empty says as much as what is absent."""
    return None if value in ("", [], {}) else value


def _greatest(needs: set[Need], *, has_source: bool) -> Need | None:
    if "build" in needs and has_source:
        return "build"
    if "deployment" in needs:
        return "deployment"
    return "reconcile" if needs else None
