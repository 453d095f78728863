"""Do what a webhook asks for: build, leave it, make or end a preview. Says what was done, for people."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.delivery.sources.hooks.delivery import Delivery, PullRequest, Push
from capsule.control.delivery.sources.previews.service import Previewing
from capsule.control.delivery.sources.triggers import build_for_push
from capsule.control.delivery.sources.watching import is_skipped, is_watched
from capsule.errors import PlatformError
from capsule.kit.clock import now
from capsule.models import Capsule, SourceAccess

_REMEMBERED = 50

Outcome = Literal["built", "ignored", "previewed", "answered"]


@dataclass(frozen=True)
class Reaction:
    outcome: Outcome
    sentence: str
    branch: str = ""
    commit: str = ""


class Reacting:
    """Works inside the caller's unit of work."""

    def __init__(self, db_session: AsyncSession, capsule: Capsule, previews: Previewing) -> None:
        self._db_session = db_session
        self._capsule = capsule
        self._previews = previews

    async def react(self, access: SourceAccess, delivery: Delivery) -> Reaction:
        """Do it once: a delivery that came before is only answered."""
        kept = access.last_hook or {}
        seen = [str(known) for known in kept.get("seen") or []]
        if delivery.id and delivery.id in seen:
            return Reaction("answered", "This delivery came before; nothing was done again.")
        reaction = await self._react(delivery)
        access.last_hook_at = now()
        access.last_hook = {
            "provider": delivery.provider,
            "event": delivery.event,
            "branch": reaction.branch,
            "commit": reaction.commit,
            "outcome": reaction.outcome,
            "sentence": reaction.sentence,
            "refused": 0,
            "seen": [*seen, delivery.id][-_REMEMBERED:] if delivery.id else seen,
        }
        return reaction

    async def _react(self, delivery: Delivery) -> Reaction:
        if delivery.event == "ping":
            return Reaction("answered", "The webhook is set up.")
        if self._capsule.source.get("kind") != "git":
            return Reaction("ignored", "Ignored: the capsule is not made from a repository of this host.")
        try:
            if delivery.pull_request is not None:
                return await self._pull_request(delivery.pull_request, delivery.provider)
            reactions = [await self._push(push) for push in delivery.pushes]
        except PlatformError as exc:
            return Reaction("ignored", f"Ignored: {exc.detail}")
        done = [reaction for reaction in reactions if reaction.outcome != "ignored"]
        return next(iter(done or reactions), Reaction("ignored", "Ignored: nothing was pushed to a branch."))

    async def _push(self, push: Push) -> Reaction:
        branch = self._capsule.source.get("branch") or push.default_branch or "main"
        if push.branch != branch:
            preview = await self._previews.branch_pushed(self._capsule, push)
            if preview is not None:
                return Reaction("previewed", preview, push.branch, push.commit)
            sentence = f"Ignored: '{push.branch}' was pushed, and '{branch}' is deployed."
            return Reaction("ignored", sentence, push.branch, push.commit)
        why_not = self._why_not(push)
        if why_not:
            return Reaction("ignored", f"Ignored: {why_not}", push.branch, push.commit)
        build = await build_for_push(self._db_session, self._capsule, trigger="webhook")
        return Reaction("built", f"Build {build.id} was queued.", push.branch, push.commit)

    def _why_not(self, push: Push) -> str:
        config: dict[str, Any] = self._capsule.config
        if push.is_deletion:
            return "the branch was deleted."
        if config.get("auto_deploy") is False:
            return "auto-deploy is off."
        if is_skipped(push.message):
            return "the commit's message asks not to be deployed."
        folder = str(self._capsule.source.get("path") or config.get("project_path") or "")
        if not is_watched(push.changed, config.get("watch_paths") or (), folder):
            return "nothing of what is watched has changed."
        return ""

    async def _pull_request(self, pull: PullRequest, provider: str) -> Reaction:
        sentence = await self._previews.pull_request(self._capsule, pull, provider)
        if sentence is None:
            return Reaction(
                "ignored", "Ignored: previews of pull requests are off.", pull.branch, pull.commit
            )
        outcome: Outcome = "ignored" if sentence.startswith("Ignored") else "previewed"
        return Reaction(outcome, sentence, pull.branch, pull.commit)


def refuse(access: SourceAccess) -> None:
    """Count a webhook whose signature is wrong."""
    kept = dict(access.last_hook or {})
    access.last_hook = {**kept, "refused": int(kept.get("refused") or 0) + 1}
