"""The installation's own Docker daemon: may it run, does it run, start it, end it. Everything here blocks."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from capsule.docker.errors import DockerUnavailable
from capsule.paths import DataPaths

USUAL_SOCKET = Path("/var/run/docker.sock")
HINT = "`capsule doctor` tells what is missing; on Debian: apt-get install docker.io"
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_START_SECONDS = 30.0
_STOP_SECONDS = 20.0
_LONGEST_SOCKET = 107
_CHILDREN: list["subprocess.Popen[bytes]"] = []
"""Daemons that this process has started, to be reaped if they end before it."""


def why_not(paths: DataPaths) -> str | None:
    """Return a sentence why there can be no daemon; None when there is one or one can be started."""
    if any(socket.is_socket() and os.access(socket, os.W_OK) for socket in sockets(paths)):
        return None
    if _dockerd() is None:
        return "Docker is not installed on this machine, and no daemon answers."
    if os.geteuid() != 0:
        return "No Docker daemon can be reached, and only root can start one."
    if Path("/run/systemd/system").is_dir():
        return "Docker is installed, but its service does not run: systemctl start docker."
    if (other := _other_daemon()) is not None:
        # Each new daemon empties the firewall rules that keep the networks of another one's spaces apart.
        return f"Another Docker daemon (pid {other}) runs on this machine: name its socket in DOCKER_HOST."
    longest = paths.docker_run / "containerd" / "containerd-debug.sock"
    if len(os.fsencode(longest)) > _LONGEST_SOCKET:
        return f"The path of the data folder is too long for Docker's sockets: {paths.root}."
    return None


def start_own(paths: DataPaths) -> None:
    """Start the installation's own daemon unless it runs, and wait until it listens. Blocks.

    Raises DockerUnavailable with what the daemon said when it ended.
    """
    dockerd = _dockerd()
    assert dockerd is not None
    _reap()
    with _only_one(paths):
        if own_pid(paths) is None:
            paths.docker_pid_file.unlink(missing_ok=True)  # a stale one would keep it from starting
            paths.docker_socket.unlink(missing_ok=True)
            child = _launch(dockerd, paths)
            _CHILDREN.append(child)
        else:
            child = None
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if paths.docker_socket.is_socket() and own_pid(paths) is not None:
                return
            if child is not None and child.poll() is not None:
                break
            time.sleep(0.05)
        if child is not None and child.poll() is None:
            child.kill()
            child.wait()
    raise DockerUnavailable(f"The Docker daemon did not start: {_last_words(paths)}", hint=HINT)


def stop_own(paths: DataPaths) -> bool:
    """End the installation's own daemon; say whether it ran. Blocks."""
    pid = own_pid(paths)
    if pid is None:
        return False
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline:
            if own_pid(paths) is None:
                _wait_for(pid)
                return True
            time.sleep(0.05)
    return True


def _wait_for(pid: int) -> None:
    """Reap a child, which removes its pid file some moments before it ends."""
    for child in _CHILDREN:
        if child.pid == pid:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_STOP_SECONDS)
    _reap()


def _reap() -> None:
    _CHILDREN[:] = [child for child in _CHILDREN if child.poll() is None]


def own_pid(paths: DataPaths) -> int | None:
    """Return the pid of the installation's own daemon while it lives."""
    try:
        pid = int(paths.docker_pid_file.read_text())
        line = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, ValueError):
        return None
    return pid if os.fsencode(paths.docker_pid_file) in line and state not in "ZX" else None


def _launch(dockerd: str, paths: DataPaths) -> "subprocess.Popen[bytes]":
    for folder in (paths.docker_data, paths.docker_run, paths.process_log("docker").parent):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    argv = [
        dockerd,
        "--host", f"unix://{paths.docker_socket}",
        "--pidfile", str(paths.docker_pid_file),
        "--data-root", str(paths.docker_data),
        "--exec-root", str(paths.docker_run),
        "--bridge", "none",  # spaces and builds have networks of their own
        "--userland-proxy=false",
        "--live-restore",
        "--log-level", "warn",
    ]  # fmt: skip
    with paths.process_log("docker").open("wb") as output:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd="/",
            env={**os.environ, "PATH": _SYSTEM_PATH},
        )


@contextlib.contextmanager
def _only_one(paths: DataPaths) -> Iterator[None]:
    """Server and node agent may want a daemon at the same moment."""
    paths.run.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(paths.run / "docker.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def sockets(paths: DataPaths) -> list[Path]:
    """Return where a daemon may listen. Our own comes first: what was built there is nowhere else."""
    host = os.environ.get("DOCKER_HOST", "")
    # Elsewhere than on this machine its containers could not be reached.
    chosen = [Path(host.removeprefix("unix://"))] if host.startswith("unix://") else []
    return [paths.docker_socket, *(chosen or [USUAL_SOCKET])]


def _other_daemon() -> int | None:
    """Return the pid of a daemon that works in this network, whoever's it is."""
    here = os.readlink("/proc/self/ns/net")
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            is_daemon = folder.name.isdigit() and (folder / "comm").read_text() == "dockerd\n"
            if is_daemon and os.readlink(folder / "ns" / "net") == here:
                return int(folder.name)
    return None


def _dockerd() -> str | None:
    return shutil.which("dockerd", path=_SYSTEM_PATH)


def _last_words(paths: DataPaths) -> str:
    try:
        lines = paths.process_log("docker").read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    told = [line for line in lines if "level=fatal" in line or "failed to start daemon" in line] or lines
    return told[-1].partition("msg=")[2].strip('"') or told[-1] if told else "it ended without a word."
