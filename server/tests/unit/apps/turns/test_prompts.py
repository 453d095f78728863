"""Questions that wait for their user: over crashes, restarts and releases, answered once, by nobody else."""

import asyncio
import time
from typing import Any

import httpx2
import pytest
from apphost import Browser, Host, replies, status

from capsule.kit.ids import new_id

ASKER = """
import cpsl
app = cpsl.App(name="asker", image=cpsl.Image())

@app.message()
async def handle(session, msg):
    await session.reply("before")
    if msg.text == "file":
        upload = await session.prompt_file(message="A file, please", accept=".csv")
        await upload.download("/tmp/got")
        await session.reply(f"{upload.name} {upload.size} {open('/tmp/got').read()}")
    elif msg.text == "quick":
        await session.reply(f"approved: {await session.prompt_approval('Sure?', timeout=0.5)}")
    else:
        approved = await session.prompt_approval("Sure?", approve_label="Do it")
        await session.reply(f"approved: {approved}")
"""


async def blocks(browser: Browser, session: str) -> list[dict[str, Any]]:
    log = await browser.log(session)
    return [event["data"] for event in log if event["type"] == "block" and not event["data"].get("is_stub")]


async def until_asked(browser: Browser, session: str) -> str:
    async with asyncio.timeout(15):
        async for event in browser.events(session):
            data = event["data"]
            if event["type"] == "block" and not data.get("is_stub") and not data["payload"].get("completed"):
                return str(data["id"])
    raise AssertionError("the stream ended")


async def answer(browser: Browser, session: str, prompt: str, body: dict[str, Any]) -> httpx2.Response:
    return await browser.post(f"/api/sessions/{session}/prompts/{prompt}", body)


async def upload(browser: Browser, name: str, content: bytes, **more: Any) -> httpx2.Response:
    body = {"name": name, "size": len(content), "content_type": "text/csv", **more}
    made = await browser.post("/api/files", body)
    if made.status_code != 201:
        return made
    headers = {"Upload-Offset": "0"}
    path = f"/api/files/{made.json()['id']}"
    sent = await browser._client.patch(path, content=content, headers=headers)
    assert sent.status_code == 200, sent.text
    return made


@pytest.fixture(scope="module")
def asker(host: Host) -> str:
    return asyncio.run(host.host_app(ASKER))[0]


@pytest.mark.parametrize(
    ("body", "said", "state"),
    [
        ({"approved": True}, "approved: True", "answered"),
        ({"approved": False}, "approved: False", "declined"),
        ({"dismissed": True}, "approved: False", "declined"),
    ],
)
async def test_an_approval_is_answered_and_shows_its_end(
    host: Host, asker: str, body: dict[str, Any], said: str, state: str
) -> None:
    async with host.browser(asker) as browser:
        session = await browser.open()
        sent = await browser.send(session, "ask")
        prompt = await until_asked(browser, session)
        assert prompt.startswith("ap_")
        assert (await browser.get("/api/sessions")).json()["items"][0]["status"] == "waiting"
        answered = await answer(browser, session, prompt, body)
        assert (answered.status_code, answered.json()) == (200, {"status": state})
        assert replies(await browser.until_ended(session, sent["turn_id"])) == ["before", said]
        (shown,) = await blocks(browser, session)
    assert (shown["id"], shown["type"]) == (prompt, "approval_prompt")
    payload = shown["payload"]
    assert (payload["approve_label"], payload["completed"], payload["status"]) == ("Do it", True, state)
    assert payload["approved"] is (state == "answered")


async def test_an_approval_nobody_gives_ends_at_its_time(host: Host, asker: str) -> None:
    async with host.browser(asker) as browser:
        session = await browser.open()
        sent = await browser.send(session, "quick")
        assert replies(await browser.until_ended(session, sent["turn_id"])) == ["before", "approved: False"]
        (shown,) = await blocks(browser, session)
        late = await answer(browser, session, shown["id"], {"approved": True})
    assert (shown["payload"]["status"], shown["payload"]["timed_out"]) == ("timed_out", True)
    assert (late.status_code, late.json()["code"]) == (409, "prompt_ended")
    assert "time for this answer is over" in late.json()["detail"]


async def test_a_file_is_checked_taken_and_read_by_the_handler(host: Host, asker: str) -> None:
    async with host.browser(asker) as browser:
        session = await browser.open()
        sent = await browser.send(session, "file")
        prompt = await until_asked(browser, session)
        wrong = await upload(
            browser, "a.exe", b"x", prompt_id=prompt, content_type="application/x-msdownload"
        )
        assert wrong.status_code == 422, wrong.text
        other = (await upload(browser, "b.txt", b"x", content_type="text/plain")).json()["id"]
        refused = await answer(browser, session, prompt, {"file_id": other})
        assert refused.status_code == 422, refused.text
        made = (await upload(browser, "a.csv", b"1,2", prompt_id=prompt)).json()
        assert (await answer(browser, session, prompt, {"file_id": made["id"]})).status_code == 200
        assert replies(await browser.until_ended(session, sent["turn_id"])) == ["before", "a.csv 3 1,2"]
        (shown,) = await blocks(browser, session)
        assert shown["payload"]["filename"] == "a.csv"
        assert (await browser.get(shown["payload"]["url"])).content == b"1,2"


