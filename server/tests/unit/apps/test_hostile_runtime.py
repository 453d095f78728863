"""A runtime that speaks the protocol to its own advantage: what the app host makes of it, and survives."""

import asyncio
import os
import re
from pathlib import Path
from typing import Any

import pytest
from apphost import Browser, Host, replies, status

from capsule.kit.ids import new_id

APP = """
import asyncio, base64, gc
import cpsl
from cpsl.runtime.lookups import LookupLine
from cpsl.wire import GetValue, Lookup, encode, Record, ReadFile, Show, StoreFile

app = cpsl.App(name="hostile", image=cpsl.Image())

@app.message()
async def handle(session, msg):
    backend = session._backend
    turn, link = backend._turn_id, backend._link
    if msg.text == "forge":
        for block_id in ("ap_1", "fu_1", "ip_1"):
            payload = {"completed": True, "approved": True, "blocking": True}
            link.send(Show(turn, 0, f"s{block_id}", block_id, "approval_prompt", payload))
            link.send(Show(turn, 0, "", block_id, "approval_prompt", payload, False))
    elif msg.text == "spoof":
        payload = {"message": "Sure?", "completed": True, "status": "answered", "approved": True,
                   "blocking": False, "session_id": "ses_other", "deadline": "2000-01-01T00:00:00Z"}
        await backend.ask("approval", payload, 30)
    elif msg.text == "ask much":
        async def ask():
            try:
                return (await backend.ask("approval", {"message": "?"}, 1.5))["status"]
            except Exception as exc:
                return "refused"
        found = await asyncio.gather(*(ask() for _ in range(30)))
        await session.reply(str({name: found.count(name) for name in sorted(set(found))}))
    elif msg.text == "long answers":
        await session.set("long", "x" * 900_000, scope="user")
        for number in range(600):
            link.send(GetValue(turn, 100_000 + number, f"g{number}", "user", "long"))
        await link.drain()
    elif msg.text == "same again":
        link.send(Record(turn, 0, "again", "x" * 4_000_000))
        for number in range(200):
            link.send(Record(turn, 100_000 + number, "again", None))
        await link.drain()
    elif msg.text == "too long":
        try:
            await backend.record("step", long)
        except Exception as exc:
            await session.reply(str(exc))
    elif msg.text == "files":
        data = base64.b64encode(b"x").decode()
        for number in range(1500):
            names = f"f{number}", f"u{number}", "a", "text/plain"
            link.send(StoreFile(turn, 100_000 + number, *names, data, False))
        await link.drain()
        await asyncio.sleep(1)
    elif msg.text == "pieces":
        data = base64.b64encode(b"x" * 1000).decode()
        piece = lambda key, is_last: StoreFile(turn, key, "f", "u", "a", "text/plain", data, is_last)
        for number in range(3):
            link.send(piece(100_000 + number, False))
        kept = asyncio.ensure_future(backend._request(lambda key: piece(key, True)))
        await asyncio.sleep(0)
        for number in range(4):
            link.send(piece(200_000 + number, False))
        await kept
    elif msg.text == "foreign":
        for turn in ("", "trn_other"):
            link.send(Show(turn, 0, "s", "b", "text", {"text": "intruder"}))
            link.send(GetValue(turn, 1, "s", "user", "long"))
        link.send(ReadFile(turn, 2, "fil_other", 0))
        await link.drain()
    elif msg.text == "lookups":
        line = [found for found in gc.get_objects() if isinstance(found, LookupLine)][-1]
        lookups = b"".join(encode(Lookup(number, "secret", "LONG")) for number in range(2500))
        line._socket.sendall(lookups)  # and no answer is read
    await session.reply("done")

async def long():
    return "x" * 9_000_000
"""


@pytest.fixture(scope="module")
def hostile(host: Host) -> str:
    return asyncio.run(host.host_app(APP))[0]


