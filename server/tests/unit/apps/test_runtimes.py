"""A runtime for each user: woken, kept, stopped; what people see of it; crowds while things are killed."""

import asyncio
import os
import random
import signal
import time
from contextlib import AsyncExitStack, suppress

import pytest
from apphost import ECHO, Browser, Host, Replica, eventually, replies, status

from capsule.apps.client import AppHostClient
from capsule.apps.contract import RuntimeState, RuntimeUnready
from capsule.engines.contract import Limits, RuntimeTerms
from capsule.engines.process.tree import marked, start_time

PRIVATE = """
import os
import cpsl
app = cpsl.App(name="private", image=cpsl.Image())
seen = []

@app.boot()
def boot():
    seen.append("booted")

@app.message()
async def handle(session, msg):
    seen.append(msg.text)
    await session.reply(f"{os.getpid()} {seen}")
"""


async def test_each_user_has_a_runtime_and_boot_runs_in_each(host: Host) -> None:
    capsule, replica = await host.host_app(PRIVATE)
    async with host.browser(capsule) as ada, host.browser(capsule) as bob:
        first, second = await ada.open(), await bob.open()
        assert (await ada.say(first, "a"))[0].endswith("['booted', 'a']")
        assert (await bob.say(second, "b"))[0].endswith("['booted', 'b']")
        assert (await ada.say(await ada.open(), "c"))[0].endswith("['booted', 'a', 'c']")
    assert len(replica.runtimes()) == 2


async def test_an_idle_runtime_is_stopped_and_the_next_message_wakes_one(host: Host) -> None:
    replica = host.run(ECHO)
    capsule = await host.put(replica, keep_warm_seconds=0.5)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        assert await browser.say(session, "hi") == ["You said: hi"]
        assert await asyncio.to_thread(eventually, lambda: replica.runtimes() == [])
        (cold,) = (await host.report(capsule)).runtimes
        assert (cold.state, cold.wakes, cold.last_end) == (RuntimeState.cold, 1, "")
        assert await browser.say(session, "again") == ["You said: again"]
        assert (await host.report(capsule)).runtimes[0].wakes == 2


async def test_a_runtime_is_not_idle_while_a_turn_runs(host: Host) -> None:
    replica = host.run("""
        import asyncio
        import cpsl
        app = cpsl.App(name="slow", image=cpsl.Image())

        @app.message()
        async def handle(session, msg):
            await asyncio.sleep(3)
            await session.reply("done")
    """)
    capsule = await host.put(replica, keep_warm_seconds=0.2)
    async with host.browser(capsule) as browser:
        assert await browser.say(await browser.open(), "go") == ["done"]


async def test_looking_at_the_chat_wakes_the_runtime_before_the_first_message(host: Host) -> None:
    capsule, replica = await host.host_app(ECHO)
    async with host.browser(capsule) as browser:
        await browser.open()
        assert await asyncio.to_thread(eventually, lambda: len(replica.runtimes()) == 1)


async def test_the_report_tells_memory_wakes_and_state(host: Host) -> None:
    capsule, _ = await host.host_app(ECHO)
    async with host.browser(capsule, X_Capsule_User="usr_1", X_Capsule_Email="ada@example.com") as browser:
        await browser.say(await browser.open(), "hi")
    report = await host.report(capsule)
    (mine,) = report.runtimes
    assert (mine.user_id, mine.email, mine.state, mine.release) == (
        "usr_1",
        "ada@example.com",
        RuntimeState.warm,
        "1",
    )
    assert mine.memory_bytes is not None
    assert 500_000 < mine.memory_bytes < 20_000_000
    assert mine.wake_seconds is not None
    assert report.wake_p50_seconds == mine.wake_seconds
    assert report.shared_bytes is not None
    assert report.is_forked
    assert mine.used_at is not None
    assert time.time() - mine.used_at < 60


async def test_a_stopped_runtime_ends_at_once_and_the_user_may_go_on(host: Host) -> None:
    capsule, replica = await host.host_app(ECHO)
    client = AppHostClient(host.data.apps_control_socket)
    async with host.browser(capsule, X_Capsule_User="usr_1") as browser:
        session = await browser.open()
        await browser.say(session, "hi")
        await client.stop_runtime(capsule, "deploy", "usr_1")
        await client.stop_runtime(capsule, "deploy", "usr_nobody")
        assert replica.runtimes() == []
        assert await browser.say(session, "again") == ["You said: again"]
    await client.close()


