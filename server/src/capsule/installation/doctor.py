"""Look at the machine: which optional system parts are there, and what each enables."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from capsule.build.tools import KNOWN_TOOLS, KnownTool, locate, written_version
from capsule.docker.own import USUAL_SOCKET
from capsule.sandbox.probe import probe


@dataclass(frozen=True)
class Finding:
    """One part as shown by `capsule doctor` and on the console's system page."""

    part: str
    found: bool
    version: str
    enables: str
    hint: str = ""
    """What to do when it is missing."""

    def as_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class _Part:
    name: str
    enables: str
    hint: str
    look: Callable[[], str | None]
    """Returns a version or a short fact, None when it is not there."""


def examine() -> list[Finding]:
    """Check every part anew. Takes some tens of milliseconds; nothing is changed."""
    findings = []
    for part in _PARTS:
        answer = part.look()
        findings.append(
            Finding(
                part.name,
                answer is not None,
                answer or "",
                part.enables,
                "" if answer is not None else part.hint,
            )
        )
    return findings


def _program(name: str, *arguments: str) -> Callable[[], str | None]:
    def look() -> str | None:
        search = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", ""), "/usr/sbin"])
        path = shutil.which(name, path=search)
        if path is None:
            return None
        try:
            answer = subprocess.run(
                [path, *arguments],
                capture_output=True,
                text=True,
                timeout=10,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        version = re.search(r"\d+(\.\d+)+", answer.stdout + answer.stderr)
        return version[0] if version else "found"

    return look


def _tool(known: KnownTool) -> Callable[[], str | None]:
    ask = _program(known.program, *known.ask)

    def look() -> str | None:
        path = locate(known)
        return (written_version(known, path) if path else "") or ask()

    return look


def _cgroups() -> str | None:
    root = Path("/sys/fs/cgroup")
    v2 = root / "cgroup.controllers"
    if v2.exists() and {"memory", "pids"} <= set(v2.read_text().split()) and os.access(root, os.W_OK):
        return "v2"
    if (root / "memory").is_dir() and os.access(root / "memory", os.W_OK):
        return "v1"
    return None


def _overlay() -> str | None:
    if os.geteuid() != 0:
        return None
    return "found" if "overlay" in Path("/proc/filesystems").read_text() else None


def _namespaces() -> str | None:
    if shutil.which("bwrap") is None:
        return None
    user = [] if os.geteuid() == 0 else ["--unshare-user"]
    command = ["bwrap", *user, "--unshare-pid", "--ro-bind", "/", "/", "--proc", "/proc", "true"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return (
        "as root" if done.returncode == 0 and not user else "as this user" if done.returncode == 0 else None
    )


def _docker() -> str | None:
    """A daemon that is reached counts as much as one that could be started."""
    host = os.environ.get("DOCKER_HOST", "")
    socket = Path(host.removeprefix("unix://")) if host.startswith("unix://") else USUAL_SOCKET
    if socket.is_socket() and os.access(socket, os.W_OK):
        return "running"
    return _program("dockerd", "--version")() if os.geteuid() == 0 else None


def _fact(name: str) -> Callable[[], str | None]:
    """Return a look at one thing that the walls of app users need, found out by trying it."""

    def look() -> str | None:
        with tempfile.TemporaryDirectory(prefix="capsule-doctor-") as folder:
            return "found" if getattr(probe(Path(folder)), name) else None

    return look


_PARTS = (
    _Part(
        "git",
        "capsules built from git repositories",
        "apt-get install git",
        _program("git", "--version"),
    ),
    _Part(
        "ssh",
        "repositories at ssh addresses, with deploy keys",
        "apt-get install openssh-client",
        _program("ssh", "-V"),
    ),
    _Part(
        "bubblewrap",
        "replicas and builds with files and processes of their own",
        "apt-get install bubblewrap",
        _program("bwrap", "--version"),
    ),
    _Part(
        "namespaces",
        "the walls that bubblewrap builds; without them replicas are plain processes without mounts",
        "run as root, or allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1)",
        _namespaces,
    ),
    _Part(
        "cgroups",
        "limits on memory, processor and number of processes; without them only rlimits",
        "run as root, or delegate a cgroup to this user",
        _cgroups,
    ),
    _Part(
        "overlayfs",
        "a fresh copy of the files at each start without copying",
        "run as root on a kernel with overlayfs; otherwise files are copied",
        _overlay,
    ),
    _Part(
        "user walls",
        "a runtime for each app user that sees nothing of the others; without them only separate processes",
        "allow user namespaces inside namespaces (sysctl user.max_user_namespaces)",
        _fact("can_divide"),
    ),
    _Part(
        "network gate",
        "apps reach public and listed addresses only; without it everything this machine can reach",
        "run on Linux 5.14 or newer, where the walls above stand",
        _fact("can_filter_network"),
    ),
    _Part(
        "docker",
        "docker capsules: Dockerfiles and public images",
        "apt-get install docker.io; a running daemon is used, else root starts one when needed",
        _docker,
    ),
    _Part(
        "debootstrap",
        "bases such as python:3.11-slim, made of packages where no registry can be reached",
        "apt-get install debootstrap",
        _program("debootstrap", "--version"),
    ),
    _Part("uv", "builds of Python projects", "make setup", _program("uv", "--version")),
    _Part(
        "node",
        "builds and replicas of Node projects, and the web console's own build",
        "apt-get install nodejs npm, or make setup",
        _program("node", "--version"),
    ),
    *(_Part(tool.name, tool.enables, f"apt-get install {tool.package}", _tool(tool)) for tool in KNOWN_TOOLS),
    _Part(
        "chromium",
        "the browser tests of `make test`",
        "apt-get install chromium",
        _program("chromium", "--version"),
    ),
    _Part("nginx", "the comparison of `make bench`", "apt-get install nginx-light", _program("nginx", "-v")),
    _Part("wrk", "the load of `make bench`", "apt-get install wrk", _program("wrk", "-v")),
)
