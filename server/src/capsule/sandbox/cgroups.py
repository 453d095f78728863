"""Limit and measure a group of processes with cgroups v1 or v2, whichever this machine lets us use."""

import contextlib
import hashlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from capsule.sandbox.box import BoxLimits

_ROOT = Path("/sys/fs/cgroup")
_V1 = ("memory", "cpu", "cpuacct", "pids")
_PERIOD = 100_000
_READ_BYTES = 64 * 1024
WALL_PROCESSES = 2
"""The walls' own processes, on top of what the box may start."""


class CgroupsMissing(Exception):
    """Why cgroups cannot be used here."""


@dataclass(frozen=True)
class Usage:
    cpu_seconds: float
    memory_bytes: int
    """Without the file cache that the kernel can take back."""
    processes: int
    """With the walls' own."""
    throttled_seconds: float
    """Time in which the processor limit held it back."""


@dataclass(frozen=True)
class Cgroups:
    """Where groups can be made: one folder per controller (v1), or one for all (v2)."""

    version: int
    bases: dict[str, Path]

    def group(self, name: str) -> "Group":
        """Return the group `name`, existing or not."""
        return Group(self.version, {controller: base / name for controller, base in self.bases.items()})

    def names(self) -> list[str]:
        """Return the groups that exist."""
        base = self.bases["memory"]
        return sorted(item.name for item in base.iterdir() if item.is_dir()) if base.is_dir() else []

    def within(self, name: str) -> "Cgroups":
        """Return where groups can be made inside the group `name`, which must have no process of its own."""
        return Cgroups(self.version, {controller: base / name for controller, base in self.bases.items()})


class Group:
    """One group, maybe with others inside: what is counted, killed and removed includes them."""

    def __init__(self, version: int, paths: dict[str, Path]) -> None:
        self._version = version
        self._paths = paths

    @property
    def folders(self) -> list[str]:
        """Where a process writes itself into `cgroup.procs` to join."""
        return sorted({str(path) for path in self._paths.values()})

    def create(self, limits: BoxLimits) -> None:
        """Make the group with these limits, or set them anew."""
        for path in self._paths.values():
            _make_folder(path)
        quota = max(1_000, int(limits.cpu * _PERIOD))
        processes = str(limits.processes + WALL_PROCESSES)
        self.limit_memory(limits.memory_bytes)
        self._write("pids", "pids.max", processes)
        # What was not used is saved for one period, so that short work after a pause is not held up.
        if self._version == 2:
            self._write("cpu", "cpu.max", f"{quota} {_PERIOD}")
            with contextlib.suppress(OSError):
                self._write("cpu", "cpu.max.burst", str(quota))
            return
        with contextlib.suppress(OSError):
            self._write("cpu", "cpu.cfs_burst_us", "0")
        self._write("cpu", "cpu.cfs_period_us", str(_PERIOD))
        self._write("cpu", "cpu.cfs_quota_us", str(quota))
        with contextlib.suppress(OSError):
            self._write("cpu", "cpu.cfs_burst_us", str(quota))

    def create_around(self, memory_bytes: int, processes: int) -> None:
        """Make the group as a frame for others, which share these limits and have their own."""
        for path in self._paths.values():
            _make_folder(path)
        self.limit_memory(memory_bytes)
        self._write("pids", "pids.max", str(processes))
        if self._version == 2:
            for controller in ("memory", "cpu", "pids"):
                self._write("memory", "cgroup.subtree_control", f"+{controller}")

    def add(self, pid: int) -> None:
        """Put a process into the group."""
        for folder in self.folders:
            Path(folder, "cgroup.procs").write_text(str(pid))

    def open_for_joining(self) -> list[int]:
        """Return descriptors by which a process of one thread joins: it writes `0` to each.

        For that the kernel (v1, since 5.16) need not hold up all forks of the machine, which `add` waits for
        up to 20 ms. Empty where there is no such way.
        """
        if self._version == 2:
            return []
        return [os.open(f"{folder}/tasks", os.O_WRONLY | os.O_CLOEXEC) for folder in self.folders]

    def has(self, pid: int) -> bool:
        """Tell whether a process is in the group, for every controller."""
        return all(str(pid) in Path(folder, "cgroup.procs").read_text().split() for folder in self.folders)

    def limit_memory(self, size: int) -> None:
        """Set this limit anew."""
        if self._version == 2:
            self._write("memory", "memory.max", str(size))
            with contextlib.suppress(FileNotFoundError):
                self._write("memory", "memory.swap.max", "0")
            return
        memory = self._paths["memory"]
        swap = memory / "memory.memsw.limit_in_bytes"
        if swap.exists():
            swap.write_text("-1")
        self._write("memory", "memory.limit_in_bytes", str(size))
        if swap.exists():
            swap.write_text(str(size))

    def pids(self) -> list[int]:
        found: list[int] = []
        for folder in _folders_of(self._paths["pids"]):
            with contextlib.suppress(OSError):
                found += map(int, (folder / "cgroup.procs").read_text().split())
        return found

    def oom_kills(self) -> int:
        """Return how many processes the kernel has killed in this group for want of memory."""
        name = "memory.events" if self._version == 2 else "memory.oom_control"
        return self._stat("memory", name, "oom_kill")

    def cpu_seconds(self) -> float:
        if self._version == 2:
            return self._stat("cpu", "cpu.stat", "usage_usec") / 1e6
        return int(self._read("cpuacct", "cpuacct.usage") or 0) / 1e9

    def usage(self) -> Usage:
        seconds = self.cpu_seconds()
        if self._version == 2:
            memory = int(self._read("memory", "memory.current") or 0)
            cache = self._stat("memory", "memory.stat", "inactive_file")
        else:
            memory = int(self._read("memory", "memory.usage_in_bytes") or 0)
            cache = self._stat("memory", "memory.stat", "total_inactive_file")
        processes = int(self._read("pids", "pids.current") or 0)
        return Usage(seconds, max(0, memory - cache), processes, self._throttled_seconds())

    def _throttled_seconds(self) -> float:
        if self._version == 2:
            return self._stat("cpu", "cpu.stat", "throttled_usec") / 1e6
        return self._stat("cpu", "cpu.stat", "throttled_time") / 1e9

    def kill(self, *, within_seconds: float = 5.0) -> bool:
        """SIGKILL every member until none is left; say whether none is. Blocks."""
        give_up = time.monotonic() + within_seconds
        while pids := self.pids():
            if time.monotonic() > give_up:
                return False
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.005)
        return True

    def remove(self) -> None:
        """Remove the group; its processes must be gone. A group that does not exist is fine."""
        for path in set(self._paths.values()):
            for folder in reversed(_folders_of(path)):
                _remove_folder(folder)
            if self._version == 1:  # v2 bases had their controllers switched on once, by `find_cgroups`
                with contextlib.suppress(OSError):
                    path.parent.rmdir()  # with the last group goes the folder of all

    def _write(self, controller: str, name: str, value: str) -> None:
        (self._paths[controller] / name).write_text(value)

    def _read(self, controller: str, name: str) -> str:
        try:  # asked many times a second, so without the layers of a text file
            descriptor = os.open(f"{self._paths[controller]}/{name}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return ""
        try:
            return os.read(descriptor, _READ_BYTES).decode()
        except OSError:
            return ""
        finally:
            os.close(descriptor)

    def _stat(self, controller: str, name: str, key: str) -> int:
        for line in self._read(controller, name).splitlines():
            found, _, value = line.partition(" ")
            if found == key:
                return int(value)
        return 0


def _folders_of(path: Path) -> list[Path]:
    """Return a group's folder and those of the groups inside, parents first."""
    return [Path(folder) for folder, _, _ in os.walk(path)]


def _remove_folder(path: Path) -> None:
    for attempt in range(50):
        try:
            path.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            if attempt == 49:
                raise
            time.sleep(0.01)  # the kernel lets go of dead members a little later
            continue
        return


def _make_folder(path: Path) -> None:
    for attempt in range(10):
        try:
            path.mkdir(parents=True, exist_ok=True)
            return
        except FileNotFoundError:  # another process removed the parent, empty by then, in between
            if attempt == 9:
                raise


def own_group(data: Path) -> str:
    """Return how the group is called below which all groups of this data folder are."""
    return "capsule-" + hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:8]


