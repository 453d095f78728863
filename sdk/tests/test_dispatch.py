"""A real runtime, spoken to over its socket as the app host does: which handler an item reaches."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from zygote_engine import Zygote

from cpsl.wire import (
    PROTOCOL,
    Ack,
    CancelTurn,
    Entered,
    Hello,
    JournalEntry,
    Leaving,
    Ready,
    Refused,
    Reply,
    RunTurn,
    SaveData,
    TurnEnded,
    WireMessage,
    decode,
    encode,
)

APP = """
import asyncio
import cpsl
from cpsl import ui
app = cpsl.App("demo", image=cpsl.Image())
flow = app.workflow("report")

@app.message()
async def handle(session, msg):
    if msg.text == "sleep":
        try:
            await asyncio.sleep(60)
        finally:
            print("woken", flush=True)
    elif msg.text == "trigger":
        await session.reply(str(await session.trigger_action("double", {"n": 4})))
    else:
        await session.reply(f"default {msg.text} {cpsl.current_session() is session}")

@app.message("support", label="Help")
def support(session, msg):
    session.data["asked"] = msg.text

@app.action()
async def double(session, event: cpsl.Event):
    await session.reply(f"{event.name} {event.payload}")
    return 2 * event.payload["n"]

@app.session("board")
async def board(session):
    session.data["board"] = []

@flow.start()
async def start(session, given):
    await session.reply(f"start {given.topic} {given.payload['topic']}")

@flow.action("again")
async def again(session, given):
    await session.reply(f"again {given.to_dict()}")

@flow.message()
async def follow(session, msg):
    await session.reply(f"flow {msg.text}")
"""


class Wire:
    """The app host's end of one connection, acknowledging everything."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._turns = 0

    def send(self, message: WireMessage) -> None:
        self.writer.write(encode(message))

    async def receive(self) -> WireMessage:
        return decode(await asyncio.wait_for(self.reader.readline(), 10))

    def start(
        self,
        data: dict[str, Any] | None = None,
        is_entered: bool = True,
        journal: list[JournalEntry] | None = None,
        **inbound: Any,
    ) -> str:
        self._turns += 1
        turn_id = f"trn_{self._turns}"
        self.send(
            RunTurn(
                turn_id,
                {
                    "id": "ses_1",
                    "user": {"id": "u", "email": None, "org_id": None},
                    "channel": "chat",
                    "data": data or {},
                    "history": [],
                    "is_entered": is_entered,
                    "integrations": {},
                },
                inbound,  # type: ignore[arg-type]
                journal or [],
            )
        )
        return turn_id

    async def effects(self) -> list[WireMessage]:
        """Return what a turn does, up to its end."""
        found: list[WireMessage] = []
        while True:
            message = await self.receive()
            found.append(message)
            if isinstance(message, TurnEnded):
                return found
            if isinstance(message, (Reply, SaveData, Entered)):
                self.send(Ack(message.id))

    async def run(self, data: dict[str, Any] | None = None, **inbound: Any) -> list[Any]:
        """Run a turn and return what matters: texts of replies, saved data, the end's status."""
        self.start(data, **inbound)
        shown: dict[type, Callable[[Any], Any]] = {
            Reply: lambda m: m.text,
            SaveData: lambda m: m.changed,
            TurnEnded: lambda m: m.status,
        }
        return [shown[type(effect)](effect) for effect in await self.effects()]


class App:
    def __init__(self, folder: Path) -> None:
        self.zygote = Zygote(folder, APP)
        self.log = self.zygote.log
        self.zygote.loaded()
        self._socket = self.zygote.wake("r", {"CAPSULE_RUNNER_TOKEN": "t0k3n"})

    async def until_logged(self, text: str, times: int) -> None:
        async with asyncio.timeout(10):
            while self.log.read_text().count(text) < times:  # noqa: ASYNC110 - the log is a file
                await asyncio.sleep(0.02)

    async def connect(self, protocol: int | None = None) -> Wire:
        wire = Wire(*await asyncio.open_unix_connection(str(self._socket)))
        wire.send(Hello() if protocol is None else Hello(protocol))
        return wire


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Any:
    running = App(tmp_path_factory.mktemp("rt"))
    yield running
    running.zygote.close()


@pytest.fixture
async def wire(app: App) -> AsyncIterator[Wire]:
    opened = await app.connect()
    ready = await opened.receive()
    assert isinstance(ready, Ready)
    assert (ready.app_name, ready.token) == ("demo", "t0k3n")
    yield opened
    opened.writer.close()


