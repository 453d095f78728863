"""Two megabytes of text, and a conversation of five thousand messages."""

import asyncio
import time
from functools import partial

import pytest
from apphost import Browser, Host, replies

from capsule.apps.sessions.store import SessionStore
from capsule.apps.sessions.transaction import Transaction
from capsule.kit.ids import new_id

QUICK = 2.0
"""Seconds, on a busy machine too."""

MUCH = 2_000_000
TEXT = "".join(f"{number:09} " for number in range(MUCH // 10))
LONG = f"""
import asyncio
import cpsl
app = cpsl.App(name="long", image=cpsl.Image())

@app.message()
async def handle(session, msg):
    text = "".join("%09d " % number for number in range({MUCH // 10}))
    if msg.text == "reply":
        await session.reply(text)
    elif msg.text == "stream":
        async with session.stream_reply() as reply:
            for start in range(0, len(text), 20_000):
                reply.write(text[start : start + 20_000])
                await asyncio.sleep(0.005)
    else:
        await session.reply(str(len(msg.text)))
"""


@pytest.fixture(scope="module")
def long(host: Host) -> str:
    return asyncio.run(host.host_app(LONG))[0]


class TestLongTexts:
    @pytest.mark.parametrize("character", ["x", "ä", "\\"])
    async def test_2_mb_in_one_message_is_refused_with_the_limit_and_the_way_out(
        self, host: Host, long: str, character: str
    ) -> None:
        async with host.browser(long) as browser:
            session = await browser.open()
            body = {"text": character * (MUCH // len(character.encode())), "client_id": "c1"}
            answer = await browser.post(f"/api/sessions/{session}/messages", body)
            problem = answer.json()
            assert (answer.status_code, problem["code"]) == (413, "message_too_large")
            assert "at most 200000 characters" in problem["detail"]
            assert "file" in problem["hint"]
            assert await browser.log(session) == []
            # The client_id is free: nothing was taken in.
            assert await browser.say(session, "x") == ["1"]

    async def test_far_more_is_refused_too(self, host: Host, long: str) -> None:
        async with host.browser(long) as browser:
            session = await browser.open()
            body = {"text": "x" * 20_000_000, "client_id": "c1"}
            answer = await browser.post(f"/api/sessions/{session}/messages", body)
            assert (answer.status_code, answer.json()["code"]) == (413, "message_too_large")
            assert answer.json()["hint"] == "Upload large content as a file."
            assert await browser.log(session) == []

    async def test_the_longest_message_is_taken_in_however_it_is_escaped(self, host: Host, long: str) -> None:
        async with host.browser(long) as browser:
            session = await browser.open()
            text = '{"text": "%s", "client_id": "c1"}' % ("\\ud83d\\ude00" * 200_000)
            path = f"/api/sessions/{session}/messages"
            answer = await browser._client.post(path, content=text.encode())
            assert answer.status_code == 202, answer.text
            events = await browser.until_ended(session, answer.json()["turn_id"])
            assert replies(events) == ["200000"]

    async def test_an_app_may_reply_with_2_mb(self, host: Host, long: str) -> None:
        async with host.browser(long) as browser, host.browser(long) as neighbour:
            session, other = await browser.open(), await neighbour.open()
            sent = await browser.send(session, "reply")
            assert await neighbour.say(other, "hello") == ["5"]
            (text,) = replies(await browser.until_ended(session, sent["turn_id"]))
            assert text == TEXT
            assert await browser.say(session, "still there") == ["11"]

    async def test_an_app_may_stream_2_mb(self, host: Host, long: str) -> None:
        async with host.browser(long) as browser:
            session = await browser.open()
            sent = await browser.send(session, "stream")
            events = await browser.until_ended(session, sent["turn_id"])
            deltas = [event["data"]["text"] for event in events if event["type"] == "reply_delta"]
            assert len(deltas) > 10
            assert "".join(deltas) == replies(events)[0] == TEXT


EXCHANGES = 2500
RECALL = """
import cpsl
app = cpsl.App(name="recall", image=cpsl.Image())

@app.message()
async def handle(session, msg):
    first, last = session.history[0], session.history[-1]
    await session.reply(f"{len(session.history)}: {first.text} … {last.text}")
"""


def write_thread(transaction: Transaction, session: str) -> None:
    for number in range(EXCHANGES):
        turn = new_id("trn")
        about = {"text": f"question {number}", "sender": "user"}
        transaction.accept(session, turn, f"c{number}", "message", about)
        transaction.append(session, "turn_started", turn, {"release": "1"})
        transaction.append(session, "reply", turn, {"id": new_id("rep"), "text": f"answer {number}"})
        transaction.end_turn(session, turn, "succeeded", None)


@pytest.fixture(scope="module")
def recall(host: Host) -> str:
    return asyncio.run(host.host_app(RECALL))[0]


class TestLongThread:
    """5,000 messages: as many questions as answers."""

    async def thread(self, host: Host, capsule: str, browser: Browser) -> str:
        session = await browser.open()
        store = SessionStore(host.data.sessions(capsule, "deploy"))
        try:
            store.apply([partial(write_thread, session=session)])
        finally:
            store.close()
        return session

    async def test_is_read_searched_and_continued(self, host: Host, recall: str) -> None:
        async with host.browser(recall) as browser, host.browser(recall) as stranger:
            session = await self.thread(host, recall, browser)
            path = f"/api/sessions/{session}/log"
            began = time.monotonic()
            newest = await browser.get(path, params={"before": "", "limit": "100"})
            assert time.monotonic() - began < QUICK
            assert len(newest.content) < 50_000
            page = newest.json()
            assert not page["first"]
            assert page["items"][-1]["type"] == "turn_ended"
            assert replies(page["items"])[-1] == f"answer {EXCHANGES - 1}"

            seen: list[str] = []
            while True:
                seen = [item["data"]["text"] for item in page["items"] if item["type"] == "message"] + seen
                if page["first"]:
                    break
                before = page["items"][0]["offset"]
                page = (await browser.get(path, params={"before": before, "limit": "500"})).json()
                assert 0 < len(page["items"]) <= 500
            assert seen == [f"question {number}" for number in range(EXCHANGES)]

            async with asyncio.timeout(QUICK):
                found = (await browser.get("/api/sessions", params={"query": "question 1234"})).json()
                assert [item["id"] for item in found["items"]] == [session]
                none = (await browser.get("/api/sessions", params={"query": "question 9999"})).json()
                assert none["items"] == []
            assert (await stranger.get("/api/sessions", params={"query": "question"})).json()["items"] == []

            (said,) = await browser.say(session, "and now?")
            assert said == f"50: question {EXCHANGES - 25} … answer {EXCHANGES - 1}"

    async def test_a_page_that_comes_back_is_sent_only_what_is_new(self, host: Host, recall: str) -> None:
        async with host.browser(recall) as browser:
            session = await self.thread(host, recall, browser)
            newest = (await browser.get(f"/api/sessions/{session}/log?before=&limit=1")).json()
            last = newest["items"][-1]["offset"]
            sent = await browser.send(session, "and now?")
            async with asyncio.timeout(10):
                async for event in browser.events(session, after=last):
                    assert event["offset"] > last
                    if event["type"] == "turn_ended":
                        assert event["turn_id"] == sent["turn_id"]
                        break