def find_cgroups(data: Path) -> Cgroups:
    """Return where groups of this data folder can be made, after making and removing one.

    Raises CgroupsMissing with the reason.
    """
    own = own_group(data)
    if (_ROOT / "cgroup.controllers").exists():
        cgroups = _prepare_v2(own)
    elif all((_ROOT / name / "cgroup.procs").exists() for name in _V1):
        cgroups = Cgroups(1, {name: _ROOT / name / own for name in _V1})
    else:
        raise CgroupsMissing("the controllers memory, cpu and pids are not mounted")
    trial = cgroups.group(f"trial-{os.getpid()}")
    try:
        trial.create(BoxLimits(memory_bytes=64 * 1024 * 1024, cpu=1, processes=8))
    except OSError as exc:
        raise CgroupsMissing(f"{exc.strerror or exc}: {exc.filename}") from exc
    finally:
        with contextlib.suppress(OSError):
            trial.remove()
    return cgroups


def _prepare_v2(own: str) -> Cgroups:
    """Find a group we may divide: the machine's root as root, else the one delegated to us."""
    line = next(
        (item for item in Path("/proc/self/cgroup").read_text().splitlines() if item[:3] == "0::"), ""
    )
    mine = _ROOT / line[3:].lstrip("/")
    # Only a group without processes of its own can be divided, so ours is made beside our own process.
    for parent in (_ROOT, mine.parent):
        try:
            base = parent / own
            base.mkdir(exist_ok=True)
            for folder in (parent, base):
                enabled = (folder / "cgroup.subtree_control").read_text().split()
                for controller in ("memory", "cpu", "pids"):
                    if controller not in enabled:
                        (folder / "cgroup.subtree_control").write_text(f"+{controller}")
        except OSError:
            continue
        return Cgroups(2, {name: base for name in ("memory", "cpu", "cpuacct", "pids")})
    raise CgroupsMissing("no group may be divided: run as root, or as a systemd service with Delegate=yes")
