"""Connections over HTTP in a real app host, up to an app that asks its user to connect."""

import asyncio
from typing import Any

from apphost import Browser, Host, replies, status
from connected import AWS, GITHUB, OAuthServer
from oauth_server import CALLBACK

SOURCE = """
import cpsl
app = cpsl.App(name="connected", image=cpsl.Image())
app.add_integration("github", client_id="GITHUB_CLIENT_ID", client_secret="GITHUB_CLIENT_SECRET",
                    scopes=["repo", "read:user"])
app.add_integration("aws")

@app.message()
async def handle(session, msg):
    found = await session.prompt_integration(msg.text, reason="to look around", timeout=20)
    await session.reply(f"token {found.access_token} fields {sorted(found.fields)}")
"""
MANIFEST = {"integrations": [GITHUB, AWS]}
AWS_FIELDS = {"access_key_id": "AKIA1", "secret_access_key": "very-secret", "region": "eu-north-1"}


async def hosted(host: Host) -> str:
    """Return an app that declares connections and has no release that runs: nothing here needs one."""
    return await host.put(None, manifest=MANIFEST)


async def item(browser: Browser, type: str = "github") -> dict[str, Any]:
    items = (await browser.get("/api/connections")).json()["items"]
    found: dict[str, Any] = next(item for item in items if item["type"] == type)
    return found


async def come_back(browser: Browser, oauth: OAuthServer, decision: str = "allow", **body: str) -> Any:
    answer = await browser.post("/api/connections/github/authorize", body)
    assert answer.status_code == 200, answer.text
    returned = await asyncio.to_thread(oauth.decide, answer.json()["url"], decision)
    # The browser comes from the provider's page.
    return await browser.get(CALLBACK, params=returned, headers={"Sec-Fetch-Site": "cross-site"})


async def test_from_the_list_to_the_provider_and_back(host: Host, oauth: OAuthServer) -> None:
    async with host.browser(await hosted(host)) as browser:
        assert (await item(browser))["status"] == "not_connected"
        page = await come_back(browser, oauth, return_to="/#/s/ses_1?a=<b>")
        assert page.status_code == 200
        assert 'data-result="connected"' in page.text
        assert 'data-return-to="/#/s/ses_1?a=&lt;b&gt;"' in page.text
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store"
        found = await item(browser)
        assert (found["status"], found["account"]) == ("connected", "ada")
        assert (await browser.delete("/api/connections/github")).status_code == 204
        assert (await item(browser))["status"] == "not_connected"
        assert oauth.seen()["revoked"] == 1


async def test_address_to_come_back_to_is_the_apps_public_one(host: Host, oauth: OAuthServer) -> None:
    app = await hosted(host)
    async with host.browser(app, X_Forwarded_Proto="https", X_Forwarded_Host="shop.example:8443") as browser:
        answer = await browser.post("/api/connections/github/authorize")
        assert "redirect_uri=https%3A%2F%2Fshop.example%3A8443%2Fapi%2Fconnections%2Fcallback" in str(
            answer.json()["url"]
        )


async def test_denied(host: Host, oauth: OAuthServer) -> None:
    async with host.browser(await hosted(host)) as browser:
        page = await come_back(browser, oauth, "deny")
        assert page.status_code == 200
        assert 'data-result="denied"' in page.text
        assert (await item(browser))["status"] == "not_connected"


async def test_stranger_with_somebody_elses_answer(host: Host, oauth: OAuthServer) -> None:
    app = await hosted(host)
    async with host.browser(app) as browser, host.browser(app) as stranger:
        url = (await browser.post("/api/connections/github/authorize")).json()["url"]
        returned = await asyncio.to_thread(oauth.decide, url)
        page = await stranger.get(CALLBACK, params=returned)
        assert page.status_code == 400
        assert "Nothing was connected" in page.text
        assert (await item(stranger))["status"] == "not_connected"
        assert (await browser.get(CALLBACK, params=returned)).status_code == 200
        assert (await item(stranger))["status"] == "not_connected"