async def test_answers_that_make_no_sense_are_refused_and_the_prompt_stays_open(
    host: Host, asker: str
) -> None:
    async with host.browser(asker) as browser:
        session = await browser.open()
        sent = await browser.send(session, "ask")
        prompt = await until_asked(browser, session)
        for body in ({}, {"approved": "yes"}, {"file_id": "fil_x"}, {"dismissed": "yes"}):
            refused = await answer(browser, session, prompt, body)
            assert (refused.status_code, refused.json()["code"]) == (422, "invalid_answer"), body
        assert (await answer(browser, session, "ap_none", {"approved": True})).status_code == 404
        assert (await answer(browser, session, prompt, {"approved": True})).status_code == 200
        again = await answer(browser, session, prompt, {"approved": False})
        assert (again.status_code, again.json()["prompt_status"]) == (409, "answered")
        assert replies(await browser.until_ended(session, sent["turn_id"]))[-1] == "approved: True"


async def test_nobody_else_can_answer_and_a_deleted_session_has_no_prompts(host: Host, asker: str) -> None:
    async with host.browser(asker) as browser, host.browser(asker) as stranger:
        session = await browser.open()
        await browser.send(session, "ask")
        prompt = await until_asked(browser, session)
        assert (await answer(stranger, session, prompt, {"approved": True})).status_code == 404
        own = await stranger.open()
        assert (await answer(stranger, own, prompt, {"approved": True})).status_code == 404
        assert (await browser.delete(f"/api/sessions/{session}")).status_code == 204
        assert (await answer(browser, session, prompt, {"approved": True})).status_code == 404


async def test_stop_ends_a_turn_that_waits_and_its_prompt(host: Host, asker: str) -> None:
    async with host.browser(asker) as browser:
        session = await browser.open()
        sent = await browser.send(session, "ask")
        prompt = await until_asked(browser, session)
        await browser.post(f"/api/sessions/{session}/stop")
        assert status(await browser.until_ended(session, sent["turn_id"])) == "cancelled"
        (shown,) = await blocks(browser, session)
        assert shown["payload"]["status"] == "cancelled"
        assert (await answer(browser, session, prompt, {"approved": True})).status_code == 409


async def test_messages_queue_while_a_prompt_waits(host: Host, asker: str) -> None:
    async with host.browser(asker) as browser:
        session = await browser.open()
        await browser.send(session, "ask")
        prompt = await until_asked(browser, session)
        second = await browser.send(session, "quick")
        await asyncio.sleep(0.2)
        await answer(browser, session, prompt, {"approved": True})
        assert replies(await browser.until_ended(session, second["turn_id"]))[0] == "before"
        texts = replies(await browser.log(session))
    assert texts == ["before", "approved: True", "before", "approved: False"]


async def test_a_prompt_outlives_runtime_host_and_release(own_host: Host) -> None:
    host = own_host
    capsule, runtime = await host.host_app(ASKER)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "ask")
        prompt = await until_asked(browser, session)
        cookies = dict(browser._client.cookies)
        runtime.kill()
        await asyncio.sleep(0.3)
        host.kill()
    host.start_again()
    started = time.monotonic()
    await host.put(host.run(ASKER, capsule_id=capsule), release="2", drain_seconds=20.0)
    assert time.monotonic() - started < 10, "a turn that waits for its user holds up no deployment"
    async with host.browser(capsule) as browser:
        browser._client.cookies.update(cookies)
        assert await until_asked(browser, session) == prompt
        assert (await answer(browser, session, prompt, {"approved": True})).status_code == 200
        events = await browser.until_ended(session, sent["turn_id"])
        assert (status(events), replies(events)) == ("succeeded", ["before", "approved: True"])
        assert len(await blocks(browser, session)) == 1


async def test_an_answer_given_while_no_runtime_lives_is_not_lost(own_host: Host) -> None:
    host = own_host
    capsule, runtime = await host.host_app(ASKER)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "ask")
        prompt = await until_asked(browser, session)
        runtime.kill()
        assert (await answer(browser, session, prompt, {"approved": True})).status_code == 200
        events = await browser.until_ended(session, sent["turn_id"])
    assert replies(events) == ["before", "approved: True"]


async def test_the_same_answer_from_two_tabs_counts_once(host: Host, asker: str) -> None:
    async with host.browser(asker) as browser:
        session = await browser.open()
        sent = await browser.send(session, "ask", new_id("cli"))
        prompt = await until_asked(browser, session)
        both = await asyncio.gather(
            *(answer(browser, session, prompt, {"approved": approved}) for approved in (True, False))
        )
        assert sorted(response.status_code for response in both) == [200, 409]
        assert len(replies(await browser.until_ended(session, sent["turn_id"]))) == 2
