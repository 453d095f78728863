"""Conversations over a real app host and a real runtime (the chat lines of the SDK's conformance list)."""

import asyncio

import pytest
from apphost import ECHO, Host, eventually, replies, status


async def test_echo_handler_answers(host: Host) -> None:
    capsule, _ = await host.host_app(ECHO)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "hello")
        events = await browser.until_ended(session, sent["turn_id"])
    assert [event["type"] for event in events] == ["message", "turn_started", "reply", "turn_ended"]
    assert replies(events) == ["You said: hello"]
    assert status(events) == "succeeded"
    assert [event["offset"] for event in events] == [1, 2, 3, 4]


async def test_two_replies_are_two_entries_and_the_current_message_is_not_in_history(host: Host) -> None:
    capsule, _ = await host.host_app("""
        import cpsl
        app = cpsl.App(name="two", image=cpsl.Image())

        def show(history):
            return " ".join(f"{m.sender}={m.text}" for m in history)

        @app.message()
        async def handle(session, msg):
            if msg.text == "again":
                await session.reply(show(session.history))
                return
            await session.reply("one")
            await session.reply("two")
            await session.reply(show(session.history[-2:]))
    """)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        assert await browser.say(session, "hi") == ["one", "two", "app=one app=two"]
        assert await browser.say(session, "again") == ["user=hi app=onetwoapp=one app=two"]


async def test_session_data_survives_messages_and_a_runtime_restart(host: Host) -> None:
    capsule, runtime = await host.host_app("""
        import cpsl
        app = cpsl.App(name="count", image=cpsl.Image())

        @app.message()
        async def handle(session, msg):
            session.data.setdefault("n", 0)
            session.data["n"] += 1
            session.data.setdefault("xs", []).append(msg.text)
            await session.reply(f"{session.data['n']} {session.data['xs']}")
    """)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        assert await browser.say(session, "a") == ["1 ['a']"]
        assert await browser.say(session, "b") == ["2 ['a', 'b']"]
        runtime.kill()
        assert await browser.say(session, "c") == ["3 ['a', 'b', 'c']"]


async def test_messages_of_one_session_run_in_turn_and_sessions_overlap(host: Host) -> None:
    capsule, _ = await host.host_app("""
        import asyncio, time
        import cpsl
        app = cpsl.App(name="slow", image=cpsl.Image())

        @app.message()
        async def handle(session, msg):
            begun = time.monotonic()
            await asyncio.sleep(0.4)
            await session.reply(f"{begun} {time.monotonic()}")
    """)
    async with host.browser(capsule) as browser:
        one, other = await browser.open(), await browser.open()
        sent = [await browser.send(one, "1"), await browser.send(one, "2"), await browser.send(other, "3")]
        first, second, third = [
            replies(await browser.until_ended(session, turn["turn_id"]))[0].split()
            for session, turn in zip((one, one, other), sent, strict=True)
        ]
    assert float(second[0]) >= float(first[1])
    assert float(third[0]) < float(first[1])


async def test_snapshots_stream_one_reply_and_one_history_entry(host: Host) -> None:
    capsule, _ = await host.host_app("""
        import asyncio
        import cpsl
        app = cpsl.App(name="snap", image=cpsl.Image())

        @app.message()
        async def handle(session, msg):
            if msg.text == "history":
                await session.reply(str([m.text for m in session.history]))
                return
            async with session.stream_reply() as reply:
                reply.write("He")
                await asyncio.sleep(0.05)
                reply.write("Hello")
    """)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "hi")
        events = await browser.until_ended(session, sent["turn_id"])
        kinds = [event["type"] for event in events[2:]]
        assert kinds == ["reply_started", "reply_delta", "reply_delta", "reply_ended", "turn_ended"]
        assert [e["data"]["text"] for e in events if e["type"] == "reply_delta"] == ["He", "llo"]
        assert replies(events) == ["Hello"]
        assert await browser.say(session, "history") == ["['hi', 'Hello']"]


async def test_a_handler_that_raises_gives_one_visible_error_and_keeps_its_data(host: Host) -> None:
    capsule, runtime = await host.host_app("""
        import cpsl
        app = cpsl.App(name="raise", image=cpsl.Image())

        @app.message()
        async def handle(session, msg):
            if msg.text == "show":
                await session.reply(str(dict(session.data)))
                return
            session.data["kept"] = True
            if msg.text == "late":
                await session.reply("working")
            raise ValueError("the oven is cold")
    """)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "go")
        events = await browser.until_ended(session, sent["turn_id"])
        assert replies(events) == ["Something went wrong: the oven is cold"]
        assert events[-1]["data"] == {"status": "failed"}
        late = await browser.send(session, "late")
        events = await browser.until_ended(session, late["turn_id"])
        assert replies(events) == ["working"]
        assert events[-1]["data"] == {
            "status": "failed",
            "error": "Something went wrong: the oven is cold",
        }
        assert await browser.say(session, "show") == ["{'kept': True}"]
    assert runtime.logged('raise ValueError("the oven is cold")')


