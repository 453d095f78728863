"""A real app host and real runtimes as processes, and a client that speaks to them over their sockets."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx2

from capsule.apps.client import AppHostClient
from capsule.apps.contract import AppState, HostedApp
from capsule.kit.ids import new_id
from capsule.paths import DataPaths

_LAUNCH = """
import asyncio, logging, sys
from pathlib import Path
import uvloop
from capsule.apps.process import serve
from capsule.paths import DataPaths
logging.basicConfig(level=logging.INFO)
uvloop.run(serve(data=DataPaths(Path(sys.argv[1])), shell=Path(sys.argv[2]), wait_seconds=float(sys.argv[3])))
"""

ECHO = """
import cpsl
app = cpsl.App(name="echo", image=cpsl.Image())

@app.message()
async def handle(session, msg):
    await session.reply(f"You said: {msg.text}")
"""


class Runtime:
    """One `python -m cpsl.runtime serve` process."""

    def __init__(self, folder: Path, source: str, env: dict[str, str] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "app.py").write_text(textwrap.dedent(source))
        self.folder = folder
        self.socket = folder / "replica.sock"
        self._env = {**os.environ, "CAPSULE_RUNTIME_SOCKET": str(self.socket), **(env or {})}
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        log = (self.folder / "log").open("ab")
        command = [sys.executable, "-m", "cpsl.runtime", "serve", "app.py:app"]
        with log:
            return subprocess.Popen(command, cwd=self.folder, env=self._env, stdout=log, stderr=log)

    def restart(self) -> None:
        self.process = self._start()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def terminate(self) -> int:
        self.process.terminate()
        return self.process.wait(15)

    def log(self) -> str:
        return (self.folder / "log").read_text()


class Host:
    """One app host process on a data folder."""

    def __init__(self, root: Path, *, wait_seconds: float = 10.0, shell: Path | None = None) -> None:
        self.data = DataPaths(root)
        self._wait_seconds = wait_seconds
        self._shell = shell or root / "no-shell"
        self._runtimes: list[Runtime] = []
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        self.data.root.mkdir(parents=True, exist_ok=True)
        arguments = [str(self.data.root), str(self._shell), str(self._wait_seconds)]
        with (self.data.root / "host.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", _LAUNCH, *arguments], stdout=log, stderr=log, cwd="/"
            )
        deadline = time.monotonic() + 20
        while not self.data.apps_socket.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.data.root / "host.log").read_text())
            time.sleep(0.02)
        return process

    def kill(self) -> None:
        """As if the process had crashed: nothing is tidied up."""
        self.process.kill()
        self.process.wait()

    def start_again(self) -> None:
        self.data.apps_socket.unlink(missing_ok=True)
        self.process = self._start()

    def close(self) -> None:
        for runtime in self._runtimes:
            runtime.process.kill()
            runtime.process.wait()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(15)

    def run(self, source: str, env: dict[str, str] | None = None) -> Runtime:
        runtime = Runtime(self.data.root / "rt" / new_id("r"), source, env)
        self._runtimes.append(runtime)
        return runtime

    async def put(
        self, runtime: Runtime | None, *, capsule_id: str | None = None, release: str = "1", **options: Any
    ) -> str:
        """Host an app and return its capsule's id."""
        capsule_id = capsule_id or new_id("cap")
        state = options.pop("state", AppState.live if runtime else AppState.starting)
        app = HostedApp(
            capsule_id,
            options.pop("environment", "deploy"),
            "demo",
            release,
            state,
            None if runtime is None else str(runtime.socket),
            {"has_message_handler": True},
            options.pop("reason", ""),
        )
        client = AppHostClient(self.data.apps_control_socket)
        try:
            await client.put_app(app, **{"ready_seconds": 15.0, **options})
        finally:
            await client.close()
        return capsule_id

    async def host_app(self, source: str) -> tuple[str, Runtime]:
        runtime = self.run(source)
        return await self.put(runtime), runtime

    def browser(self, capsule_id: str, *, environment: str = "deploy", **headers: str) -> "Browser":
        route = capsule_id if environment == "deploy" else f"{capsule_id}:{environment}"
        return Browser(self.data.apps_socket, route, headers)


class Browser:
    """One visitor with cookies."""

    def __init__(self, socket: Path, route: str, headers: dict[str, str]) -> None:
        self._client = httpx2.AsyncClient(
            transport=httpx2.AsyncHTTPTransport(uds=str(socket)),
            base_url="http://demo.localhost",
            headers={"X-Capsule-Route": route, **{k.replace("_", "-"): v for k, v in headers.items()}},
            timeout=30,
        )

    async def __aenter__(self) -> "Browser":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        return await self._client.get(path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> httpx2.Response:
        return await self._client.post(path, json=body, **options)

    async def delete(self, path: str) -> httpx2.Response:
        return await self._client.delete(path)

    async def open(self) -> str:
        answer = await self.post("/api/sessions")
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def send(self, session: str, text: str, client_id: str | None = None) -> dict[str, Any]:
        body = {"text": text, "client_id": client_id or new_id("cli")}
        answer = await self.post(f"/api/sessions/{session}/messages", body)
        assert answer.status_code == 202, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def events(self, session: str, after: int = 0) -> AsyncIterator[dict[str, Any]]:
        """Yield the events of a session as they come, until the connection ends."""
        headers = {"Last-Event-ID": str(after)} if after else {}
        path = f"/api/sessions/{session}/events"
        async with self._client.stream("GET", path, headers=headers) as answer:
            assert answer.status_code == 200
            async for line in answer.aiter_lines():
                if line.startswith("data:"):
                    yield json.loads(line[5:])

    async def until_ended(self, session: str, turn_id: str, seconds: float = 20) -> list[dict[str, Any]]:
        """Return the events of a turn once it has ended."""
        found: list[dict[str, Any]] = []
        async with asyncio.timeout(seconds):
            async for event in self.events(session):
                if event.get("turn_id") == turn_id:
                    found.append(event)
                    if event["type"] == "turn_ended":
                        return found
        raise AssertionError("the stream ended before the turn")

    async def say(self, session: str, text: str) -> list[str]:
        """Send a message and return the replies."""
        sent = await self.send(session, text)
        return replies(await self.until_ended(session, sent["turn_id"]))

    async def log(self, session: str) -> list[dict[str, Any]]:
        answer = await self.get(f"/api/sessions/{session}/log")
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


def replies(events: list[dict[str, Any]]) -> list[str]:
    return [event["data"]["text"] for event in events if event["type"] in ("reply", "reply_ended")]


def status(events: list[dict[str, Any]]) -> str:
    assert events[-1]["type"] == "turn_ended"
    return str(events[-1]["data"]["status"])
