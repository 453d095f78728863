"""A long conversation: opening it, answering in it, and what the app host's memory makes of it."""

import json
import sqlite3
import statistics
import time
from dataclasses import replace

import uvloop

from benchmarks.chat import house
from benchmarks.chat.load import Plan, Visitor
from benchmarks.installation import pss_mb
from benchmarks.report import Measure, show

_MESSAGES = 5000
_TIMES = 20
_PAGE = "/api/sessions/{}/log?before=&limit=200"


def thread() -> None:
    with house.capsule() as place:
        uvloop.run(_measure(place))


async def _measure(place: house.Place) -> None:
    plan = Plan(place.what, place.host, place.port, 1, 0)
    short, long = await Visitor.come(plan), await Visitor.come(plan)
    for visitor in (short, long):
        for number in range(3):
            await visitor.say(f"warm {number}")
    _lengthen(place, long.session)
    before = pss_mb(place.pids["apps"])
    page, size = [], 0
    for _ in range(_TIMES):
        began = time.monotonic()
        body = await long.read(_PAGE.format(long.session))
        page.append(time.monotonic() - began)
        size = len(json.loads(body)["items"])
    after = pss_mb(place.pids["apps"])
    in_short = [await short.say(f"short {number}") for number in range(_TIMES)]
    in_long = [await long.say(f"long {number}") for number in range(_TIMES)]
    cold = []
    for _ in range(_TIMES):
        began = time.monotonic()
        visitor = await Visitor.come(replace(plan))
        await visitor.say("first")
        cold.append(time.monotonic() - began)
        visitor.close()
    rows = [
        Measure(f"newest page of {_MESSAGES:,} messages ({size} events), p50", _ms(page)),
        Measure("memory of the app host before and after such pages", f"{before:.1f}, {after:.1f} MB"),
        Measure("echo in the long conversation, p50", _ms(in_long), f"{_ms(in_short)} in a short one"),
        Measure("a stranger's session, wake and first answer, p50", _ms(cold)),
    ]
    show("A long conversation, and a first message", rows)


def _lengthen(place: house.Place, session: str) -> None:
    """Write a past of so many messages and answers, as the app would have left it."""
    (path,) = place.data.joinpath("sessions").glob("*.db")
    connection = sqlite3.connect(path, isolation_level=None, timeout=10)
    connection.execute("BEGIN IMMEDIATE")
    (last,) = connection.execute(
        'SELECT max("offset") FROM events WHERE session_id = ?', (session,)
    ).fetchone()
    now, rows = time.time(), []
    for number in range(_MESSAGES):
        kind = "reply" if number % 2 else "message"
        data = {"id": f"old_{number}", "text": f"Something that was said, number {number}.", "sender": "user"}
        turn = f"trn_old{number // 2}"
        rows.append((session, last + 1 + number, kind, now, turn, json.dumps(data), 1))
    connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    connection.execute("COMMIT")
    connection.close()


def _ms(values: list[float]) -> str:
    return f"{statistics.median(values) * 1000:.1f} ms"
