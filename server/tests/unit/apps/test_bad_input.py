"""What people and apps do wrong: the right person is told, the platform stays up, nobody else notices."""

import asyncio
from typing import Any

import pytest
from apphost import ECHO, Browser, Host, replies, status

QUICK = 2.0
"""Seconds in which somebody who is not concerned is answered, on a busy machine too."""

PROMPTS = """
import cpsl
app = cpsl.App(name="prompts", image=cpsl.Image())
app.add_integration("aws")

@app.message()
async def handle(session, msg):
    try:
        if msg.text == "approval":
            found = await session.prompt_approval("Sure?")
        elif msg.text == "file":
            found = (await session.prompt_file(message="A file, please")).name
        else:
            found = sorted((await session.prompt_integration("aws", message="")).fields)
    except Exception as exc:
        found = type(exc).__name__
    await session.reply(f"got {found}")
"""
MANIFEST = {
    "integrations": [
        {"type": "aws", "mode": "secret", "fields": ["access_key_id", "secret_access_key", "region"]}
    ]
}
AWS = {"access_key_id": "AKIA", "secret_access_key": "s3cr3t", "region": "eu-west-1"}
ANSWERS: tuple[dict[str, Any], ...] = ({"dismissed": True}, {"approved": True}, {"file_id": "fil_x"})
KINDS = ("approval", "file", "integration")


@pytest.fixture(scope="module")
def prompts(host: Host) -> str:
    return asyncio.run(host.put(host.run(PROMPTS), manifest=MANIFEST))


class TestPrompts:
    """Each kind of prompt, answered as nobody should."""

    @pytest.mark.parametrize(
        ("kind", "said", "state"),
        [
            ("approval", "got False", "declined"),
            ("file", "got FileUploadTimeout", "cancelled"),
            ("integration", "got IntegrationDeclined", "declined"),
        ],
    )
    async def test_cancelled(self, host: Host, prompts: str, kind: str, said: str, state: str) -> None:
        async with host.browser(prompts) as browser:
            session, turn_id, path = await self.asked(browser, kind)
            answered = await browser.post(path, {"dismissed": True})
            assert (answered.status_code, answered.json()) == (200, {"status": state})
            assert replies(await browser.until_ended(session, turn_id)) == [said]

    @pytest.mark.parametrize("kind", KINDS)
    async def test_answered_twice(self, host: Host, prompts: str, kind: str) -> None:
        async with host.browser(prompts) as browser:
            session, turn_id, path = await self.asked(browser, kind)
            await self.answer(browser, kind, path)
            again = await browser.post(path, {"dismissed": True})
            assert (again.status_code, again.json()["code"]) == (409, "prompt_ended")
            assert again.json()["prompt_status"] == "answered"
            assert len(replies(await browser.until_ended(session, turn_id))) == 1
            after = await browser.post(path, {"dismissed": True})
            assert (after.status_code, after.json()["code"]) == (409, "prompt_ended")

    @pytest.mark.parametrize("kind", KINDS)
    async def test_answered_by_another_user(self, host: Host, prompts: str, kind: str) -> None:
        async with host.browser(prompts) as browser, host.browser(prompts) as stranger:
            session, turn_id, path = await self.asked(browser, kind)
            own = await stranger.open()
            for tried in (path, path.replace(session, own)):
                for body in ANSWERS:
                    assert (await stranger.post(tried, body)).status_code == 404
            # Connecting an account of one's own answers nobody else's question.
            await stranger.put("/api/connections/aws", {"fields": AWS})
            assert (await browser.get("/api/sessions")).json()["items"][0]["status"] == "waiting"
            await self.answer(browser, kind, path)
            assert len(replies(await browser.until_ended(session, turn_id))) == 1

    @pytest.mark.parametrize("kind", KINDS)
    async def test_answered_after_the_session_was_deleted(self, host: Host, prompts: str, kind: str) -> None:
        async with host.browser(prompts) as browser:
            session, _, path = await self.asked(browser, kind)
            assert (await browser.delete(f"/api/sessions/{session}")).status_code == 204
            for body in ANSWERS:
                answered = await browser.post(path, body)
                assert (answered.status_code, answered.json()["code"]) == (404, "session_not_found")
            if kind == "file":
                wanted = {"name": "a.csv", "size": 1, "prompt_id": path.rpartition("/")[2]}
                assert (await browser.post("/api/files", wanted)).status_code == 404
            if kind == "integration":
                connected = await browser.put("/api/connections/aws", {"fields": AWS})
                assert connected.status_code == 200
            another, turn_id, path = await self.asked(browser, "approval")
            await self.answer(browser, "approval", path)
            assert replies(await browser.until_ended(another, turn_id)) == ["got True"]

    async def asked(self, browser: Browser, kind: str) -> tuple[str, str, str]:
        """Return session, turn and the path for answers once the prompt is open."""
        session = await browser.open()
        sent = await browser.send(session, kind)
        async with asyncio.timeout(20):
            async for event in browser.events(session):
                if event["type"] == "block":
                    path = f"/api/sessions/{session}/prompts/{event['data']['id']}"
                    return session, sent["turn_id"], path
        raise AssertionError("nothing was asked")

    async def answer(self, browser: Browser, kind: str, path: str) -> None:
        if kind == "integration":
            assert (await browser.put("/api/connections/aws", {"fields": AWS})).status_code == 200
            return
        body: dict[str, Any] = {"approved": True}
        if kind == "file":
            wanted = {"name": "a.csv", "size": 2, "prompt_id": path.rpartition("/")[2]}
            file_id = (await browser.post("/api/files", wanted)).json()["id"]
            await browser._client.patch(
                f"/api/files/{file_id}", content=b"ab", headers={"Upload-Offset": "0"}
            )
            body = {"file_id": file_id}
        answered = await browser.post(path, body)
        assert (answered.status_code, answered.json()) == (200, {"status": "answered"})


