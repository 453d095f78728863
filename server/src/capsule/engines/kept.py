"""What an engine keeps about a replica on disk, so that it survives a restart of the node agent."""

import os
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from capsule.engines.contract import Exit, ReplicaSpec, Restart


class KeptState(msgspec.Struct):
    """The changing part that every engine has; `ReplicaSpec` is the constant one."""

    restart: Restart
    wanted: bool = True
    """False once `stop` was asked for."""
    restarts: int = 0
    crashes: int = 0
    """In a row; decides how long to wait."""
    started_at: datetime | None = None
    last_exit: Exit | None = None


S = TypeVar("S", bound=KeptState)


class KeptFolder(Generic[S]):
    """One folder per replica."""

    def __init__(self, root: Path, state_type: type[S]) -> None:
        self.root = root
        self._state_type = state_type
        self._spec = root / "spec.json"
        self._state = root / "state.json"

    def save_spec(self, spec: ReplicaSpec) -> None:
        write_private(self._spec, msgspec.json.encode(spec))

    def save_state(self, state: S) -> None:
        write_private(self._state, msgspec.json.encode(state))

    def load(self) -> tuple[ReplicaSpec, S] | None:
        """Return what was saved, or None when the folder holds no whole replica."""
        try:
            spec = msgspec.json.decode(self._spec.read_bytes(), type=ReplicaSpec)
            state = msgspec.json.decode(self._state.read_bytes(), type=self._state_type)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None
        return spec, state


def write_private(path: Path, data: bytes) -> None:
    """Replace a file at once. Specifications hold secrets: nobody else may read it, not even for a moment."""
    temporary = path.with_suffix(".new")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
    temporary.replace(path)
