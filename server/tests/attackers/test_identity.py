"""Being somebody else: forged messages of a runtime, stolen proofs, odd frames, marked lines, cookies."""

import asyncio
import contextlib
import gc
import inspect
import json
import os
import socket
from typing import Any

from apphost import Host
from stage import Actor, Stage, new_word
from victims import hide

from capsule.telemetry.segments import tail


def write_to_link(lines: list[str], repeat: int = 1) -> None:
    for number in range(3, 64):
        try:
            held = socket.socket(fileno=os.dup(number))
            if not held.getpeername() and held.getsockname():
                held.setblocking(True)
                for _ in range(repeat):
                    for line in lines:
                        held.sendall(line.encode() + b"\n")
        except OSError:
            continue


async def test_messages_forged_for_anothers_turn_reach_nobody(stage: Stage) -> None:
    async with stage.actor() as attacker, stage.actor() as victim:
        turn = await victim.begin("import time; time.sleep(1); result = 'mine'")
        await asyncio.sleep(0.2)
        forged: list[dict[str, Any]] = [
            {"type": "reply", "turn_id": turn, "id": 999, "site": "s", "text": "forged"},
            {
                "type": "save_data",
                "turn_id": turn,
                "id": 1000,
                "site": "s",
                "changed": {"secret": "forged"},
                "removed": [],
            },
            {"type": "set_title", "turn_id": turn, "id": 1001, "site": "s", "title": "forged"},
            {"type": "notification", "turn_id": turn, "text": "forged", "detail": ""},
            {"type": "turn_ended", "turn_id": turn, "status": "failed", "error": "forged"},
        ]
        for message in list(forged):
            forged.append({**message, "session_id": victim.session, "user_id": "vis_other"})
        await attacker.run(write_to_link, [json.dumps(message) for message in forged])
        events = await victim.browser.until_ended(victim.session, turn)
        assert json.loads(events[-2]["data"]["text"]) == {"result": "mine"}
        assert "forged" not in json.dumps(await victim.browser.log(victim.session))
        assert await victim.run("result = dict(session.data)") == {}


ODD = {
    "not JSON": ["\x00\x01garbage"],
    "deep": ["[" * 200_000],
    "a type that is a list": ['{"type": ["reply"]}'],
    "a text that is none": ['{"type": "reply", "turn_id": "TURN", "id": 1, "site": "s", "text": {"a": 1}}'],
    "a delta that is none": ['{"type": "reply_delta", "turn_id": "TURN", "reply_id": ["x"], "text": 7}'],
    "an odd status": ['{"type": "turn_ended", "turn_id": "TURN", "status": ["failed"], "error": null}'],
    "data that is none": [
        '{"type": "save_data", "turn_id": "TURN", "id": 1, "site": "s", "changed": [1], "removed": {"a": 1}}'
    ],
    "half a character": ['{"type": "reply", "turn_id": "TURN", "id": 1, "site": "s", "text": "\\ud800"}'],
    "no number": ['{"type": "save_data", "turn_id": "TURN", "id": 1, "site": "s", "changed": {"n": NaN}}'],
    "a line that is too long": ["x" * (17 << 20)],
}


def write_odd(lines: list[str]) -> None:
    """Say odd things in the name of the turn that runs here."""
    from cpsl.runtime.backend import WireBackend

    turn = next(
        item._turn_id for item in gc.get_objects() if isinstance(item, WireBackend) and not item._is_closed
    )
    write_to_link([line.replace("TURN", turn) for line in lines])


async def say_odd(attacker: Actor, lines: list[str]) -> None:
    written = [f"{line[0]!r} * {len(line)}" if len(line) > 1000 else repr(line) for line in lines]
    source = f"{inspect.getsource(write_to_link)}\n{inspect.getsource(write_odd)}"
    call = f"write_odd([{', '.join(written)}])"
    turn = await attacker.begin(f"from __future__ import annotations\n{source}\n{call}\nresult = 'said'")
    events = await attacker.browser.until_ended(attacker.session, turn)
    assert events[-1]["data"]["status"] in ("succeeded", "interrupted")
    assert await attacker.run("result = 'back'") == "back"


async def test_odd_frames_disturb_nobody_else(host: Host, stage: Stage) -> None:
    async with stage.actor() as victim, contextlib.AsyncExitStack() as stack:
        await victim.run(hide, new_word())
        attackers = [await stack.enter_async_context(stage.actor()) for _ in ODD]
        attacks = [say_odd(attacker, lines) for attacker, lines in zip(attackers, ODD.values(), strict=True)]
        attacking = asyncio.gather(*attacks)
        while not attacking.done():
            assert await victim.run("result = len(kept)") == 6
        await attacking
    assert host.process.poll() is None
    text = (host.data.root / "host.log").read_text()
    assert "Traceback" not in text, text[-3000:]


async def test_messages_after_the_end_of_a_turn_are_ignored(stage: Stage) -> None:
    async with stage.actor() as attacker:
        turn = await attacker.begin("result = 'first'")
        before = await attacker.browser.until_ended(attacker.session, turn)
        late = {"type": "reply", "turn_id": turn, "id": 5, "site": "s", "text": "late"}
        end = {"type": "turn_ended", "turn_id": turn, "status": "failed", "error": "late"}
        await attacker.run(write_to_link, [json.dumps(late), json.dumps(end)])
        log = await attacker.browser.log(attacker.session)
        assert [item for item in log if item.get("turn_id") == turn] == before
        assert not any(item["data"].get("text") == "late" for item in log)


