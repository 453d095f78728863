"""The tutorial app, word for word as its document has it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from apphost import Browser, Host, replies

from capsule.engines.contract import Mount

TUTORIAL = Path(__file__).parents[4] / "examples" / "integrations-demo" / "app.py"
MANIFEST = {
    "integrations": [
        {
            "type": "github",
            "mode": "oauth",
            "scopes": ["repo", "read:user"],
            "client_id_secret": "GITHUB_CLIENT_ID",
            "client_secret_secret": "GITHUB_CLIENT_SECRET",
        },
        {"type": "aws", "mode": "secret", "fields": ["access_key_id", "secret_access_key", "region"]},
    ]
}


@pytest.fixture
def capsule(host: Host, tmp_path: Path) -> str:
    host.secrets["GITHUB_CLIENT_ID"], host.secrets["GITHUB_CLIENT_SECRET"] = "id", "secret"
    mount = Mount(str(tmp_path), "/data")
    replica = host.run(TUTORIAL.read_text(), {"OPENAI_API_KEY": "sk-test"}, mounts=(mount,))
    return asyncio.run(host.put(replica, manifest=MANIFEST))


async def shown(browser: Browser, session: str, turn_id: str) -> dict[str, Any]:
    """Return the first element that a turn shows."""
    async with asyncio.timeout(20):
        async for event in browser.events(session):
            if event["type"] == "block" and event["turn_id"] == turn_id:
                found: dict[str, Any] = event["data"]
                return found
    raise AssertionError("the stream ended")


async def test_other_words_say_what_there_is(host: Host, capsule: str) -> None:
    async with host.browser(capsule) as browser:
        assert await browser.say(await browser.open(), "help") == [
            "Try: connect github, connect aws, hint github, upload csv, or write report"
        ]


async def test_write_report_writes_into_the_filesystem(host: Host, capsule: str, tmp_path: Path) -> None:
    async with host.browser(capsule) as browser:
        answer = await browser.say(await browser.open(), "write report")
    assert answer == ["Wrote /data/reports/summary.txt"]
    assert (tmp_path / "reports" / "summary.txt").read_text() == "Secret loaded: True\n"


async def test_connect_aws_waits_for_the_form(host: Host, capsule: str) -> None:
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "connect aws")
        card = await shown(browser, session, sent["turn_id"])
        assert (card["type"], card["payload"]["mode"]) == ("integration_prompt", "secret")
        fields = {"access_key_id": "AKIA", "secret_access_key": "s3cr3t", "region": "eu-west-1"}
        assert (await browser.put("/api/connections/aws", {"fields": fields})).status_code == 200
        said = replies(await browser.until_ended(session, sent["turn_id"]))
        assert said == [
            "Need AWS credentials to inspect infrastructure",
            "Connected aws for region eu-west-1",
        ]
        assert await browser.say(session, "connect aws") == ["Connected aws for region eu-west-1"]


async def test_connect_github_can_be_declined(host: Host, capsule: str) -> None:
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "connect github")
        card = await shown(browser, session, sent["turn_id"])
        assert (card["payload"]["type"], card["payload"]["mode"]) == ("github", "oauth")
        path = f"/api/sessions/{session}/prompts/{card['id']}"
        assert (await browser.post(path, {"dismissed": True})).status_code == 200
        said = replies(await browser.until_ended(session, sent["turn_id"]))
    assert said[0] == "Need GitHub access to inspect repositories"


async def test_hint_github_shows_a_card_and_goes_on(host: Host, capsule: str) -> None:
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "hint github")
        events = await browser.until_ended(session, sent["turn_id"])
    assert replies(events) == ["Rendered a non-blocking integration card."]
    (card,) = [event["data"] for event in events if event["type"] == "block"]
    assert card["payload"] == {
        "type": "github",
        "reason": "Connect GitHub to unlock repository analysis",
        "blocking": False,
    }


async def test_upload_csv_puts_the_file_into_the_filesystem(host: Host, capsule: str, tmp_path: Path) -> None:
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "upload csv")
        card = await shown(browser, session, sent["turn_id"])
        assert (card["type"], card["payload"]["accept"]) == ("file_upload", ".csv,text/csv")
        body = {"name": "sales.csv", "size": 4, "content_type": "text/csv", "prompt_id": card["id"]}
        file_id = (await browser.post("/api/files", body)).json()["id"]
        await browser._client.patch(f"/api/files/{file_id}", content=b"a,b\n", headers={"Upload-Offset": "0"})
        path = f"/api/sessions/{session}/prompts/{card['id']}"
        assert (await browser.post(path, {"file_id": file_id})).status_code == 200
        said = replies(await browser.until_ended(session, sent["turn_id"]))
    assert len(said) == 1
    assert said[0].startswith("Uploaded sales.csv to /data/uploads")
    placed = [path for path in tmp_path.rglob("*") if path.is_file() and path.read_bytes() == b"a,b\n"]
    assert [str(path.relative_to(tmp_path)) for path in placed] == [said[0].partition(" to /data/")[2]]


async def test_a_secret_that_is_no_variable_is_looked_up_and_a_missing_one_is_named(
    host: Host, tmp_path: Path
) -> None:
    replica = host.run(TUTORIAL.read_text(), mounts=(Mount(str(tmp_path), "/data"),))
    capsule = await host.put(replica, manifest=MANIFEST)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        (reply,) = await browser.say(session, "write report")
        assert "OPENAI_API_KEY" in reply
        assert "capsule secret create OPENAI_API_KEY=" in reply
        host.secrets["OPENAI_API_KEY"] = "sk-late"
        try:
            assert await browser.say(session, "write report") == ["Wrote /data/reports/summary.txt"]
        finally:
            del host.secrets["OPENAI_API_KEY"]
