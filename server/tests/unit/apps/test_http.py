"""HTTP of the app host: identity, idempotence, bad input, the page, and the two chat contracts."""

import json
from pathlib import Path
from typing import Any

import pytest
from apphost import ECHO, Host, replies

from capsule.apps.http.tickets import Tickets

THREE = """
import cpsl
app = cpsl.App(name="three", image=cpsl.Image())

@app.message()
async def handle(session, msg):
    if msg.text == "fail":
        await session.reply("begun")
        raise RuntimeError("broken")
    await session.reply(f"{session.channel.type} {session.user.email}")
    async with session.stream_reply() as reply:
        reply.write("stre")
        reply.write("streamed")
"""


async def test_a_message_posted_twice_runs_once(host: Host) -> None:
    capsule, _ = await host.host_app(ECHO)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        first = await browser.send(session, "once", "key-1")
        assert await browser.send(session, "once", "key-1") == first
        await browser.until_ended(session, first["turn_id"])
        assert await browser.send(session, "once", "key-1") == first
        assert [event["type"] for event in await browser.log(session)].count("message") == 1


async def test_the_session_of_another_visitor_is_not_found(host: Host) -> None:
    capsule, _ = await host.host_app(ECHO)
    async with host.browser(capsule) as owner, host.browser(capsule) as stranger:
        session = await owner.open()
        await stranger.open()
        path = f"/api/sessions/{session}"
        answers = [
            await stranger.get(f"{path}/log"),
            await stranger.get(f"{path}/events"),
            await stranger.post(f"{path}/messages", {"text": "x", "client_id": "c"}),
            await stranger.post(f"{path}/stop"),
            await stranger.delete(path),
        ]
        assert [answer.status_code for answer in answers] == [404] * 5
        assert answers[0].json()["code"] == "session_not_found"
        assert session not in [item["id"] for item in (await stranger.get("/api/sessions")).json()["items"]]
        assert [item["id"] for item in (await owner.get("/api/sessions")).json()["items"]] == [session]


async def test_a_cookie_of_another_app_or_a_forged_one_makes_a_new_visitor(host: Host) -> None:
    one, _ = await host.host_app(ECHO)
    two, _ = await host.host_app(ECHO)
    async with host.browser(one) as first, host.browser(two) as second:
        await first.open()
        known = (await first.get("/api/app")).json()["user"]["id"]
        assert (await first.get("/api/app")).json()["user"]["id"] == known
        second._client.cookies.update(first._client.cookies)
        assert (await second.get("/api/app")).json()["user"]["id"] != known
    forged = {"Cookie": f"capsule_visitor={json.dumps(known)}.xxxx"}
    async with host.browser(one) as third:
        assert (await third.get("/api/app", headers=forged)).json()["user"]["id"] != known


