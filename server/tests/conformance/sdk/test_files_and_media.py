"""Conformance list, Files and media."""

import asyncio
import json
from pathlib import Path

import pytest
from apphost import Host, eventually, replies
from conforming import hosted, path_of, shown

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(1000)
MEDIA = """
PICTURE = b"\\x89PNG\\r\\n\\x1a\\n" + bytes(1000)

@app.message()
async def handle(session, msg):
    source = PICTURE
    if msg.text == "url":
        source = "https://example.com/a.png"
    elif msg.text != "bytes":
        source = os.path.expanduser("~/chart.png")
        with open(source, "wb") as file:
            file.write(PICTURE)
    if msg.text == "show_image":
        await session.show_image(source, alt="A chart", width=300)
        return
    import json
    await session.reply(json.dumps(await session.media.image(source, caption="A chart", alt="chart")))
"""


@pytest.mark.parametrize("kind", ["bytes", "path"])
async def test_session_media_of_bytes_and_path_is_uploaded(host: Host, kind: str) -> None:
    capsule, _ = await hosted(host, MEDIA)
    async with host.browser(capsule) as browser, host.browser(capsule) as anyone:
        (said,) = await browser.say(await browser.open(), kind)
        found = json.loads(said)
        assert (found["type"], found["caption"], found["alt"]) == ("image", "A chart", "chart")
        assert (found["mime_type"], found["download_url"]) == ("image/png", found["src"])
        # The URL is signed: whoever is shown the page may fetch it.
        answer = await anyone.get(path_of(found["src"]))
    assert (answer.status_code, answer.content) == (200, PICTURE)
    assert answer.headers["content-type"] == "image/png"


async def test_session_media_of_a_url_is_referenced_as_it_is(host: Host) -> None:
    capsule, _ = await hosted(host, MEDIA)
    async with host.browser(capsule) as browser:
        (said,) = await browser.say(await browser.open(), "url")
    assert json.loads(said)["src"] == "https://example.com/a.png"


async def test_show_image_of_a_local_file(host: Host) -> None:
    capsule, _ = await hosted(host, MEDIA)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "show_image")
        (block,) = shown(await browser.until_ended(session, sent["turn_id"]))
        assert block["type"] == "image"
        assert (block["payload"]["alt"], block["payload"]["width"]) == ("A chart", 300)
        assert (await browser.get(path_of(block["payload"]["url"]))).content == PICTURE


MOUNTED = """
@app.message()
async def handle(session, msg):
    if msg.text == "write":
        os.makedirs("/data/reports", exist_ok=True)
        with open("/data/reports/june 1.txt", "a") as file:
            file.write("june")
    elif msg.text == "refer":
        await session.reply(data.link("/data/reports/june 1.txt", label="June")["path"])
        await session.reply(cpsl.file("/data/reports/../reports/june 1.txt")["path"])
    elif msg.text == "browse":
        tree = cpsl.ui.Page([cpsl.ui.FileBrowser(mount="/data/", path="/reports")])
        await session.show_ui(tree, title="Files")
    else:
        with open("/data/reports/june 1.txt") as file:
            await session.reply(file.read())
"""


async def test_cpsl_file_reference_opens(host: Host, tmp_path: Path) -> None:
    capsule, _ = await hosted(host, MOUNTED, data=tmp_path)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        await browser.say(session, "write")
        paths = await browser.say(session, "refer")
        assert paths == ["/data/reports/june 1.txt"] * 2
        opened = await browser.get(f"/api/mounts{paths[0].replace(' ', '%20')}")
    assert (opened.status_code, opened.text) == (200, "june")


async def test_mounted_directory_is_writable_and_persistent(host: Host, tmp_path: Path) -> None:
    capsule, runtime = await hosted(host, MOUNTED, data=tmp_path)
    async with host.browser(capsule) as browser, host.browser(capsule) as another:
        session = await browser.open()
        await browser.say(session, "write")
        assert (tmp_path / "reports" / "june 1.txt").read_text() == "june"
        runtime.kill()
        assert await browser.say(session, "read") == ["june"]
        await hosted(host, MOUNTED, data=tmp_path, capsule_id=capsule, release="2")
        await browser.say(session, "write")
        assert await another.say(await another.open(), "read") == ["junejune"]


async def test_mounted_directory_is_named_by_file_browser_and_opened_over_its_http_contract(
    host: Host, tmp_path: Path
) -> None:
    """The widget's JSON and what it opens; listing a folder comes with the data of widgets."""
    capsule, _ = await hosted(host, MOUNTED, data=tmp_path)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        await browser.say(session, "write")
        sent = await browser.send(session, "browse")
        (block,) = shown(await browser.until_ended(session, sent["turn_id"]))
        assert block["type"] == "ui_preview"
        (widget,) = block["payload"]["widget"]["children"]
        assert (widget["type"], widget["mount"], widget["path"]) == ("file_browser", "/data", "/reports")
        assert widget["allow_upload"] is True
        opened = await browser.get(f"/api/mounts{widget['mount']}{widget['path']}/june%201.txt")
        assert (opened.status_code, opened.text) == (200, "june")


TERMINAL = """
@app.message()
async def handle(session, msg):
    terminal = session.terminal("build", title="Build")
    if msg.text == "hang":
        result = await terminal.shell("sleep 300 & echo started; sleep 300", timeout=1.5)
    elif msg.text == "alive":
        result = await terminal.shell("cat /proc/[0-9]*/cmdline | tr '\\\\0' ' '")
    else:
        result = await terminal.shell(msg.text)
    ended = result.status, result.timed_out
    await session.reply(repr((result.exit_code, result.stdout, result.stderr, *ended)))
"""


async def test_terminal_exit_code(host: Host) -> None:
    capsule, _ = await hosted(host, TERMINAL)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "echo out; exit 3")
        events = await browser.until_ended(session, sent["turn_id"])
        assert replies(events) == [repr((3, "out\n", "", "failed", False))]
        (block,) = shown(await browser.log(session))
    assert (block["type"], block["payload"]["title"]) == ("terminal", "Build")
    (run,) = block["payload"]["runs"]
    assert (run["status"], run["exit_code"], run["mode"]) == ("failed", 3, "shell")


async def test_terminal_stderr(host: Host) -> None:
    capsule, _ = await hosted(host, TERMINAL)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        said = await browser.say(session, "echo out; echo wrong >&2")
        assert said == [repr((0, "out\n", "wrong\n", "completed", False))]
        (block,) = shown(await browser.log(session))
    chunks = [(chunk["stream"], chunk["text"]) for chunk in block["payload"]["runs"][0]["chunks"]]
    assert sorted(chunks) == [("stderr", "wrong\n"), ("stdout", "out\n")]


async def test_terminal_timeout_kills_children(host: Host) -> None:
    capsule, _ = await hosted(host, TERMINAL)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        (said,) = await browser.say(session, "hang")
        assert "'started\\n'" in said
        assert said.endswith("'timeout', True)")
        (after,) = await browser.say(session, "alive")
    assert "cat" in after  # processes are seen
    assert "sleep" not in after


async def test_terminal_reopened_after_restart(host: Host) -> None:
    capsule, runtime = await hosted(host, TERMINAL)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        await browser.say(session, "echo before")
        runtime.kill()
        assert await asyncio.to_thread(eventually, lambda: runtime.status()["pid"] is not None)
        await browser.say(session, "echo after")
        (block,) = shown(await browser.log(session))
    runs = block["payload"]["runs"]
    assert [(run["command"], run["status"]) for run in runs] == [
        ("echo before", "completed"),
        ("echo after", "completed"),
    ]
