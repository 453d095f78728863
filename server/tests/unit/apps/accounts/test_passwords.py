"""Sign-up, sign-in and passwords where the installation has no mail server."""

import asyncio
from typing import Any

import pytest
from apphost import Browser, Host

from capsule.apps.access import AccessPolicy

PASSWORD = "correct horse"


def credentials(email: str, password: str = PASSWORD) -> dict[str, str]:
    return {"email": email, "password": password}


async def sign_up(browser: Browser, email: str, password: str = PASSWORD) -> dict[str, Any]:
    answer = await browser.post("/api/account/sign-up", credentials(email, password))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def user(browser: Browser) -> dict[str, Any]:
    found: dict[str, Any] = (await browser.get("/api/app")).json()["user"]
    return found


async def threads(browser: Browser) -> list[str]:
    return [item["id"] for item in (await browser.get("/api/sessions")).json()["items"]]


async def test_a_visitor_who_signs_up_keeps_id_and_threads(host: Host) -> None:
    capsule = await host.put(None)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        before = await user(browser)
        assert (before["is_anonymous"], before["email"]) == (True, None)
        made = await sign_up(browser, " Ada@Example.com")
        assert made == {
            "status": "signed_in",
            "id": before["id"],
            "email": "ada@example.com",
            "is_anonymous": False,
            "is_verified": False,
            "has_password": True,
        }
        assert await user(browser) == {"id": before["id"], "email": "ada@example.com", "is_anonymous": False}
        assert await threads(browser) == [session]


async def test_a_visitor_who_signs_in_takes_the_threads_along(host: Host) -> None:
    capsule = await host.put(None)
    async with host.browser(capsule) as first, host.browser(capsule) as second:
        own = await first.open()
        account = await sign_up(first, "ada@example.com")
        brought = await second.open()
        answer = await second.post("/api/account/sign-in", credentials("ADA@example.com"))
        assert (answer.status_code, answer.json()["id"]) == (200, account["id"])
        assert set(await threads(second)) == {own, brought}
        assert set(await threads(first)) == {own, brought}


async def test_a_thread_with_an_open_turn_follows_when_the_turn_has_ended(host: Host) -> None:
    capsule = await host.put(None)
    async with host.browser(capsule) as first, host.browser(capsule) as second:
        await sign_up(first, "ada@example.com")
        busy, idle = await second.open(), await second.open()
        visitor = (await user(second))["id"]
        await second.send(busy, "wait")  # the app never starts, so the turn stays open
        await second.post("/api/account/sign-in", credentials("ada@example.com"))
        assert await threads(second) == [idle]
        async with host.browser(capsule, X_Capsule_User=visitor) as platform:
            assert (await platform.post(f"/api/sessions/{busy}/stop")).status_code == 202
        async with asyncio.timeout(20):
            while set(await threads(second)) != {busy, idle}:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def test_the_cookie_of_the_visitor_is_worth_nothing_once_there_is_an_account(host: Host) -> None:
    capsule = await host.put(None)
    async with host.browser(capsule) as browser, host.browser(capsule) as thief:
        await browser.open()
        before = (await user(browser))["id"]
        thief._client.cookies.update(browser._client.cookies)
        assert (await user(thief))["id"] == before
        await sign_up(browser, "ada@example.com")
        assert (await user(thief))["id"] != before
        assert await threads(thief) == []


async def test_the_cookie_is_for_the_app_alone_and_not_for_scripts(host: Host) -> None:
    capsule, other = await host.put(None), await host.put(None)
    async with host.browser(capsule) as browser, host.browser(other) as elsewhere:
        body = credentials("ada@example.com")
        https = {"X-Forwarded-Proto": "https"}
        answer = await browser.post("/api/account/sign-up", body, headers=https)
        flags = answer.headers["set-cookie"].lower()
        assert all(flag in flags for flag in ("httponly", "samesite=lax", "secure"))
        cookie = {**https, "Cookie": answer.headers["set-cookie"].partition(";")[0]}
        assert (await browser.get("/api/account", headers=cookie)).json()["kind"] == "account"
        assert (await elsewhere.get("/api/account", headers=cookie)).json()["kind"] == "visitor"


