"""Files in a conversation: prompts, attachments, media and references, with a real app."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from apphost import Browser, Host, status
from uploads import upload

from capsule.engines.contract import Mount
from capsule.reconcile.storage import share

MIB = 1024 * 1024

APP = """
import hashlib, os
import cpsl

data = cpsl.FileSystem("reports")
app = cpsl.App(name="filing", image=cpsl.Image(), filesystems={"/data": data})

def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()

@app.message()
async def handle(session, msg):
    if msg.text == "ask":
        found = await session.prompt_file(accept=".csv", path="/data/in/")
        about = f"{found.name} {found.content_type} {found.size} {found.path}"
        await session.reply(f"{about} {digest(found.path)}")
    elif msg.text == "image":
        shown = await session.media.image(b"\\x89PNG" + bytes(700_000), filename="chart.png")
        await session.reply(shown["src"])
    else:
        for number, item in enumerate(msg.attachments or []):
            path = await item.download(os.path.expanduser(f"~/{number}"))
            await session.reply(f"{item.name} {item.size} {digest(path)}")
"""


@pytest.fixture
async def filing(host: Host, tmp_path: Path) -> tuple[str, Path]:
    folder = host.data.root / f"storage-{tmp_path.name}"
    share(folder)
    replica = host.run(APP, mounts=(Mount(str(folder), "/data"),))
    capsule = await host.put(replica, url="http://demo.localhost:8080", mounts={"/data": str(folder)})
    return capsule, folder


async def prompt_of(browser: Browser, session: str) -> str:
    async with asyncio.timeout(20):
        async for event in browser.events(session):
            if event["type"] == "block" and event["data"]["type"] == "file_upload":
                return str(event["data"]["id"])
    raise AssertionError("no prompt was shown")


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def texts(events: list[dict[str, Any]]) -> list[str]:
    return [event["data"]["text"] for event in events if event["type"] == "reply"]


async def test_prompted_file_goes_into_a_mount_and_opens_from_there(
    host: Host, filing: tuple[str, Path]
) -> None:
    capsule, folder = filing
    content = bytes(range(256)) * 4096 * 3
    async with host.browser(capsule) as browser, host.browser(capsule) as stranger:
        session = await browser.open()
        sent = await browser.send(session, "ask")
        prompt = await prompt_of(browser, session)
        wanted = {"name": "june.pdf", "size": 3, "session_id": session, "prompt_id": prompt}
        refused = await browser.post("/api/files", wanted)
        assert (refused.status_code, refused.json()["code"]) == (422, "wrong_file_type")
        await stranger.open()
        foreign = await stranger.post("/api/files", {"name": "a.csv", "size": 3, "prompt_id": prompt})
        assert (foreign.status_code, foreign.json()["code"]) == (404, "prompt_not_found")

        answer_path = f"/api/sessions/{session}/prompts/{prompt}"
        other = await upload(browser, b"pdf", "june.pdf")
        answer = await browser.post(answer_path, {"file_id": other})
        assert (answer.status_code, answer.json()["code"]) == (422, "wrong_file_type")
        file_id = await upload(
            browser, content, "June 1.csv", session_id=session, prompt_id=prompt, content_type="text/csv"
        )
        assert (await browser.post(answer_path, {"file_id": file_id})).status_code == 200
        events = await browser.until_ended(session, sent["turn_id"])
        assert status(events) == "succeeded"
        digest = hashlib.sha256(content).hexdigest()
        assert texts(events) == [f"June 1.csv text/csv {len(content)} /data/in/June 1.csv {digest}"]
        assert (folder / "in" / "June 1.csv").read_bytes() == content
        opened = await browser.get("/api/mounts/data/in/June%201.csv")
        assert opened.content == content
        ended = await browser.post("/api/files", {"name": "a.csv", "size": 3, "prompt_id": prompt})
        assert (ended.status_code, ended.json()["code"]) == (409, "prompt_ended")


async def test_attachments_reach_the_handler(host: Host, filing: tuple[str, Path]) -> None:
    capsule, _ = filing
    async with host.browser(capsule) as browser, host.browser(capsule) as stranger:
        session = await browser.open()
        content = bytes(2 * MIB) + b"end"
        ids = [await upload(browser, content, "a.bin"), await upload(browser, b"", "empty.txt")]
        body = {"text": "look", "client_id": "c1", "attachments": ids}
        sent = (await browser.post(f"/api/sessions/{session}/messages", body)).json()
        events = await browser.until_ended(session, sent["turn_id"])
        assert texts(events) == [
            f"a.bin {len(content)} {hashlib.sha256(content).hexdigest()}",
            f"empty.txt 0 {hashlib.sha256(b'').hexdigest()}",
        ]
        shown = events[0]["data"]["attachments"]
        assert [item["id"] for item in shown] == ids
        assert (await browser.get(shown[0]["url"])).content == content
        assert (await browser.delete(f"/api/files/{ids[0]}")).json()["code"] == "file_in_use"

        foreign = await stranger.open()
        body = {"text": "steal", "client_id": "c2", "attachments": ids[:1]}
        assert (await stranger.post(f"/api/sessions/{foreign}/messages", body)).status_code == 404


async def test_media_are_kept_with_their_session(host: Host, filing: tuple[str, Path]) -> None:
    capsule, _ = filing
    async with host.browser(capsule) as browser, host.browser(capsule) as anyone:
        session = await browser.open()
        sent = await browser.send(session, "image")
        (url,) = texts(await browser.until_ended(session, sent["turn_id"]))
        assert url.startswith("http://demo.localhost:8080/api/files/fil_")
        found = await anyone.get(path_of(url))
        assert (found.status_code, len(found.content)) == (200, 700_004)
        assert found.headers["content-type"] == "image/png"
        assert (await browser.get(urlsplit(url).path)).status_code == 200
        await browser.delete(f"/api/sessions/{session}")
        assert (await anyone.get(path_of(url))).status_code == 404