async def test_files_that_are_deleted_are_one_users_and_the_conversation_stays(host: Host) -> None:
    capsule, replica = await host.host_app("""
        import os
        import cpsl
        app = cpsl.App(name="notes", image=cpsl.Image())

        @app.message()
        async def handle(session, msg):
            with open(os.path.expanduser("~/notes"), "a") as notes:
                notes.write(msg.text)
            await session.reply(f"{open(notes.name).read()} {len(session.history)}")
    """)
    client = AppHostClient(host.data.apps_control_socket)
    async with host.browser(capsule, X_Capsule_User="usr_1") as ada, host.browser(capsule) as bob:
        mine, theirs = await ada.open(), await bob.open()
        said = await ada.say(mine, "a")
        await bob.say(theirs, "b")
        await asyncio.gather(*(client.clear_files(capsule, "deploy", "usr_1") for _ in range(3)))
        assert len(replica.runtimes()) == 1
        again = await ada.say(mine, "c")
        assert (said[0].split()[0], again[0].split()[0]) == ("a", "c")
        assert int(again[0].split()[1]) > int(said[0].split()[1])
        assert (await bob.say(theirs, "d"))[0].startswith("bd ")
        await client.clear_files(capsule, "deploy", "usr_nobody")
    await client.close()


async def test_files_far_over_their_limit_fail_the_turn_at_once_with_the_way_out(host: Host) -> None:
    replica = host.run(
        """
        import os, time
        import cpsl
        app = cpsl.App(name="hoarder", image=cpsl.Image())

        @app.message()
        async def handle(session, msg):
            if msg.text == "hoard":
                for number in range(1000):
                    open(os.path.expanduser(f"~/{number}"), "w").close()
                time.sleep(30)
            await session.reply(f"{len(os.listdir(os.environ['HOME']))} files")
        """,
        runtimes=RuntimeTerms(files_mb=16, files_count=200),
    )
    capsule = await host.put(replica)
    client = AppHostClient(host.data.apps_control_socket)
    async with host.browser(capsule, X_Capsule_User="usr_1") as browser:
        session = await browser.open()
        sent = await browser.send(session, "hoard")
        events = await browser.until_ended(session, sent["turn_id"])
        assert "more than 200 private files" in events[-1]["data"]["error"]
        (own,) = (found for found in host.data.users.glob("*/*") if (found / "0").exists())
        for number in range(1000):  # it was ended somewhere on its way there
            (own / str(number)).touch()
        await client.stop_runtime(capsule, "deploy", "usr_1")  # one may have been woken meanwhile
        sent = await browser.send(session, "and now?")
        events = await browser.until_ended(session, sent["turn_id"])
        assert status(events) == "failed"
        assert "far over their limit of 16 MiB or 200 files" in events[-1]["data"]["error"]
        await client.clear_files(capsule, "deploy", "usr_1")
        assert await browser.say(session, "and now?") == ["0 files"]
    await client.close()


async def test_out_of_memory_is_told_to_the_user_and_the_log_and_hits_nobody_else(host: Host) -> None:
    replica = host.run(
        """
        import cpsl
        app = cpsl.App(name="greedy", image=cpsl.Image())

        @app.message()
        async def handle(session, msg):
            if msg.text == "eat":
                kept = [bytearray(b"x") * (1 << 20) for _ in range(1000)]
            await session.reply("fine")
        """,
        limits=Limits(cpu=1.0, memory=128),
    )
    capsule = await host.put(replica)
    async with host.browser(capsule) as greedy, host.browser(capsule) as other:
        theirs = await other.open()
        assert await other.say(theirs, "hi") == ["fine"]
        session = await greedy.open()
        sent = await greedy.send(session, "eat")
        events = await greedy.until_ended(session, sent["turn_id"])
        assert status(events) == "interrupted"
        assert "ran out of memory" in events[-1]["data"]["error"]
        assert replica.logged("ran out of memory (128 MiB)")
        assert await greedy.say(session, "and now?") == ["fine"]
        assert await other.say(theirs, "still?") == ["fine"]
    assert any("ran out of memory" in item.last_end for item in (await host.report(capsule)).runtimes)


