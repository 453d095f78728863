"""Who is let in by which policy, and what the app's code learns of them."""

import json
from typing import Any

import pytest
from apphost import Browser, Host
from conftest import World

from capsule.apps.access import AccessPolicy
from capsule.apps.http.tickets import Tickets

WHO = """
import cpsl
app = cpsl.App(name="who", image=cpsl.Image())

@app.message()
async def handle(session, msg):
    user = session.user
    await session.reply(f"{user.id} {user.email} {user.org_id}")
"""

CLOSED = AccessPolicy(anonymous=False)
CREDENTIALS = {"email": "ada@example.com", "password": "correct horse"}

BEHIND_THE_DOOR = [
    ("GET", "/api/sessions"),
    ("POST", "/api/sessions"),
    ("GET", "/api/sessions/ses_1/log"),
    ("GET", "/api/sessions/ses_1/events"),
    ("POST", "/api/sessions/ses_1/messages"),
    ("DELETE", "/api/sessions/ses_1"),
    ("POST", "/api/files"),
    ("POST", "/api/chat"),
    ("GET", "/api/chat/stream?text=x"),
]
OPEN = [
    ("GET", "/api/app", 200),
    ("GET", "/api/account", 200),
    ("GET", "/", 200),
    ("POST", "/api/account/sign-out", 200),
]


async def status_of(browser: Browser, method: str, path: str) -> tuple[int, str]:
    answer = await browser._client.request(method, path)
    return answer.status_code, answer.json().get("code", "")


@pytest.mark.parametrize(("method", "path"), BEHIND_THE_DOOR)
async def test_without_an_account_nothing_of_a_closed_app_is_shown(
    host: Host, method: str, path: str
) -> None:
    capsule = await host.put(None, access=CLOSED)
    async with host.browser(capsule) as browser:
        assert await status_of(browser, method, path) == (401, "sign_in_required")


@pytest.mark.parametrize(("method", "path", "status"), OPEN)
async def test_the_way_in_is_open(host: Host, method: str, path: str, status: int) -> None:
    capsule = await host.put(None, access=CLOSED)
    async with host.browser(capsule) as browser:
        assert (await browser._client.request(method, path)).status_code == status


async def test_a_stranger_s_agent_call_is_refused_in_its_own_envelope(host: Host) -> None:
    capsule = await host.put(None, access=CLOSED)
    async with host.browser(capsule) as browser:
        answer = await browser.post("/api/chat/message", {"content": [{"text": "hi"}]})
        assert answer.status_code == 401


async def test_an_account_a_console_person_and_the_platform_come_in(host: Host) -> None:
    capsule = await host.put(None, access=CLOSED)
    async with host.browser(capsule) as browser:
        assert (await browser.get("/api/app")).json()["access"]["anonymous"] is False
        assert (await browser.post("/api/account/sign-up", CREDENTIALS)).status_code == 201
        assert (await browser.get("/api/sessions")).status_code == 200
    async with host.browser(capsule) as person:
        ticket = Tickets(host.data.visitors_key).issue(capsule, "usr_console", "boss@example.com")
        assert (await person.get(f"/api/enter?ticket={ticket}")).status_code == 303
        assert (await person.get("/api/sessions")).status_code == 200
        found = (await person.get("/api/account")).json()
        assert (found["id"], found["kind"], found["is_anonymous"]) == ("usr_console", "platform", False)
    async with host.browser(capsule, X_Capsule_User="usr_1") as platform:
        assert (await platform.get("/api/sessions")).status_code == 200


async def test_a_policy_reaches_the_visitors_of_a_running_app_at_once(host: Host) -> None:
    capsule = await host.put(None)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        await host.put(None, capsule_id=capsule, access=CLOSED)
        assert (await browser.get(f"/api/sessions/{session}/log")).status_code == 401
        await host.put(None, capsule_id=capsule)
        assert (await browser.get(f"/api/sessions/{session}/log")).status_code == 200


