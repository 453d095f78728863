"""Links by mail: signing in, signing up, and what must not work with them."""

import sqlite3
from typing import Any

import pytest
from apphost import Browser
from conftest import World
from postoffice import text_of, token_in

from capsule.apps.access import AccessPolicy

PASSWORD = "correct horse"
CONFIRM = "/api/account/magic-link/confirm"


async def user(browser: Browser) -> dict[str, Any]:
    found: dict[str, Any] = (await browser.get("/api/account")).json()
    return found


async def ask(browser: Browser, email: str, return_to: str | None = None) -> None:
    body = {"email": email, **({"return_to": return_to} if return_to else {})}
    answer = await browser.post("/api/account/magic-link", body)
    assert (answer.status_code, answer.json()) == (202, {"status": "mail_sent"}), answer.text


async def sign_up(browser: Browser, email: str, password: str = PASSWORD) -> None:
    answer = await browser.post("/api/account/sign-up", {"email": email, "password": password})
    assert (answer.status_code, answer.json()) == (202, {"status": "mail_sent"}), answer.text


async def joined(world: World, browser: Browser, email: str) -> dict[str, Any]:
    """Sign up and confirm it in the same browser."""
    await browser.get("/api/app")
    await sign_up(browser, email)
    answer = await browser.post(CONFIRM, {"token": token_in(world.post.to(email)[-1])})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_link_signs_in_and_makes_the_account(world: World) -> None:
    capsule = await world.host.put(None)
    async with world.host.browser(capsule) as browser:
        assert (await browser.get("/api/app")).json()["access"]["methods"] == ["password", "magic_link"]
        visitor = (await user(browser))["id"]
        await ask(browser, "link1@example.com", "/#/s/ses_1")
        (mail,) = world.post.to("link1@example.com")
        assert (mail["Subject"], mail["From"]) == ("Sign in to demo", "demo <apps@example.com>")
        assert "15 minutes" in text_of(mail)
        answer = await browser.post(CONFIRM, {"token": token_in(mail)})
        assert (answer.status_code, answer.json()) == (
            200,
            {
                "status": "signed_in",
                "return_to": "/#/s/ses_1",
                "id": visitor,
                "email": "link1@example.com",
                "is_anonymous": False,
                "is_verified": True,
                "has_password": False,
            },
        )
        assert (await user(browser))["kind"] == "account"


async def test_opening_the_link_uses_nothing_up_and_the_button_signs_in_once(world: World) -> None:
    capsule = await world.host.put(None)
    async with world.host.browser(capsule) as browser, world.host.browser(capsule) as scanner:
        await ask(browser, "link2@example.com", "/#/s/ses_2")
        token = token_in(world.post.to("link2@example.com")[0])
        from_mail = {"Sec-Fetch-Site": "cross-site", "Accept": "text/html"}
        for opener in (scanner, scanner, browser):
            page = await opener.get(f"/api/account/magic-link?token={token}", headers=from_mail)
            assert page.status_code == 200
            assert 'action="/api/account/magic-link/confirm"' in page.text
            assert "link2@example.com" in page.text
            assert (page.headers["referrer-policy"], page.headers["cache-control"]) == (
                "same-origin",
                "no-store",
            )
            assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert (await user(scanner))["is_anonymous"]
        form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
        pressed = await browser._client.post(CONFIRM, content=f"token={token}", headers=form)
        assert (pressed.status_code, pressed.headers["location"]) == (303, "/#/s/ses_2")
        assert (await user(browser))["email"] == "link2@example.com"
        again = await scanner._client.post(CONFIRM, content=f"token={token}", headers=form)
        assert again.status_code == 401
        assert "used already or is too old" in again.text
        assert (await scanner.post(CONFIRM, {"token": token})).json()["code"] == "link_refused"
        assert (await user(scanner))["is_anonymous"]


async def test_an_old_or_made_up_link_is_refused(world: World) -> None:
    capsule = await world.host.put(None)
    async with world.host.browser(capsule) as browser:
        await ask(browser, "link3@example.com")
        token = token_in(world.post.to("link3@example.com")[0])
        with sqlite3.connect(world.host.data.sessions(capsule, "deploy")) as file:
            file.execute("UPDATE magic_links SET expires_at = expires_at - 900")
        file.close()
        for wrong in (token, "made-up", ""):
            page = await browser.get(f"/api/account/magic-link?token={wrong}")
            assert (page.status_code, page.json()["code"]) == (401, "link_refused")
            answer = await browser.post(CONFIRM, {"token": wrong})
            assert (answer.status_code, answer.json()["code"]) == (401, "link_refused")