async def test_boot_that_fails_for_one_user_is_told_to_that_user(host: Host) -> None:
    capsule, _ = await host.host_app("""
        import os
        import cpsl
        app = cpsl.App(name="picky", image=cpsl.Image())

        @app.boot()
        def boot():
            mark = os.path.join(os.environ["HOME"], "visits")
            open(mark, "a").write("x")
            if len(open(mark).read()) == 2:
                raise RuntimeError("not twice")

        @app.message()
        async def handle(session, msg):
            os.kill(os.getpid(), 15)
            await session.reply("bye")
    """)
    async with host.browser(capsule) as browser:
        session = await browser.open()
        assert await browser.say(session, "one") == ["bye"]
        await asyncio.sleep(0.5)  # until the runtime has ended itself
        sent = await browser.send(session, "two")
        events = await browser.until_ended(session, sent["turn_id"])
        assert status(events) == "failed"
        assert "boot failed: RuntimeError: not twice" in events[-1]["data"]["error"]
        assert await browser.say(session, "three") == ["bye"]


async def test_a_boot_that_never_ends_fails_the_deployment_and_the_app_stays_as_it_was(host: Host) -> None:
    capsule, _ = await host.host_app(ECHO)
    slow = host.run(
        """
        import time
        import cpsl
        app = cpsl.App(name="slow", image=cpsl.Image())

        @app.boot()
        def boot():
            time.sleep(60)

        @app.message()
        async def handle(session, msg):
            await session.reply("never")
        """,
        capsule_id=capsule,
    )
    begun = time.monotonic()
    with pytest.raises(RuntimeUnready, match="`boot` handler has not finished"):
        await host.put(slow, release="2", ready_seconds=1.0)
    assert time.monotonic() - begun < 20
    assert slow.runtimes() == []
    async with host.browser(capsule) as browser:
        assert await browser.say(await browser.open(), "still?") == ["You said: still?"]


async def test_an_app_with_threads_at_import_runs_in_the_same_walls_and_the_report_says_why_it_is_slower(
    host: Host,
) -> None:
    capsule, _ = await host.host_app("""
        import os, threading, time
        import cpsl
        ticks = []
        def tick():
            while True:
                ticks.append(1)
                time.sleep(0.01)
        threading.Thread(target=tick, name="ticker", daemon=True).start()
        app = cpsl.App(name="ticker", image=cpsl.Image())

        @app.message()
        async def handle(session, msg):
            await session.reply(f"{bool(ticks)} {os.getpid()}")
    """)
    async with host.browser(capsule) as browser:
        (said,) = await browser.say(await browser.open(), "ticking?")
        assert said.startswith("True ")
    report = await host.report(capsule)
    assert not report.is_forked
    assert "starts 1 thread (ticker)" in report.notices[0]


async def test_the_node_agent_may_be_away_when_a_message_comes(own_host: Host) -> None:
    capsule, _ = await own_host.host_app(ECHO)
    async with own_host.browser(capsule) as ada, own_host.browser(capsule) as bob:
        session = await ada.open()
        assert await ada.say(session, "hi") == ["You said: hi"]
        own_host.kill_agent()
        assert await ada.say(session, "warm ones go on") == ["You said: warm ones go on"]
        waiting = await bob.open()
        sent = await bob.send(waiting, "cold ones wait")
        await asyncio.sleep(0.5)
        own_host.agent = await asyncio.to_thread(own_host.start_agent)
        assert replies(await bob.until_ended(waiting, sent["turn_id"])) == ["You said: cold ones wait"]
        assert await ada.say(session, "same one?") == ["You said: same one?"]


async def test_a_new_app_host_goes_on_with_the_same_runtimes(own_host: Host) -> None:
    capsule, replica = await own_host.host_app(PRIVATE)
    async with own_host.browser(capsule, X_Capsule_User="usr_1") as browser:
        session = await browser.open()
        await browser.say(session, "a")
    own_host.kill()
    own_host.start_again()
    async with own_host.browser(capsule, X_Capsule_User="usr_1") as browser:
        assert (await browser.say(session, "b"))[0].endswith("['booted', 'a', 'b']")
    assert len(replica.runtimes()) == 1