async def test_serve_and_deploy_data_are_apart(host: Host) -> None:
    capsule, _ = await host.host_app(ECHO)
    await host.put(host.run(ECHO, capsule_id=capsule, environment="serve"))
    async with (
        host.browser(capsule, X_Capsule_User="usr_1") as deployed,
        host.browser(capsule, environment="serve", X_Capsule_User="usr_1") as served,
    ):
        session = await deployed.open()
        assert (await served.get(f"/api/sessions/{session}/log")).status_code == 404
        assert (await served.get("/api/app")).json()["environment"] == "serve"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"client_id": "c"}, 422, "invalid_message"),
        ({"text": "  ", "client_id": "c"}, 422, "invalid_message"),
        ({"text": "x", "client_id": 5}, 422, "invalid_message"),
        ({"text": "x", "client_id": "c" * 300}, 422, "invalid_message"),
        ({"text": "x" * 200_001, "client_id": "c"}, 413, "message_too_large"),
        ([], 422, "invalid_message"),
    ],
)
async def test_a_bad_message_is_refused(host: Host, body: Any, status: int, code: str) -> None:
    capsule = await host.put(None)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        answer = await browser.post(f"/api/sessions/{session}/messages", body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert await browser.log(session) == []


async def test_a_write_from_a_foreign_page_is_refused(host: Host) -> None:
    capsule = await host.put(None)
    async with host.browser(capsule) as browser:
        answer = await browser.post("/api/sessions", headers={"Origin": "http://evil.localhost"})
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
        answer = await browser.post("/api/sessions", headers={"Origin": "http://demo.localhost"})
        assert answer.status_code == 201


async def test_a_read_from_a_foreign_page_is_refused_because_it_may_send_a_message(host: Host) -> None:
    capsule = await host.put(None)
    async with host.browser(capsule) as browser:
        for site in ("same-site", "cross-site"):
            answer = await browser.get("/api/app", headers={"Sec-Fetch-Site": site})
            assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
        answer = await browser.get("/api/app", headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == 200
        answer = await browser.get("/", headers={"Sec-Fetch-Site": "same-site", "Accept": "text/html"})
        assert answer.status_code != 403  # a link to the chat page


async def test_an_unknown_app_and_an_unknown_path_are_not_found(host: Host) -> None:
    async with host.browser("cap_unknown") as browser:
        assert (await browser.get("/api/app")).json()["code"] == "app_not_found"
    capsule = await host.put(None)
    async with host.browser(capsule) as browser:
        answer = await browser.get("/nowhere", headers={"Accept": "application/json"})
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_the_title_is_the_first_line_of_the_first_message(host: Host) -> None:
    capsule, _ = await host.host_app(ECHO)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        await browser.say(session, "\n  Plan my week \nin detail")
        await browser.say(session, "and the next one")
        (item,) = (await browser.get("/api/sessions")).json()["items"]
        assert (item["title"], item["status"]) == ("Plan my week", "idle")
        assert (await browser.delete(f"/api/sessions/{session}")).status_code == 204
        assert (await browser.get("/api/sessions")).json()["items"] == []


async def test_any_page_of_the_app_is_the_shell_with_safe_headers(own_host: Host, tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>chat</title>")
    (tmp_path / "assets" / "main-1a2b.js").write_text("1")
    own_host.kill()
    own_host._shell = tmp_path
    own_host.start_again()
    capsule = await own_host.put(None)
    async with own_host.browser(capsule) as browser:
        page = await browser.get("/any/page", headers={"Accept": "text/html"})
        assert page.text == "<title>chat</title>"
        assert "default-src 'self'" in page.headers["content-security-policy"]
        assert page.headers["x-content-type-options"] == "nosniff"
        script = await browser.get("/_shell/assets/main-1a2b.js")
        assert (script.status_code, script.text) == (200, "1")
        assert "immutable" in script.headers["cache-control"]
        assert (await browser.get("/_shell/../host.log")).status_code == 404


async def test_the_client_api_answers_with_every_reply_and_continues_a_session(host: Host) -> None:
    capsule, _ = await host.host_app(THREE)
    async with host.browser(capsule, X_Capsule_User="usr_7", X_Capsule_Email="a@b.c") as browser:
        first = (await browser.post("/api/chat", {"text": "hi"})).json()
        assert first["replies"] == [{"text": "api a@b.c"}, {"text": "streamed"}]
        again = (await browser.post("/api/chat", {"text": "fail", "session_id": first["session_id"]})).json()
        assert again["session_id"] == first["session_id"]
        assert again["request_id"] != first["request_id"]
        assert again["replies"] == [{"text": "begun"}, {"text": "Something went wrong: broken"}]
        assert (await browser.post("/api/chat", {"text": "x", "session_id": "ses_no"})).status_code == 404


async def test_the_client_api_streams_chunks_and_says_when_it_is_done(host: Host) -> None:
    capsule, _ = await host.host_app(THREE)
    async with host.browser(capsule, X_Capsule_User="usr_7") as browser:
        answer = await browser.get("/api/chat/stream", params={"text": "hi"})
    frames = [
        dict(line.split(": ", 1) for line in frame.splitlines()) for frame in answer.text.split("\n\n")[:-1]
    ]
    found = [(frame["event"], json.loads(frame["data"])) for frame in frames]
    assert "".join(data["text"] for event, data in found if event == "chunk") == "api Nonestreamed"
    assert [event for event, _ in found if event != "chunk"] == ["started", "done"]
    assert found[-1][1]["done"] is True


async def test_the_client_api_is_for_the_platform_only(host: Host) -> None:
    capsule, _ = await host.host_app(THREE)
    async with host.browser(capsule) as browser:
        assert (await browser.post("/api/chat", {"text": "hi"})).status_code == 401


async def test_offsets_read_the_log_in_pages(host: Host) -> None:
    capsule, _ = await host.host_app(ECHO)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "a")
        events = await browser.until_ended(session, sent["turn_id"])
        page = (await browser.get(f"/api/sessions/{session}/log?after=2")).json()
        assert replies(events) == replies(page["items"])
        assert [item["offset"] for item in page["items"]] == [3, 4]
        assert page["next"] == 4
        assert (await browser.get(f"/api/sessions/{session}/log?after=x")).status_code == 422


async def test_a_person_from_the_console_is_known_by_name_in_a_runtime_of_their_own(host: Host) -> None:
    capsule, _ = await host.host_app("""
        import cpsl
        app = cpsl.App(name="who", image=cpsl.Image())

        @app.message()
        async def handle(session, msg):
            await session.reply(f"{session.user.id} {session.user.email}")
    """)
    tickets = Tickets(host.data.visitors_key)
    ticket = tickets.issue(capsule, "usr_7", "ada@example.com")
    async with host.browser(capsule) as person, host.browser(capsule) as stranger:
        entered = await person.get(f"/api/enter?ticket={ticket}")
        assert (entered.status_code, entered.headers["location"]) == (303, "/")
        assert await person.say(await person.open(), "who am I?") == ["usr_7 ada@example.com"]
        (name,) = await stranger.say(await stranger.open(), "who am I?")
        assert name.startswith("vis_")
        assert name.endswith(" None")
        foreign = await stranger.get(f"/api/enter?ticket={tickets.issue('cap_other', 'usr_7', 'x')}")
        assert (foreign.status_code, foreign.json()["code"]) == (401, "ticket_refused")
    runtimes = (await host.report(capsule)).runtimes
    assert {(runtime.email, runtime.state) for runtime in runtimes} == {
        ("ada@example.com", "warm"),
        (None, "warm"),
    }
