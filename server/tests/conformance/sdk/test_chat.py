"""Conformance list, Chat."""

import json

from apphost import Browser, Host, replies, status
from conforming import hosted, shown


async def test_echo_handler(host: Host) -> None:
    capsule, _ = await hosted(
        host,
        """
        @app.message()
        async def handle(session, msg):
            await session.reply(f"You said: {msg.text}")
        """,
    )
    async with host.browser(capsule) as browser:
        assert await browser.say(await browser.open(), "hello") == ["You said: hello"]


async def test_two_reply_calls_give_two_replies_and_two_history_entries(host: Host) -> None:
    capsule, _ = await hosted(
        host,
        """
        @app.message()
        async def handle(session, msg):
            await session.reply("one")
            await session.reply("two")
            await session.reply(str([(m.sender, m.text) for m in session.history]))
        """,
    )
    async with host.browser(capsule) as browser:
        session = await browser.open()
        assert await browser.say(session, "hi") == ["one", "two", "[('app', 'one'), ('app', 'two')]"]
        entries = [event["data"]["text"] for event in await browser.log(session) if event["type"] == "reply"]
    assert entries[:2] == ["one", "two"]


async def test_the_current_message_is_absent_from_session_history(host: Host) -> None:
    capsule, _ = await hosted(
        host,
        """
        @app.message()
        async def handle(session, msg):
            await session.reply(str([m.text for m in session.history]))
        """,
    )
    async with host.browser(capsule) as browser:
        session = await browser.open()
        assert await browser.say(session, "first") == ["[]"]
        assert await browser.say(session, "second") == ["['first', '[]']"]


COUNTER = """
STARTED = time.monotonic_ns()

@app.message()
async def handle(session, msg):
    if "n" not in session.data:
        session.data["n"] = 0
        session.data["deep"] = {"xs": []}
    session.data["n"] += 1
    session.data["deep"]["xs"].append({"text": msg.text})
    await session.reply(f"{STARTED} {session.data['n']} {[x['text'] for x in session.data['deep']['xs']]}")
"""


async def test_session_data_plus_1_and_nested_append_survive_across_messages_and_a_runtime_restart(
    host: Host,
) -> None:
    capsule, runtime = await hosted(host, COUNTER)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        said = [(await browser.say(session, text))[0] for text in ("a", "b")]
        runtime.kill()
        said.append((await browser.say(session, "c"))[0])
    starts, counts = zip(*(text.split(" ", 1) for text in said), strict=True)
    assert counts == ("1 ['a']", "2 ['a', 'b']", "3 ['a', 'b', 'c']")
    assert starts[0] == starts[1] != starts[2]


TIMED = """
@app.message()
async def handle(session, msg):
    begun = time.monotonic()
    await asyncio.sleep(0.6)
    await session.reply(f"{begun} {time.monotonic()}")
"""


async def span(browser: Browser, session: str, turn_id: str) -> tuple[float, float]:
    """Return when a turn of TIMED began and ended."""
    begun, ended = replies(await browser.until_ended(session, turn_id))[0].split()
    return float(begun), float(ended)


async def test_two_quick_messages_in_one_session_run_one_after_the_other(host: Host) -> None:
    capsule, _ = await hosted(host, TIMED)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = [(await browser.send(session, text))["turn_id"] for text in ("first", "second")]
        first, second = [await span(browser, session, turn_id) for turn_id in sent]
    assert second[0] >= first[1]


async def test_two_sessions_overlap(host: Host) -> None:
    capsule, _ = await hosted(host, TIMED)
    async with host.browser(capsule) as browser:
        sessions = [await browser.open(), await browser.open()]
        await browser.say(sessions[0], "wake")
        sent = [(await browser.send(session, "go"))["turn_id"] for session in sessions]
        one, other = [
            await span(browser, session, turn) for session, turn in zip(sessions, sent, strict=True)
        ]
    assert max(one[0], other[0]) < min(one[1], other[1])


