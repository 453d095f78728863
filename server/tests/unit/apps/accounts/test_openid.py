"""Signing in with an OpenID provider, and every answer of it that must not be believed."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from apphost import Browser
from conftest import World
from joserfc.jwk import RSAKey
from openid import CLIENT, SECRET, Provider
from postoffice import token_in

from capsule.apps.access import AccessPolicy, OidcProvider
from capsule.apps.accounts.errors import OidcRefused
from capsule.apps.accounts.provider import Providers


def policy(world: World, **more: Any) -> AccessPolicy:
    provider = OidcProvider("acme", world.provider.issuer, CLIENT, "OIDC_SECRET", "Acme Inc.")
    return AccessPolicy(oidc=(provider,), **more)


@pytest.fixture
def provider(world: World) -> Provider:
    """The provider, well-behaved again."""
    world.provider.person = {"sub": "ada", "email": "ada@acme.example", "email_verified": True}
    world.provider.spoil = lambda claims: None
    world.provider.discovery = {}
    world.provider.has_userinfo = False
    return world.provider


async def depart(browser: Browser, return_to: str = "/") -> str:
    """Go to the provider and return the path that it sends the browser back to."""
    started = await browser.get("/api/account/oidc/acme/start", params={"return_to": return_to})
    assert started.status_code == 303, started.text
    async with httpx2.AsyncClient() as client:
        approved = await client.get(started.headers["location"])
    back = urlsplit(approved.headers["location"])
    assert back.netloc == "demo.localhost"
    return f"{back.path}?{back.query}"


async def user(browser: Browser) -> dict[str, Any]:
    found: dict[str, Any] = (await browser.get("/api/account")).json()
    return found


async def arrive(browser: Browser) -> dict[str, Any]:
    answer = await browser.get(await depart(browser), headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 303, answer.text
    return await user(browser)


async def test_the_first_sign_in_makes_an_account_and_the_next_finds_it(
    world: World, provider: Provider
) -> None:
    capsule = await world.host.put(None, access=policy(world))
    async with world.host.browser(capsule) as browser, world.host.browser(capsule) as other:
        access = (await browser.get("/api/app")).json()["access"]
        assert access["methods"] == ["password", "magic_link", "oidc:acme"]
        assert access["providers"] == [{"name": "acme", "label": "Acme Inc."}]
        session = await browser.open()
        visitor = (await user(browser))["id"]
        answer = await browser.get(
            await depart(browser, "/#/s/ses_1"), headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/#/s/ses_1")
        found = await user(browser)
        assert (found["id"], found["email"], found["is_verified"]) == (visitor, "ada@acme.example", True)
        provider.person["email"] = "new-name@acme.example"  # the subject counts, not the e-mail
        brought = await other.open()
        assert (await arrive(other))["id"] == visitor
        items = (await other.get("/api/sessions")).json()["items"]
        assert {item["id"] for item in items} == {session, brought}


async def test_a_verified_email_finds_a_verified_account(world: World, provider: Provider) -> None:
    capsule = await world.host.put(None, access=policy(world))
    async with world.host.browser(capsule) as browser, world.host.browser(capsule) as other:
        await browser.get("/api/app")
        await browser.post("/api/account/magic-link", {"email": "ada@acme.example"})
        token = token_in(world.post.to("ada@acme.example")[-1])
        account = (await browser.post("/api/account/magic-link/confirm", {"token": token})).json()
        assert (await arrive(other))["id"] == account["id"]


async def test_an_unverified_email_finds_nothing_and_is_not_kept(world: World, provider: Provider) -> None:
    capsule = await world.host.put(None, access=policy(world))
    async with world.host.browser(capsule) as browser, world.host.browser(capsule) as other:
        account = await arrive(browser)
        provider.person = {"sub": "eve", "email": "ada@acme.example", "email_verified": False}
        found = await arrive(other)
        assert found["id"] != account["id"]
        assert (found["email"], found["is_verified"]) == (None, False)


async def test_an_email_is_asked_for_where_the_token_has_none(world: World) -> None:
    world.reticent.person = {"sub": "una", "email": "una@acme.example", "email_verified": True}
    configured = OidcProvider("acme", world.reticent.issuer, CLIENT, "OIDC_SECRET")
    capsule = await world.host.put(None, access=AccessPolicy(oidc=(configured,)))
    async with world.host.browser(capsule) as browser:
        assert (await arrive(browser))["email"] == "una@acme.example"


@pytest.fixture
def own_provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.close()


async def test_new_keys_of_a_provider_are_asked_for_but_not_all_the_time(own_provider: Provider) -> None:
    provider = own_provider
    providers = Providers((provider.issuer,))
    configured = OidcProvider("acme", provider.issuer, CLIENT)

    async def signed_in() -> str:
        url = await providers.authorize_url(
            configured, redirect_uri="http://a.localhost/back", state="s", nonce="n", verifier="v"
        )
        async with httpx2.AsyncClient() as client:
            back = urlsplit((await client.get(url)).headers["location"])
        person = await providers.person(
            configured,
            secret=SECRET,
            code=parse_qs(back.query)["code"][0],
            redirect_uri="http://a.localhost/back",
            nonce="n",
            verifier="v",
        )
        return person.subject

    assert await signed_in() == "ada"
    provider.rotate()
    with pytest.raises(OidcRefused):
        await signed_in()
    providers._kept[provider.issuer].keys_at -= 60
    assert await signed_in() == "ada"


async def test_an_account_whose_mailbox_was_never_proven_is_not_taken_over(
    world: World, provider: Provider
) -> None:
    capsule = await world.host.put(None, access=policy(world))
    provider.person = {"sub": "una", "email": "una@acme.example", "email_verified": True}
    async with world.host.browser(capsule) as browser, world.host.browser(capsule) as other:
        await browser.get("/api/app")
        body = {"email": "una@acme.example", "password": "correct horse"}
        await browser.post("/api/account/sign-up", body)
        token = token_in(world.post.to("una@acme.example")[-1])
        account = (await browser.post("/api/account/magic-link/confirm", {"token": token})).json()
        with sqlite3.connect(world.host.data.sessions(capsule, "deploy")) as file:
            file.execute("UPDATE users SET is_verified = 0")
        file.close()
        answer = await other.get(await depart(other))
        assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
        found = await arrive(browser)  # who is signed in to it may link the two
        assert (found["id"], found["is_verified"]) == (account["id"], True)


async def test_the_state_is_for_one_browser_and_one_time(world: World, provider: Provider) -> None:
    capsule = await world.host.put(None, access=policy(world))
    async with world.host.browser(capsule) as browser, world.host.browser(capsule) as other:
        back = await depart(browser)
        state = parse_qs(urlsplit(back).query)["state"][0]
        wrong = back.replace(state, "x" * len(state))
        for visitor, path in ((other, back), (browser, wrong), (browser, "/api/account/oidc/callback")):
            answer = await visitor.get(path)
            assert (answer.status_code, answer.json()["code"]) == (401, "oidc_state_refused")
        assert (await browser.get(back)).status_code == 303
        answer = await browser.get(back)
        assert (answer.status_code, answer.json()["code"]) == (401, "oidc_state_refused")
        page = await other.get(back, headers={"Accept": "text/html"})
        assert (page.status_code, "Back to the app" in page.text) == (401, True)


async def test_a_replayed_code_is_refused(world: World, provider: Provider) -> None:
    capsule = await world.host.put(None, access=policy(world))
    async with world.host.browser(capsule) as browser, world.host.browser(capsule) as thief:
        used = parse_qs(urlsplit(back := await depart(browser)).query)["code"][0]
        assert (await browser.get(back)).status_code == 303
        own = await depart(thief)
        code = parse_qs(urlsplit(own).query)["code"][0]
        answer = await thief.get(own.replace(code, used))
        assert (answer.status_code, answer.json()["code"]) == (401, "oidc_refused")
        assert (await user(thief))["is_anonymous"]


async def test_a_stolen_code_is_worth_nothing_without_its_verifier(world: World, provider: Provider) -> None:
    capsule = await world.host.put(None, access=policy(world))
    async with world.host.browser(capsule) as victim, world.host.browser(capsule) as thief:
        stolen = parse_qs(urlsplit(await depart(victim)).query)["code"][0]
        own = await depart(thief)
        code = parse_qs(urlsplit(own).query)["code"][0]
        answer = await thief.get(own.replace(code, stolen))
        assert (answer.status_code, answer.json()["code"]) == (401, "oidc_refused")


def _without(name: str) -> Callable[[dict[str, Any]], None]:
    def spoil(claims: dict[str, Any]) -> None:
        del claims[name]

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        lambda claims: claims.update(nonce="another"),
        lambda claims: claims.update(iss="http://evil.example"),
        lambda claims: claims.update(aud="client-2"),
        lambda claims: claims.update(aud=[CLIENT, "client-2"], azp="client-2"),
        lambda claims: claims.update(exp=int(time.time()) - 120),
        lambda claims: claims.update(iat=int(time.time()) + 3600),
        lambda claims: claims.update(sub=""),
        *(_without(name) for name in ("nonce", "iss", "aud", "exp", "sub")),
    ],
    ids=[
        "nonce",
        "issuer",
        "audience",
        "azp",
        "expired",
        "future",
        "no one",
        *(f"no {n}" for n in ("nonce", "iss", "aud", "exp", "sub")),
    ],
)
async def test_a_token_that_does_not_fit_is_refused(
    world: World, provider: Provider, spoil: Callable[[dict[str, Any]], None]
) -> None:
    provider.spoil = spoil
    capsule = await world.host.put(None, access=policy(world))
    async with world.host.browser(capsule) as browser:
        answer = await browser.get(await depart(browser))
        assert (answer.status_code, answer.json()["code"]) == (401, "oidc_refused")
        assert (await user(browser))["is_anonymous"]


async def test_a_signature_of_another_key_is_refused(world: World, provider: Provider) -> None:
    capsule = await world.host.put(None, access=policy(world))
    provider.signs_with = RSAKey.generate_key(2048, {"kid": str(provider.key.kid)})
    try:
        async with world.host.browser(capsule) as browser:
            answer = await browser.get(await depart(browser))
            assert (answer.status_code, answer.json()["code"]) == (401, "oidc_refused")
    finally:
        provider.signs_with = provider.key


async def test_an_answer_that_says_no_or_comes_from_another_issuer_is_refused(
    world: World, provider: Provider
) -> None:
    capsule = await world.host.put(None, access=policy(world))
    async with world.host.browser(capsule) as browser:
        for extra in ("&error=access_denied", "&error=server_error", "&iss=http://evil.example"):
            answer = await browser.get(await depart(browser) + extra)
            assert (answer.status_code, answer.json()["code"]) == (401, "oidc_refused")


async def test_a_provider_that_is_set_up_wrong_is_named(world: World, provider: Provider) -> None:
    issuer = world.provider.issuer
    cases = [
        (OidcProvider("acme", issuer, CLIENT, "NO_SUCH_SECRET"), "no secret 'NO_SUCH_SECRET'"),
        (OidcProvider("acme", "http://127.0.0.1:9", CLIENT), "gives no secure address"),
        (OidcProvider("acme", "https://127.0.0.1:9", CLIENT), "127.0.0.1"),
    ]
    for configured, said in cases:
        capsule = await world.host.put(None, access=AccessPolicy(oidc=(configured,)))
        async with world.host.browser(capsule) as browser:
            answer = await browser.get("/api/account/oidc/acme/start")
            if answer.status_code == 303:
                answer = await browser.get(await depart(browser))
            assert answer.json()["code"] in ("oidc_unavailable", "address_refused")
            assert said in answer.json()["detail"]
            answer = await browser.get("/api/account/oidc/other/start")
            assert answer.json()["code"] == "sign_in_method_not_offered"


async def test_only_the_domains_of_the_policy_and_only_verified(world: World, provider: Provider) -> None:
    capsule = await world.host.put(None, access=policy(world, domains=("acme.example",)))
    async with world.host.browser(capsule) as browser:
        for person in (
            {"sub": "x1", "email": "x@evil.example", "email_verified": True},
            {"sub": "x2", "email": "x@acme.example", "email_verified": False},
            {"sub": "x3"},
        ):
            provider.person = person
            answer = await browser.get(await depart(browser))
            assert (answer.status_code, answer.json()["code"]) == (403, "email_not_allowed")
        provider.person = {"sub": "x4", "email": "x@acme.example", "email_verified": True}
        assert (await arrive(browser))["email"] == "x@acme.example"


async def test_where_sign_up_is_closed_a_provider_makes_no_accounts(world: World, provider: Provider) -> None:
    capsule = await world.host.put(None, access=policy(world, sign_up=False))
    async with world.host.browser(capsule) as browser:
        answer = await browser.get(await depart(browser))
        assert (answer.status_code, answer.json()["code"]) == (403, "sign_in_method_not_offered")


async def test_a_foreign_page_cannot_begin_a_sign_in(world: World, provider: Provider) -> None:
    capsule = await world.host.put(None, access=policy(world))
    async with world.host.browser(capsule) as browser:
        headers = {"Sec-Fetch-Site": "cross-site"}
        answer = await browser.get("/api/account/oidc/acme/start", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
        answer = await browser.get("/api/account/oidc/acme/start?return_to=//evil.example")
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_return_address")
