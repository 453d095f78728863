"""A real node agent, a real app host and real apps as processes, and a client that speaks to them."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx2
import msgspec

from capsule.apps.access import AccessPolicy
from capsule.apps.client import AppHostClient
from capsule.apps.contract import AppState, HostedApp, RuntimeReport
from capsule.apps.options import AppHostOptions
from capsule.engines.contract import Limits, ReplicaSpec, Restart, RuntimeTerms
from capsule.kit.ids import new_id
from capsule.kit.rpc import RpcServer
from capsule.paths import DataPaths
from capsule.telemetry.segments import tail

_DEFAULT_OPTIONS = AppHostOptions()

_LAUNCH = """
import logging, sys
from pathlib import Path
import uvloop
import msgspec
from capsule.apps.options import AppHostOptions
from capsule.apps.process import serve
from capsule.node.client import NodeClient
from capsule.paths import DataPaths
logging.basicConfig(level=logging.INFO)
data = DataPaths(Path(sys.argv[1]))
engine = NodeClient(data.node_socket)
options = msgspec.json.decode(sys.argv[4], type=AppHostOptions)
uvloop.run(
    serve(
        data=data, shell=Path(sys.argv[2]), engine=engine, options=options, wait_seconds=float(sys.argv[3])
    )
)
"""

ECHO = """
import cpsl
app = cpsl.App(name="echo", image=cpsl.Image())

@app.message()
async def handle(session, msg):
    await session.reply(f"You said: {msg.text}")
