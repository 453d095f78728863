"""Conformance list, Prompts."""

from pathlib import Path
from typing import Any

import pytest
from apphost import Browser, Host, replies, status
from conforming import asked, hosted, shown

APPROVAL = """
@app.message()
async def handle(session, msg):
    approved = await session.prompt_approval("Sure?", timeout=0.3 if msg.text == "quick" else 60)
    await session.reply(f"approved: {approved}")
"""

FILE = """
@app.message()
async def handle(session, msg):
    command, _, path = msg.text.partition(" ")
    try:
        found = await session.prompt_file(path=path or None, timeout=0.3 if command == "quick" else 60)
    except cpsl.FileUploadTimeout as exc:
        await session.reply(f"{type(exc).__name__}, a TimeoutError: {isinstance(exc, TimeoutError)}")
        return
    await session.reply(f"{found.name} {found.size} {found.path}")
"""

INTEGRATION = """
app.add_integration("aws")

@app.message()
async def handle(session, msg):
    seconds = 0.3 if msg.text == "quick" else 60
    try:
        found = await session.prompt_integration("aws", reason="Need AWS", timeout=seconds)
    except (cpsl.IntegrationTimeout, cpsl.IntegrationDeclined) as exc:
        await session.reply(type(exc).__name__)
        return
    known = session.integrations["aws"]
    await session.reply(f"{found.fields['region']} {known is found} {os.environ['AWS_DEFAULT_REGION']}")
"""
AWS = {"access_key_id": "AKIA", "secret_access_key": "s3cr3t", "region": "eu-west-1"}


async def answer(browser: Browser, session: str, prompt: str, body: dict[str, Any]) -> None:
    answered = await browser.post(f"/api/sessions/{session}/prompts/{prompt}", body)
    assert answered.status_code == 200, answered.text


async def upload(browser: Browser, prompt: str, name: str, content: bytes) -> str:
    body = {"name": name, "size": len(content), "content_type": "text/csv", "prompt_id": prompt}
    made = await browser.post("/api/files", body)
    assert made.status_code == 201, made.text
    file_id = str(made.json()["id"])
    sent = await browser._client.patch(
        f"/api/files/{file_id}", content=content, headers={"Upload-Offset": "0"}
    )
    assert sent.json() == {"offset": len(content)}
    return file_id


class TestPromptApproval:
    @pytest.mark.parametrize("approved", [True, False], ids=["approve", "reject"])
    async def test_answer(self, host: Host, approved: bool) -> None:
        capsule, _ = await hosted(host, APPROVAL)
        async with host.browser(capsule) as browser:
            session = await browser.open()
            sent = await browser.send(session, "ask")
            block = await asked(browser, session)
            assert (block["type"], block["payload"]["message"]) == ("approval_prompt", "Sure?")
            await answer(browser, session, block["id"], {"approved": approved})
            events = await browser.until_ended(session, sent["turn_id"])
            assert replies(events) == [f"approved: {approved}"]
            (ended,) = shown(await browser.log(session))
        assert ended["id"] == block["id"]
        assert ended["payload"]["completed"] is True
        assert (ended["payload"]["approved"], ended["payload"]["timed_out"]) == (approved, False)

    async def test_timeout(self, host: Host) -> None:
        capsule, _ = await hosted(host, APPROVAL)
        async with host.browser(capsule) as browser:
            session = await browser.open()
            assert await browser.say(session, "quick") == ["approved: False"]
            (ended,) = shown(await browser.log(session))
        assert (ended["payload"]["approved"], ended["payload"]["timed_out"]) == (False, True)


class TestPromptFile:
    @pytest.mark.parametrize(
        ("path", "place"),
        [("/data", "june.csv"), ("/data/in/deep/target.csv", "in/deep/target.csv")],
        ids=["directory path", "file path"],
    )
    async def test_path(self, host: Host, tmp_path: Path, path: str, place: str) -> None:
        capsule, _ = await hosted(host, FILE, data=tmp_path)
        async with host.browser(capsule) as browser:
            session = await browser.open()
            sent = await browser.send(session, f"ask {path}")
            block = await asked(browser, session)
            assert block["type"] == "file_upload"
            file_id = await upload(browser, block["id"], "june.csv", b"a,b\n")
            await answer(browser, session, block["id"], {"file_id": file_id})
            events = await browser.until_ended(session, sent["turn_id"])
            assert replies(events) == [f"june.csv 4 /data/{place}"]
            (ended,) = shown(await browser.log(session))
        assert (tmp_path / place).read_bytes() == b"a,b\n"
        about = {key: ended["payload"][key] for key in ("completed", "filename", "content_type", "size")}
        assert about == {"completed": True, "filename": "june.csv", "content_type": "text/csv", "size": 4}

    async def test_timeout_error(self, host: Host) -> None:
        capsule, _ = await hosted(host, FILE)
        async with host.browser(capsule) as browser:
            said = await browser.say(await browser.open(), "quick")
        assert said == ["FileUploadTimeout, a TimeoutError: True"]


class TestPromptIntegration:
    async def test_connected_already_returns_at_once_without_showing_anything(self, host: Host) -> None:
        capsule, _ = await hosted(host, INTEGRATION)
        async with host.browser(capsule) as browser:
            session = await browser.open()
            assert (await browser.put("/api/connections/aws", {"fields": AWS})).status_code == 200
            sent = await browser.send(session, "ask")
            events = await browser.until_ended(session, sent["turn_id"])
        assert replies(events) == ["eu-west-1 True eu-west-1"]
        assert shown(events) == []

    async def test_connect(self, host: Host) -> None:
        capsule, _ = await hosted(host, INTEGRATION)
        async with host.browser(capsule) as browser:
            session = await browser.open()
            sent = await browser.send(session, "ask")
            block = await asked(browser, session)
            # The reply before it says the reason already.
            expected = {"type": "aws", "reason": "", "blocking": True, "mode": "secret"}
            assert {key: block["payload"][key] for key in expected} == expected
            assert (await browser.put("/api/connections/aws", {"fields": AWS})).status_code == 200
            events = await browser.until_ended(session, sent["turn_id"])
            assert replies(events) == ["Need AWS", "eu-west-1 True eu-west-1"]
            assert "s3cr3t" not in str(await browser.log(session))

    async def test_decline(self, host: Host) -> None:
        capsule, _ = await hosted(host, INTEGRATION)
        async with host.browser(capsule) as browser:
            session = await browser.open()
            sent = await browser.send(session, "ask")
            block = await asked(browser, session)
            await answer(browser, session, block["id"], {"dismissed": True})
            events = await browser.until_ended(session, sent["turn_id"])
        assert (status(events), replies(events)[-1]) == ("succeeded", "IntegrationDeclined")

    async def test_timeout(self, host: Host) -> None:
        capsule, _ = await hosted(host, INTEGRATION)
        async with host.browser(capsule) as browser:
            assert (await browser.say(await browser.open(), "quick"))[-1] == "IntegrationTimeout"
