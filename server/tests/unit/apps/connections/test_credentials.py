"""Credentials over time: refreshed ahead, once, rotated, lost, given back, and never readable at rest."""

import asyncio
import logging

import pytest
from connected import AWS, GITHUB, App, OAuthServer

from capsule.apps.connections.errors import ConnectionNotFound, ProviderUnavailable
from capsule.kit.crypto import SecretBox

AWS_FIELDS = {"access_key_id": "AKIA1", "secret_access_key": "very-secret", "region": "eu-north-1"}


async def test_token_is_kept_while_it_is_good(app: App, oauth: OAuthServer) -> None:
    await app.connect(oauth)
    token = await app.token()
    app.now += 3600 - 310
    assert await app.token() == token
    assert oauth.seen()["refreshes"] == 0


async def test_token_is_refreshed_ahead_of_its_end(app: App, oauth: OAuthServer) -> None:
    await app.connect(oauth)
    token = await app.token()
    app.now += 3600 - 290
    fresh = await app.token()
    assert fresh not in ("", token)
    assert oauth.accepts(fresh)
    found = await app.connections.credentials("u1", "github")
    assert found is not None
    assert found["expires_at"] == pytest.approx(app.now + 3600, abs=2)
    assert found["scopes"] == ["repo", "read:user"]
    assert oauth.seen()["refreshes"] == 1


async def test_refresh_token_is_rotated(app: App, oauth: OAuthServer) -> None:
    """Each refresh token works once: two refreshes in a row need the second one."""
    await app.connect(oauth)
    tokens = [await app.token()]
    for _ in range(3):
        app.now += 4000
        tokens.append(await app.token())
    assert len(set(tokens)) == 4
    assert oauth.accepts(tokens[-1])
    assert not oauth.accepts(tokens[0])


async def test_rotated_token_survives_a_restart(app: App, oauth: OAuthServer) -> None:
    await app.connect(oauth)
    app.now += 4000
    token = await app.token()
    await app.restart()
    assert await app.token() == token
    app.now += 4000
    assert oauth.accepts(await app.token())


async def test_provider_that_keeps_its_refresh_token(app: App, oauth: OAuthServer) -> None:
    oauth.set(rotates=False)
    await app.connect(oauth)
    for _ in range(3):
        app.now += 4000
        assert oauth.accepts(await app.token())
    assert oauth.seen()["refreshes"] == 3


async def test_short_lived_tokens_are_not_refreshed_at_every_use(app: App, oauth: OAuthServer) -> None:
    oauth.set(expires_in=60)
    await app.connect(oauth)
    token = await app.token()
    assert await app.token() == token
    app.now += 40
    assert await app.token() != token
    assert oauth.seen()["refreshes"] == 1


async def test_many_who_ask_at_once_refresh_once(app: App, oauth: OAuthServer) -> None:
    await app.connect(oauth)
    app.now += 4000
    oauth.set(delay=0.2)
    found = await asyncio.gather(*(app.token() for _ in range(20)))
    assert len(set(found)) == 1
    assert oauth.accepts(found[0])
    assert oauth.seen()["refreshes"] == 1


async def test_refused_refresh(app: App, oauth: OAuthServer) -> None:
    await app.connect(oauth)
    oauth.set(refuses_refresh=True)
    app.now += 4000
    assert await app.connections.credentials("u1", "github") is None
    assert app.lost == [("u1", "github")]
    item = await app.item()
    assert item["status"] == "needs_reconnect"
    assert item["account"] == "u1"
    # It is told once, and the provider is not asked again.
    assert await app.connections.all_credentials("u1") == {}
    assert app.lost == [("u1", "github")]
    assert oauth.seen()["refreshes"] == 1


async def test_reconnecting_heals(app: App, oauth: OAuthServer) -> None:
    await app.connect(oauth)
    oauth.set(refuses_refresh=True)
    app.now += 4000
    assert await app.token() == ""
    oauth.set(refuses_refresh=False)
    await app.connect(oauth)
    assert await app.status() == "connected"
    assert oauth.accepts(await app.token())


async def test_trouble_while_the_token_is_good(app: App, oauth: OAuthServer) -> None:
    await app.connect(oauth)
    token = await app.token()
    oauth.set(fails=503)
    app.now += 3500
    assert await app.token() == token
    assert await app.status() == "connected"
    oauth.set(fails=0)
    assert await app.token() != token


async def test_trouble_when_the_token_has_expired(app: App, oauth: OAuthServer) -> None:
    await app.connect(oauth)
    oauth.set(fails=500)
    app.now += 4000
    with pytest.raises(ProviderUnavailable, match="GitHub"):
        await app.token()
    assert await app.connections.all_credentials("u1") == {}
    assert app.lost == []
    oauth.set(fails=0)
    assert oauth.accepts(await app.token())


