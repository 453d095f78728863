"""Measure and delete folders whose owner may have made that hard: closed folders, endless depth, odd names,
files that have no name any more. Follows no link, and never goes by a path that could change on the way.
"""

import contextlib
import os
import re
import stat
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from capsule.errors import InvalidInput

_OWNER = re.compile(r"(?P<app>[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)(?P<user>/[A-Za-z0-9_-]+)?")
_DEEPEST = 128
"""Also the number of descriptors that one look holds at most."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_BLOCK = 512


@dataclass
class Size:
    """Counted no further than over a limit."""

    most_bytes: int
    most_files: int
    bytes: int = 0
    files: int = 0
    is_hidden: bool = False
    """There are folders that cannot be looked into, or too many in each other."""

    @property
    def is_over(self) -> bool:
        return self.bytes > self.most_bytes or self.files > self.most_files or self.is_hidden


def check_owner(owner: str, *, app: str = "") -> None:
    """Raise InvalidInput for what is no key of an owner; with `app`, for what is none of its users'."""
    found = _OWNER.fullmatch(owner)
    if found is None or (app and (found["app"] != app or found["user"] is None)):
        raise InvalidInput(f"{owner!r} is no owner of private files{f' of {app}' if app else ''}.")


def measure(folder: Path, most_bytes: int, most_files: int) -> Size:
    """Return the allocated bytes and the number of files below a folder. Opens closed folders up."""
    size = Size(most_bytes, most_files)
    _measure_below(None, os.fspath(folder), size, 0, set())
    return size


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


def _measure_below(above: int | None, name: str, size: Size, depth: int, linked: set[int]) -> None:
    try:
        folder = _open(above, name)
    except PermissionError:
        size.is_hidden = True
        return
    except OSError:  # gone meanwhile, or another thing by now
        return
    try:
        folders = []
        with os.scandir(folder) as entries:
            for entry in entries:
                size.files += 1
                with contextlib.suppress(FileNotFoundError):
                    state = entry.stat(follow_symlinks=False)
                    if stat.S_ISDIR(state.st_mode):
                        folders.append(entry.name)
                    elif state.st_nlink > 1:
                        if state.st_ino in linked:
                            continue
                        linked.add(state.st_ino)
                    size.bytes += state.st_blocks * _BLOCK
                if size.is_over:
                    return
        size.is_hidden = size.is_hidden or bool(folders and depth == _DEEPEST)
        for item in folders:
            if size.is_over:
                return
            _measure_below(folder, item, size, depth + 1, linked)
    except OSError:  # entries that cannot be looked at, although the folder was opened up
        size.is_hidden = True
    finally:
        os.close(folder)


def _open(above: int | None, name: str) -> int:
    try:
        folder = os.open(name, _FOLDER, dir_fd=above)
    except PermissionError:
        handle = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=above)
        try:
            os.chmod(f"/proc/self/fd/{handle}", stat.S_IRWXU)
        finally:
            os.close(handle)
        folder = os.open(name, _FOLDER, dir_fd=above)
    mode = os.fstat(folder).st_mode
    if mode & stat.S_IRWXU != stat.S_IRWXU and os.geteuid() != 0:
        os.fchmod(folder, stat.S_IMODE(mode) | stat.S_IRWXU)
    return folder


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
