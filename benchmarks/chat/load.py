"""The load, a process of its own: `python -m benchmarks.chat.load '{"what": …}'`.

Prints a line when everybody is there and the measuring begins, and then what was found.

All times are those of the monotonic clock, which every process of a machine reads alike.
"""

import asyncio
import json
import re
import sys
import time
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import uvloop

from benchmarks.chat.wires import HttpWire, SocketIoWire

_LATE_SECONDS = 30.0
_TOKEN = re.compile(rb"#(\d+)@([\d.]+);")


@dataclass(frozen=True)
class Plan:
    """What to do, as one line of JSON."""

    what: str
    """`capsule` or `chainlit`: say something, wait for the echo, again; `streams`: listen to answers."""
    host: str
    port: int
    clients: int
    seconds: float
    users: int = 0
    """For streams: so many people have the `clients` conversations."""


@dataclass
class Found:
    """Seconds each."""

    times: list[float] = field(default_factory=list)
    """Of the round trips, or how late each piece came."""
    seconds: float = 0.0
    busy: float = 0.0
    """Share of a processor that the load itself took."""
    worst_of_each: list[float] = field(default_factory=list)
    missing: int = 0
    spent: dict[str, float] = field(default_factory=dict)
    """Processor seconds of the processes that answered, by name; counted by who runs the load."""


class Talker(Protocol):
    async def say(self, text: str) -> float:
        """Return the seconds until the echo was there."""

    def close(self) -> None: ...


class Visitor:
    """A chat page: one connection for what it sends, one for the events."""

    def __init__(self, sending: HttpWire, listening: HttpWire, session: str) -> None:
        self.session = session
        self._sending, self._listening = sending, listening
        self._path = f"/api/sessions/{session}/messages"
        self._awaited = b""
        self._echoed: asyncio.Future[float]
        listening.on_event = self._take

    @classmethod
    async def come(cls, plan: Plan, cookie: str = "") -> "Visitor":
        sending, listening = (
            await HttpWire.open(plan.host, plan.port),
            await HttpWire.open(plan.host, plan.port),
        )
        sending.cookie = cookie
        status, body = await sending.request("POST", "/api/sessions")
        if status != 201:
            raise SystemExit(f"no session: {status} {body.decode()}")
        session = json.loads(body)["id"]
        listening.cookie = sending.cookie
        visitor = cls(sending, listening, session)
        listening.send("GET", f"/api/sessions/{session}/events")
        return visitor

    @property
    def cookie(self) -> str:
        return self._sending.cookie

    def listen(self, take: Any) -> None:
        self._listening.on_event = take

    async def post(self, text: str) -> None:
        status, body = await self._sending.request(
            "POST", self._path, {"text": text, "client_id": uuid.uuid4().hex}
        )
        if status != 202:
            raise SystemExit(f"not accepted: {status} {body.decode()}")

    async def read(self, path: str) -> bytes:
        status, body = await self._sending.request("GET", path)
        if status != 200:
            raise SystemExit(f"not answered: {status} {body.decode()}")
        return body

    async def say(self, text: str) -> float:
        self._awaited = f'"text":"{text}"'.encode()
        self._echoed = asyncio.get_running_loop().create_future()
        began = time.monotonic()
        await self.post(text)
        return await self._echoed - began

    def close(self) -> None:
        self._sending.close()
        self._listening.close()

    def _take(self, event: bytes) -> None:
        if self._awaited and b"event: reply\n" in event and self._awaited in event:
            self._awaited = b""
            self._echoed.set_result(time.monotonic())


