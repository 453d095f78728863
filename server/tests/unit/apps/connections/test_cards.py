"""The card that asks to connect again: in the conversation of last, once, and done with after connecting."""

from typing import Any

from connected import App, OAuthServer

from capsule.apps.sessions.records import NewSession
from capsule.kit.ids import new_id


async def open_session(app: App, user_id: str = "u1", **more: Any) -> str:
    session_id, _ = await app.log.submit(
        lambda t: t.create_session(NewSession(new_id("ses"), user_id, **more))
    )
    return session_id


async def cards(app: App, session_id: str) -> list[dict[str, Any]]:
    events = await app.log.read(lambda store: store.events(session_id, 0))
    return [event.payload() for event in events if "payload" in event.payload()]


async def lose(app: App, oauth: OAuthServer) -> None:
    await app.connect(oauth)
    oauth.set(refuses_refresh=True)
    app.now += 4000
    assert await app.token() == ""
    oauth.set(refuses_refresh=False)


async def test_card_in_the_latest_conversation(app: App, oauth: OAuthServer) -> None:
    old, new = await open_session(app), await open_session(app)
    await open_session(app, is_hidden=True)
    await open_session(app, channel="agent")
    foreign = await open_session(app, "u2")
    await lose(app, oauth)
    (card,) = await cards(app, new)
    assert card["type"] == "integration_prompt"
    payload = card["payload"]
    assert (payload["type"], payload["mode"], payload["session_id"]) == ("github", "oauth", new)
    assert (payload["blocking"], payload["reconnect"]) == (False, True)
    assert "GitHub" in payload["reason"]
    assert await cards(app, old) == await cards(app, foreign) == []


async def test_connecting_completes_the_card(app: App, oauth: OAuthServer) -> None:
    session = await open_session(app)
    await lose(app, oauth)
    (open_card,) = await cards(app, session)
    await app.connect(oauth)
    (card,) = await cards(app, session)
    assert card["id"] == open_card["id"]
    assert (card["payload"]["completed"], card["payload"]["status"]) == (True, "answered")
    # Lost again, it is asked for again, below what was said meanwhile.
    await lose(app, oauth)
    assert [item["payload"].get("completed", False) for item in await cards(app, session)] == [True, False]


async def test_disconnecting_takes_the_card_away(app: App, oauth: OAuthServer) -> None:
    session = await open_session(app)
    await lose(app, oauth)
    await app.connections.disconnect("u1", "github")
    (card,) = await cards(app, session)
    assert card["payload"]["completed"] is True


async def test_conversation_deleted_meanwhile(app: App, oauth: OAuthServer) -> None:
    session = await open_session(app)
    await lose(app, oauth)
    await app.log.submit(lambda t: t.delete_session(session))
    await app.connect(oauth)
    assert await cards(app, session) == []


async def test_user_without_a_conversation(app: App, oauth: OAuthServer) -> None:
    await lose(app, oauth)
    assert app.lost == [("u1", "github")]
