"""An own daemon is started when it is first wanted, once, and found again; here it is a small program."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from capsule.docker import own
from capsule.docker.daemon import Daemon
from capsule.docker.errors import DockerUnavailable
from capsule.docker.own import own_pid, stop_own
from capsule.paths import DataPaths

PROGRAM = """
import http.server, json, os, socketserver, sys
options = dict(zip(sys.argv[1:], sys.argv[2:]))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"ApiVersion": "1.41", "SecurityOptions": SECURITY}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def address_string(self):
        return "unix"
    def log_message(self, *_):
        pass
with open(options["--pidfile"], "w") as file:
    file.write(str(os.getpid()))
socketserver.ThreadingUnixStreamServer(options["--host"].removeprefix("unix://"), Handler).serve_forever()
"""


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[DataPaths]:
    """A machine that could start a daemon and has none."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(own, "USUAL_SOCKET", tmp_path / "none.sock")
    monkeypatch.setattr(own, "_other_daemon", lambda: None)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    paths = DataPaths(tmp_path)
    yield paths
    stop_own(paths)


def installed(monkeypatch: pytest.MonkeyPatch, folder: Path, program: str) -> None:
    script = folder / "dockerd"
    script.write_text(f"#!{sys.executable}\n{program}")
    script.chmod(0o755)
    monkeypatch.setattr(own, "_dockerd", lambda: str(script))


async def test_it_is_started_once_and_outlives_who_started_it(
    alone: DataPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(monkeypatch, alone.root, PROGRAM.replace("SECURITY", "[]"))
    server, agent = Daemon(alone), Daemon(alone)
    assert server.is_possible()
    assert await server.running() is None
    assert own_pid(alone) is None
    one, other = await asyncio.gather(server.client(), agent.client())
    assert one.socket == other.socket == alone.docker_socket
    pid = own_pid(alone)
    await server.close()
    await agent.close()
    assert own_pid(alone) == pid
    again = Daemon(alone)
    assert await again.running() is not None
    await again.close()
    assert await asyncio.to_thread(stop_own, alone)
    assert own_pid(alone) is None


async def test_a_daemon_that_ended_is_started_again(
    alone: DataPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(monkeypatch, alone.root, PROGRAM.replace("SECURITY", "[]"))
    daemon = Daemon(alone)
    await daemon.client()
    first = own_pid(alone)
    await asyncio.to_thread(stop_own, alone)
    await daemon.client()
    assert own_pid(alone) not in (None, first)
    await daemon.close()


async def test_why_it_did_not_start_is_told(alone: DataPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, alone.root, "import sys; sys.exit('failed to start daemon: no cgroups here')")
    with pytest.raises(DockerUnavailable) as caught:
        await Daemon(alone).client()
    assert "failed to start daemon: no cgroups here" in caught.value.detail
    assert "capsule doctor" in (caught.value.hint or "")


async def test_a_rootless_daemon_is_not_used(alone: DataPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, alone.root, PROGRAM.replace("SECURITY", '["name=rootless"]'))
    await asyncio.to_thread(own.start_own, alone)
    daemon = Daemon(alone)
    assert await daemon.running() is None
    await daemon.close()
