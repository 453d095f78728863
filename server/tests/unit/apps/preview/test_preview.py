"""Previews: what listens on a port of a user's own runtime, seen through the app's host but apart from it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import itsdangerous
import pytest
from apphost import Browser, Host, Replica
from websockets.asyncio.client import unix_connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from capsule.kit.durable import load_key

PORT = 3000
APP = """
import asyncio, os, subprocess, sys
import cpsl
app = cpsl.App(name="shop", image=cpsl.Image())

async def echo(reader, writer):
    import base64, hashlib
    head = await reader.readuntil(b"\\r\\n\\r\\n")
    key = next(l.split(b": ")[1] for l in head.split(b"\\r\\n") if l.lower().startswith(b"sec-websocket-key"))
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    writer.write(b"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
                 b"Sec-WebSocket-Accept: " + accept + b"\\r\\n\\r\\n")
    first, second = await reader.readexactly(2)
    mask = await reader.readexactly(4)
    body = bytes(b ^ mask[i % 4] for i, b in enumerate(await reader.readexactly(second & 127)))
    text = body + (b"|cookie" if b"ookie:" in head else b"")
    writer.write(bytes([0x81, len(text)]) + text + bytes([0x88, 2]) + (4001).to_bytes(2, "big"))
    writer.close()

@app.message()
async def handle(session, msg):
    word, _, port = msg.text.partition(" ")
    if word == "start":
        # The one of a virtual environment may lie where a runtime does not see it.
        subprocess.Popen([sys._base_executable, "previewed.py", port])
        while True:
            try:
                (await asyncio.open_connection("127.0.0.1", int(port)))[1].close()
                break
            except OSError:
                await asyncio.sleep(0.02)
    elif word == "socket":
        app.server = await asyncio.start_server(echo, "127.0.0.1", int(port))
    elif word == "hide":
        await session.hide_browser()
        return
    elif word == "die":
        os._exit(1)
    if word != "run":
        await session.show_browser(port=int(port), path="/")
    await session.reply("shown")
