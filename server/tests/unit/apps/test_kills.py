"""Processes are killed at random points of many conversations: every message is answered once, with every
effect once, and who reloads the page sees what the others saw."""

import asyncio
import contextlib
import os
import random
import signal
from typing import Any

import httpx2
from apphost import Browser, Host, Replica

APP = """
import asyncio
import cpsl
app = cpsl.App(name="kills", image=cpsl.Image())

@app.enter()
async def enter(session):
    await session.set("entered", await session.get("entered", 0) + 1)

@app.message()
async def handle(session, msg):
    count = await session.get("count", 0)
    await session.set("count", count + 1)
    await session.reply(f"first {msg.text}")
    await asyncio.sleep(0.03)
    session.data["seen"] = session.data.get("seen", 0) + 1
    await session.flush_data()
    approved = await session.prompt_approval(f"Go on with {msg.text}?")
    step = await session.show_step(f"working on {msg.text}")
    async with session.stream_reply() as reply:
        for piece in range(10):
            reply.write(f"{msg.text}.{piece} ")
            await asyncio.sleep(0.02)
    drawn = await session.once("draw", lambda: 7)
    await session.show_step(f"worked on {msg.text}", step_id=step, status="completed")
    await session.set_title(f"after {msg.text}")
    entered = await session.get("entered")
    await session.reply(f"last {msg.text} {count} {session.data['seen']} {approved} {drawn} {entered}")
"""
USERS, MESSAGES, KILLS = 16, 10, 14


async def test_processes_killed_at_random_points_lose_and_double_nothing(patient_host: Host) -> None:
    host, chance = patient_host, random.Random(4)
    capsule, replica = await host.host_app(APP)
    people = [Person(host, capsule, number) for number in range(USERS)]
    for person in people:
        await person.begin()
    talking = [asyncio.create_task(person.talk()) for person in people]
    for number in range(KILLS):
        await asyncio.sleep(chance.uniform(0.15, 0.9))
        await asyncio.to_thread(kill_something, host, replica, number, chance)
    async with asyncio.timeout(120):
        await asyncio.gather(*talking)
    for person in people:
        await person.check()
    assert sum(person.resumed for person in people) >= 50, "so many turns were cut off and went on"


def kill_something(host: Host, replica: Replica, number: int, chance: random.Random) -> None:
    """In turns: some runtimes, the app's zygote with all of them, the app host."""
    if number % 3 == 0:
        for runtime in chance.sample(found := running(replica), (len(found) + 1) // 2):
            with contextlib.suppress(ProcessLookupError):
                os.kill(runtime, signal.SIGKILL)
    elif number % 3 == 1:
        replica.kill()
    else:
        host.kill()
        host.start_again()


def running(replica: Replica) -> list[int]:
    return [int(runtime["pid"]) for runtime in replica.runtimes() if runtime["is_running"]]


class Person:
    """Somebody who writes, follows, answers what is asked, and never gives up."""

    def __init__(self, host: Host, capsule: str, number: int) -> None:
        self._host = host
        self._capsule = capsule
        self._number = number
        self._cookies: dict[str, str] = {}
        self._session = ""
        self._seen: list[dict[str, Any]] = []
        self.resumed = 0

    async def begin(self) -> None:
        async with self._host.browser(self._capsule) as browser:
            self._session = await browser.open()
            self._cookies = dict(browser._client.cookies)

    async def talk(self) -> None:
        for text in self._texts():
            turn_id = (await self._insist(self._send, text))["turn_id"]
            while not self._has_ended(turn_id):
                with contextlib.suppress(httpx2.TransportError, OSError):
                    await self._follow(turn_id)
                await asyncio.sleep(0.02)

    async def check(self) -> None:
        async with self._browser() as browser:
            log = await browser.log(self._session)
        assert page(log) == page(self._seen), "a reload shows what was seen live"
        assert [item["offset"] for item in self._seen] == sorted({item["offset"] for item in self._seen})
        for number, text in enumerate(self._texts()):
            (message,) = [e for e in log if e["type"] == "message" and e["data"]["text"] == text]
            own = [event for event in log if event.get("turn_id") == message["turn_id"]]
            said = [e["data"]["text"] for e in own if e["type"] in ("reply", "reply_ended")]
            assert said == [
                f"first {text}",
                "".join(f"{text}.{piece} " for piece in range(10)),
                f"last {text} {number} {number + 1} True 7 1",
            ]
            ends = [event["data"] for event in own if event["type"] == "turn_ended"]
            assert ends == [{"status": "succeeded"}]
            shown = [e["data"] for e in own if e["type"] == "block" and not e["data"].get("is_stub")]
            assert sorted(block["type"] for block in shown) == ["approval_prompt", "step_status"]
            self.resumed += sum(event["type"] == "turn_resumed" for event in own)

    def _texts(self) -> list[str]:
        return [f"m{self._number}{number}" for number in range(MESSAGES)]

    def _browser(self) -> Browser:
        browser = self._host.browser(self._capsule)
        browser._client.cookies.update(self._cookies)
        return browser

    async def _send(self, text: str) -> Any:
        async with self._browser() as browser:
            return await browser.send(self._session, text, client_id=f"{self._session}{text}")

    async def _insist(self, work: Any, *arguments: str) -> Any:
        while True:
            try:
                return await work(*arguments)
            except (httpx2.TransportError, OSError):
                await asyncio.sleep(0.05)

    async def _follow(self, turn_id: str) -> None:
        async with self._browser() as browser:
            after = int(self._seen[-1]["offset"]) if self._seen else 0
            for block in page(self._seen).values():
                await self._answer(block)
            async for event in browser.events(self._session, after):
                if "offset" not in event:
                    continue
                self._seen.append(event)
                if event["type"] == "block":
                    await self._answer(event["data"])
                if self._has_ended(turn_id):
                    return

    async def _answer(self, block: Any) -> None:
        if not isinstance(block, dict) or block["type"] != "approval_prompt" or block.get("is_stub"):
            return
        if block["payload"].get("completed"):
            return
        path = f"/api/sessions/{self._session}/prompts/{block['id']}"

        async def answer() -> None:
            async with self._browser() as browser:
                answered = await browser.post(path, {"approved": True})
                assert answered.status_code in (200, 409), answered.text

        await self._insist(answer)

    def _has_ended(self, turn_id: str) -> bool:
        return any(e["type"] == "turn_ended" and e["turn_id"] == turn_id for e in self._seen)


def page(events: list[dict[str, Any]]) -> dict[str, Any]:
    """What a page shows of these events: texts and elements in their places."""
    shown: dict[str, Any] = {}
    for event in events:
        data = event["data"]
        if event["type"] in ("message", "reply"):
            shown[data["id"]] = data["text"]
        elif event["type"] == "reply_started":
            shown[data["id"]] = ""
        elif event["type"] == "reply_delta":
            shown[data["id"]] = shown.get(data["id"], "") + data["text"]
        elif event["type"] == "reply_ended":
            shown[data["id"]] = data["text"]
        elif event["type"] == "block":
            shown[data["id"]] = shown.get(data["id"]) if data.get("is_stub") else data
    return shown
