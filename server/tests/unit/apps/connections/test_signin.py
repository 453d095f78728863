"""Signing in at a real OAuth server: what connects, and everything that must not."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from connected import GITHUB, ORIGIN, App, OAuthServer
from oauth_server import CALLBACK, CLIENT_ID, CLIENT_SECRET

from capsule.apps.connections import oauth as protocol
from capsule.apps.connections.errors import (
    AccessRefused,
    ConnectionNotFound,
    InvalidConnection,
    ProviderIncomplete,
)
from capsule.apps.connections.oauth import Client
from capsule.apps.connections.provider import find_provider, read_declared
from capsule.errors import Unavailable


async def test_user_connects(app: App, oauth: OAuthServer) -> None:
    url = await app.begin(return_to="/#/s/ses_1", prompt_id="ip_1")
    finished = await app.finish(oauth.decide(url))
    assert (finished.result, finished.type, finished.label) == ("connected", "github", "GitHub")
    assert (finished.return_to, finished.prompt_id) == ("/#/s/ses_1", "ip_1")
    assert app.connected == [("u1", "github")]
    item = await app.item()
    assert item["status"] == "connected"
    assert item["account"] == "ada"
    assert item["scopes"] == ["repo", "read:user"]
    found = await app.connections.credentials("u1", "github")
    assert found is not None
    assert oauth.accepts(found["access_token"])
    assert found["token_type"] == "Bearer"
    assert found["expires_at"] == pytest.approx(app.now + 3600, abs=2)
    assert await app.connections.all_credentials("u1") == {"github": found}


async def test_request_carries_pkce_state_and_the_apps_own_address(app: App) -> None:
    url = urlsplit(await app.begin())
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert url.path == "/login/oauth/authorize"
    assert asked["response_type"] == "code"
    assert asked["client_id"] == CLIENT_ID
    assert asked["redirect_uri"] == ORIGIN + CALLBACK
    assert asked["scope"] == "repo read:user"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert len(asked["state"]) >= 43


async def test_google_is_asked_for_a_refresh_token(app: App) -> None:
    asked = parse_qs(urlsplit(await app.begin(type="google")).query)
    assert (asked["access_type"], asked["prompt"]) == (["offline"], ["consent"])


async def test_provider_checks_the_verifier(app: App, oauth: OAuthServer) -> None:
    returned = oauth.decide(await app.begin())
    assert oauth.seen()["challenges"] == ["S256"]
    provider = find_provider(read_declared({"integrations": [GITHUB]})["github"], app.providers)
    with pytest.raises(AccessRefused):
        await protocol.exchange(
            app.calls,
            provider,
            Client(CLIENT_ID, CLIENT_SECRET),
            returned["code"],
            ORIGIN + CALLBACK,
            protocol.new_verifier(),
        )


async def test_state_of_another_user(app: App, oauth: OAuthServer) -> None:
    returned = oauth.decide(await app.begin("u1"))
    finished = await app.finish(returned, "u2")
    assert finished.result == "failed"
    assert "somebody else" in finished.text
    assert await app.status(user_id="u2") == "not_connected"
    assert oauth.seen()["exchanges"] == 0
    # It is still the first user's to finish.
    assert (await app.finish(returned, "u1")).result == "connected"


@pytest.mark.parametrize("state", ["", "made-up", "x" * 5000])
async def test_unknown_state(app: App, oauth: OAuthServer, state: str) -> None:
    returned = oauth.decide(await app.begin())
    assert (await app.finish({**returned, "state": state})).result == "failed"
    assert await app.status() == "not_connected"
    assert app.connected == []


async def test_state_is_used_once(app: App, oauth: OAuthServer) -> None:
    returned = oauth.decide(await app.begin())
    assert (await app.finish(returned)).result == "connected"
    token = await app.token()
    again = await app.finish(returned)
    assert again.result == "failed"
    assert "finished before" in again.text
    assert oauth.seen()["exchanges"] == 1
    assert await app.token() == token


async def test_replayed_code(app: App, oauth: OAuthServer) -> None:
    """Somebody else's code, put behind one's own state."""
    theirs = oauth.decide(await app.begin("u1"), user="u1")
    assert (await app.finish(theirs, "u1")).result == "connected"
    mine = oauth.decide(await app.begin("u2"))
    for code in (theirs["code"], "made-up"):
        finished = await app.finish({**mine, "code": code}, "u2")
        assert finished.result == "failed"
    assert await app.status(user_id="u2") == "not_connected"


async def test_fresh_code_of_another_sign_in(app: App, oauth: OAuthServer) -> None:
    theirs = oauth.decide(await app.begin("u1"))
    mine = oauth.decide(await app.begin("u2"))
    finished = await app.finish({**mine, "code": theirs["code"]}, "u2")
    assert finished.result == "failed"
    assert "refused" in finished.text
    assert await app.status(user_id="u2") == "not_connected"


async def test_state_expires(app: App, oauth: OAuthServer) -> None:
    returned = oauth.decide(await app.begin())
    app.now += 601
    finished = await app.finish(returned)
    assert finished.result == "failed"
    assert "10 minutes" in finished.text
    assert await app.status() == "not_connected"


async def test_user_says_no(app: App, oauth: OAuthServer) -> None:
    finished = await app.finish(oauth.decide(await app.begin(prompt_id="ip_1"), "deny"))
    assert finished.result == "denied"
    assert finished.prompt_id == "ip_1"
    assert "did not allow" in finished.text
    assert await app.status() == "not_connected"
    assert app.connected == []
    assert oauth.seen()["exchanges"] == 0


async def test_other_error_of_the_provider(app: App) -> None:
    state = parse_qs(urlsplit(await app.begin()).query)["state"][0]
    finished = await app.finish(
        {"state": state, "error": "invalid_scope", "error_description": "No such\n scope."}
    )
    assert finished.result == "failed"
    assert "No such scope" in finished.text


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_provider_in_trouble(app: App, oauth: OAuthServer, status: int) -> None:
    returned = oauth.decide(await app.begin())
    oauth.set(fails=status)
    finished = await app.finish(returned)
    assert finished.result == "failed"
    assert "in trouble" in finished.text
    assert await app.status() == "not_connected"


async def test_wrong_client_secret_is_told(app: App, oauth: OAuthServer) -> None:
    app.secrets["GITHUB_CLIENT_SECRET"] = "old"
    finished = await app.finish(oauth.decide(await app.begin()))
    assert finished.result == "failed"
    assert "client id and secret" in finished.text


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_provider_given_by_its_addresses(app: App, oauth: OAuthServer, method: str) -> None:
    """It may want either way of proving who the client is."""
    app.integrations = [
        {
            **GITHUB,
            "type": "acme",
            "authorize_url": "https://acme.example/oauth/authorize",
            "token_url": "https://acme.example/oauth/token",
            "profile_url": "https://acme.example/v1/userinfo",
        }
    ]
    app.providers["acme"] = replace(app.providers["github"])
    oauth.set(auth_method=method)
    await app.connect(oauth, type="acme")
    item = await app.item("acme")
    assert (item["name"], item["account"]) == ("Acme", "u1@example.com")


async def test_account_name_is_no_condition(app: App, oauth: OAuthServer) -> None:
    oauth.set(profile_fails=True)
    await app.connect(oauth)
    assert "account" not in await app.item()


async def test_scopes_that_the_provider_does_not_repeat(app: App, oauth: OAuthServer) -> None:
    oauth.set(omits_scope=True)
    await app.connect(oauth)
    assert (await app.item())["scopes"] == ["repo", "read:user"]


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:1/token",
        "https://localhost:1/token",
        "https://169.254.169.254/token",
        "https://[::ffff:10.0.0.1]/token",
    ],
)
async def test_private_address_that_an_app_declares(app: App, oauth: OAuthServer, url: str) -> None:
    """The provider's page may be anywhere, since the browser goes there; the token endpoint may not."""
    app.integrations = [
        {**GITHUB, "type": "acme", "authorize_url": "https://acme.example/oauth/authorize", "token_url": url}
    ]
    state = parse_qs(urlsplit(await app.begin(type="acme")).query)["state"][0]
    finished = await app.finish({"state": state, "code": "c"})
    assert finished.result == "failed"
    assert "not called" in finished.text
    assert await app.status("acme") == "not_connected"