WILD = """
import asyncio, time
import cpsl
app = cpsl.App(name="wild", image=cpsl.Image())

@app.message()
async def handle(session, msg):
    if msg.text == "raise":
        raise ValueError("the oven is cold")
    if msg.text == "never":
        await session.reply("begun")
        await asyncio.Event().wait()
    if msg.text.startswith("block"):
        await session.reply("begun")
        time.sleep(float(msg.text.split()[1]))
    await session.reply(f"did {msg.text}")
"""


@pytest.fixture(scope="module")
def wild(host: Host) -> str:
    return asyncio.run(host.host_app(WILD))[0]


class TestHandlers:
    async def test_one_that_raises_tells_its_user_only(self, host: Host, wild: str) -> None:
        async with host.browser(wild) as browser, host.browser(wild) as neighbour:
            session, other = await browser.open(), await neighbour.open()
            sent = await browser.send(session, "raise")
            events = await browser.until_ended(session, sent["turn_id"])
            assert (status(events), replies(events)) == (
                "failed",
                ["Something went wrong: the oven is cold"],
            )
            assert await neighbour.say(other, "hello") == ["did hello"]
            assert "oven" not in str(await neighbour.log(other))
            assert await browser.say(session, "hello") == ["did hello"]

    async def test_one_that_never_returns_is_stopped_and_others_go_on(self, host: Host, wild: str) -> None:
        async with host.browser(wild) as browser, host.browser(wild) as neighbour:
            session, second, other = await browser.open(), await browser.open(), await neighbour.open()
            await neighbour.say(other, "wake")
            sent = await browser.send(session, "never")
            waiting = await browser.send(session, "then")
            await self.begun(browser, session)
            async with asyncio.timeout(2 * QUICK):
                assert await browser.say(second, "hello") == ["did hello"]
                assert await neighbour.say(other, "hello") == ["did hello"]
            items = (await browser.get("/api/sessions")).json()["items"]
            assert {item["id"]: item["status"] for item in items} == {session: "running", second: "idle"}
            assert (await browser.post(f"/api/sessions/{session}/stop")).status_code == 202
            for turn in (sent, waiting):
                assert status(await browser.until_ended(session, turn["turn_id"], 5)) == "cancelled"
            assert await browser.say(session, "again") == ["did again"]

    async def test_one_that_blocks_its_loop_holds_up_its_own_user_only(self, host: Host, wild: str) -> None:
        async with host.browser(wild) as browser, host.browser(wild) as neighbour:
            session, second, other = await browser.open(), await browser.open(), await neighbour.open()
            await neighbour.say(other, "wake")
            sent = await browser.send(session, "block 5")
            await self.begun(browser, session)
            queued = [await browser.send(session, "next"), await browser.send(second, "aside")]
            for _ in range(3):
                async with asyncio.timeout(QUICK):
                    assert await neighbour.say(other, "hello") == ["did hello"]
            # The blocked one's pages work too: it is the app that hangs, not the platform.
            async with asyncio.timeout(QUICK):
                log = await browser.log(session)
                assert (await browser.get("/api/sessions")).status_code == 200
            assert [event["type"] for event in log][-1] == "message"
            events = await browser.until_ended(session, sent["turn_id"])
            assert (status(events), replies(events)) == ("succeeded", ["begun", "did block 5"])
            for turn, of, text in zip(queued, (session, second), ("next", "aside"), strict=True):
                assert replies(await browser.until_ended(of, turn["turn_id"])) == [f"did {text}"]

    async def test_one_that_blocks_its_loop_is_stopped(self, host: Host, wild: str) -> None:
        async with host.browser(wild) as browser:
            session, second = await browser.open(), await browser.open()
            sent = await browser.send(session, "block 30")
            await self.begun(browser, session)
            aside = await browser.send(second, "aside")
            await browser.post(f"/api/sessions/{session}/stop")
            assert status(await browser.until_ended(session, sent["turn_id"], 6)) == "cancelled"
            assert replies(await browser.until_ended(second, aside["turn_id"], 6)) == ["did aside"]
            assert await browser.say(session, "again") == ["did again"]

    async def begun(self, browser: Browser, session: str) -> None:
        async with asyncio.timeout(20):
            async for event in browser.events(session):
                if event["type"] == "reply":
                    return


