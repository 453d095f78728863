"""What an installation allows of git."""

from dataclasses import dataclass, field

from capsule.build.sources.pushed import PushLimits


@dataclass(frozen=True)
class GitOptions:
    limits: PushLimits = field(default_factory=PushLimits)
    poll_seconds: float = 300.0
    """Between two looks at a repository that sends no webhooks; 0: none."""
    private_hosts: tuple[str, ...] = ()
    """Names of git hosts that may be in a private network."""