@pytest.mark.parametrize(
    "url", ["http://acme.example/token", "file:///etc/passwd", "https://u:p@acme.example/", "https://", "x"]
)
async def test_declared_address_that_is_not_https(app: App, url: str) -> None:
    app.integrations = [
        {**GITHUB, "type": "acme", "authorize_url": "https://acme.example/a", "token_url": url}
    ]
    with pytest.raises(ProviderIncomplete, match="https"):
        await app.begin(type="acme")


async def test_provider_without_addresses(app: App) -> None:
    app.integrations = [{**GITHUB, "type": "acme"}]
    with pytest.raises(ProviderIncomplete, match="Acme"):
        await app.begin(type="acme")


async def test_missing_secret_is_named(app: App) -> None:
    del app.secrets["GITHUB_CLIENT_ID"]
    with pytest.raises(ProviderIncomplete, match="GITHUB_CLIENT_ID") as refused:
        await app.begin()
    assert "capsule secret create" in (refused.value.hint or "")


async def test_server_that_keeps_the_secrets_is_away(app: App) -> None:
    app.is_server_away = True
    with pytest.raises(Unavailable):
        await app.begin()


@pytest.mark.parametrize(
    "path", ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "/a\nb", "/" + "x" * 2000]
)
async def test_return_to_leads_nowhere_else(app: App, path: str) -> None:
    with pytest.raises(InvalidConnection) as refused:
        await app.begin(return_to=path)
    assert refused.value.context["field"] == "return_to"


async def test_what_cannot_be_signed_in_to(app: App) -> None:
    with pytest.raises(ConnectionNotFound):
        await app.begin(type="gitlab")
    with pytest.raises(InvalidConnection, match="filling in"):
        await app.begin(type="aws")


async def test_pipedream_is_listed_as_not_available(app: App) -> None:
    app.integrations = [{"type": "slack", "mode": "pipedream", "fields": ["project_id_secret:X"]}]
    item = await app.item("slack")
    assert (item["is_available"], item["status"], item["fields"]) == (False, "not_connected", [])
    with pytest.raises(InvalidConnection, match="yet"):
        await app.begin(type="slack")


async def test_declaration_taken_away_meanwhile(app: App, oauth: OAuthServer) -> None:
    returned = oauth.decide(await app.begin())
    app.integrations = []
    finished = await app.finish(returned)
    assert finished.result == "failed"
    assert oauth.seen()["exchanges"] == 0


async def test_many_begun_sign_ins_leave_the_newest(app: App, oauth: OAuthServer) -> None:
    urls = [await app.begin() for _ in range(25)]
    assert (await app.finish(oauth.decide(urls[0]))).result == "failed"
    assert (await app.finish(oauth.decide(urls[-1]))).result == "connected"
