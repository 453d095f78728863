"""A node agent on a data folder of its own with one replica of the app, and users who talk to it."""

import asyncio
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

from benchmarks.runtimes.app import ENTRY, make_artifact
from capsule.engines.contract import Limits, ReplicaSpec, RuntimeSpec, RuntimeStatus, RuntimeTerms
from capsule.errors import Unavailable
from capsule.node.client import NodeClient
from capsule.paths import DataPaths
from cpsl.wire import Ack, Hello, Ready, Reply, RunTurn, TurnEnded, decode, encode

CAPSULE_ID = "cap_bench"
_START_SECONDS = 30.0
_IDENTITY = 4711
"""Nobody else's, so that its processes are told from all others by their user."""


class Guest:
    """One app user with a woken runtime and an open connection to it."""

    def __init__(
        self, runtime: RuntimeStatus | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._runtime = runtime
        self._reader, self._writer = reader, writer
        self._turns = itertools.count(1)

    @classmethod
    async def meet(cls, socket: Path, runtime: RuntimeStatus | None = None) -> "Guest":
        """Connect as the app host does; return once `boot` has run."""
        reader, writer = await asyncio.open_unix_connection(socket)
        writer.write(encode(Hello()))
        async with asyncio.timeout(_START_SECONDS):
            answer = decode(await reader.readline())
        if not isinstance(answer, Ready):
            raise SystemExit(f"the runtime answered {answer}")
        return cls(runtime, reader, writer)

    @property
    def id(self) -> str:
        assert self._runtime is not None
        return self._runtime.id

    @property
    def pid(self) -> int:
        assert self._runtime is not None
        assert self._runtime.pid is not None
        return self._runtime.pid

    async def say(self) -> float:
        """Run one turn and return the seconds until the first line of the answer."""
        began = time.perf_counter()
        replied = 0.0
        self._writer.write(encode(_turn(f"trn_{next(self._turns)}")))
        async with asyncio.timeout(_START_SECONDS):
            while True:
                message = decode(await self._reader.readline())
                if isinstance(message, Reply):
                    replied = replied or time.perf_counter() - began
                    self._writer.write(encode(Ack(message.id)))
                elif isinstance(message, TurnEnded):
                    return replied

    def leave(self) -> None:
        self._writer.close()


class House:
    """Use it as a context: nothing is left afterwards."""

    def __init__(self) -> None:
        self.data = DataPaths(Path(tempfile.mkdtemp(prefix="cb", dir="/tmp")))
        self.replica_id = "rpl_bench"
        self.engine = NodeClient(self.data.node_socket)
        self.agent: subprocess.Popen[bytes]
        self._users = itertools.count(1)

    async def __aenter__(self) -> "House":
        self.data.root.chmod(0o711)
        make_artifact(self.data.artifact("a"))
        self.agent = launch("node", self.data)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self._reach_agent()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _reach_agent(self) -> None:
        while True:
            try:
                await self.engine.fingerprint()
                return
            except Unavailable:
                await asyncio.sleep(0.05)

    async def close(self) -> None:
        if self.agent.poll() is None:
            await self.engine.shutdown(stop_replicas=True)
            self.agent.wait(30)
        await self.engine.close()
        shutil.rmtree(self.data.root, ignore_errors=True)

    async def start(self) -> None:
        """Start the replica; return once runtimes can be woken."""
        await self.engine.start(
            ReplicaSpec(
                id=self.replica_id,
                capsule_id=CAPSULE_ID,
                release_id="rel_1",
                identity=_IDENTITY,
                argv=("{python}", "-m", "cpsl.runtime", "serve", ENTRY),
                artifact=str(self.data.artifact("a")),
                env={"CAPSULE_RUNTIME_SOCKET": "{run}/replica.sock", "PYTHONPATH": "{deps}"},
                limits=Limits(memory=512, cpu=1.0),
                listens_on_socket=True,
                platform_files=True,
                runtimes=RuntimeTerms(),
            )
        )
        async with asyncio.timeout(_START_SECONDS):
            status = await self.engine.ready(self.replica_id)
        if not status.is_forked:
            raise SystemExit(f"the app cannot be forked: {' '.join(status.notices)}")

    async def stop(self) -> None:
        await self.engine.destroy(self.replica_id)

    async def zygote(self) -> int:
        pid = (await self.engine.inspect(self.replica_id)).pid
        assert pid is not None
        return pid

    async def wake(self) -> Guest:
        """Wake a runtime for somebody who was never here before; return once `boot` has run."""
        number = next(self._users)
        owner = f"{CAPSULE_ID}.deploy/{number:032x}"
        env = {"CAPSULE_RUNNER_TOKEN": "token"}
        runtime = await self.engine.wake(RuntimeSpec(f"rt_{number}", self.replica_id, owner, env))
        return await Guest.meet(Path(runtime.address.removeprefix("unix:")), runtime)

    async def end(self, guest: Guest) -> None:
        await self.engine.stop_runtime(self.replica_id, guest.id)
        guest.leave()

    def remains(self) -> dict[str, int]:
        """Count what runtimes may leave behind."""
        groups = Path("/sys/fs/cgroup/memory" if Path("/sys/fs/cgroup/memory").is_dir() else "/sys/fs/cgroup")
        replica = self.data.replica(self.replica_id)
        inside = sum(1 for _ in groups.glob(f"capsule-*/{self.replica_id}/*/"))
        owner = replica.joinpath("run").stat().st_uid
        processes = sum(1 for pid in os.listdir("/proc") if pid.isdigit() and _owner(pid) == owner)
        return {
            "processes": processes,
            "control groups": inside,
            "mounts": len(Path("/proc/self/mountinfo").read_text().splitlines()),
            "files in run/": sum(1 for _ in (replica / "run").rglob("*")),
            "notes": sum(1 for _ in (replica / "runtimes").rglob("*")),
        }


def launch(name: str, data: DataPaths) -> "subprocess.Popen[bytes]":
    """Start one of the platform's own processes."""
    with (data.root / f"{name}.log").open("wb") as log:
        command = [sys.executable, "-m", "capsule", name, "--data", str(data.root)]
        return subprocess.Popen(command, stdout=log, stderr=log, cwd="/")


def _owner(pid: str) -> int:
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except FileNotFoundError:
        return -1


def _turn(turn_id: str) -> RunTurn:
    return RunTurn(
        turn_id,
        {
            "id": "ses_1",
            "user": {"id": "usr_1", "email": None, "org_id": None},
            "channel": "chat",
            "data": {},
            "history": [],
            "is_entered": True,
            "integrations": {},
        },
        {"text": "hello", "at": 0.0},
    )