@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com"])
async def test_wrong_password_and_unknown_email_are_told_apart_by_nothing(host: Host, email: str) -> None:
    capsule = await host.put(None)
    async with host.browser(capsule) as browser, host.browser(capsule) as stranger:
        await sign_up(browser, "ada@example.com")
        answer = await stranger.post("/api/account/sign-in", credentials(email, "wrong horse"))
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (401, "wrong_credentials")
        assert problem["detail"] == "E-mail or password is wrong."
        assert (await user(stranger))["is_anonymous"]


async def test_guessing_is_stopped_for_one_address_and_not_for_another(host: Host) -> None:
    capsule = await host.put(None)
    async with host.browser(capsule, X_Forwarded_For="10.0.0.1") as guesser:
        for _ in range(10):
            answer = await guesser.post("/api/account/sign-in", credentials("ada@example.com", "no"))
            assert answer.status_code == 401
        answer = await guesser.post("/api/account/sign-in", credentials("ada@example.com", "no"))
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
        assert 0 < answer.json()["retry_after"] <= 901
        assert answer.headers["retry-after"] == str(answer.json()["retry_after"])
    async with host.browser(capsule, X_Forwarded_For="10.0.0.2") as other:
        answer = await other.post("/api/account/sign-in", credentials("ada@example.com", "no"))
        assert answer.status_code == 401


async def test_a_known_email_cannot_sign_up_again(host: Host) -> None:
    capsule = await host.put(None)
    async with host.browser(capsule) as browser, host.browser(capsule) as other:
        await sign_up(browser, "ada@example.com")
        answer = await other.post("/api/account/sign-up", credentials("ADA@EXAMPLE.COM", "another one"))
        assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"password": PASSWORD}, "invalid_email", "email"),
        ({"email": "ada", "password": PASSWORD}, "invalid_email", "email"),
        ({"email": "a@b c", "password": PASSWORD}, "invalid_email", "email"),
        ({"email": "a@b.c\nBcc: x@y.z", "password": PASSWORD}, "invalid_email", "email"),
        ({"email": "ada..l@example.com", "password": PASSWORD}, "invalid_email", "email"),
        ({"email": f"{'a' * 65}@example.com", "password": PASSWORD}, "invalid_email", "email"),
        ({"email": "ada@example.com"}, "invalid_input", "password"),
        ({"email": "ada@example.com", "password": "short"}, "weak_password", "password"),
        ({"email": "ada@example.com", "password": "x" * 1025}, "weak_password", "password"),
        (
            {**credentials("ada@example.com"), "return_to": "//evil.example"},
            "invalid_return_address",
            "return_to",
        ),
        ({**credentials("ada@example.com"), "return_to": "/\\evil"}, "invalid_return_address", "return_to"),
        (
            {**credentials("ada@example.com"), "return_to": "https://evil"},
            "invalid_return_address",
            "return_to",
        ),
    ],
)
async def test_what_cannot_be_an_account_is_refused_with_its_field(
    host: Host, body: dict[str, Any], code: str, field: str
) -> None:
    capsule = await host.put(None)
    async with host.browser(capsule) as browser:
        answer = await browser.post("/api/account/sign-up", body)
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field)


async def test_a_changed_password_ends_every_other_sign_in_at_once(host: Host) -> None:
    capsule = await host.put(None)
    async with host.browser(capsule) as browser, host.browser(capsule) as other:
        account = await sign_up(browser, "ada@example.com")
        session = await browser.open()
        await other.post("/api/account/sign-in", credentials("ada@example.com"))
        assert await threads(other) == [session]
        wrong = {"old": "wrong horse", "new": "battery staple"}
        answer = await browser.post("/api/account/password", wrong)
        assert (answer.status_code, answer.json()["code"]) == (401, "wrong_credentials")
        assert await threads(other) == [session]
        following = other.events(session)
        answer = await browser.post("/api/account/password", {"old": PASSWORD, "new": "battery staple"})
        assert answer.status_code == 200, answer.text
        assert (await user(other))["is_anonymous"]
        assert await threads(other) == []
        await following.aclose()  # type: ignore[attr-defined]
        assert (await user(browser))["id"] == account["id"]
        assert await threads(browser) == [session]
        answer = await other.post("/api/account/sign-in", credentials("ada@example.com"))
        assert answer.status_code == 401
        answer = await other.post("/api/account/sign-in", credentials("ada@example.com", "battery staple"))
        assert answer.json()["id"] == account["id"]


