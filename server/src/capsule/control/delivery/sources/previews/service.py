"""Make, update and end previews: capsules of their own for a branch or a pull request of another one.

A preview takes over its parent's configuration and variables when it is made; afterwards they are its own.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.delivery.sources.hooks.delivery import PullRequest, Push
from capsule.control.delivery.sources.triggers import build_for_push
from capsule.control.delivery.sources.watching import is_skipped, matches
from capsule.control.events import CapsuleCreated, CapsuleRemoved, Events
from capsule.control.site import Site
from capsule.control.workload.capsules.names import slug_with_ending, suggest
from capsule.control.workload.capsules.repository import CapsuleRepository
from capsule.control.workload.env.service import EnvService
from capsule.errors import Conflict
from capsule.kit.clock import now
from capsule.kit.crypto import SecretBox
from capsule.kit.ids import new_id
from capsule.models import Capsule

MOST_PREVIEWS = 20
_DEFAULT_HOURS = 72
_LONGEST_NAME = 40
_FORK_REFS = {
    "github": "refs/pull/{}/head",
    "gitea": "refs/pull/{}/head",
    "gitlab": "refs/merge-requests/{}/head",
}


class TooManyPreviews(Conflict):
    code, title = "too_many_previews", "Too many previews"


class NoPreviewHere(Conflict):
    code, title = "no_preview_here", "No preview possible"


async def previews_of(db_session: AsyncSession, capsule_id: str) -> Sequence[Capsule]:
    query = select(Capsule).where(Capsule.parent_id == capsule_id, Capsule.removed_at.is_(None))
    return (await db_session.scalars(query.order_by(Capsule.created_at))).all()


async def remove_preview(db_session: AsyncSession, events: Events, preview: Capsule) -> None:
    """Mark the preview for removal; reconcile takes it away."""
    preview.removed_at, preview.is_on = now(), False
    await db_session.flush()
    await events.publish(db_session, CapsuleRemoved(preview, by=""))


class Previewing:
    """Works inside the caller's unit of work."""

    def __init__(self, db_session: AsyncSession, box: SecretBox, site: Site, events: Events) -> None:
        self._db_session = db_session
        self._box = box
        self._site = site
        self._events = events

    async def branch_pushed(self, parent: Capsule, push: Push) -> str | None:
        """Return what was done about a push to a branch that is not deployed itself; None: nothing."""
        known = await self._find(parent, push.branch)
        if push.is_deletion:
            if known is None:
                return None
            await remove_preview(self._db_session, self._events, known)
            return f"The preview of '{push.branch}' is removed with its branch."
        settings = _settings(parent)
        is_wanted = settings["is_on"] and matches(push.branch, settings.get("branches") or ())
        if (known is None and not is_wanted) or is_skipped(push.message):
            return None
        preview = await self.make(parent, push.branch, push.branch)
        return f"The preview of '{push.branch}' is built as '{preview.slug}'."

    async def pull_request(self, parent: Capsule, pull: PullRequest, provider: str) -> str | None:
        """Return what was done about a pull request; None when previews are off."""
        name = f"#{pull.number}"
        known = await self._find(parent, name)
        if pull.action == "closed" and known is not None:
            await remove_preview(self._db_session, self._events, known)
            return f"The preview of {name} is removed: the pull request was closed."
        settings = _settings(parent)
        if not settings["is_on"]:
            return None
        if pull.action != "updated":
            return f"Ignored: nothing of the code of {name} has changed."
        branch = pull.branch
        if pull.is_fork:
            if not settings.get("forks"):
                return f"Ignored: {name} comes from a fork, and previews of forks are not allowed."
            if provider not in _FORK_REFS:
                return f"Ignored: {name} comes from a fork, which this host does not let us fetch."
            branch = _FORK_REFS[provider].format(pull.number)
        preview = await self.make(parent, name, branch)
        return f"The preview of {name} is built as '{preview.slug}'."

    async def make(
        self,
        parent: Capsule,
        name: str,
        branch: str,
        *,
        hours: int | None = None,
        requested_by: str | None = None,
    ) -> Capsule:
        """Build the preview `name` of `branch`, which is made when there is none; it lives on from now.

        Raises TooManyPreviews or NoPreviewHere.
        """
        preview = await self._find(parent, name)
        if preview is None:
            preview = await self._create(parent, name, branch)
        lives = timedelta(hours=hours or _settings(parent).get("hours") or _DEFAULT_HOURS)
        preview.expires_at = now() + lives
        await build_for_push(self._db_session, preview, trigger="preview", requested_by=requested_by)
        return preview

    async def _find(self, parent: Capsule, name: str) -> Capsule | None:
        return next(
            (
                preview
                for preview in await previews_of(self._db_session, parent.id)
                if preview.preview_of == name
            ),
            None,
        )

    async def _create(self, parent: Capsule, name: str, branch: str) -> Capsule:
        if parent.parent_id is not None:
            raise NoPreviewHere(f"'{parent.name}' is a preview itself.")
        if parent.source.get("kind") not in ("git", "push"):
            raise NoPreviewHere(
                f"'{parent.name}' is not made from a repository.", hint="Give it a git repository first."
            )
        if len(await previews_of(self._db_session, parent.id)) >= MOST_PREVIEWS:
            raise TooManyPreviews(
                f"'{parent.name}' has {MOST_PREVIEWS} previews, which is all it may have.",
                hint=f"capsule preview list {parent.name}, then capsule preview remove",
            )
        repository = CapsuleRepository(self._db_session)
        ending = suggest(name.replace("#", "pr-")) or "preview"
        label, slug = _joined(parent.name, ending), _joined(parent.slug, ending)
        while await repository.by_name(parent.space_id, label) is not None:
            label = _joined(parent.name, slug_with_ending(ending))
        while await repository.is_slug_taken(slug):
            slug = _joined(parent.slug, slug_with_ending(ending))
        source = {**parent.source, "branch": branch}
        if source["kind"] == "push":
            source["repository"] = parent.id
        preview = Capsule(
            id=new_id("cap"),
            team_id=parent.team_id,
            space_id=parent.space_id,
            number=await repository.next_number(),
            name=label,
            slug=slug,
            type=parent.type,
            is_on=True,
            source=source,
            config={key: value for key, value in parent.config.items() if key != "previews"},
            parent_id=parent.id,
            preview_of=name,
            created_at=now(),
        )
        self._db_session.add(preview)
        await self._db_session.flush()
        await self._copy_variables(parent, preview)
        await self._events.publish(self._db_session, CapsuleCreated(preview, by="", deploy=False))
        return preview

    async def _copy_variables(self, parent: Capsule, preview: Capsule) -> None:
        env = EnvService(self._db_session, self._box, self._site)
        variables = {item.key: item.value for item in await env.listed(parent) if item.set_by == "user"}
        await env.replace(preview, variables)
        await env.make_system_variables(preview)


def _settings(parent: Capsule) -> Mapping[str, Any]:
    return {"is_on": False, **(parent.config.get("previews") or {})}


def _joined(name: str, ending: str) -> str:
    """Return `name-ending`, with the longer of the two cut so that it stays a host label."""
    room = _LONGEST_NAME - 1 - len(ending[: _LONGEST_NAME // 2])
    start = name[:room].rstrip("-")
    return f"{start}-{ending}"[:_LONGEST_NAME].rstrip("-")
