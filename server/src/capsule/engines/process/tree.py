"""Look at processes through /proc: children, start times, the one to signal, what they listen on."""

import contextlib
import os
import signal
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path

from capsule.engines.process.shim import MARK
from capsule.sandbox.command import MAPPER

_WRAPPERS = {"bwrap", "setpriv", "unshare", "mount"}
_SHELLS = {"sh", "dash", "bash", "busybox"}
_SCRIPT_RUNNERS = {"npm", "npm-cli", "yarn", "yarnpkg", "pnpm", "npx"}
_LISTENING = "0A"


def start_time(pid: int) -> int | None:
    """Return when the process started, in clock ticks since boot; None when there is none (or a zombie)."""
    fields = _stat(pid)
    return int(fields[19]) if fields is not None and fields[0] not in ("Z", "X") else None


def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def argv(pid: int) -> list[str]:
    try:
        data = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return []
    return [os.fsdecode(item) for item in data.split(b"\0")[:-1]]


def children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError):
                found += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
    return found


def descendants(pid: int) -> list[int]:
    """Return all processes below, parents first, without `pid` itself."""
    found: list[int] = []
    queue = [pid]
    while queue:
        below = children(queue.pop(0))
        found += below
        queue += below
    return found


def boxes(shim: int) -> list[int]:
    """Return the children of a shim that are not its own little helpers (nor yet becoming anything)."""
    found = []
    for pid in children(shim):
        line = argv(pid)
        if line and line[:1] not in (["/bin/cat"], ["/bin/mv"]) and line[3:4] != [MARK]:
            found.append(pid)
    return found


def main_process(shim: int) -> int | None:
    """Return the user's own process under a shim; None until it was started."""
    for box in boxes(shim):
        pid = box
        # Read once: a process in the middle of becoming another shows no command line for a moment.
        while line := argv(pid):
            if not _is_wrapper(line):
                return pid
            below = children(pid)
            if not below:
                break
            pid = below[0]
    return None


def box_init(shim: int) -> int | None:
    """Return the process of a walled box that its others are children of: pid 1 as they count, ours."""
    for pid in descendants(shim):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("NSpid:"):
                    numbers = line.split()[1:]
                    if len(numbers) > 1 and numbers[-1] == "1":
                        return pid
    return None


def terminate(pid: int) -> list[int]:
    """Send SIGTERM to the process, or to what it waits for when it would not pass it on well.

    A shell without a trap would die and leave its children, npm and its like would not wait for theirs to
    finish. Return the processes that got it.
    """
    line = argv(pid)
    below = children(pid)
    is_shell = bool(line) and os.path.basename(line[0]) in _SHELLS and not _catches(pid, signal.SIGTERM)
    if below and (is_shell or _is_script_runner(line)):
        return [got for child in below for got in terminate(child)]
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return []
    return [pid]


def marked(variable: str, value: str) -> list[int]:
    """Return the processes that have an environment variable of this value, where we may look."""
    wanted = f"{variable}={value}".encode()
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                if wanted in Path(f"/proc/{name}/environ").read_bytes().split(b"\0"):
                    found.append(int(name))
    return found


def usage(pids: Iterable[int]) -> tuple[float, int, int]:
    """Return processor seconds, resident bytes and number of these processes."""
    seconds, memory, count = 0.0, 0, 0
    for pid in pids:
        fields = _stat(pid)
        if fields is not None:
            ticks = sum(map(int, fields[11:15]))  # own and waited-for children, user and system
            seconds += ticks / os.sysconf("SC_CLK_TCK")
            memory += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
            count += 1
    return seconds, memory, count


def own_memory(pids: Iterable[int]) -> int:
    """Return the bytes that these processes share with no other."""
    return sum(_rollup(pid, ("Private_Clean:", "Private_Dirty:")) for pid in pids)


def shared_memory(pid: int | None) -> int | None:
    """Return the resident bytes of a process that others share, once for all of them."""
    return _rollup(pid, ("Rss:",)) if pid is not None else None


def _rollup(pid: int, fields: tuple[str, ...]) -> int:
    total = 0
    with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        for line in file:
            if line.startswith(fields):
                total += int(line.split()[1]) * 1024
    return total


def listening(pids: Iterable[int]) -> tuple[str, ...]:
    """Return the TCP addresses these processes listen on, such as `127.0.0.1:5000`."""
    sockets = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            for fd in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    target = os.readlink(f"/proc/{pid}/fd/{fd}")
                    if target.startswith("socket:["):
                        sockets.add(target[8:-1])
    return tuple(sorted(address for address, inode in _listeners("/proc/net") if inode in sockets))


def listening_in_network_of(pid: int) -> tuple[str, ...]:
    """Return all TCP addresses that are listened on in the network that a process lives in."""
    return tuple(sorted({address for address, _ in _listeners(f"/proc/{pid}/net")}))


def _listeners(folder: str) -> Iterator[tuple[str, str]]:
    """Yield address and inode."""
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(folder, table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENING:
                    yield _address(fields[1]), fields[9]


def _is_wrapper(line: list[str]) -> bool:
    name = os.path.basename(line[0])
    # `sh -c <script> capsule-box …` joins the cgroups and then becomes the command.
    return name in _WRAPPERS or (name == "sh" and line[3:4] == ["capsule-box"]) or line[3:4] == [MAPPER]


def _is_script_runner(line: list[str]) -> bool:
    # npm names itself `npm start` or `npm run …`; the others are scripts of node.
    names = [os.path.basename(item) for item in line[:2]]
    return any(name.split(" ")[0].split(".")[0] in _SCRIPT_RUNNERS for name in names)


def _catches(pid: int, number: signal.Signals) -> bool:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("SigCgt:"):
                return bool(int(line.split()[1], 16) >> (number - 1) & 1)
    return False


def _stat(pid: int) -> list[str] | None:
    """Return the fields of /proc/<pid>/stat from the state on."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return text[text.rindex(")") + 2 :].split()


def _address(field: str) -> str:
    host, port = field.split(":")
    words = [bytes.fromhex(host[i : i + 8])[::-1] for i in range(0, len(host), 8)]
    raw = b"".join(words)
    if len(raw) == 4:
        return ".".join(map(str, raw)) + f":{int(port, 16)}"
    if raw[:12] == b"\0" * 10 + b"\xff\xff":
        return ".".join(map(str, raw[12:])) + f":{int(port, 16)}"
    return f"[{socket.inet_ntop(socket.AF_INET6, raw)}]:{int(port, 16)}"
