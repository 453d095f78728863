"""What people see when a runtime or the app host dies, and when a new release takes over."""

import asyncio
import json
import time

import httpx2
import pytest
from apphost import ECHO, Browser, Host, Replica, replies, status

from capsule.apps.contract import AppState, RuntimeUnready

TALKER = """
import asyncio, os
import cpsl
app = cpsl.App(name="talker", image=cpsl.Image())

@app.message()
async def handle(session, msg):
    session.data["asked"] = msg.text
    await session.flush_data()
    async with session.stream_reply() as reply:
        for n in range(int(msg.text)):
            reply.write(f"{n} ")
            await asyncio.sleep(0.02)
"""


async def test_a_runtime_killed_in_mid_stream_goes_on_where_it_was(host: Host) -> None:
    capsule, runtime = await host.host_app(TALKER)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "50")
        await asyncio.sleep(0.4)
        runtime.kill()
        events = await browser.until_ended(session, sent["turn_id"], 15)
    whole = "".join(f"{n} " for n in range(50))
    assert (status(events), replies(events)) == ("succeeded", [whole])
    types = [event["type"] for event in events]
    assert [types.count(kind) for kind in ("turn_started", "turn_resumed", "reply_started")] == [1, 1, 1]
    assert "".join(e["data"]["text"] for e in events if e["type"] == "reply_delta") == whole


async def test_a_handler_that_always_takes_its_runtime_along_is_given_up(host: Host) -> None:
    capsule, runtime = await host.host_app("""
        import os
        import cpsl
        app = cpsl.App(name="dies", image=cpsl.Image())

        @app.message()
        async def handle(session, msg):
            print("once more", flush=True)
            await session.reply("so far")
            os._exit(3)
    """)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "go")
        events = await browser.until_ended(session, sent["turn_id"], 20)
    assert (status(events), replies(events)) == ("interrupted", ["so far"])
    assert "tried several times" in events[-1]["data"]["error"]
    assert runtime.log().count("once more") <= 4


async def test_a_reply_that_is_said_differently_the_second_time_starts_anew(host: Host) -> None:
    capsule, runtime = await host.host_app("""
        import asyncio, time
        import cpsl
        app = cpsl.App(name="dice", image=cpsl.Image())

        @app.message()
        async def handle(session, msg):
            async with session.stream_reply() as reply:
                reply.write(f"I am {time.time_ns()} ")
                await asyncio.sleep(0.5)
                reply.write("done")
    """)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "go")
        await asyncio.sleep(0.3)
        runtime.kill()
        events = await browser.until_ended(session, sent["turn_id"], 15)
    assert [event["type"] for event in events].count("reply_started") == 2
    (reply,) = replies(events)
    assert reply.count("I am") == 1
    assert reply.endswith("done")


async def test_a_message_waits_for_a_runtime_that_is_starting(host: Host) -> None:
    capsule = await host.put(None)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "early")
        assert (await browser.get("/api/app")).json()["state"] == "starting"
        await host.put(host.run(ECHO, capsule_id=capsule))
        assert replies(await browser.until_ended(session, sent["turn_id"])) == ["You said: early"]


async def test_a_message_to_an_app_that_never_starts_fails_clearly(own_host: Host) -> None:
    capsule = await own_host.put(None)
    async with own_host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "hello?")
        events = await browser.until_ended(session, sent["turn_id"], 8)
    assert status(events) == "failed"
    assert events[-1]["data"]["error"].startswith("demo did not start within 3 s")


@pytest.mark.parametrize(
    ("state", "reason", "text"),
    [
        (AppState.stopped, "", "demo is stopped."),
        (AppState.failed, "boot failed.", "demo could not start. boot failed."),
    ],
)
async def test_a_message_to_an_app_that_is_down_fails_at_once(
    host: Host, state: AppState, reason: str, text: str
) -> None:
    capsule = await host.put(None, state=state, reason=reason)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "hello?")
        events = await browser.until_ended(session, sent["turn_id"], 3)
    assert events[-1]["data"] == {"status": "failed", "error": text}


async def test_a_runtime_that_does_not_get_ready_leaves_the_app_as_it_was(host: Host) -> None:
    capsule, _ = await host.host_app(ECHO)
    broken = host.run(
        """
        import cpsl
        app = cpsl.App(name="x", image=cpsl.Image())

        @app.boot()
        def start():
            raise RuntimeError("no database")
        """,
        capsule_id=capsule,
    )
    with pytest.raises(RuntimeUnready, match="boot failed: RuntimeError: no database"):
        await host.put(broken, release="2", ready_seconds=2.0)
    assert broken.logged("Error: boot failed: RuntimeError: no database")
    async with host.browser(capsule) as browser:
        assert (await browser.get("/api/app")).json()["release"] == "1"
        assert await browser.say(await browser.open(), "still?") == ["You said: still?"]


async def test_host_killed_in_mid_stream_loses_and_doubles_nothing(own_host: Host) -> None:
    host = own_host
    capsule, _ = await host.host_app(TALKER)
    cookies = {}
    seen: list[dict[str, object]] = []
    async with host.browser(capsule) as browser:
        session = await browser.open()
        cookies = dict(browser._client.cookies)
        sent = await browser.send(session, "100")
        queued = await browser.send(session, "2")
        try:
            async for event in browser.events(session):
                seen.append(event)
                if len(seen) == 12:
                    host.kill()
        except httpx2.TransportError:
            pass  # a killed host may end the stream with an error or just end it
    host.start_again()
    async with host.browser(capsule) as browser:
        browser._client.cookies.update(cookies)
        last = max(int(str(event.get("offset", 0))) for event in seen)
        async with asyncio.timeout(10):
            async for event in browser.events(session, after=last):
                seen.append(event)
                if event["type"] == "turn_ended" and event["turn_id"] == queued["turn_id"]:
                    break
        log = await browser.log(session)
    seen = [event for event in seen if "offset" in event]  # the others are for those who look on
    assert [event["offset"] for event in seen] == list(range(1, len(seen) + 1))
    assert seen == log
    first = [event for event in log if event.get("turn_id") == sent["turn_id"]]
    assert status(first) == "succeeded"
    assert [e["type"] for e in first].count("turn_ended") == 1
    assert replies(first) == ["".join(f"{n} " for n in range(100))]
    deltas = "".join(e["data"]["text"] for e in first if e["type"] == "reply_delta")
    assert replies(first) == [deltas]
    second = [event for event in log if event.get("turn_id") == queued["turn_id"]]
    assert (status(second), replies(second)) == ("succeeded", ["0 1 "])