async def test_streams_end_when_the_policy_changes(host: Host) -> None:
    capsule = await host.put(None)
    async with host.browser(capsule) as browser:
        path = f"/api/sessions/{await browser.open()}/events"
        async with browser._client.stream("GET", path) as stream:
            lines = stream.aiter_lines()
            assert await anext(lines) == ": connected"
            await host.put(None, capsule_id=capsule, access=CLOSED)
            assert [line async for line in lines if line.startswith("data")] == []
        assert (await browser.get(path)).status_code == 401


async def test_without_passwords_there_is_no_way_to_use_one(host: Host) -> None:
    capsule = await host.put(None, access=AccessPolicy(password=False))
    async with host.browser(capsule) as browser:
        assert (await browser.get("/api/app")).json()["access"]["methods"] == []
        for path in ("sign-up", "sign-in", "password"):
            answer = await browser.post(f"/api/account/{path}", CREDENTIALS)
            assert (answer.status_code, answer.json()["code"]) == (403, "sign_in_method_not_offered")


async def test_domains_cannot_be_proven_without_mail(host: Host) -> None:
    capsule = await host.put(None, access=AccessPolicy(domains=("example.com",)))
    async with host.browser(capsule) as browser:
        access = (await browser.get("/api/app")).json()["access"]
        assert (access["sign_up"], access["password_sign_up"]) == (False, False)
        answer = await browser.post("/api/account/sign-up", CREDENTIALS)
        assert answer.json()["code"] == "sign_in_method_not_offered"


@pytest.mark.parametrize(
    ("policy", "methods", "sign_up"),
    [
        (AccessPolicy(), ["password", "magic_link"], True),
        (AccessPolicy(sign_up=False), ["password", "magic_link"], False),
        (AccessPolicy(password=False), ["magic_link"], True),
        (AccessPolicy(magic_link=False), ["password"], True),
        (AccessPolicy(magic_link=False, domains=("example.com",)), ["password"], True),
        (AccessPolicy(password=False, magic_link=False), [], False),
    ],
)
async def test_the_page_is_told_what_there_is(
    world: World, policy: AccessPolicy, methods: list[str], sign_up: bool
) -> None:
    capsule = await world.host.put(None, access=policy)
    async with world.host.browser(capsule) as browser:
        access = (await browser.get("/api/app")).json()["access"]
        assert (access["methods"], access["sign_up"]) == (methods, sign_up)


async def test_policies_outlive_the_app_host(own_host: Host) -> None:
    capsule = await own_host.put(None, access=CLOSED)
    own_host.kill()
    own_host.start_again()
    async with own_host.browser(capsule) as browser:
        assert (await browser.get("/api/sessions")).status_code == 401
    kept: list[dict[str, Any]] = json.loads((own_host.data.state("apps") / "apps.json").read_text())
    own_host.kill()
    for app in kept:
        del app["access"]  # as an earlier version wrote it
    (own_host.data.state("apps") / "apps.json").write_text(json.dumps(kept))
    own_host.start_again()
    async with own_host.browser(capsule) as browser:
        assert (await browser.get("/api/sessions")).status_code == 200


async def test_the_app_s_code_knows_who_is_signed_in(host: Host) -> None:
    capsule, _ = await host.host_app(WHO)
    async with host.browser(capsule) as browser, host.browser(capsule) as other:
        session = await browser.open()
        visitor = (await browser.get("/api/app")).json()["user"]["id"]
        assert await browser.say(session, "who am I?") == [f"{visitor} None None"]
        await browser.post("/api/account/sign-up", CREDENTIALS)
        assert await browser.say(session, "and now?") == [f"{visitor} ada@example.com None"]
        assert await browser.say(await browser.open(), "and here?") == [f"{visitor} ada@example.com None"]
        brought = await other.open()
        stranger = (await other.get("/api/app")).json()["user"]["id"]
        assert await other.say(brought, "who am I?") == [f"{stranger} None None"]
        await other.post("/api/account/sign-in", CREDENTIALS)
        assert await other.say(brought, "and now?") == [f"{visitor} ada@example.com None"]