async def test_answer_of_another_app(host: Host, oauth: OAuthServer) -> None:
    one, other = await hosted(host), await hosted(host)
    async with host.browser(one) as here, host.browser(other) as there:
        url = (await here.post("/api/connections/github/authorize")).json()["url"]
        returned = await asyncio.to_thread(oauth.decide, url)
        assert (await there.get(CALLBACK, params=returned)).status_code == 400


async def test_words_of_a_provider_are_text(host: Host, oauth: OAuthServer) -> None:
    async with host.browser(await hosted(host)) as browser:
        url = (await browser.post("/api/connections/github/authorize")).json()["url"]
        state = url.partition("state=")[2].partition("&")[0]
        told = {"state": state, "error": "x", "error_description": "<script>alert(1)</script>"}
        page = await browser.get(CALLBACK, params=told)
        assert page.status_code == 400
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert" in page.text


async def test_foreign_pages_may_not_begin_or_end_connections(host: Host) -> None:
    evil = {"Origin": "https://evil.example"}
    async with host.browser(await hosted(host)) as browser:
        for answer in (
            await browser.post("/api/connections/github/authorize", {}, headers=evil),
            await browser.put("/api/connections/aws", {"fields": AWS_FIELDS}, headers=evil),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
        assert (await item(browser, "aws"))["status"] == "not_connected"


async def test_secret_form(host: Host) -> None:
    async with host.browser(await hosted(host)) as browser:
        refused = await browser.put("/api/connections/aws", {"fields": {**AWS_FIELDS, "region": ""}})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_connection")
        assert refused.json()["field"] == "region"
        filled = await browser.put("/api/connections/aws", {"fields": AWS_FIELDS})
        assert (filled.status_code, filled.json()["status"]) == (200, "connected")
        assert "very-secret" not in filled.text
        assert "very-secret" not in (await browser.get("/api/connections")).text


async def test_bad_requests(host: Host) -> None:
    async with host.browser(await hosted(host)) as browser:
        for body, path, code, status_code in (
            ({"return_to": "//evil.example"}, "github", "invalid_connection", 422),
            ({"return_to": 7}, "github", "invalid_connection", 422),
            ({"prompt_id": ["x"]}, "github", "invalid_connection", 422),
            ({}, "aws", "invalid_connection", 422),
            ({}, "gitlab", "connection_not_found", 404),
        ):
            answer = await browser.post(f"/api/connections/{path}/authorize", body)
            assert (answer.status_code, answer.json()["code"]) == (status_code, code)
        assert (await browser.delete("/api/connections/gitlab")).status_code == 404


async def test_handler_waits_for_its_user_to_connect(host: Host, oauth: OAuthServer) -> None:
    replica = host.run(SOURCE)
    app = await host.put(replica, manifest=MANIFEST)
    async with host.browser(app) as browser:
        session = await browser.open()
        sent = await browser.send(session, "github")
        await _prompted(browser, session)
        page = await come_back(browser, oauth)
        assert 'data-result="connected"' in page.text
        events = await browser.until_ended(session, sent["turn_id"])
        assert status(events) == "succeeded"
        token = replies(events)[-1].split()[1]
        assert oauth.accepts(token)
        # Connected by now: the next message gets it at once.
        assert token in (await browser.say(session, "github"))[-1]


async def test_handler_gets_what_was_filled_in(host: Host) -> None:
    replica = host.run(SOURCE)
    app = await host.put(replica, manifest=MANIFEST)
    async with host.browser(app) as browser:
        session = await browser.open()
        sent = await browser.send(session, "aws")
        await _prompted(browser, session)
        await browser.put("/api/connections/aws", {"fields": AWS_FIELDS})
        events = await browser.until_ended(session, sent["turn_id"])
        assert "'secret_access_key'" in replies(events)[-1]
        log = str(await browser.log(session))
        assert "very-secret" not in log
        assert "very-secret" not in host.data.sessions(app, "deploy").read_bytes().decode("latin-1")


async def _prompted(browser: Browser, session: str) -> None:
    """Wait until the prompt is shown."""
    async with asyncio.timeout(20):
        async for event in browser.events(session):
            if event["type"] == "block":
                assert event["data"]["payload"]["blocking"] is True
                return
