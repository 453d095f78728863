"""What a git host tells with a webhook, whichever host it is."""

from dataclasses import dataclass
from typing import Literal

Event = Literal["ping", "push", "pull_request", "other"]


@dataclass(frozen=True)
class Push:
    branch: str
    commit: str
    """Empty when the branch was deleted."""
    message: str = ""
    """Of the newest commit."""
    changed: tuple[str, ...] | None = None
    """Paths that were added, changed or removed; None when the host does not tell all."""
    default_branch: str = ""

    @property
    def is_deletion(self) -> bool:
        return not self.commit


@dataclass(frozen=True)
class PullRequest:
    number: int
    action: Literal["updated", "closed", "other"]
    branch: str
    commit: str
    is_fork: bool
    """Its commits are in somebody else's repository."""
    message: str = ""


@dataclass(frozen=True)
class Delivery:
    provider: str
    event: Event
    id: str = ""
    """Of this delivery; the same one again changes nothing."""
    pushes: tuple[Push, ...] = ()
    pull_request: PullRequest | None = None