CROWD = """
import asyncio, os
import cpsl
app = cpsl.App(name="crowd", image=cpsl.Image())
mine = set()

@app.message()
async def handle(session, msg):
    mine.add(session.user.id)
    async with session.stream_reply() as reply:
        reply.write(f"{msg.text} for {session.user.id}: ")
        await asyncio.sleep(0.05)
        reply.write(f"only {sorted(mine)}")
"""


async def _crowd(
    stack: AsyncExitStack, host: Host, capsule: str, size: int, environment: str = "deploy"
) -> list[tuple[Browser, str]]:
    found = []
    for number in range(size):
        browser = host.browser(capsule, environment=environment, X_Capsule_User=f"usr_{number}")
        await stack.enter_async_context(browser)
        found.append((browser, await browser.open()))
    return found


async def test_a_hundred_users_while_runtimes_and_zygotes_are_killed(own_host: Host) -> None:
    host = own_host
    capsule, replica = await host.host_app(CROWD)
    dice = random.Random(11)
    rounds, size = 4, 100
    ends: dict[str, int] = {}

    async def chat(number: int, browser: Browser, session: str) -> None:
        user = f"usr_{number}"
        for turn in range(rounds):
            await asyncio.sleep(dice.random() * 0.5)
            sent = await browser.send(session, f"m{turn}")
            events = await browser.until_ended(session, sent["turn_id"], 60)
            assert [event["type"] for event in events].count("turn_ended") == 1
            ends[status(events)] = ends.get(status(events), 0) + 1
            if status(events) == "succeeded":
                assert replies(events) == [f"m{turn} for {user}: only ['{user}']"]
            else:
                assert events[-1]["data"]["error"]
                assert all(f"for {user}:" in text for text in replies(events))

    async def kill_at_random(done: asyncio.Event) -> None:
        count = 0
        while not done.is_set():
            await asyncio.sleep(0.15)
            count += 1
            pids = [item["pid"] for item in await asyncio.to_thread(replica.runtimes)]
            victim = dice.choice(pids) if pids else None
            if count % 12 == 0:
                victim = (await asyncio.to_thread(replica.status))["pid"]
            if victim:
                with suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)

    async with AsyncExitStack() as stack:
        people = await _crowd(stack, host, capsule, size)
        done = asyncio.Event()
        killing = asyncio.create_task(kill_at_random(done))
        await asyncio.gather(*(chat(n, browser, session) for n, (browser, session) in enumerate(people)))
        done.set()
        await killing
        assert sum(ends.values()) == rounds * size
        assert ends["succeeded"] > rounds * size / 2
    host.node("destroy", id=replica.id)
    assert [pid for pid in marked("CAPSULE_REPLICA_ID", replica.id) if start_time(pid) is not None] == []


@pytest.mark.parametrize("environment", ["deploy", "serve"])
async def test_a_new_release_with_fifty_warm_users_drops_no_message(host: Host, environment: str) -> None:
    def release(number: int, capsule_id: str | None = None) -> Replica:
        source = f"""
            import asyncio
            import cpsl
            app = cpsl.App(name="r", image=cpsl.Image())

            @app.message()
            async def handle(session, msg):
                async with session.stream_reply() as reply:
                    reply.write("release {number} ")
                    await asyncio.sleep(0.6 if msg.text == "slow" else 0.01)
                    reply.write("to its end")
        """
        return host.run(source, capsule_id=capsule_id, environment=environment)

    old = release(1)
    capsule = await host.put(old)
    async with AsyncExitStack() as stack:
        people = await _crowd(stack, host, capsule, 50, environment)
        warm = await asyncio.gather(*(browser.say(session, "quick") for browser, session in people))
        assert {text for texts in warm for text in texts} == {"release 1 to its end"}
        assert len(old.runtimes()) == 50

        new = release(2, capsule)
        running = [asyncio.create_task(browser.say(session, "slow")) for browser, session in people]
        await asyncio.sleep(0.2)
        putting = asyncio.create_task(host.put(new, release="2"))
        on_old = await asyncio.gather(*running)
        assert {text for texts in on_old for text in texts} <= {
            "release 1 to its end",
            "release 2 to its end",
        }
        assert all(len(texts) == 1 for texts in on_old)
        await putting
        assert old.runtimes() == []
        after = await asyncio.gather(*(browser.say(session, "quick") for browser, session in people))
        assert {text for texts in after for text in texts} == {"release 2 to its end"}
