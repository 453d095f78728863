"""What processes take: memory by the kernel's own accounts, and descriptors."""

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Memory:
    """In MB."""

    private: float = 0.0
    pss: float = 0.0
    rss: float = 0.0

    def __add__(self, other: "Memory") -> "Memory":
        return Memory(self.private + other.private, self.pss + other.pss, self.rss + other.rss)


def memory(pids: Iterable[int]) -> Memory:
    total = Memory()
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            total += _memory(pid)
    return total


def _memory(pid: int) -> Memory:
    sizes = {"Private_Clean": 0, "Private_Dirty": 0, "Pss": 0, "Rss": 0}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in sizes:
            sizes[name] = int(value.split()[0])
    private = sizes["Private_Clean"] + sizes["Private_Dirty"]
    return Memory(private / 1024, sizes["Pss"] / 1024, sizes["Rss"] / 1024)


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def group(pid: int) -> Path | None:
    """Return the folder of the control group that accounts for a process's memory."""
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        number, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            return _CGROUPS / "memory" / path.lstrip("/")
        if number == "0" and (_CGROUPS / path.lstrip("/") / "memory.current").exists():
            return _CGROUPS / path.lstrip("/")
    return None


def group_pids(folder: Path) -> list[int]:
    return [int(pid) for pid in (folder / "cgroup.procs").read_text().split()]


def group_memory(folder: Path) -> float:
    """Return the MB that the kernel charges to a group, kernel memory included, file cache not."""
    version_2 = folder / "memory.current"
    used = version_2 if version_2.exists() else folder / "memory.usage_in_bytes"
    stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    return (int(used.read_text()) - int(stat.get("inactive_file", 0))) / (1 << 20)