async def test_sessions_of_another_visitor_are_closed(attacker: Actor, victim: Actor) -> None:
    await victim.run(hide, new_word())
    browser, session = attacker.browser, victim.session
    assert (await browser.get(f"/api/sessions/{session}/log")).status_code == 404
    assert (await browser.get(f"/api/sessions/{session}/events")).status_code == 404
    assert (await browser.post(f"/api/sessions/{session}/messages", {"text": "hi"})).status_code == 404
    assert (await browser.post(f"/api/sessions/{session}/stop")).status_code == 404
    assert (await browser.delete(f"/api/sessions/{session}")).status_code == 404
    for cookie in ("vis_000000000000", "Ww.x", victim_cookie(victim)[:-2] + "xx", "a" * 5000):
        answer = await browser.get(
            f"/api/sessions/{session}/log", headers={"Cookie": f"capsule_visitor={cookie}"}
        )
        assert answer.status_code in (404, 431)
    assert await victim.run("result = 'alive'") == "alive"


def victim_cookie(victim: Actor) -> str:
    return str(victim.browser._client.cookies["capsule_visitor"])


async def test_lines_marked_as_anothers_stay_their_authors(
    stage: Stage, attacker: Actor, victim: Actor
) -> None:
    own, other = await stage.runtime_id(attacker), await stage.runtime_id(victim)
    word = new_word()
    program = f"""
        import os, sys
        for line in ("\\x1e{other}\\x1fforged-{word}", "x" * 60_000 + "\\n\\x1e{other}\\x1fforged-{word}",
                     "\\r\\x1e{other}\\x1fforged-{word}", "y" * 70_000, "\\x1e{other}\\x1f" + "z" * 70_000):
            for number in (1, 2):
                os.write(number, line.encode() + b"\\n")
        os.write(1, b"last-{word}\\n")
    """
    await attacker.run(program)
    assert await asyncio.to_thread(stage.replica.logged, f"last-{word}")
    records = tail(stage.host.data.telemetry(stage.capsule), "app", limit=10_000)
    assert [record for record in records if word in record["text"] and record.get("runtime") != own] == []
    assert [
        record for record in records if record.get("runtime") == other and "z" * 50 in record["text"]
    ] == []


def answer_the_next_host(token: str, line: str) -> None:
    """Whatever app host connects from now on is answered with this token, or with this line."""
    from cpsl.runtime.server import RuntimeServer

    if token:
        os.environ["CAPSULE_RUNNER_TOKEN"] = token
        return

    async def greet(self: object, reader: object, link: object) -> bool:
        link._writer.write(eval(line))  # type: ignore[attr-defined]
        return True

    RuntimeServer._greet = greet  # type: ignore


ANSWERS = {
    "a stolen token": "",
    "nothing": "b''",
    "garbage": "b'\\xff\\n'",
    "depth": "b'[' * 200_000 + b'\\n'",
    "an endless line": "b'x' * (17 << 20)",
    "odd types": 'b\'{"type":"ready","protocol":2,"sdk_version":{},"app_name":[],"token":{"a":1}}\\n\'',
}


async def test_a_new_app_host_is_fooled_by_nobody(host: Host) -> None:
    """It finds the runtimes of the one before again, by what they say of themselves."""
    stage = await Stage(host).open()
    async with contextlib.AsyncExitStack() as stack:
        # The attackers first, since runtimes are found again in the order of their births.
        attackers = [await stack.enter_async_context(stage.actor()) for _ in ANSWERS]
        victim = await stack.enter_async_context(stage.actor())
        word = new_word()
        await victim.run(hide, word)
        token = await victim.run("import os; result = os.environ['CAPSULE_RUNNER_TOKEN']")
        for attacker, (what, line) in zip(attackers, ANSWERS.items(), strict=True):
            await attacker.run(answer_the_next_host, token if what == "a stolen token" else "", line)
        host.kill()
        host.start_again()
        await asyncio.sleep(0.3)
        assert await victim.run("import os; result = [len(kept), os.environ['VICTIM_SECRET']]") == [6, word]
        assert await victim.run("result = session.data['secret']") == word
        for attacker in attackers:
            assert (
                await attacker.run("import os; result = os.environ.get('VICTIM_SECRET', '')", seconds=30)
                == ""
            )
    host.node("destroy", id=stage.replica.id)


async def test_a_token_says_nothing_to_the_app_host_but_who_its_own_runtime_is(
    host: Host, victim: Actor
) -> None:
    """It is no login: who shows it as one is a stranger."""
    token = await victim.run("import os; result = os.environ['CAPSULE_RUNNER_TOKEN']")
    path = f"/api/sessions/{victim.session}/log"
    for headers in (
        {"Authorization": f"Bearer {token}"},
        {"Cookie": f"capsule_visitor={token}"},
        {"X-Token": token},
    ):
        async with host.browser("", **{}) as stranger:
            answer = await stranger.get(
                path,
                headers={**headers, "X-Capsule-Route": victim.browser._client.headers["X-Capsule-Route"]},
            )
            assert answer.status_code == 404