async def test_a_link_of_one_app_is_nothing_to_another(world: World) -> None:
    capsule, other = await world.host.put(None), await world.host.put(None)
    async with world.host.browser(capsule) as browser, world.host.browser(other) as elsewhere:
        await ask(browser, "link4@example.com")
        token = token_in(world.post.to("link4@example.com")[0])
        assert (await elsewhere.post(CONFIRM, {"token": token})).json()["code"] == "link_refused"


async def test_signing_up_waits_for_the_mailbox_and_keeps_the_visitor(world: World) -> None:
    capsule = await world.host.put(None)
    async with world.host.browser(capsule) as browser, world.host.browser(capsule) as other:
        session = await browser.open()
        visitor = (await user(browser))["id"]
        await sign_up(browser, "up1@example.com")
        body = {"email": "up1@example.com", "password": PASSWORD}
        assert (await other.post("/api/account/sign-in", body)).status_code == 401
        (mail,) = world.post.to("up1@example.com")
        answer = await browser.post(CONFIRM, {"token": token_in(mail)})
        assert (answer.json()["id"], answer.json()["has_password"]) == (visitor, True)
        assert [item["id"] for item in (await browser.get("/api/sessions")).json()["items"]] == [session]
        answer = await other.post("/api/account/sign-in", body)
        assert (answer.json()["id"], answer.json()["is_verified"]) == (visitor, True)


async def test_confirming_elsewhere_takes_the_password_that_was_chosen(world: World) -> None:
    """Somebody who signs up with a foreign e-mail gains nothing when its owner opens the link."""
    capsule = await world.host.put(None)
    async with world.host.browser(capsule) as attacker, world.host.browser(capsule) as owner:
        await attacker.open()
        await sign_up(attacker, "up2@example.com", "attacker's own")
        token = token_in(world.post.to("up2@example.com")[0])
        page = await owner.get(f"/api/account/magic-link?token={token}")
        assert 'type="password"' in page.text
        for guess in ({}, {"password": "another"}):
            answer = await owner.post(CONFIRM, {"token": token, **guess})
            assert (answer.status_code, answer.json()["code"]) == (401, "wrong_credentials")
        answer = await owner.post(CONFIRM, {"token": token, "password": "attacker's own"})
        assert answer.status_code == 200


async def test_a_known_email_gets_another_mail_but_the_same_answer(world: World) -> None:
    capsule = await world.host.put(None)
    async with world.host.browser(capsule) as browser, world.host.browser(capsule) as other:
        account = await joined(world, browser, "up3@example.com")
        await sign_up(other, "up3@example.com", "a new password")
        mail = world.post.to("up3@example.com", 2)[-1]
        assert mail["Subject"] == "You already have an account of demo"
        answer = await other.post(CONFIRM, {"token": token_in(mail)})
        assert answer.json()["id"] == account["id"]
        async with world.host.browser(capsule) as third:
            body = {"email": "up3@example.com", "password": "a new password"}
            assert (await third.post("/api/account/sign-in", body)).status_code == 401


async def test_a_forgotten_password_is_set_anew_after_a_link(world: World) -> None:
    capsule = await world.host.put(None)
    async with world.host.browser(capsule) as browser, world.host.browser(capsule) as other:
        await joined(world, browser, "forgot@example.com")
        body = {"email": "forgot@example.com", "password": PASSWORD}
        await other.post("/api/account/sign-in", body)
        assert (await user(other))["needs_old_password"] is True
        answer = await other.post("/api/account/password", {"new": "battery staple"})
        assert (answer.status_code, answer.json()["field"]) == (422, "old")
        await ask(other, "forgot@example.com")
        await other.post(CONFIRM, {"token": token_in(world.post.to("forgot@example.com", 2)[-1])})
        assert (await user(other))["needs_old_password"] is False
        assert (await other.post("/api/account/password", {"new": "battery staple"})).status_code == 200
        assert (await user(browser))["is_anonymous"]
        assert (await browser.post("/api/account/sign-in", body)).status_code == 401
        body["password"] = "battery staple"
        assert (await browser.post("/api/account/sign-in", body)).status_code == 200