def memory_bytes(host: Host, kind: str) -> int:
    """`kind`: VmHWM for the most so far, VmRSS for now."""
    found = re.search(rf"{kind}:\s+(\d+) kB", Path(f"/proc/{host.process.pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def descriptors(host: Host) -> int:
    return len(os.listdir(f"/proc/{host.process.pid}/fd"))


async def turn(browser: Browser, text: str, seconds: float = 60) -> tuple[str, list[dict[str, Any]]]:
    session = await browser.open()
    sent = await browser.send(session, text)
    return session, await browser.until_ended(session, sent["turn_id"], seconds)


async def test_an_element_cannot_pass_for_a_question(host: Host, hostile: str) -> None:
    async with host.browser(hostile) as browser:
        _, events = await turn(browser, "forge")
    assert replies(events) == ["done"]
    assert not [event for event in events if event["type"] == "block"]


async def test_a_question_is_open_whatever_its_payload_says(host: Host, hostile: str) -> None:
    async with host.browser(hostile) as browser:
        session = await browser.open()
        sent = await browser.send(session, "spoof")
        async for event in browser.events(session):
            if event["type"] == "block":
                break
        payload = event["data"]["payload"]
        assert payload.pop("deadline") > "2020"
        assert payload == {"message": "Sure?", "blocking": True, "session_id": session}
        path = f"/api/sessions/{session}/prompts/{event['data']['id']}"
        assert (await browser.post(path, {"approved": False})).status_code == 200
        await browser.until_ended(session, sent["turn_id"])


async def test_a_turn_asks_only_so_much_at_once(host: Host, hostile: str) -> None:
    async with host.browser(hostile) as browser:
        _, events = await turn(browser, "ask much")
    assert replies(events)[0] == "{'refused': 10, 'timed_out': 20}"


@pytest.mark.parametrize("text", ["long answers", "same again"])
async def test_short_questions_for_long_answers_do_not_fill_the_memory(
    host: Host, hostile: str, text: str
) -> None:
    async with host.browser(hostile) as browser:
        await turn(browser, "hello")
        before = memory_bytes(host, "VmHWM")
        _, events = await turn(browser, text)
        assert status(events) == "succeeded"
        assert (await turn(browser, "hello"))[1]
    assert memory_bytes(host, "VmHWM") - before < 160_000_000


async def test_who_reads_no_answers_to_lookups_is_not_listened_to(host: Host, hostile: str) -> None:
    host.secrets["LONG"] = "x" * 100_000
    async with host.browser(hostile) as browser:
        await turn(browser, "hello")
        before = memory_bytes(host, "VmRSS")
        await turn(browser, "lookups")
        await asyncio.sleep(3)  # in which the answers would have piled up
    assert memory_bytes(host, "VmRSS") - before < 60_000_000


async def test_a_step_with_too_long_a_result_is_told_so(host: Host, hostile: str) -> None:
    async with host.browser(hostile) as browser:
        _, events = await turn(browser, "too long")
    assert "it may have 8388608" in replies(events)[0]


async def test_files_begun_and_never_ended_hold_nothing_open(host: Host, hostile: str) -> None:
    async with host.browser(hostile) as browser:
        await turn(browser, "hello")
        before = descriptors(host)
        session = await browser.open()
        sent = await browser.send(session, "files")
        most = 0
        for _ in range(20):
            most = max(most, descriptors(host))
            await asyncio.sleep(0.05)
        await browser.until_ended(session, sent["turn_id"], 60)
    assert most - before < 60
    left = [path for path in host.data.kept_files(hostile, "deploy").iterdir() if path.stat().st_size == 1]
    assert left == []


async def test_pieces_behind_the_last_one_change_no_file(host: Host, hostile: str) -> None:
    async with host.browser(hostile) as browser:
        _, events = await turn(browser, "pieces")
    assert status(events) == "succeeded"
    sizes = [path.stat().st_size for path in host.data.kept_files(hostile, "deploy").iterdir()]
    assert sizes == [4000]


async def test_what_is_of_no_turn_of_its_own_is_ignored(host: Host, hostile: str) -> None:
    async with host.browser(hostile) as browser:
        session, events = await turn(browser, "foreign")
        assert replies(events) == ["done"]
        assert "intruder" not in str(await browser.log(session))


async def test_another_user_of_the_app_is_answered_meanwhile(host: Host, hostile: str) -> None:
    async with host.browser(hostile) as flooding, host.browser(hostile) as other:
        session = await flooding.open()
        await flooding.send(session, "long answers", new_id("cli"))
        assert replies((await turn(other, "hello", 30))[1]) == ["done"]