class PeerVisitor:
    """A page of Chainlit's."""

    def __init__(self, wire: SocketIoWire) -> None:
        self._wire = wire
        self._awaited = b""
        self._echoed: asyncio.Future[float]
        wire.on_packet = self._take

    @classmethod
    async def come(cls, plan: Plan) -> "PeerVisitor":
        auth = {"clientType": "webapp", "sessionId": str(uuid.uuid4()), "threadId": "", "userEnv": "{}"}
        path = "/ws/socket.io/?EIO=4&transport=websocket"
        visitor = cls(await SocketIoWire.open(plan.host, plan.port, path, {**auth, "chatProfile": ""}))
        visitor._wire.emit("connection_successful")
        return visitor

    async def say(self, text: str) -> float:
        self._awaited = f'"output":"{text}"'.encode()
        self._echoed = asyncio.get_running_loop().create_future()
        message = {
            "threadId": "",
            "id": str(uuid.uuid4()),
            "name": "User",
            "type": "user_message",
            "output": text,
            "createdAt": "2026-01-01T00:00:00.000Z",
            "metadata": {"location": "http://localhost/"},
        }
        began = time.monotonic()
        self._wire.emit("client_message", {"message": message, "fileReferences": []})
        return await self._echoed - began

    def close(self) -> None:
        self._wire.close()

    def _take(self, packet: bytes) -> None:
        if self._awaited and packet.startswith(b'42["new_message"') and self._awaited in packet:
            self._awaited = b""
            self._echoed.set_result(time.monotonic())


async def echo(plan: Plan) -> Found:
    """Every client says something, waits for the echo, and says the next thing."""
    come = Visitor.come if plan.what == "capsule" else PeerVisitor.come
    talkers: list[Talker] = [await come(plan) for _ in range(plan.clients)]
    for talker in talkers:
        async with asyncio.timeout(_LATE_SECONDS):
            await talker.say("first")
            await talker.say("second")
    found = Found()
    _announce()
    began, spent = time.monotonic(), time.process_time()

    async def talk(talker: Talker, number: int) -> None:
        said = 0
        while time.monotonic() - began < plan.seconds:
            said += 1
            async with asyncio.timeout(_LATE_SECONDS):
                found.times.append(await talker.say(f"hello {number}.{said}"))

    await asyncio.gather(*(talk(talker, number) for number, talker in enumerate(talkers)))
    found.seconds = time.monotonic() - began
    found.busy = (time.process_time() - spent) / found.seconds
    for talker in talkers:
        talker.close()
    return found


class Listener:
    """Notes how late each piece of an answer came, measured from when the app wrote it."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self.ended = asyncio.Event()

    def __call__(self, event: bytes) -> None:
        now = time.monotonic()
        if b"event: reply_delta\n" in event:
            self.late += [now - float(at) for _, at in _TOKEN.findall(event)]
        elif b"event: turn_ended\n" in event and self.late:  # not that of the turn before
            self.ended.set()


async def streams(plan: Plan) -> Found:
    """Have all conversations answered at once, and read along in each."""
    visitors: list[Visitor] = []
    for number in range(plan.clients):
        cookie = visitors[number % plan.users].cookie if number >= plan.users else ""
        visitors.append(await Visitor.come(plan, cookie))
    for visitor in visitors:
        async with asyncio.timeout(_LATE_SECONDS):
            await visitor.say("first")
    listeners = [Listener() for _ in visitors]
    for visitor, listener in zip(visitors, listeners, strict=True):
        visitor.listen(listener)
    _announce()
    began, spent = time.monotonic(), time.process_time()
    # They begin over the time of some pieces, as answers do that nobody has timed.
    for visitor in visitors:
        await visitor.post(f"stream {plan.seconds}")
    async with asyncio.timeout(plan.seconds + _LATE_SECONDS):
        await asyncio.gather(*(listener.ended.wait() for listener in listeners))
    found = Found(seconds=time.monotonic() - began)
    found.busy = (time.process_time() - spent) / found.seconds
    found.times = [late for listener in listeners for late in listener.late]
    found.worst_of_each = [max(listener.late, default=_LATE_SECONDS) for listener in listeners]
    found.missing = round(plan.clients * plan.seconds / 0.02) - len(found.times)
    for visitor in visitors:
        visitor.close()
    return found


def _announce() -> None:
    print("ready", flush=True)


def main() -> None:
    plan = Plan(**json.loads(sys.argv[1]))
    found = uvloop.run(streams(plan) if plan.what == "streams" else echo(plan))
    json.dump(asdict(found), sys.stdout)


if __name__ == "__main__":
    main()
