"""A Tailscale node in user space, for programs that reach the network through its proxy."""

from __future__ import annotations

import atexit
import contextlib
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

SOCKS_PORT = 1080

_UP_SECONDS = 60.0
_LISTEN_SECONDS = 15.0


@dataclass
class _Node:
    """The running Tailscale daemon of this process."""

    fields: dict[str, str]
    process: subprocess.Popen[bytes]
    folder: Path


_node: _Node | None = None
_changing = threading.RLock()


def join(fields: dict[str, str]) -> None:
    """Start a node and wait until it is up; one with these fields that runs is left alone.

    Raises RuntimeError when it cannot be started or does not connect.
    """
    with _changing:
        if _node is None or _node.fields != fields or _node.process.poll() is not None:
            leave()
            _start(fields)


def _start(fields: dict[str, str]) -> None:
    global _node
    daemon, client = shutil.which("tailscaled"), shutil.which("tailscale")
    if daemon is None or client is None:
        raise RuntimeError(
            "Tailscale is not installed in this app: put the programs tailscale and tailscaled into its"
            " image, by cpsl.Image(commands=[...])."
        )
    folder = Path(tempfile.mkdtemp(prefix="tailscale-"))
    control = folder / "tailscaled.sock"
    key_file = folder / "key"  # not an argument: those can be read by other programs
    key_file.touch(mode=0o600)
    key_file.write_text(fields.get("auth_key", ""))
    log_file = folder / "tailscaled.log"
    with log_file.open("wb") as output:
        process = subprocess.Popen(
            [
                daemon,
                "--tun=userspace-networking",
                f"--socks5-server=localhost:{SOCKS_PORT}",
                f"--statedir={folder}",
                "--state=mem:",
                f"--socket={control}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    _node = _Node(fields, process, folder)
    atexit.register(leave)
    try:
        _wait_for(control, process, log_file)
        _up(client, control, key_file, fields)
        _wait_for_port(process, log_file)
    except BaseException:
        leave()
        raise
    finally:
        key_file.unlink(missing_ok=True)


def _up(client: str, control: Path, key_file: Path, fields: dict[str, str]) -> None:
    argv = [client, f"--socket={control}", "up", f"--auth-key=file:{key_file}", f"--timeout={_UP_SECONDS:g}s"]
    if fields.get("advertise_tags"):
        argv.append(f"--advertise-tags={fields['advertise_tags']}")
    try:
        found = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_UP_SECONDS + 5,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise RuntimeError(f"Tailscale did not connect within {_UP_SECONDS:g} seconds.") from exc
    if found.returncode != 0:
        raise RuntimeError(f"Tailscale could not connect: {_last_line(found.stderr or found.stdout)}")


def _wait_for(control: Path, process: subprocess.Popen[bytes], log_file: Path) -> None:
    end = time.monotonic() + _LISTEN_SECONDS
    while not control.exists():
        _check_alive(process, log_file, end)


def _wait_for_port(process: subprocess.Popen[bytes], log_file: Path) -> None:
    end = time.monotonic() + _LISTEN_SECONDS
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("localhost", SOCKS_PORT), timeout=1):
            return
        _check_alive(process, log_file, end)


def _check_alive(process: subprocess.Popen[bytes], log_file: Path, end: float) -> None:
    if process.poll() is not None:
        last = _last_line(log_file.read_text(errors="replace"))
        raise RuntimeError(f"Tailscale ended with code {process.returncode}: {last}")
    if time.monotonic() > end:
        raise RuntimeError(f"Tailscale did not start within {_LISTEN_SECONDS:g} seconds.")
    time.sleep(0.05)


def leave() -> None:
    """End the node, if there is one."""
    global _node
    with _changing:
        node, _node = _node, None
    if node is None:
        return
    node.process.terminate()
    try:
        node.process.wait(5)
    except subprocess.TimeoutExpired:
        node.process.kill()
        node.process.wait()
    shutil.rmtree(node.folder, ignore_errors=True)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it gave no reason"
