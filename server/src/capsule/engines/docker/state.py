"""What must survive a restart of the node agent, one folder per replica."""

from datetime import datetime
from pathlib import Path

import msgspec

from capsule.engines.contract import Exit, ReplicaSpec, Restart
from capsule.engines.kept import write_private


class ContainerState(msgspec.Struct):
    """The changing part; `ReplicaSpec` is the constant one."""

    restart: Restart
    port: int
    wanted: bool = True
    """False once `stop` was asked for."""
    container: str = ""
    """Id of the one that runs; empty: none does."""
    ip: str = ""
    """Kept over restarts, so that the replica's address stays."""
    restarts: int = 0
    crashes: int = 0
    """In a row; decides how long to wait."""
    started_at: datetime | None = None
    last_exit: Exit | None = None
    shells: list[str] = []
    """The daemon's ids of processes that were started in the container for somebody. They are ended when
    the replica is found again: who followed them went with the node agent."""


class ContainerFolder:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.logged = root / "logged"
        """Time of the last line of the container's output that is in telemetry."""
        self._spec = root / "spec.json"
        self._state = root / "state.json"

    def save_spec(self, spec: ReplicaSpec) -> None:
        write_private(self._spec, msgspec.json.encode(spec))

    def save_state(self, state: ContainerState) -> None:
        write_private(self._state, msgspec.json.encode(state))

    def load(self) -> tuple[ReplicaSpec, ContainerState] | None:
        """Return what was saved, or None when the folder holds no whole replica."""
        try:
            spec = msgspec.json.decode(self._spec.read_bytes(), type=ReplicaSpec)
            state = msgspec.json.decode(self._state.read_bytes(), type=ContainerState)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None
        return spec, state
