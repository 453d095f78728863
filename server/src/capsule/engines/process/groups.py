"""The control groups of one replica: that of the whole, and that of its command."""

import os
from pathlib import Path

from capsule.engines.contract import ReplicaSpec
from capsule.engines.process.runtimes import ZYGOTE_GROUP
from capsule.sandbox.box import BoxLimits
from capsule.sandbox.cgroups import Cgroups, Group

_APP_SHARE = 0.8
"""Of the machine's memory, for all runtimes of one app together."""
_APP_PROCESSES = 0.5
"""Of the processes and threads that the machine can have, for all runtimes of one app together."""
_LOADING_CPU = 1.0
"""Cores at least, to load an app with; what its runtimes get is counted for each."""


class ReplicaGroups:
    def __init__(self, cgroups: Cgroups | None, spec: ReplicaSpec) -> None:
        self._spec = spec
        self.whole: Group | None = None
        """Of the whole replica, its runtimes included; None on a machine without control groups."""
        self.command: Group | None = None
        """That the command joins: the use of a runtime is not counted as the zygote's."""
        if cgroups is not None:
            self.whole = self.command = cgroups.group(spec.id)
            if spec.runtimes is not None:
                self.command = cgroups.within(spec.id).group(ZYGOTE_GROUP)

    @property
    def folders(self) -> list[str]:
        return self.whole.folders if self.whole is not None else []

    def create(self) -> None:
        """Make them, with the limits of the replica."""
        if self.whole is None or self.command is None:
            return
        limits = self._spec.limits
        cpu = limits.cpu
        if self.command is not self.whole:
            processes = int(_total_processes() * _APP_PROCESSES)
            self.whole.create_around(int(_total_memory() * _APP_SHARE), processes)
            cpu = max(cpu, _LOADING_CPU)
        self.command.create(BoxLimits(limits.memory * 1024 * 1024, cpu, limits.processes))

    def oom_kills(self) -> int:
        """Return how many processes of the command ran out of memory so far."""
        return self.command.oom_kills() if self.command is not None else 0

    def kill(self) -> None:
        if self.whole is not None:
            self.whole.kill()

    def remove(self) -> None:
        """End what is left in them, and remove them."""
        if self.whole is not None:
            self.whole.kill()
            self.whole.remove()


def _total_processes() -> int:
    names = ("pid_max", "threads-max")
    return min(int(Path("/proc/sys/kernel", name).read_text()) for name in names)


def _total_memory() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