async def test_streams_of_ended_sign_ins_end(host: Host) -> None:
    capsule = await host.put(None)
    async with host.browser(capsule) as browser:
        await sign_up(browser, "ada@example.com")
        session = await browser.open()
        path = f"/api/sessions/{session}/events"
        async with browser._client.stream("GET", path) as stream:
            lines = stream.aiter_lines()
            assert await anext(lines) == ": connected"
            await browser.post("/api/account/sign-out", {"everywhere": True})
            assert [line async for line in lines if line.startswith("data")] == []


async def test_signing_out_leaves_a_new_visitor_and_the_other_browsers(host: Host) -> None:
    capsule = await host.put(None)
    async with host.browser(capsule) as browser, host.browser(capsule) as other:
        account = await sign_up(browser, "ada@example.com")
        await other.post("/api/account/sign-in", credentials("ada@example.com"))
        assert (await browser.post("/api/account/sign-out")).status_code == 200
        assert (await user(browser))["id"] != account["id"]
        assert (await user(other))["id"] == account["id"]
        await browser.post("/api/account/sign-in", credentials("ada@example.com"))
        assert (await browser.post("/api/account/sign-out", {"everywhere": True})).status_code == 200
        assert (await user(other))["is_anonymous"]


async def test_accounts_outlive_the_app_host(own_host: Host) -> None:
    capsule = await own_host.put(None)
    async with own_host.browser(capsule) as browser:
        account = await sign_up(browser, "ada@example.com")
        own_host.kill()
        own_host.start_again()
    async with own_host.browser(capsule) as again:
        again._client.cookies.update(browser._client.cookies)
        assert (await user(again))["id"] == account["id"]


async def test_there_is_no_sign_in_by_mail_without_a_mail_server(host: Host) -> None:
    capsule = await host.put(None)
    async with host.browser(capsule) as browser:
        access = (await browser.get("/api/app")).json()["access"]
        assert access == {
            "anonymous": True,
            "methods": ["password"],
            "sign_up": True,
            "password_sign_up": True,
            "providers": [],
        }
        answer = await browser.post("/api/account/magic-link", {"email": "ada@example.com"})
        assert (answer.status_code, answer.json()["code"]) == (403, "sign_in_method_not_offered")


async def test_somebody_without_an_account_has_no_password(host: Host) -> None:
    capsule = await host.put(None)
    async with host.browser(capsule) as browser:
        answer = await browser.post("/api/account/password", {"new": "battery staple"})
        assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_required")
        found = (await browser.get("/api/account")).json()
        assert (found["kind"], found["has_password"], found["is_anonymous"]) == ("visitor", False, True)
    async with host.browser(capsule, X_Capsule_User="usr_1", X_Capsule_Email="a@b.c") as person:
        answer = await person.post("/api/account/password", {"new": "battery staple"})
        assert (answer.status_code, answer.json()["code"]) == (409, "account_elsewhere")


async def test_where_sign_up_is_closed_those_with_an_account_still_come_in(host: Host) -> None:
    capsule = await host.put(None)
    async with host.browser(capsule) as browser:
        await sign_up(browser, "ada@example.com")
        await host.put(None, capsule_id=capsule, access=AccessPolicy(sign_up=False))
        answer = await browser.post("/api/account/sign-up", credentials("bob@example.com"))
        assert (answer.status_code, answer.json()["code"]) == (403, "sign_in_method_not_offered")
        answer = await browser.post("/api/account/sign-in", credentials("ada@example.com"))
        assert answer.status_code == 200


async def test_a_foreign_page_can_sign_nobody_in(host: Host) -> None:
    capsule = await host.put(None)
    async with host.browser(capsule) as browser:
        await sign_up(browser, "ada@example.com")
        foreign = {"Origin": "http://evil.localhost"}
        for path in ("sign-in", "sign-up", "sign-out", "password", "magic-link/confirm"):
            answer = await browser.post(f"/api/account/{path}", {}, headers=foreign)
            assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
