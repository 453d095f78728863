"""What must survive a restart of the node agent, one folder per replica."""

from pathlib import Path

import msgspec

from capsule.engines.kept import KeptFolder, KeptState


class ContainerState(KeptState):
    port: int = 0
    container: str = ""
    """Id of the one that runs; empty: none does."""
    ip: str = ""
    """Kept over restarts, so that the replica's address stays."""
    shells: list[str] = msgspec.field(default_factory=list)
    """See `KeptShells`."""


class ContainerFolder(KeptFolder[ContainerState]):
    def __init__(self, root: Path) -> None:
        super().__init__(root, ContainerState)
        self.logged = root / "logged"
        """Time of the last line of the container's output that is in telemetry."""