"""


class Replica:
    """One app in its walls, as a release would be: a zygote that the app host wakes runtimes from."""

    def __init__(
        self,
        host: "Host",
        source: str,
        env: dict[str, str] | None = None,
        *,
        capsule_id: str | None = None,
        environment: str = "deploy",
        files: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        """`files` lie beside the app's own, by name."""
        self.id = new_id("rpl")
        self._host = host
        self.capsule_id = capsule_id or new_id("cap")
        self.environment = environment
        artifact = host.data.artifact(self.id)
        (artifact / "app").mkdir(parents=True)
        (artifact / "deps").mkdir()
        for name, text in {**(files or {}), "app.py": textwrap.dedent(source)}.items():
            (artifact / "app" / name).write_text(text)
        values: dict[str, Any] = {
            "identity": 7,
            "limits": Limits(cpu=1.0),
            "runtimes": RuntimeTerms(),
            **more,
        }
        spec = ReplicaSpec(
            id=self.id,
            capsule_id=self.capsule_id,
            release_id="rel_1",
            argv=("{python}", "-m", "cpsl.runtime", "serve", "app.py:app"),
            artifact=str(artifact),
            env={"CAPSULE_RUNTIME_SOCKET": "{run}/replica.sock", **(env or {})},
            listens_on_socket=True,
            platform_files=True,
            restart=Restart.always,
            labels={"environment": environment},
            **values,
        )
        host.node("start", spec=msgspec.to_builtins(spec))

    def kill(self) -> None:
        """As if the zygote had crashed; it is started again after a moment."""
        eventually(lambda: self.status()["pid"] is not None)  # it may just be started again
        pid = self.status()["pid"]
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: self.status()["pid"] != pid)
        time.sleep(0.05)  # for the app host to see it too

    def terminate(self) -> int:
        """Stop it for good and return its exit code."""
        return int(self._host.node("stop", id=self.id)["last_exit"]["code"])

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self._host.node("inspect", id=self.id)
        return found

    def runtimes(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._host.node("runtimes", id=self.id, measure=True)
        return found

    def log(self) -> str:
        records = tail(self._host.data.telemetry(self.capsule_id), "app", limit=10_000)
        return "\n".join(record["text"] for record in records)

    def logged(self, text: str) -> bool:
        return eventually(lambda: text in self.log())


class Server:
    """Answers the app host in the server's place, from a thread, with what is in `secrets` (name: value)."""

    def __init__(self, socket: Path, secrets: dict[str, str]) -> None:
        self._rpc = RpcServer(socket, {"secret": self._secret})
        self._secrets = secrets
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        started.wait(10)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._rpc.close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _secret(self, params: dict[str, Any]) -> str | None:
        return self._secrets.get(params["name"])

    def _run(self, started: threading.Event) -> None:
        self._loop.run_until_complete(self._rpc.start())
        started.set()
        self._loop.run_forever()


class Host:
    """A node agent and an app host on a data folder. `prefix` comes before the command of each."""

    def __init__(
        self,
        root: Path,
        *,
        wait_seconds: float = 10.0,
        shell: Path | None = None,
        prefix: Sequence[str] = (),
        options: AppHostOptions = _DEFAULT_OPTIONS,
    ) -> None:
        self.options = options
        self.data = DataPaths(root)
        self._prefix = prefix
        self._wait_seconds = wait_seconds
        self._shell = shell or root / "no-shell"
        self.data.root.mkdir(parents=True, exist_ok=True)
        self.data.root.chmod(0o711)
        self.secrets: dict[str, str] = {}
        """Of the space that all apps are in."""
        self.agent = self.start_agent()  # first, since it may be another user's and makes the folders
        self.server = Server(self.data.server_control_socket, self.secrets)
        self.process = self._start()

    def start_agent(self) -> "subprocess.Popen[bytes]":
        with (self.data.root / "node.log").open("ab") as log:
            agent = subprocess.Popen(
                [*self._prefix, sys.executable, "-m", "capsule", "node", "--data", str(self.data.root)],
                stdout=log,
                stderr=log,
                cwd="/",
            )
        if not eventually(lambda: self._agent_answers(agent)):
            raise RuntimeError((self.data.root / "node.log").read_text())
        return agent

    def kill_agent(self) -> None:
        self.agent.kill()
        self.agent.wait()

    def _agent_answers(self, agent: "subprocess.Popen[bytes]") -> bool:
        try:
            return bool(self.node("health")["pid"] == agent.pid)
        except OSError:
            return False

    def node(self, method: str, **params: Any) -> Any:
        """Call the node agent, without a loop."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(60)
            connection.connect(str(self.data.node_socket))
            connection.sendall(msgspec.json.encode({"id": 1, "method": method, "params": params}) + b"\n")
            answer = json.loads(connection.makefile("rb").readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["result"]

    def _start(self) -> "subprocess.Popen[bytes]":
        options = msgspec.json.encode(self.options).decode()
        arguments = [str(self.data.root), str(self._shell), str(self._wait_seconds), options]
        with (self.data.root / "host.log").open("ab") as log:
            process = subprocess.Popen(
                [*self._prefix, sys.executable, "-c", _LAUNCH, *arguments], stdout=log, stderr=log, cwd="/"
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
        for process in (self.process, self.agent):
            if process is self.agent and process.poll() is None:
                self.node("shutdown", stop_replicas=True)
            elif process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(30)
        self.server.close()

    def run(self, source: str, env: dict[str, str] | None = None, **more: Any) -> Replica:
        return Replica(self, source, env, **more)

    async def put(
        self, replica: Replica | None, *, capsule_id: str | None = None, release: str = "1", **options: Any
    ) -> str:
        """Host an app and return its capsule's id."""
        if replica is not None:
            capsule_id, environment = replica.capsule_id, replica.environment
        else:
            capsule_id, environment = capsule_id or new_id("cap"), "deploy"
        state = options.pop("state", AppState.live if replica else AppState.starting)
        app = HostedApp(
            capsule_id,
            environment,
            "demo",
            release,
            state,
            None if replica is None else replica.id,
            {"has_message_handler": True, **options.pop("manifest", {})},
            options.pop("reason", ""),
            options.pop("keep_warm_seconds", 600.0),
            access=options.pop("access", AccessPolicy()),
            url=options.pop("url", "http://demo.localhost"),
            mounts=options.pop("mounts", {}),
        )
        client = AppHostClient(self.data.apps_control_socket)
        try:
            await client.put_app(app, **{"ready_seconds": 15.0, **options})
        finally:
            await client.close()
        return capsule_id

    async def host_app(self, source: str, **more: Any) -> tuple[str, Replica]:
        replica = self.run(source, **more)
        return await self.put(replica), replica

    async def report(self, capsule_id: str) -> RuntimeReport:
        client = AppHostClient(self.data.apps_control_socket)
        try:
            return await client.runtimes(capsule_id, "deploy")
        finally:
            await client.close()

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

    async def put(self, path: str, body: Any = None, **options: Any) -> httpx2.Response:
        return await self._client.put(path, json=body, **options)

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


def eventually(check: Callable[[], bool], *, seconds: float = 20) -> bool:
    """Wait until `check` holds; say whether it does."""
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
