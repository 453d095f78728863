"""Make accounts of secret forms usable by the programs and libraries that an app runs."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ._integrations import INTEGRATION_AWS, INTEGRATION_TAILSCALE, IntegrationCredentials

if TYPE_CHECKING:
    from ._session import Session

log = logging.getLogger(__name__)

_AWS_VARIABLES = {
    "AWS_ACCESS_KEY_ID": "access_key_id",
    "AWS_SECRET_ACCESS_KEY": "secret_access_key",
    "AWS_DEFAULT_REGION": "region",
}
_PROXY_VARIABLES = ("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY")
_SOCKS_PORT = 1080
_UP_SECONDS = 60.0
_LISTEN_SECONDS = 15.0

_exported: dict[str, dict[str, str]] = {}
"""What was put into the environment, by integration."""
_node: _Node | None = None


@dataclass
class _Node:
    """The running Tailscale daemon of this process."""

    fields: dict[str, str]
    process: subprocess.Popen[bytes]
    folder: Path


async def activate_integrations(session: Session) -> None:
    """Activate what the user has connected, and take back what is connected no longer.

    Called when a turn starts. An account that cannot be activated is logged: the message may not need it.
    """
    for kind in (INTEGRATION_AWS, INTEGRATION_TAILSCALE):
        credentials = session.integrations.get(kind)
        if not credentials:
            deactivate(kind)
            continue
        try:
            await activate(kind, credentials)
        except RuntimeError as exc:
            log.warning("the %s account could not be activated: %s", kind, exc)


async def activate(kind: str, credentials: IntegrationCredentials) -> None:
    """Export what programs need of this account. Raises RuntimeError when Tailscale cannot be started."""
    if kind == INTEGRATION_AWS:
        fields = credentials.fields
        _export(kind, {name: fields[key] for name, key in _AWS_VARIABLES.items() if fields.get(key)})
    elif kind == INTEGRATION_TAILSCALE:
        import asyncio

        await asyncio.to_thread(_join, dict(credentials.fields))
        _export(kind, dict.fromkeys(_PROXY_VARIABLES, f"socks5://localhost:{_SOCKS_PORT}"))


def deactivate(kind: str) -> None:
    """Take back what `activate` exported."""
    _export(kind, {})
    if kind == INTEGRATION_TAILSCALE:
        _leave()


def _export(kind: str, variables: dict[str, str]) -> None:
    for name, value in _exported.pop(kind, {}).items():
        if name not in variables and os.environ.get(name) == value:
            del os.environ[name]
    os.environ.update(variables)
    if variables:
        _exported[kind] = variables


def _join(fields: dict[str, str]) -> None:
    """Start a node in user space and wait until it is up."""
    global _node
    if _node is not None and _node.fields == fields and _node.process.poll() is None:
        return
    _leave()
    daemon, client = shutil.which("tailscaled"), shutil.which("tailscale")
    if daemon is None or client is None:
        raise RuntimeError(
            "Tailscale is not installed in this app: add it to the image, such as"
            " cpsl.Image(apt_packages=['tailscale'])."
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
                f"--socks5-server=localhost:{_SOCKS_PORT}",
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
    atexit.register(_leave)
    try:
        _wait_for(control, process, log_file)
        _up(client, control, key_file, fields)
        _wait_for_port(process, log_file)
    except BaseException:
        _leave()
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
        with contextlib.suppress(OSError), socket.create_connection(("localhost", _SOCKS_PORT), timeout=1):
            return
        _check_alive(process, log_file, end)


def _check_alive(process: subprocess.Popen[bytes], log_file: Path, end: float) -> None:
    if process.poll() is not None:
        last = _last_line(log_file.read_text(errors="replace"))
        raise RuntimeError(f"Tailscale ended with code {process.returncode}: {last}")
    if time.monotonic() > end:
        raise RuntimeError(f"Tailscale did not start within {_LISTEN_SECONDS:g} seconds.")
    time.sleep(0.05)


def _leave() -> None:
    global _node
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