class TestPlacesInAStream:
    """A page or a client that comes back says where it was; what makes no sense is refused."""

    ODD = ("²", "٣", "-1", "1.5", "x", "9" * 40)

    async def test_of_a_session(self, host: Host) -> None:
        capsule, _ = await host.host_app(ECHO)
        async with host.browser(capsule) as browser:
            session = await browser.open()
            path = f"/api/sessions/{session}"
            for odd in self.ODD:
                for asked in (
                    f"{path}/log?after={odd}",
                    f"{path}/log?before={odd}",
                    f"{path}/events?after={odd}",
                ):
                    answer = await browser.get(asked)
                    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_message"), asked

    async def test_of_a_client(self, host: Host) -> None:
        capsule, _ = await host.host_app(ECHO)
        async with host.browser(capsule, X_Capsule_User="usr_1") as client:
            answer = await client.post("/api/chat", {"text": "hi"})
            turn_id = answer.json()["request_id"]
            for odd in self.ODD:
                headers = {"Last-Event-ID": f"{turn_id}:{odd}".encode()}
                answer = await client.get("/api/chat/stream", headers=headers)
                assert (answer.status_code, answer.json()["code"]) == (422, "invalid_message"), odd


class TestTwoTabs:
    async def test_sending_at_once_are_both_answered_in_order(self, host: Host) -> None:
        capsule, _ = await host.host_app(ECHO)
        async with host.browser(capsule) as tab, host.browser(capsule) as other_tab:
            session = await tab.open()
            other_tab._client.cookies.update(tab._client.cookies)
            sent = await asyncio.gather(
                *(
                    window.send(session, f"{name} {number}")
                    for number in range(10)
                    for name, window in (("one", tab), ("two", other_tab))
                )
            )
            for turn in sent:
                assert status(await tab.until_ended(session, turn["turn_id"])) == "succeeded"
            log = await tab.log(session)
            assert log == await other_tab.log(session)
        asked = [event["data"]["text"] for event in log if event["type"] == "message"]
        assert len(asked) == len(set(asked)) == 20
        assert replies(log) == [f"You said: {text}" for text in asked]

    async def test_sending_the_same_client_id_are_answered_once(self, host: Host) -> None:
        capsule, _ = await host.host_app(ECHO)
        async with host.browser(capsule) as tab, host.browser(capsule) as other_tab:
            session = await tab.open()
            other_tab._client.cookies.update(tab._client.cookies)
            sent = await asyncio.gather(*(t.send(session, "once", "cli_1") for t in (tab, other_tab) * 5))
            assert len({(turn["turn_id"], turn["offset"]) for turn in sent}) == 1
            await tab.until_ended(session, sent[0]["turn_id"])
            assert replies(await tab.log(session)) == ["You said: once"]
            late = await other_tab.send(session, "once", "cli_1")
            assert late["turn_id"] == sent[0]["turn_id"]
            await asyncio.sleep(0.2)
            assert replies(await tab.log(session)) == ["You said: once"]
