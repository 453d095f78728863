"""Private files on the disk: whose they are, how they are deleted, and those that have no name any more."""

import contextlib
import os
import re
import stat
import subprocess
from collections.abc import Iterable
from pathlib import Path

from capsule.errors import InvalidInput

_OWNER = re.compile(r"(?P<app>[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)(?P<user>/[A-Za-z0-9_-]+)?")
_BLOCK = 512


def check_owner(owner: str, *, app: str = "") -> None:
    """Raise InvalidInput for what is no key of an owner; with `app`, for what is none of its users'."""
    found = _OWNER.fullmatch(owner)
    if found is None or (app and (found["app"] != app or found["user"] is None)):
        raise InvalidInput(f"{owner!r} is no owner of private files{f' of {app}' if app else ''}.")


def remove(folder: Path) -> None:
    """Delete a folder with all that is in it. Raises OSError for what is left."""
    if not folder.exists():
        return
    if os.geteuid() != 0:
        subprocess.run(["chmod", "-R", "u+rwx", "--", str(folder)], capture_output=True, check=False)
    # Not shutil: it gives up where folders are too deep in each other.
    done = subprocess.run(["rm", "-rf", "--", str(folder)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"{folder} cannot be deleted: {done.stderr.strip()[-500:]}")


def nameless_bytes(pids: Iterable[int], device: int) -> tuple[int, bool]:
    """Return what files of a device occupy that are deleted but still open or mapped.

    And whether descriptors are on their way through sockets, where nobody can look at them.
    """
    found: dict[int, int] = {}
    is_in_flight = False
    for task in _tasks(pids):
        for path in _listed(f"{task}/fd"):
            with contextlib.suppress(OSError):
                state = os.stat(path)
                if stat.S_ISSOCK(state.st_mode):
                    is_in_flight = is_in_flight or _carries_descriptors(path.replace("/fd/", "/fdinfo/"))
                elif state.st_nlink == 0 and state.st_dev == device:
                    found[state.st_ino] = state.st_blocks * _BLOCK
    for pid in pids:
        for inode, length in _mapped_nameless(pid, device):
            found.setdefault(inode, length)
    return sum(found.values()), is_in_flight


def _tasks(pids: Iterable[int]) -> Iterable[str]:
    """Threads may have descriptors of their own."""
    for pid in pids:
        yield from _listed(f"/proc/{pid}/task")


def _listed(folder: str) -> list[str]:
    try:
        return [f"{folder}/{name}" for name in os.listdir(folder)]
    except OSError:
        return []


def _carries_descriptors(info: str) -> bool:
    with open(info, encoding="ascii") as file:
        return any(line.startswith("scm_fds:") and int(line.split()[1]) > 0 for line in file)


def _mapped_nameless(pid: int, device: int) -> Iterable[tuple[int, int]]:
    wanted = f"{os.major(device):02x}:{os.minor(device):02x}"
    with contextlib.suppress(OSError), open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.endswith(" (deleted)\n"):
                addresses, _, _, number, inode, _ = line.split(None, 5)
                if number == wanted:
                    begin, end = (int(item, 16) for item in addresses.split("-"))
                    yield int(inode), end - begin
