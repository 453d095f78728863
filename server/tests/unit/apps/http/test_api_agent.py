"""The agent chat contract: messages, streams, history; what callers hear of questions and failures."""

import asyncio

from apphost import ECHO, Browser, Host

from capsule.apps.http.agent_session import agent_session_id

ASKING = """
import os
import cpsl
app = cpsl.App(name="asking", image=cpsl.Image())

@app.message()
async def handle(session, msg):
    if msg.text == "fail":
        raise ValueError("no luck")
    if msg.text == "die late":
        await session.reply("begun")
    if msg.text.startswith("die"):
        os._exit(3)
    result = await session.prompt_approval("Pay 5?")
    await session.reply("Paid." if result else "Not paid.")
"""


def said(text: str) -> dict[str, object]:
    return {"content": [{"type": "text", "text": text}], "date": "2025-11-07T10:30:00Z"}


async def until_asked(browser: Browser, session: str) -> str:
    """Wait for the open prompt of a session; return its id."""
    async with asyncio.timeout(20):
        async for event in browser.events(session):
            if event["type"] == "block":
                return str(event["data"]["id"])
    raise AssertionError("The stream ended without a prompt.")


async def test_the_agent_contract_answers_streams_and_remembers(host: Host) -> None:
    capsule, _ = await host.host_app(ECHO)
    prompt = {"content": [{"type": "text", "text": "Hello"}], "date": "2025-11-07T10:30:00Z"}
    async with host.browser(capsule, X_Capsule_User="usr_7") as browser:
        answer = (await browser.post("/api/chat/message", prompt)).json()
        assert answer["success"] is True
        assert answer["data"]["role"] == "assistant"
        assert answer["data"]["content"] == [{"type": "text", "text": "You said: Hello"}]
        streamed = await browser.post("/api/chat/message/stream", prompt)
        assert streamed.text == 'data: {"chunk":"You said: Hello"}\n\n'
        history = (await browser.get("/api/chat/history")).json()["data"]
        assert [entry["role"] for entry in history] == ["user", "assistant"] * 2


async def test_the_agent_contract_refuses_in_its_own_envelope(host: Host) -> None:
    capsule, _ = await host.host_app(ECHO)
    async with host.browser(capsule) as browser:
        empty = await browser.post("/api/chat/message", {"content": []})
        assert (empty.status_code, empty.json()) == (400, {"success": False, "error": "Message is required."})
    async with host.browser(capsule) as browser:
        assert (await browser.get("/api/chat/history")).status_code == 401
    async with host.browser(capsule) as browser:
        wrong = await browser.get("/api/chat/history", headers={"X-CC-API-KEY": "guess"})
        assert (wrong.status_code, wrong.json()["success"]) == (401, False)


async def test_a_question_is_told_in_words_and_nobody_waits_for_it(host: Host) -> None:
    capsule, _ = await host.host_app(ASKING)
    async with host.browser(capsule, X_Capsule_User="usr_7") as browser:
        answer = (await browser.post("/api/chat/message", said("pay"))).json()
        (content,) = answer["data"]["content"]
        asked, link = content["text"].splitlines()
        assert asked == "Pay 5?"
        assert link.startswith("Answer here: ")
        assert link.endswith(f"/#/s/{agent_session_id('usr_7')}")


async def test_a_stream_goes_on_behind_a_question(host: Host) -> None:
    capsule, _ = await host.host_app(ASKING)
    async with host.browser(capsule, X_Capsule_User="usr_7") as browser:
        await browser.post("/api/chat/message", said("fail"))  # so that there is a session to look at
        streaming = asyncio.create_task(browser.post("/api/chat/message/stream", said("pay")))
        session = agent_session_id("usr_7")
        prompt = await until_asked(browser, session)
        assert not streaming.done()
        await browser.post(f"/api/sessions/{session}/prompts/{prompt}", {"approved": True})
        text = (await streaming).text
        assert text.index("Pay 5?") < text.index("Paid.")


async def test_a_failure_is_said_and_an_error_where_nothing_was_said(host: Host) -> None:
    capsule, _ = await host.host_app(ASKING)
    async with host.browser(capsule, X_Capsule_User="usr_7") as browser:
        failed = (await browser.post("/api/chat/message", said("fail"))).json()
        assert failed["data"]["content"] == [{"type": "text", "text": "Something went wrong: no luck"}]
        died = await browser.post("/api/chat/message", said("die"))
        assert (died.status_code, died.json()["success"]) == (500, False)
        late = (await browser.post("/api/chat/message", said("die late"))).json()
        assert late["data"]["content"] == [{"type": "text", "text": "begun"}]
        streamed = (await browser.post("/api/chat/message/stream", said("die"))).text
        assert streamed.startswith("data: ")
        assert died.json()["error"] in streamed