async def test_provider_in_trouble_is_left_alone_for_a_while(app: App, oauth: OAuthServer) -> None:
    await app.connect(oauth)
    oauth.set(fails=500)
    app.now += 4000
    patient = app.another(wait_seconds=10, pause_seconds=60)
    for _ in range(3):
        with pytest.raises(ProviderUnavailable):
            await patient.credentials("u1", "github")
    assert oauth.seen()["refreshes"] == 1


async def test_slow_provider_holds_nobody_up(app: App, oauth: OAuthServer) -> None:
    """The refresh that was not waited for is not lost: its answer has the only good refresh token."""
    await app.connect(oauth)
    token = await app.token()
    app.now += 3400
    oauth.set(delay=0.5)
    hasty = app.another(wait_seconds=0.05, pause_seconds=0)
    found = await hasty.credentials("u1", "github")
    assert found is not None
    assert found["access_token"] == token
    await hasty.close()  # waits for it
    oauth.set(delay=0)
    fresh = await app.token()
    assert fresh != token
    assert oauth.accepts(fresh)
    assert oauth.seen()["refreshes"] == 1


async def test_slow_provider_and_an_expired_token(app: App, oauth: OAuthServer) -> None:
    await app.connect(oauth)
    app.now += 4000
    oauth.set(delay=0.5)
    hasty = app.another(wait_seconds=0.05, pause_seconds=0)
    with pytest.raises(ProviderUnavailable):
        await hasty.credentials("u1", "github")
    await hasty.close()


async def test_secrets_are_away_while_refreshing(app: App, oauth: OAuthServer) -> None:
    await app.connect(oauth)
    app.is_server_away = True
    app.now += 4000
    with pytest.raises(ProviderUnavailable, match="away"):
        await app.token()
    app.is_server_away = False
    assert oauth.accepts(await app.token())


async def test_client_that_the_provider_does_not_know_any_more(app: App, oauth: OAuthServer) -> None:
    """The author's mistake: users keep their connection for when it is mended."""
    await app.connect(oauth)
    app.secrets["GITHUB_CLIENT_SECRET"] = "old"
    app.now += 4000
    with pytest.raises(ProviderUnavailable, match="client id and secret"):
        await app.token()
    assert app.lost == []
    assert await app.status() == "connected"


async def test_new_scopes_need_a_new_consent(app: App, oauth: OAuthServer) -> None:
    await app.connect(oauth)
    app.integrations = [{**GITHUB, "scopes": ["repo", "read:user", "gist"]}]
    assert await app.connections.credentials("u1", "github") is None
    assert await app.status() == "needs_reconnect"
    await app.connect(oauth)
    assert await app.token()


async def test_connection_that_is_not_declared_any_more(app: App, oauth: OAuthServer) -> None:
    await app.connect(oauth)
    app.integrations = []
    assert await app.connections.credentials("u1", "github") is None
    assert await app.connections.all_credentials("u1") == {}
    assert await app.connections.items("u1") == []
    await app.connections.disconnect("u1", "github")
    app.integrations = [GITHUB]
    assert await app.status() == "not_connected"


async def test_disconnecting_gives_the_token_back(app: App, oauth: OAuthServer) -> None:
    for kind in ("github", "google"):
        await app.connect(oauth, type=kind)
    tokens = [await app.token(), await app.token(type="google")]
    await app.connections.disconnect("u1", "github")
    assert [oauth.accepts(token) for token in tokens] == [False, True]
    assert await app.token() == ""
    assert await app.status() == "not_connected"
    assert await app.status("google") == "connected"


async def test_token_of_a_provider_with_the_standard_revocation(app: App, oauth: OAuthServer) -> None:
    addresses = {
        name: f"https://acme.example/oauth/{name.partition('_')[0]}"
        for name in ("authorize_url", "token_url", "revoke_url")
    }
    app.integrations = [{**GITHUB, "type": "acme", **addresses}]
    app.providers["acme"] = app.providers["github"]
    await app.connect(oauth, type="acme")
    token = await app.token(type="acme")
    await app.connections.disconnect("u1", "acme")
    assert oauth.seen()["revoked"] == 1
    assert not oauth.accepts(token)


async def test_disconnecting_while_the_provider_is_away(app: App, oauth: OAuthServer) -> None:
    await app.connect(oauth)
    app.is_server_away = True
    await app.connections.disconnect("u1", "github")
    assert await app.status() == "not_connected"


async def test_disconnecting_during_a_refresh(app: App, oauth: OAuthServer) -> None:
    """The refreshed token must not bring the connection back."""
    await app.connect(oauth)
    app.now += 4000
    oauth.set(delay=0.3)
    hasty = app.another(wait_seconds=0.01, pause_seconds=0)
    with pytest.raises(ProviderUnavailable):
        await hasty.credentials("u1", "github")
    await hasty.disconnect("u1", "github")
    await hasty.close()
    assert await app.status() == "not_connected"


