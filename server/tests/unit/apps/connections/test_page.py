"""The page that ends a sign-in, in a real browser: in its own window, as a full page, without scripts."""

import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from oauth_server import CALLBACK
from playwright.async_api import Browser, Page, async_playwright, expect

from capsule.apps.connections.page import CHANNEL, page
from capsule.apps.connections.signin import Finished, Result

pytestmark = pytest.mark.e2e

_APP = f"""<!doctype html><title>App</title><script>
window.heard = [];
window.addEventListener("message", (event) => heard.push(["window", event.origin, event.data]));
new BroadcastChannel("{CHANNEL}").onmessage = (event) => heard.push(["channel", event.origin, event.data]);
</script>"""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        url = urlsplit(self.path)
        headers, content = {"Content-Type": "text/html"}, _APP.encode()
        if url.path == CALLBACK:
            result = Result(url.query.partition("=")[2].partition("&")[0])
            answer = page(Finished(result, "What happened.", "github", "GitHub", "/#/s/ses_1"))
            headers, content = dict(answer.headers), bytes(answer.body)
        self.send_response(200)
        for name, value in headers.items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
        )
        yield browser
        await browser.close()


async def opened(app: Page, site: str, result: str) -> Page:
    await app.goto(f"{site}/")
    async with app.expect_popup() as popup:
        await app.evaluate(f"window.open('{CALLBACK}?result={result}&code=c&state=s', 'w', 'popup') && 0")
    return await popup.value


async def test_window_closes_and_the_app_hears_of_it(browser: Browser, site: str) -> None:
    app = await browser.new_page()
    popup = await opened(app, site, "connected")
    if not popup.is_closed():
        await popup.wait_for_event("close")
    await app.wait_for_function("heard.length >= 2")
    heard = await app.evaluate("heard")
    told = {"source": "capsule", "kind": "connection", "type": "github", "result": "connected"}
    assert sorted(heard) == [["channel", site, told], ["window", site, told]]


async def test_window_stays_to_tell_of_a_refusal(browser: Browser, site: str) -> None:
    app = await browser.new_page()
    popup = await opened(app, site, "denied")
    await expect(popup.get_by_role("heading", name="Not connected")).to_be_visible()
    await expect(popup.get_by_text("What happened.")).to_be_visible()
    assert "code=" not in popup.url
    async with popup.expect_event("close"):
        await popup.get_by_role("link", name="Back to the app").click()


async def test_full_page_leads_back(browser: Browser, site: str) -> None:
    tab = await browser.new_page()
    await tab.goto(f"{site}{CALLBACK}?result=connected")
    await tab.wait_for_url(f"{site}/#/s/ses_1")


async def test_full_page_of_a_failure(browser: Browser, site: str) -> None:
    tab = await browser.new_page()
    failures: list[str] = []
    tab.on("console", lambda message: failures.append(message.text))
    await tab.goto(f"{site}{CALLBACK}?result=failed")
    await expect(tab.get_by_role("heading", name="Could not connect")).to_be_visible()
    await tab.get_by_role("link", name="Back to the app").click()
    await tab.wait_for_url(f"{site}/#/s/ses_1")
    assert failures == []


async def test_without_scripts(browser: Browser, site: str) -> None:
    context = await browser.new_context(java_script_enabled=False)
    tab = await context.new_page()
    await tab.goto(f"{site}{CALLBACK}?result=connected")
    await expect(tab.get_by_role("heading", name="Connected")).to_be_visible()
    await tab.get_by_role("link", name="Back to the app").click()
    await tab.wait_for_url(f"{site}/#/s/ses_1")