async def test_a_killed_host_serves_its_apps_at_once_after_its_restart(own_host: Host) -> None:
    capsule, _ = await own_host.host_app(ECHO)
    own_host.kill()
    own_host.start_again()
    async with own_host.browser(capsule) as browser:
        assert await browser.say(await browser.open(), "back?") == ["You said: back?"]


async def test_a_swap_under_load_fails_no_turn(host: Host) -> None:
    def talker(release: int, capsule_id: str | None = None) -> Replica:
        source = f"""
            import asyncio
            import cpsl
            app = cpsl.App(name="r", image=cpsl.Image())

            @app.message()
            async def handle(session, msg):
                async with session.stream_reply() as reply:
                    reply.write("release {release}")
                    await asyncio.sleep(0.05)
                    reply.write(" done")
        """
        return host.run(source, capsule_id=capsule_id)

    old = talker(1)
    capsule = await host.put(old)
    until = time.monotonic() + 3.0
    answers: list[str] = []

    async def chat(browser: Browser) -> None:
        session = await browser.open()
        while time.monotonic() < until:
            answers.extend(await browser.say(session, "go"))

    async with host.browser(capsule) as browser:
        await browser.get("/api/app")  # for the cookie, before the rest comes at once
        talking = [asyncio.create_task(chat(browser)) for _ in range(6)]
        await asyncio.sleep(0.5)
        new = talker(2, capsule)
        await host.put(new, release="2")
        assert old.terminate() == 0
        await asyncio.gather(*talking)
    assert set(answers) == {"release 1 done", "release 2 done"}
    assert answers.count("release 2 done") > 5


async def test_turns_too_slow_for_the_drain_go_on_with_the_new_release(host: Host) -> None:
    capsule, _ = await host.host_app(TALKER)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "60")
        await asyncio.sleep(0.3)
        await host.put(host.run(TALKER, capsule_id=capsule), release="2", drain_seconds=0.2)
        events = await browser.until_ended(session, sent["turn_id"], 10)
    assert (status(events), replies(events)) == ("succeeded", ["".join(f"{n} " for n in range(60))])
    attempts = [event for event in events if event["type"] in ("turn_started", "turn_resumed")]
    assert [event["data"]["release"] for event in attempts] == ["1", "2"]


async def test_a_turn_that_the_new_release_does_not_understand_says_so(host: Host) -> None:
    capsule, _ = await host.host_app(TALKER)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "1000")
        await asyncio.sleep(0.3)
        begun = time.monotonic()
        await host.put(host.run(ECHO, capsule_id=capsule), release="2", drain_seconds=0.5)
        assert time.monotonic() - begun < 5
        events = await browser.until_ended(session, sent["turn_id"], 5)
        assert status(events) == "failed"
        assert "goes on differently" in events[-1]["data"]["error"]
        assert await browser.say(session, "now") == ["You said: now"]


async def test_open_chats_learn_of_a_new_release(host: Host) -> None:
    capsule, _ = await host.host_app(ECHO)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        await browser.say(session, "hi")

        async def next_release() -> str:
            async for event in browser.events(session):
                if event["type"] == "app_changed":
                    return str(event["data"]["release"])
            return ""

        waiting = asyncio.create_task(next_release())
        await asyncio.sleep(0.2)
        await host.put(host.run(ECHO, capsule_id=capsule), release="2")
        assert await asyncio.wait_for(waiting, 5) == "2"


async def test_sigterm_lets_running_turns_end_and_runs_shutdown(host: Host) -> None:
    capsule, runtime = await host.host_app("""
        import asyncio
        import cpsl
        app = cpsl.App(name="bye", image=cpsl.Image())

        @app.shutdown()
        async def leave():
            print("left in order")

        @app.message()
        async def handle(session, msg):
            await asyncio.sleep(0.8)
            await session.reply("made it")
    """)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        sent = await browser.send(session, "x")
        await asyncio.sleep(0.2)
        assert await asyncio.to_thread(runtime.terminate) == 0
        assert replies(await browser.until_ended(session, sent["turn_id"])) == ["made it"]
    assert runtime.logged("left in order")


async def test_removing_an_app_with_its_data_leaves_nothing(host: Host) -> None:
    from capsule.apps.client import AppHostClient

    capsule, _ = await host.host_app(TALKER)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        await browser.send(session, "500")
        await asyncio.sleep(0.2)
        client = AppHostClient(host.data.apps_control_socket)
        await client.remove_app(capsule, "deploy", delete_data=True)
        assert capsule not in [app.capsule_id for app in await client.apps()]
        await client.close()
        assert (await browser.get("/api/app")).status_code == 404
    assert not list(host.data.sessions(capsule, "deploy").parent.glob(f"{capsule}*"))
    state = json.loads((host.data.state("apps") / "apps.json").read_text())
    assert capsule not in [app["capsule_id"] for app in state]