async def test_the_owner_of_a_mailbox_takes_over_an_account_that_never_proved_it(world: World) -> None:
    capsule = await world.host.put(None)
    async with world.host.browser(capsule) as squatter, world.host.browser(capsule) as owner:
        account = await joined(world, squatter, "squat@example.com")
        with sqlite3.connect(world.host.data.sessions(capsule, "deploy")) as file:
            # As an installation without mail would have made it.
            file.execute("UPDATE users SET is_verified = 0")
        file.close()
        await ask(owner, "squat@example.com")
        token = token_in(world.post.to("squat@example.com", 2)[-1])
        answer = await owner.post(CONFIRM, {"token": token})
        assert (answer.json()["id"], answer.json()["has_password"]) == (account["id"], False)
        assert (await user(squatter))["is_anonymous"]
        body = {"email": "squat@example.com", "password": PASSWORD}
        assert (await squatter.post("/api/account/sign-in", body)).status_code == 401


async def test_nobody_is_flooded_with_mail(world: World) -> None:
    capsule = await world.host.put(None)
    async with world.host.browser(capsule) as browser:
        for _ in range(5):
            await ask(browser, "flood@example.com")
        answer = await browser.post("/api/account/magic-link", {"email": "flood@example.com"})
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
        assert answer.json()["retry_after"] > 0
        assert len(world.post.to("flood@example.com", 5)) == 5


async def test_nobody_floods_the_mailboxes_of_many(world: World) -> None:
    capsule = await world.host.put(None)
    async with world.host.browser(capsule) as browser:
        for number in range(60):
            await ask(browser, f"stranger{number}@example.com")
        answer = await browser.post("/api/account/magic-link", {"email": "another@example.com"})
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")


async def test_where_sign_up_is_closed_strangers_get_no_mail_but_the_same_answer(world: World) -> None:
    capsule = await world.host.put(None)
    async with world.host.browser(capsule) as browser:
        await joined(world, browser, "closed@example.com")
        await world.host.put(None, capsule_id=capsule, access=AccessPolicy(sign_up=False))
        await ask(browser, "stranger@example.com")
        await ask(browser, "closed@example.com")
        world.post.to("closed@example.com", 2)
        assert [mail for mail in world.post.mails if mail["To"] == "stranger@example.com"] == []


async def test_a_link_from_before_sign_up_was_closed_makes_no_account(world: World) -> None:
    capsule = await world.host.put(None)
    async with world.host.browser(capsule) as browser:
        await ask(browser, "late@example.com")
        token = token_in(world.post.to("late@example.com")[0])
        await world.host.put(None, capsule_id=capsule, access=AccessPolicy(sign_up=False))
        answer = await browser.post(CONFIRM, {"token": token})
        assert (answer.status_code, answer.json()["code"]) == (403, "sign_in_method_not_offered")


@pytest.mark.parametrize("path", ["sign-up", "magic-link"])
async def test_only_the_domains_of_the_policy_are_let_in(world: World, path: str) -> None:
    access = AccessPolicy(domains=("example.com",))
    capsule = await world.host.put(None, access=access)
    async with world.host.browser(capsule) as browser:
        body = {"email": "eve@evil-example.com", "password": PASSWORD}
        answer = await browser.post(f"/api/account/{path}", body)
        assert (answer.status_code, answer.json()["code"]) == (403, "email_not_allowed")


async def test_a_policy_that_narrows_shuts_out_at_once_who_is_signed_in(world: World) -> None:
    capsule = await world.host.put(None)
    async with world.host.browser(capsule) as browser:
        await joined(world, browser, "inside@example.com")
        assert (await browser.get("/api/sessions")).status_code == 200
        await world.host.put(None, capsule_id=capsule, access=AccessPolicy(domains=("other.example",)))
        answer = await browser.get("/api/sessions")
        assert (answer.status_code, answer.json()["code"]) == (403, "email_not_allowed")
        assert (await browser.get("/api/app")).status_code == 200


async def test_the_app_s_title_is_safe_in_header_and_html(world: World) -> None:
    capsule = await world.host.put(None, manifest={"theme": {"title": "A <b>bold</b>\nBcc: x@y.z, app"}})
    async with world.host.browser(capsule) as browser:
        await ask(browser, "title@example.com")
        (mail,) = world.post.to("title@example.com")
        assert mail["Subject"] == "Sign in to A <b>bold</b> Bcc: x@y.z, app"
        assert mail["Bcc"] is None
        assert mail["From"].addresses[0].addr_spec == "apps@example.com"
        assert "<b>" not in text_of(mail, "html")
