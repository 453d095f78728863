"""What must survive a restart of the node agent, one folder per replica."""

from pathlib import Path

from capsule.engines.kept import KeptFolder, KeptState
from capsule.engines.process.shim import ShimFiles


class ReplicaState(KeptState):
    port: int = 0
    """0: listens on a socket."""
    shim_pid: int = 0
    shim_started: int = 0
    """Clock ticks since boot; with the boot's id, proof that a pid is still the same process."""
    boot: str = ""
    oom_seen: int = 0
    is_held: bool = False
    """The zygote runs but shall not load the app yet."""


class ReplicaFolder(KeptFolder[ReplicaState]):
    """The files of one replica on the host. Only `home`, `tmp`, `run` and `app` are seen inside its box."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, ReplicaState)
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

    @property
    def socket(self) -> Path:
        return self.run / "replica.sock"