async def test_stream_reply_with_snapshots_shows_hello_once_and_history_holds_one_entry(host: Host) -> None:
    capsule, _ = await hosted(
        host,
        """
        @app.message()
        async def handle(session, msg):
            if msg.text == "history":
                await session.reply(str([(m.sender, m.text) for m in session.history]))
                return
            async with session.stream_reply() as reply:
                for snapshot in ("He", "Hello"):
                    reply.write(snapshot)
                    await asyncio.sleep(0.05)
        """,
    )
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "hi")
        events = await browser.until_ended(session, sent["turn_id"])
        deltas = [event["data"]["text"] for event in events if event["type"] == "reply_delta"]
        assert "".join(deltas) == "Hello"
        assert replies(events) == ["Hello"]
        assert await browser.say(session, "history") == ["[('user', 'hi'), ('app', 'Hello')]"]


async def test_a_handler_that_raises_yields_one_visible_error_and_keeps_the_data_written_before_it(
    host: Host,
) -> None:
    capsule, _ = await hosted(
        host,
        """
        @app.message()
        async def handle(session, msg):
            if msg.text == "show":
                await session.reply(str(session.data.get("kept")))
                return
            session.data["kept"] = "written before"
            raise ValueError("the oven is cold")
        """,
    )
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "go")
        events = await browser.until_ended(session, sent["turn_id"])
        assert status(events) == "failed"
        assert json.dumps([event["data"] for event in events]).count("the oven is cold") == 1
        assert await browser.say(session, "show") == ["written before"]


async def test_notify_leaves_no_trace_in_history_or_chat_messages(host: Host) -> None:
    capsule, _ = await hosted(
        host,
        """
        @app.message()
        async def handle(session, msg):
            await session.notify("Looking", detail="in the drawer")
            texts = [m.text for m in session.history]
            await session.reply(str([texts, session.chat_messages(msg)]))
        """,
    )
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "one")
        events = await browser.until_ended(session, sent["turn_id"])
        notes = [event["data"] for event in events if event["type"] == "notification"]
        assert notes == [{"text": "Looking", "detail": "in the drawer"}]
        said = [*replies(events), *await browser.say(session, "two")]
        for text in said:
            assert "Looking" not in text
            assert "drawer" not in text
        assert shown(await browser.log(session)) == []


NAMED = """
@app.message("x", label="Exes")
async def exes(session, msg):
    session.data["n"] = session.data.get("n", 0) + 1
    await session.reply(f"x {session.data['n']} {session.data.get('ticket')}")

@app.message()
async def other(session, msg):
    await session.reply("default")
"""


async def test_named_chat_by_use_chat_same_key_resumes_other_key_is_new_initial_data_is_readable(
    host: Host,
) -> None:
    """Over the HTTP contract behind the hook `useChat("x", {threadKey, initialData})`."""
    capsule, _ = await hosted(host, NAMED)
    async with host.browser(capsule) as browser, host.browser(capsule) as stranger:

        async def open_thread(visitor: Browser, key: str, ticket: int) -> tuple[int, str]:
            body = {"chat": "x", "thread_key": key, "initial_data": {"ticket": ticket}}
            answer = await visitor.post("/api/sessions", body)
            return answer.status_code, answer.json()["id"]

        status_code, session = await open_thread(browser, "k1", 7)
        assert status_code == 201
        assert await browser.say(session, "hi") == ["x 1 7"]
        assert await open_thread(browser, "k1", 8) == (200, session)
        assert await browser.say(session, "again") == ["x 2 7"]

        status_code, second = await open_thread(browser, "k2", 9)
        assert status_code == 201
        assert second != session
        assert await browser.say(second, "hi") == ["x 1 9"]

        status_code, foreign = await open_thread(stranger, "k1", 1)
        assert status_code == 201
        assert foreign != session
