"""The smallest engine there can be: starts a zygote without walls and wakes runtimes from it."""

import os
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

from cpsl.wire import ZYGOTE, Ended, Loaded, Outfit, Prepare, Prepared, Step, Wake, WallPlan

_PACKET = 1 << 18


class Zygote:
    """One `python -m cpsl.runtime serve` on an app in `folder`."""

    def __init__(self, folder: Path, source: str) -> None:
        (folder / "app.py").write_text(textwrap.dedent(source))
        self.folder = folder
        self.log = folder / "log"
        path = folder / "z"
        env = {**os.environ, "CAPSULE_RUNTIME_SOCKET": str(path)}
        command = [sys.executable, "-m", "cpsl.runtime", "serve", "app.py:app"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while not path.exists():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        self.connect()

    def connect(self) -> None:
        self._link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._link.settimeout(20)
        self._link.connect(str(self.folder / "z"))
        self._link.send(ZYGOTE.encode(Prepare()))
        self.prepared = self.receive(Prepared)

    def disconnect(self) -> None:
        self._link.close()

    def loaded(self) -> Loaded:
        found: Loaded = self.receive(Loaded)
        return found

    def receive(self, kind: type) -> Any:
        packet = self._link.recv(_PACKET)
        message = ZYGOTE.decode(packet) if packet else None
        assert isinstance(message, kind), (message, self.log.read_text())
        return message

    def wake(self, runtime_id: str, env: dict[str, str] | None = None) -> Path:
        """Return the socket of a new runtime."""
        path = self.folder / runtime_id
        plan = WallPlan(
            namespaces=[],
            hostname="",
            mounts=[],
            limits={},
            counts={},
            system_calls="",
            writable=[],
            removable=[],
            directory=str(self.folder),
            nameserver="",
            joins_group=False,
            out_of_memory_score=500,
        )
        own, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with own, other:
            own.settimeout(20)
            own.send(ZYGOTE.encode(Outfit(str(path), plan, env or {})))
            order = Wake(runtime_id, has_envoy=False)
            socket.send_fds(self._link, [ZYGOTE.encode(order)], [other.fileno()])
            other.close()
            packet = own.recv(_PACKET)
            assert packet, self.log.read_text()
            assert ZYGOTE.decode(packet) == Step("walled")
        return path

    def ended(self) -> Ended:
        found: Ended = self.receive(Ended)
        return found

    def close(self) -> None:
        self.disconnect()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