"""
FILES = {"previewed.py": (Path(__file__).parent / "previewed.py").read_text()}


@pytest.fixture
def apart(host: Host) -> None:
    """Where runtimes share the ports of their app, one user's may answer for another's."""
    if not host.node("capabilities")["private_runtimes"]:
        pytest.skip("; ".join(host.node("fingerprint")["notices"]))


class Shop:
    """A visitor to whom a session shows the server on PORT."""

    def __init__(self, browser: Browser, session: str, url: str, replica: Replica, capsule: str) -> None:
        self.browser = browser
        self.session = session
        self.url = url
        self.replica = replica
        self.capsule = capsule

    async def get(self, path: str, **options: Any) -> Any:
        return await self.browser.get(self.url + path, **options)


async def show(browser: Browser, session: str, port: int = PORT) -> Any:
    return await browser.post(f"/api/sessions/{session}/preview", {"port": port})


@pytest.fixture
async def shop(host: Host) -> AsyncIterator[Shop]:
    capsule, replica = await host.host_app(APP, files=FILES)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        assert await browser.say(session, f"start {PORT}") == ["shown"]
        answer = await show(browser, session)
        assert answer.status_code == 200, answer.text
        assert answer.json()["is_ready"] is True
        yield Shop(browser, session, answer.json()["url"].rstrip("/"), replica, capsule)


async def test_a_page_is_led_into_the_preview_and_into_a_sandbox(shop: Shop) -> None:
    answer = await shop.get("/")
    assert answer.status_code == 200, answer.text
    prefix = shop.url.encode()
    for text in (b'href="%b/static/main.css"', b'href="%b/next"', b'src="%b/static/main.js"'):
        assert text % prefix in answer.content
    for text in (b'src="static/a.png"', b'href="//other.example/x"'):
        assert text in answer.content
    assert b'<head><script src="/_capsule/preview.js"></script>' in answer.content
    headers = answer.headers
    assert headers["content-security-policy"] == (
        "sandbox allow-scripts allow-forms allow-popups allow-modals"
    )
    assert (headers["referrer-policy"], headers["cache-control"]) == ("same-origin", "no-store")
    assert "x-frame-options" not in headers
    assert "a=b" not in headers.get("set-cookie", "")
    shim = await shop.browser.get("/_capsule/preview.js")
    assert (shim.status_code, "WebSocket" in shim.text) == (200, True)


async def test_a_part_of_a_page_may_be_taken_by_the_sandbox_but_not_by_the_chat_page(shop: Shop) -> None:
    answer = await shop.get("/static/main.js", headers={"Origin": "null", "Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.text) == (200, "console.log(1)")
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]
    headers = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "script"}
    assert (await shop.get("/static/main.js", headers=headers)).status_code == 403
    asked = {
        "Origin": "null",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type",
    }
    answer = await shop.browser._client.options(shop.url + "/x", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-headers"] == "content-type"
    answer = await shop.get("/strict")
    assert answer.headers.get_list("content-security-policy")[0] == "img-src *"


async def test_bodies_of_10_mb_go_both_ways(shop: Shop) -> None:
    data = bytes(range(256)) * 4096 * 10
    assert (await shop.get("/big")).content == data
    answer = await shop.browser._client.post(
        shop.url + "/x", content=data, headers={"Content-Type": "a/b", "Origin": "null"}
    )
    assert (answer.headers["content-type"], answer.content == data) == ("a/b", True)
    head = await shop.browser._client.head(shop.url + "/x")
    assert (head.headers["content-length"], head.content) == ("5", b"")


async def test_the_port_learns_nothing_of_who_asks(shop: Shop) -> None:
    headers = {"Origin": "null", "X-Own": "1", "Referer": "http://demo.localhost" + shop.url + "/"}
    told = (await shop.get("/headers", headers={**headers, "X-Capsule-User": "usr_1"})).text
    lines = dict(line.split(": ", 1) for line in told.splitlines())
    assert lines["x-own"] == "1"
    assert (lines["host"], lines["origin"]) == (f"localhost:{PORT}", f"http://localhost:{PORT}")
    assert lines["x-forwarded-prefix"] == shop.url
    assert not {"cookie", "x-capsule-route", "x-capsule-user", "referer"} & set(lines)


async def test_paths_arrive_as_they_were_sent_and_redirects_stay_inside(shop: Shop) -> None:
    assert (await shop.get("/path?a=%2F&b=c%20d")).text == "/path?a=%2F&b=c%20d"
    for location, expected in (
        ("/next?x=1", f"{shop.url}/next?x=1"),
        (f"http://localhost:{PORT}/next", f"{shop.url}/next"),
        ("next", "next"),
        ("https://other.example/", "https://other.example/"),
    ):
        answer = await shop.get(f"/away?to={location}")
        assert (answer.status_code, answer.headers["location"]) == (302, expected)
    bare = await shop.get("?a=1")
    assert (bare.status_code, bare.headers["location"]) == (307, f"{shop.url}/?a=1")


async def test_what_a_style_sheet_asks_from_the_root_is_led_into_the_preview(shop: Shop) -> None:
    headers = {"Referer": f"http://demo.localhost{shop.url}/static/main.css"}
    for path in ("/static/font.woff?v=1", "/api/app"):
        answer = await shop.browser.get(path, headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (307, shop.url + path)
    foreign = {"Referer": f"http://evil.localhost{shop.url}/"}
    assert (await shop.browser.get("/api/app", headers=foreign)).status_code == 200


@pytest.mark.usefixtures("apart")
async def test_a_stream_arrives_as_it_is_made_and_ends_when_it_is_left(shop: Shop) -> None:
    async with shop.browser._client.stream("GET", shop.url + "/slow") as answer, asyncio.timeout(20):
        assert answer.headers["content-type"] == "text/event-stream"
        async for line in answer.aiter_lines():
            assert line == "data: 1"
            break
    assert await asyncio.to_thread(shop.replica.logged, "the stream was left")


async def test_only_what_a_session_shows_can_be_seen(shop: Shop) -> None:
    browser = shop.browser
    await browser.say(shop.session, "run 3001")
    assert (await show(browser, shop.session, 3001)).status_code == 404
    answer = await browser.get(shop.url.removesuffix("3000") + "3001/")
    assert (answer.status_code, answer.json()["code"]) == (404, "preview_not_found")
    for wrong in (0, 70_000, "3000", True, None):
        answer = await browser.post(f"/api/sessions/{shop.session}/preview", {"port": wrong})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_port")
    other = await browser.open()
    assert (await show(browser, other)).status_code == 404
    await browser.say(shop.session, "hide")
    assert (await shop.get("/")).status_code == 404


async def test_an_address_is_good_for_one_app_until_it_expires_and_for_nobody_elses_session(
    shop: Shop, host: Host
) -> None:
    async with host.browser(shop.capsule) as stranger:
        assert (await show(stranger, shop.session)).status_code == 404
        # Who has the address may look: a sandboxed frame has no cookie.
        assert (await stranger.get(shop.url + "/")).status_code == 200
    root, token, port = shop.url.rsplit("/", 2)
    signer = itsdangerous.URLSafeTimedSerializer(
        load_key(host.data.previews_key), salt=f"preview:{shop.capsule}"
    )

    class Earlier(itsdangerous.TimestampSigner):
        def get_timestamp(self) -> int:
            return super().get_timestamp() - 13 * 3600

    grant = signer.loads(token)
    old = itsdangerous.URLSafeTimedSerializer(
        load_key(host.data.previews_key), salt=f"preview:{shop.capsule}", signer=Earlier
    ).dumps(grant)
    changed = token[:-3] + ("AAA" if token[-3:] != "AAA" else "BBB")
    for wrong in (changed, str(old), "x", token.replace(".", "~", 1)):
        answer = await shop.browser.get(f"{root}/{wrong}/{port}/")
        assert answer.status_code in (403, 404), wrong
        assert "sandbox" in answer.headers["content-security-policy"]
    second, _ = await host.host_app(APP)
    async with host.browser(second) as elsewhere:
        assert (await elsewhere.get(shop.url + "/")).json()["code"] == "preview_refused"


@pytest.mark.usefixtures("apart")
async def test_a_port_that_does_not_answer_yet_is_not_ready(host: Host) -> None:
    capsule, _ = await host.host_app(APP, files=FILES)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        await browser.say(session, "show 3000")
        found = (await show(browser, session)).json()
        assert found["is_ready"] is False
        answer = await browser.get(found["url"])
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["error"] == "port_not_ready"
        assert answer.json()["port"] == 3000
        await browser.say(session, "start 3000")
        assert (await show(browser, session)).json()["is_ready"] is True
        assert (await browser.get(found["url"])).status_code == 200


@pytest.mark.usefixtures("apart")
async def test_a_runtime_that_dies_takes_the_preview_along(shop: Shop) -> None:
    answer = await shop.get("/die")
    assert (answer.status_code, answer.json()["code"]) == (502, "preview_failed")
    waiting = asyncio.create_task(shop.get("/wait"))
    assert await asyncio.to_thread(shop.replica.logged, "waiting")
    await shop.browser.send(shop.session, "die")
    answer = await waiting
    assert (answer.status_code, answer.json()["code"]) == (502, "preview_failed")
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_an_answer_that_breaks_off_does_not_pass_for_whole(shop: Shop) -> None:
    async with shop.browser._client.stream("GET", shop.url + "/half") as answer, asyncio.timeout(20):
        await shop.browser.send(shop.session, "die")
        with pytest.raises(httpx2.RemoteProtocolError):
            await answer.aread()


@pytest.mark.usefixtures("apart")
async def test_ports_of_two_users_are_apart(shop: Shop, host: Host) -> None:
    async with host.browser(shop.capsule) as other:
        session = await other.open()
        await other.say(session, f"show {PORT}")
        assert (await show(other, session)).json()["is_ready"] is False


async def test_a_websocket_is_relayed_without_the_cookies_of_the_app(shop: Shop, host: Host) -> None:
    await shop.browser.say(shop.session, "socket 3002")
    url = (await show(shop.browser, shop.session, 3002)).json()["url"]
    headers = {"X-Capsule-Route": shop.capsule, "Cookie": "capsule_visitor=x"}
    path = str(host.data.apps_socket)
    async with unix_connect(
        path, uri=f"ws://demo.localhost{url}live?a=1", additional_headers=headers
    ) as socket:
        await socket.send("hello")
        assert await socket.recv() == "hello"
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4001
    for wrong, status in ((url.replace("3002", "3003"), 404), ("/api/app", 403)):
        with pytest.raises(InvalidStatus) as refused:
            await unix_connect(path, uri=f"ws://demo.localhost{wrong}", additional_headers=headers)
        assert refused.value.response.status_code == status