async def test_notify_leaves_no_trace_in_history(host: Host) -> None:
    capsule, _ = await host.host_app("""
        import cpsl
        app = cpsl.App(name="notify", image=cpsl.Image())

        @app.message()
        async def handle(session, msg):
            await session.notify("Looking", detail="in the drawer")
            await session.notify("   ")
            await session.reply(str(session.chat_messages(msg)))
    """)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        await browser.say(session, "one")
        second = await browser.send(session, "two")
        events = await browser.until_ended(session, second["turn_id"])
    notes = [event["data"] for event in events if event["type"] == "notification"]
    assert notes == [{"text": "Looking", "detail": "in the drawer"}]
    assert "Looking" not in replies(events)[0]


async def test_enter_runs_once_per_session_and_may_reply(host: Host) -> None:
    capsule, runtime = await host.host_app("""
        import cpsl
        app = cpsl.App(name="enter", image=cpsl.Image())

        @app.enter()
        async def enter(session):
            await session.reply("welcome")

        @app.message()
        def handle(session, msg):
            session.data["seen"] = msg.text
    """)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        assert await browser.say(session, "a") == ["welcome"]
        assert await browser.say(session, "b") == []
        runtime.kill()
        assert await browser.say(session, "c") == []


async def test_stop_cancels_the_running_turn_and_those_in_line(host: Host) -> None:
    capsule, _ = await host.host_app("""
        import asyncio
        import cpsl
        app = cpsl.App(name="stop", image=cpsl.Image())

        @app.message()
        async def handle(session, msg):
            if msg.text == "show":
                await session.reply(str(session.data.get("was")))
                return
            session.data["was"] = "cancelled here"
            async with session.stream_reply() as reply:
                for n in range(1000):
                    reply.write(f"{n} ")
                    await asyncio.sleep(0.02)
    """)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        first, second = await browser.send(session, "go"), await browser.send(session, "then")
        await asyncio.sleep(0.3)
        assert (await browser.post(f"/api/sessions/{session}/stop")).status_code == 202
        events = await browser.until_ended(session, first["turn_id"], 5)
        assert status(events) == "cancelled"
        assert replies(events)[0].startswith("0 1 2")
        waiting = await browser.until_ended(session, second["turn_id"], 5)
        assert [event["type"] for event in waiting] == ["message", "turn_ended"]
        assert status(waiting) == "cancelled"
        assert await browser.say(session, "show") == ["cancelled here"]


STUBBORN = """
    import asyncio, sys
    import cpsl
    app = cpsl.App(name="stubborn", image=cpsl.Image())

    @app.message()
    async def handle(session, msg):
        if msg.text == "exit":
            sys.exit(4)
        if msg.text == "leave":
            asyncio.get_running_loop().create_task(leave())
        await session.reply(msg.text)
        while msg.text == "for ever":
            try:
                await session.reply("still here")
                await asyncio.sleep(0.2)
            except asyncio.CancelledError:
                pass

    async def leave():
        sys.exit(3)
"""


async def test_a_handler_that_ignores_stop_holds_up_neither_its_session_nor_the_end_of_the_app(
    host: Host,
) -> None:
    capsule, runtime = await host.host_app(STUBBORN)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "for ever")
        await asyncio.sleep(0.3)
        await browser.post(f"/api/sessions/{session}/stop")
        assert status(await browser.until_ended(session, sent["turn_id"], 10)) == "cancelled"
        assert await browser.say(session, "next") == ["next"]
        runtime.terminate()


async def test_sys_exit_in_a_handler_fails_its_turn_only(host: Host) -> None:
    capsule, runtime = await host.host_app(STUBBORN)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        assert await browser.say(session, "exit") == ["Something went wrong: the handler called sys.exit(4)"]
        assert len(runtime.runtimes()) == 1
        await browser.send(session, "leave")
        assert await asyncio.to_thread(eventually, lambda: runtime.runtimes() == [])
        assert await browser.say(session, "back") == ["back"]


