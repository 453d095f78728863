"""An app that does whatever its users say: each message is Python, and `result` is the answer."""

import asyncio
import json
import traceback
from typing import Any

import tools

import cpsl

app = cpsl.App("hostile", image=cpsl.Image())


def run(source: str, session: cpsl.Session) -> Any:
    """Run a program that finds at hand what `tools` has."""
    scope: dict[str, Any] = {**vars(tools), "session": session}
    exec(compile(source, "attack", "exec"), scope)
    return scope.get("result")


@app.message()
async def handle(session: cpsl.Session, msg: cpsl.Message) -> None:
    try:
        answer = {"result": await asyncio.to_thread(run, msg.text, session)}
    except BaseException:
        answer = {"error": traceback.format_exc()}
    await session.reply(json.dumps(answer, default=repr))
