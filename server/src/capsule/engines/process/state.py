"""What must survive a restart of the node agent, one folder per replica."""

from datetime import datetime
from pathlib import Path

import msgspec

from capsule.engines.contract import Exit, ReplicaSpec, Restart
from capsule.engines.kept import write_private
from capsule.engines.process.shim import ShimFiles


class ReplicaState(msgspec.Struct):
    """The changing part; `ReplicaSpec` is the constant one."""

    restart: Restart
    port: int = 0
    """0: listens on a socket."""
    wanted: bool = True
    """False once `stop` was asked for."""
    shim_pid: int = 0
    shim_started: int = 0
    """Clock ticks since boot; with the boot's id, proof that a pid is still the same process."""
    boot: str = ""
    restarts: int = 0
    crashes: int = 0
    """In a row; decides how long to wait."""
    started_at: datetime | None = None
    last_exit: Exit | None = None
    oom_seen: int = 0
    is_held: bool = False
    """The zygote runs but shall not load the app yet."""


class ReplicaFolder:
    """The files of one replica on the host. Only `home`, `tmp`, `run` and `app` are seen inside its box."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.shim = ShimFiles(root / "io")
        self.scratch = root / "scratch"
        self.app = root / "app"
        self.upper = root / "upper"
        self.work = root / "work"
        self.home = root / "home"
        self.tmp = root / "tmp"
        self.run = root / "run"
        self.runtimes = root / "runtimes"
        self.consumed = self.shim.folder / "consumed"
        self._spec = root / "spec.json"
        self._state = root / "state.json"

    @property
    def socket(self) -> Path:
        return self.run / "replica.sock"

    def save_spec(self, spec: ReplicaSpec) -> None:
        write_private(self._spec, msgspec.json.encode(spec))

    def save_state(self, state: ReplicaState) -> None:
        write_private(self._state, msgspec.json.encode(state))

    def load(self) -> tuple[ReplicaSpec, ReplicaState] | None:
        """Return what was saved, or None when the folder holds no whole replica."""
        try:
            spec = msgspec.json.decode(self._spec.read_bytes(), type=ReplicaSpec)
            state = msgspec.json.decode(self._state.read_bytes(), type=ReplicaState)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None
        return spec, state
