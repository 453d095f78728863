"""A turn that is cut off after any of its effects and run again does each of them once."""

import asyncio
import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from session_backend import make_session

import cpsl
from cpsl._ambient import active_session
from cpsl.runtime.backend import WireBackend
from cpsl.runtime.journal import Journal
from cpsl.wire import (
    Ask,
    GetValue,
    JournalEntry,
    Lookup,
    ReadFile,
    Reply,
    ReplyDelta,
    ReplyEnded,
    ReplyStarted,
    SetValue,
    Show,
    StoreFile,
    WireMessage,
)

GITHUB = {"access_token": "t", "token_type": "Bearer", "scopes": [], "expires_at": 0, "fields": {}}
STORED = {"id": "fil_1", "name": "a.csv", "content_type": "text/csv", "size": 4, "url": "/api/files/fil_1/a"}
ANSWERS: dict[str, Any] = {
    "approval": {"status": "answered", "approved": True},
    "file": {"status": "answered", "file": STORED},
    "integration": {"status": "answered"},
}


class CutOff(BaseException):
    """The runtime dies."""


class Host:
    """Keeps the effects of one turn, as the app host does, over all its attempts."""

    def __init__(self) -> None:
        self.journal: list[JournalEntry] = []
        self.texts: list[str] = []
        self.values: dict[str, Any] = {}
        self.shown: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.left = 10_000
        """How many effects there may be before the runtime dies."""

    async def post(self, message: WireMessage) -> None:
        await self.request(lambda _: message)

    async def request(self, make: Callable[[int], WireMessage]) -> Any:
        await asyncio.sleep(0)
        message: Any = make(1)
        if isinstance(message, ReadFile):
            return {"data": base64.b64encode(b"a,b\n").decode(), "is_last": True}
        if isinstance(message, Lookup):
            return GITHUB
        if self.left == 0:
            raise CutOff
        self.left -= 1
        result = self._do(message)
        assert message.site not in [entry["site"] for entry in self.journal]
        self.journal.append({"site": message.site, "result": result})
        return result

    def _do(self, message: Any) -> Any:
        match message:
            case Reply(text=text):
                self.texts.append(text)
            case Show(block_id=block_id, payload=payload):
                self.shown[block_id] = payload
            case Ask(kind=kind):
                self.asked.append(kind)
                return ANSWERS[kind]
            case GetValue(key=key):
                return {"found": key in self.values, "value": self.values.get(key)}
            case SetValue(key=key, value=value):
                self.values[key] = value
            case StoreFile():
                return STORED
        return getattr(message, "result", None)

    def send(self, message: WireMessage) -> None:
        if isinstance(message, ReplyStarted):
            result: Any = {"reply_id": message.reply_id, "text": "", "is_ended": False}
            self.journal.append({"site": message.site, "result": result})
        elif isinstance(message, ReplyDelta):
            self._stream(message.reply_id)["text"] += message.text
        elif isinstance(message, ReplyEnded):
            self._stream(message.reply_id)["is_ended"] = True

    def _stream(self, reply_id: str) -> dict[str, Any]:
        streams = [entry["result"] for entry in self.journal if isinstance(entry["result"], dict)]
        found: dict[str, Any] = next(one for one in streams if one.get("reply_id") == reply_id)
        return found

    async def drain(self) -> None: ...


class Turn:
    """One handler that does a bit of everything."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.charged = 0

    async def handle(self, session: cpsl.Session) -> list[Any]:
        app = cpsl.App("demo", image=cpsl.Image())
        found: list[Any] = []
        await session.reply("hello")
        found.append(await session.show_step("Read"))
        await session.show_step("Read", status="completed", step_id=found[0])
        found.append(await session.prompt_approval("Go on?"))
        upload = await session.prompt_file(path=str(self.folder / "in.csv"))
        found.append(Path(str(upload.path)).read_text())
        found.append((await session.require_integration("github", reason="issues")).access_token)
        result = await session.terminal("t").shell(f"echo x >> {self.log}; sleep 0.3; echo y; sleep 0.3")
        found.append(result.stdout)
        count = await session.get("n", 0)
        await session.set("n", count + 1)
        await app.set("m", await app.get("m", 0) + 1)
        found.append(await session.once("charge", self.charge))
        found.append((await session.media.image(b"\x89PNG\r\n\x1a\n"))["src"])
        async with session.stream_reply() as stream:
            stream.write("one ")
            stream.write("two")
        await asyncio.gather(session.reply("left"), session.reply("right"))
        await session.show_table([{"a": 1}])
        await session.hide_table()
        fresh = await session.show_terminal()
        found.append(fresh.name)
        await session.reply("bye")
        return found

    async def charge(self) -> int:
        self.charged += 1
        return self.charged


async def attempt(host: Host, turn: Turn, number: int) -> list[Any]:
    """Run the turn in a runtime of its own; the user's account is connected once it was asked for."""

    async def run() -> list[Any]:
        session = make_session()
        if "integration" in host.asked:
            session.integrations["github"] = cpsl.IntegrationCredentials("t")
        journal = Journal(host.journal)
        backend = WireBackend(host, "turn", _no_action, journal, number)  # type: ignore[arg-type]
        session._backend = backend
        active_session.set(session)
        try:
            return await turn.handle(session)
        finally:
            assert journal.diverged is None

    return await asyncio.create_task(run())


async def _no_action(name: str, payload: dict[str, Any]) -> Any:
    raise AssertionError


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep states of a running command all the time."""
    monkeypatch.setattr("cpsl._terminal._KEPT_SECONDS", 0.1)


async def test_each_effect_happens_once_wherever_the_turn_is_cut_off(tmp_path: Path) -> None:
    host = Host()
    turn = Turn(tmp_path)
    found: list[Any] = []
    for number in range(1, 200):
        host.left = 1  # every attempt gets one effect further
        try:
            found = await attempt(host, turn, number)
            break
        except CutOff:
            pass
    assert number > 20
    assert sorted(host.texts[2:4]) == ["left", "right"]
    assert [host.texts[0], host.texts[1], *host.texts[4:]] == ["hello", "issues", "bye"]
    assert host.asked == ["approval", "file", "integration"]
    assert host.values == {"n": 1, "m": 1}
    (stream,) = [e["result"] for e in host.journal if " " in e["site"] and e["site"].endswith("stream")]
    assert (stream["text"], stream["is_ended"]) == ("one two", True)
    step, approved, content, token, output, receipt, image, name = found
    assert host.shown[f"step_{step}"]["status"] == "completed"
    assert (approved, content, token, output) == (True, "a,b\n", "t", "y\n")
    assert (image, host.shown["table_preview_s1"]) == (STORED["url"], {"close": True})
    assert name.startswith("terminal-")
    # Cut off before their results were kept, these two are done again; with the results kept, never more.
    assert receipt == turn.charged == 2
    terminal = next(payload for payload in host.shown.values() if payload.get("name") == "t")
    assert [run["status"] for run in terminal["runs"]] == ["completed"]


async def test_a_turn_that_is_not_cut_off_does_everything_once(tmp_path: Path) -> None:
    host, turn = Host(), Turn(tmp_path)
    await attempt(host, turn, 1)
    first = list(host.journal)
    again = await attempt(host, turn, 2)
    assert host.journal == first
    assert (turn.charged, turn.log.read_text()) == (1, "x\n")
    assert again[5] == 1
