"""Write what became of a replica."""

from capsule.kit.clock import now
from capsule.models import Replica


def stopped(replica: Replica, reason: str | None = None) -> None:
    """Write that the replica is gone for good."""
    replica.state = "stopped"
    replica.stopped_at = now()
    replica.exit_reason = reason or replica.exit_reason