async def test_a_text_reaches_the_default_chat_or_the_named_one(wire: Wire) -> None:
    assert await wire.run(text="hi") == ["default hi True", "succeeded"]
    assert await wire.run(text="hi", chat_name="support") == [
        {"__chat_name__": "support", "asked": "hi"},
        "succeeded",
    ]
    assert await wire.run({"__chat_name__": "support"}, text="x") == [{"asked": "x"}, "succeeded"]


async def test_a_new_session_keeps_the_chat_it_was_opened_with(wire: Wire) -> None:
    wire.start(is_entered=False, text="hi", chat_name="support")
    entered, saved, ended = await wire.effects()
    assert isinstance(entered, Entered)
    assert isinstance(saved, SaveData)
    assert saved.changed == {"__chat_name__": "support", "asked": "hi"}
    assert isinstance(ended, TurnEnded)


async def test_unknown_names_fail_with_those_there_are(wire: Wire) -> None:
    assert await wire.run(text="hi", chat_name="nope") == [
        "Something went wrong: There is no chat 'nope'; there are: support.",
        "failed",
    ]
    assert await wire.run(action="nope") == [
        "Something went wrong: There is no action 'nope'; there are: double.",
        "failed",
    ]


async def test_actions_run_alone_or_inside_a_turn(wire: Wire) -> None:
    assert await wire.run(action="double", payload={"n": 1}) == ["double {'n': 1}", "succeeded"]
    assert await wire.run(text="trigger") == ["double {'n': 4}", "8", "succeeded"]


async def test_pages_initialise_and_set_session_data(wire: Wire) -> None:
    assert await wire.run(action="__session_init__", payload={"name": "board"}) == [
        {"board": []},
        "succeeded",
    ]
    assert await wire.run(action="__session_init__", payload={"name": "other"}) == ["succeeded"]
    assert await wire.run(action="__session_set__", payload={"values": {"a": 1}}) == [{"a": 1}, "succeeded"]
    assert await wire.run({"a": 1}, action="__session_set__", payload={"key": "a", "value": 1}) == [
        "succeeded"
    ]


async def test_workflows_start_act_and_take_the_messages_of_their_session(wire: Wire) -> None:
    start = '{"__workflow__": "report", "__action__": "start", "__payload__": {"topic": "tea"}}'
    assert await wire.run(text=start) == ["start tea tea", {"__workflow__": "report"}, "succeeded"]
    assert await wire.run({"__workflow__": "report"}, text="more") == ["flow more", "succeeded"]
    assert await wire.run({"__workflow__": "report"}, action="again", payload={}) == ["again {}", "succeeded"]
    assert await wire.run(text='{"just": "json"}') == ['default {"just": "json"} True', "succeeded"]


async def test_a_cancelled_turn_ends_as_cancelled(wire: Wire, app: App) -> None:
    turn_id = wire.start(text="sleep")
    await asyncio.sleep(0.1)
    wire.send(CancelTurn(turn_id))
    assert await wire.effects() == [TurnEnded(turn_id, "cancelled")]
    await app.until_logged("woken", 1)


async def test_turns_end_when_their_host_goes_away(wire: Wire, app: App) -> None:
    woken = app.log.read_text().count("woken")
    wire.start(text="sleep")
    await asyncio.sleep(0.1)
    wire.writer.close()
    await app.until_logged("woken", woken + 1)


async def test_another_protocol_is_refused_with_a_reason(app: App) -> None:
    wire = await app.connect(protocol=99)
    refused = await wire.receive()
    assert isinstance(refused, Refused)
    assert f"speaks protocol {PROTOCOL}" in refused.reason
    assert await wire.reader.read() == b""
    wire.writer.close()


async def test_a_line_that_is_no_message_ends_only_that_connection(app: App, wire: Wire) -> None:
    broken = await app.connect()
    await broken.receive()
    broken.writer.write(b"nonsense\n")
    assert await broken.reader.read() == b""
    broken.writer.close()
    assert await wire.run(text="still") == ["default still True", "succeeded"]


async def test_sigterm_tells_hosts_and_cuts_off_turns_that_take_too_long(tmp_path: Path) -> None:
    own = App(tmp_path)
    wire = await own.connect()
    await wire.receive()
    wire.start(text="sleep")
    await asyncio.sleep(0.1)
    own.zygote.process.terminate()
    assert await wire.receive() == Leaving()
    # Such a turn is the host's to explain: the connection ends without a word about it.
    assert await asyncio.wait_for(wire.reader.read(), 10) == b""
    assert await asyncio.to_thread(own.zygote.process.wait, 10) == 0
    own.zygote.close()
    wire.writer.close()
