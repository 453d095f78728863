"""People and pages that mean harm to an app host: floods, odd bodies, frames, foreign pages, forged links."""

import asyncio
from typing import Any

import pytest
from apphost import ECHO, Host

from capsule.apps.access import AccessPolicy, OidcProvider

SLOW = """
import asyncio
import cpsl
app = cpsl.App(name="slow", image=cpsl.Image())

@app.message()
async def handle(session, msg):
    await asyncio.sleep(60)
"""


@pytest.fixture(scope="module")
def echo(host: Host) -> str:
    return asyncio.run(host.host_app(ECHO))[0]


async def test_only_so_many_messages_wait_in_one_conversation(host: Host) -> None:
    slow, _ = await host.host_app(SLOW)
    async with host.browser(slow) as browser:
        session = await browser.open()
        for number in range(101):
            await browser.send(session, f"{number}")
        path = f"/api/sessions/{session}/messages"
        refused = await browser.post(path, {"text": "one more"})
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_waiting")
        assert refused.headers["retry-after"] == "5"
        assert (await browser.delete(f"/api/sessions/{session}")).status_code == 204


@pytest.mark.parametrize(
    "body",
    [
        '{"action": "a", "payload": {"n": ' + "[" * 5000 + "]" * 5000 + "}}",
        '{"action": "a", "payload": {"n": "\\ud800"}}',
        '{"text": "\\ud800"}',
    ],
    ids=["deep", "half a letter in an action", "half a letter"],
)
async def test_a_body_that_nothing_can_keep_is_refused(host: Host, echo: str, body: str) -> None:
    async with host.browser(echo) as browser:
        session = await browser.open()
        refused = await browser._client.post(f"/api/sessions/{session}/messages", content=body)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_message")
        made = await browser._client.post("/api/sessions", content=body.replace("payload", "initial_data"))
        assert made.status_code in (201, 422)
        assert await browser.say(session, "hello") == ["You said: hello"]
    assert "could not be written" not in (host.data.root / "host.log").read_text()


async def test_long_messages_come_in_pages_that_fit_into_memory(host: Host, echo: str) -> None:
    async with host.browser(echo) as browser:
        session = await browser.open()
        for _ in range(12):
            await browser.say(session, "\x01" * 150_000)
        path, texts, after = f"/api/sessions/{session}/log", 0, 0
        while items := (page := (await browser.get(path, params={"after": after})).json())["items"]:
            assert len(items) < 60
            texts += sum(event["type"] == "message" for event in items)
            after = page["next"]
        assert texts == 12
        back, before = 0, "999999"
        while True:
            answer = await browser.get(path, params={"before": before})
            assert len(answer.content) < 8_000_000
            page = answer.json()
            back += sum(event["type"] == "message" for event in page["items"])
            if page["first"]:
                break
            before = str(page["items"][0]["offset"])
        assert back == 12
        followed = 0
        async with asyncio.timeout(20):
            async for event in browser.events(session):
                followed += event["type"] == "message"
                if followed == 12:
                    break


async def test_no_page_can_put_the_chat_into_a_frame(host: Host, echo: str) -> None:
    async with host.browser(echo) as browser:
        page = await browser.get("/", headers={"Accept": "text/html"})
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


async def test_no_answer_about_somebody_is_kept_by_a_cache(host: Host, echo: str) -> None:
    async with host.browser(echo) as browser:
        session = await browser.open()
        for path in (
            "/api/app",
            "/api/account",
            "/api/sessions",
            f"/api/sessions/{session}/log",
            "/api/connections",
        ):
            assert (await browser.get(path)).headers["cache-control"] == "no-store", path
        missing = await browser.get("/api/sessions/ses_x/log")
        assert (missing.status_code, missing.headers["cache-control"]) == (404, "no-store")