async def test_disconnecting_nothing(app: App) -> None:
    await app.connections.disconnect("u1", "github")
    with pytest.raises(ConnectionNotFound):
        await app.connections.disconnect("u1", "gitlab")


async def test_users_are_apart(app: App, oauth: OAuthServer) -> None:
    await app.connect(oauth, "u1")
    await app.connect(oauth, "u2")
    await app.connections.fill("u1", "aws", AWS_FIELDS)
    assert await app.token("u1") != await app.token("u2")
    assert set(await app.connections.all_credentials("u1")) == {"github", "aws"}
    assert set(await app.connections.all_credentials("u2")) == {"github"}
    assert (await app.item(user_id="u2"))["account"] == "u2"
    await app.connections.disconnect("u2", "github")
    assert await app.status(user_id="u1") == "connected"


async def test_forgotten_user(app: App, oauth: OAuthServer) -> None:
    await app.connect(oauth, "u1")
    await app.connect(oauth, "u2")
    pending = oauth.decide(await app.begin("u1", "google"))
    token = await app.token("u1")
    await app.connections.forget_user("u1")
    assert not oauth.accepts(token)
    assert await app.connections.all_credentials("u1") == {}
    assert (await app.finish(pending, "u1")).result == "failed"
    assert await app.token("u2")


async def test_visitor_who_signs_in_keeps_the_connections(app: App, oauth: OAuthServer) -> None:
    await app.connect(oauth, "vis_1")
    await app.connections.fill("vis_1", "aws", AWS_FIELDS)
    await app.connections.fill("usr_1", "aws", {**AWS_FIELDS, "region": "own"})
    token = await app.token("vis_1")
    await app.log.submit(lambda t: app.connections.take_along(t.connection, "vis_1", "usr_1"))
    assert await app.token("usr_1") == token
    assert (await app.item(user_id="usr_1"))["account"] == "vis_1"
    found = await app.connections.credentials("usr_1", "aws")
    assert found is not None
    assert found["fields"]["region"] == "own"
    assert await app.connections.all_credentials("vis_1") == {}
    app.now += 4000
    assert oauth.accepts(await app.token("usr_1"))


async def test_nothing_is_readable_at_rest(
    app: App, oauth: OAuthServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "capsule"):
        url = await app.begin()
        returned = oauth.decide(url)
        assert returned["state"].encode() not in app.written()
        assert (await app.finish(returned)).result == "connected"
        first = await app.token()
        app.now += 4000
        second = await app.token()
        oauth.set(refuses_refresh=True)
        app.now += 4000
        assert await app.token() == ""
    await app.connections.fill("u1", "aws", AWS_FIELDS)
    written = app.written()
    assert b"u1" in written
    for text in (first, second, returned["code"], returned["state"], "very-secret", "AKIA1"):
        assert text.encode() not in written
        assert text not in caplog.text


async def test_value_moved_to_another_user_is_useless(app: App, oauth: OAuthServer) -> None:
    await app.connect(oauth, "u1")
    await app.log.submit(lambda t: t.connection.execute("UPDATE connections SET user_id = 'u2'"))
    assert await app.connections.credentials("u2", "github") is None
    assert await app.status(user_id="u2") == "needs_reconnect"


async def test_lost_key_file(app: App, oauth: OAuthServer) -> None:
    await app.connect(oauth)
    (app.folder / "connections.key").unlink()
    app.box = SecretBox.open(app.folder / "connections.key")
    await app.restart()
    assert await app.connections.credentials("u1", "github") is None
    assert app.lost == [("u1", "github")]
    await app.connect(oauth)
    assert await app.token()


async def test_hook_that_fails_spoils_nothing(
    app: App, oauth: OAuthServer, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(user_id: str, type: str) -> None:
        raise RuntimeError("no")

    app.connections.on_connected = fail
    await app.connect(oauth)
    assert await app.token()
    assert "could not be passed on" in caplog.text


async def test_environments_are_apart(app: App, oauth: OAuthServer) -> None:
    """The key is shared by all apps; what one sealed means nothing to another."""
    await app.connect(oauth)
    connection = await app.safe.find("u1", "github")
    assert connection is not None
    other = type(app.safe)(app.log, app.box, "cap_1", "serve")
    assert other.open(connection) is None
    assert app.safe.open(connection) is not None


@pytest.mark.parametrize("value", ["soon", "-5", 1e400, None, [], {}])
async def test_odd_manifest(app: App, value: object) -> None:
    app.integrations = [{"type": value}, {"mode": value, "type": "x"}, {**AWS, "fields": value}]
    assert isinstance(await app.connections.items("u1"), list)