@pytest.mark.parametrize("what", ["compute", "sleep"])
async def test_stop_ends_a_handler_that_keeps_the_app_to_itself(host: Host, what: str) -> None:
    capsule, runtime = await host.host_app("""
        import time
        import cpsl
        app = cpsl.App(name="greedy", image=cpsl.Image())

        @app.message()
        async def handle(session, msg):
            await session.reply("begun")
            while msg.text == "compute":
                pass
            if msg.text == "sleep":
                time.sleep(60)  # blocks
    """)
    async with host.browser(capsule) as browser:
        session, other = await browser.open(), await browser.open()
        sent = await browser.send(session, what)
        waiting = await browser.send(other, "hello")
        if what == "sleep":
            assert await asyncio.to_thread(runtime.logged, "app.py:12 has kept")
        await browser.post(f"/api/sessions/{session}/stop")
        assert status(await browser.until_ended(session, sent["turn_id"], 4)) == "cancelled"
        assert replies(await browser.until_ended(other, waiting["turn_id"], 4)) == ["begun"]
        assert await browser.say(session, "again") == ["begun"]


async def test_half_a_character_in_a_reply_disturbs_nothing(host: Host) -> None:
    capsule, _ = await host.host_app("""
        import cpsl
        app = cpsl.App(name="half", image=cpsl.Image())

        @app.message()
        async def handle(session, msg):
            session.data["half"] = "\\ud83d"
            await session.reply("a\\ud83d")
    """)
    async with host.browser(capsule) as browser:
        assert await browser.say(await browser.open(), "hi") == ["a\ufffd"]


async def test_a_class_app_keeps_its_instance(host: Host) -> None:
    capsule, _ = await host.host_app("""
        import cpsl
        hosted = cpsl.App(name="cls")

        @hosted.cls(image=cpsl.Image())
        class app:
            def __init__(self):
                self.count = 0

            @cpsl.boot()
            async def start(self):
                self.count = 10

            @cpsl.message()
            async def handle(self, session: cpsl.Session, msg: cpsl.Message):
                self.count += 1
                await session.reply(f"{self.count} {cpsl.current_session() is session}")
    """)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        assert await browser.say(session, "x") == ["11 True"]
        assert await browser.say(session, "y") == ["12 True"]


async def test_what_comes_later_says_so_in_the_chat(host: Host) -> None:
    capsule, _ = await host.host_app("""
        import cpsl
        app = cpsl.App(name="later", image=cpsl.Image())
        notes = app.collection("notes")

        @app.message()
        async def handle(session, msg):
            await notes.insert_one({"a": 1})
    """)
    async with host.browser(capsule) as browser:
        (reply,) = await browser.say(await browser.open(), "data")
    assert "is not available yet; it comes in a later version of Capsule." in reply


async def test_enter_runs_once_and_exit_when_a_session_is_deleted(host: Host) -> None:
    replica = host.run("""
        import cpsl
        app = cpsl.App(name="doors", image=cpsl.Image())

        @app.enter()
        async def enter(session):
            await app.set("doors", await app.get("doors", "") + f" in:{session.user.id[:3]}")
            await session.reply("Welcome")

        @app.exit()
        async def leave(session):
            await app.set("doors", await app.get("doors", "") + f" out:{session.data['n']}")

        @app.message()
        async def handle(session, msg):
            session.data["n"] = session.data.get("n", 0) + 1
            await session.reply(await app.get("doors"))
    """)
    capsule = await host.put(replica, manifest={"has_exit": True})
    async with host.browser(capsule) as browser:
        session = await browser.open()
        assert await browser.say(session, "one") == ["Welcome", " in:vis"]
        assert await browser.say(session, "two") == [" in:vis"]
        assert (await browser.delete(f"/api/sessions/{session}")).status_code == 204
        assert (await browser.get(f"/api/sessions/{session}/log")).status_code == 404
        assert await browser.say(await browser.open(), "three") == ["Welcome", " in:vis out:2 in:vis"]


async def test_boot_may_use_the_apps_values_and_secrets(host: Host) -> None:
    host.secrets["LATE"] = "s3cr3t"
    replica = host.run("""
        import cpsl
        app = cpsl.App(name="boots", image=cpsl.Image())

        @app.boot()
        async def boot():
            await app.set("boots", await app.get("boots", 0) + 1)
            app.secret = cpsl.Secret.from_name("LATE").value

        @app.message()
        async def handle(session, msg):
            await session.reply(f"{await app.get('boots')} {app.secret}")
    """)
    capsule = await host.put(replica)
    async with host.browser(capsule) as browser:
        # One boot was the trial of the release.
        assert await browser.say(await browser.open(), "hi") == ["2 s3cr3t"]
    del host.secrets["LATE"]