GETS = ["/api/chat/stream?text=a", "/api/account/oidc/x/start", "/api/sessions", "/api/app"]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("path", GETS)
async def test_a_foreign_page_reads_nothing_and_sets_nothing_off(
    host: Host, echo: str, path: str, site: str
) -> None:
    async with host.browser(echo) as browser:
        refused = await browser.get(path, headers={"Sec-Fetch-Site": site})
        assert (refused.status_code, refused.json()["code"]) == (403, "foreign_origin")


@pytest.mark.parametrize(
    "origin", ["null", "http://evil.localhost", "http://demo.localhost.evil.example", "//"]
)
async def test_a_foreign_page_writes_nothing(host: Host, echo: str, origin: str) -> None:
    async with host.browser(echo) as browser:
        for path in (
            "/api/sessions",
            "/api/account/sign-up",
            "/api/account/magic-link/confirm",
            "/api/files",
        ):
            refused = await browser.post(path, {}, headers={"Origin": origin})
            assert refused.status_code == 403, path


async def test_sign_ins_that_nobody_finishes_are_limited(host: Host) -> None:
    provider = OidcProvider("work", "http://127.0.0.1:9/none", "client")
    replica = host.run(ECHO)
    capsule = await host.put(replica, access=AccessPolicy(oidc=(provider,)))
    async with host.browser(capsule) as browser:
        codes = [(await browser.get("/api/account/oidc/work/start")).status_code for _ in range(101)]
    assert codes[-1] == 429
    assert 429 not in codes[:100]


@pytest.mark.parametrize(
    "body",
    [
        {"action": "__session_exit__"},
        {"action": "__session_init__", "payload": {"name": "x"}},
        {"action": "__chat_name__"},
        {"text": "a", "attachments": ["fil_other"]},
        {"text": "a", "client_id": ""},
        {"text": "a", "client_id": {"a": 1}},
    ],
)
async def test_a_page_cannot_speak_for_the_platform(host: Host, echo: str, body: dict[str, Any]) -> None:
    async with host.browser(echo) as browser:
        session = await browser.open()
        refused = await browser.post(f"/api/sessions/{session}/messages", body)
        assert refused.status_code in (404, 422)
        assert await browser.log(session) == []


async def test_a_cookie_of_one_app_or_environment_is_none_of_another(host: Host, echo: str) -> None:
    other, _ = await host.host_app(ECHO)
    async with host.browser(echo) as browser, host.browser(other) as elsewhere:
        session = await browser.open()
        cookie = browser._client.cookies["capsule_visitor"]
        elsewhere._client.cookies.set("capsule_visitor", cookie, domain="demo.localhost")
        mine = (await browser.get("/api/app")).json()["user"]["id"]
        assert (await elsewhere.get("/api/app")).json()["user"]["id"] != mine
        assert (await elsewhere.get(f"/api/sessions/{session}/log")).status_code == 404


async def test_over_https_no_sibling_host_can_give_somebody_a_cookie(host: Host, echo: str) -> None:
    headers = {"X_Forwarded_Proto": "https"}
    async with host.browser(echo) as attacker, host.browser(echo, **headers) as victim:
        await attacker.open()
        tossed = attacker._client.cookies["capsule_visitor"]
        answer = await victim.get("/api/app", headers={"Cookie": f"capsule_visitor={tossed}"})
        theirs = (await attacker.get("/api/app")).json()["user"]["id"]
        assert answer.json()["user"]["id"] != theirs
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-capsule_visitor=")
        assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        own = cookie.partition(";")[0]
        again = await victim.get("/api/app", headers={"Cookie": f"capsule_visitor={tossed}; {own}"})
        assert again.json()["user"]["id"] == answer.json()["user"]["id"]


@pytest.mark.parametrize("part", ["image", "iframe", "empty"])
async def test_no_page_makes_somebody_enter_unseen(host: Host, echo: str, part: str) -> None:
    async with host.browser(echo) as browser:
        refused = await browser.get("/api/enter?ticket=x", headers={"Sec-Fetch-Dest": part})
        assert (refused.status_code, refused.json()["code"]) == (403, "foreign_origin")
