"""What programs get of an app (`cpsl.Client`): whole answers, streams that go on after a cut, prompts."""

import asyncio
import json
from typing import Any

import httpx2
import pytest
from apphost import Browser, Host

APP = """
import asyncio
import cpsl
app = cpsl.App(name="demo", image=cpsl.Image())

@app.message()
async def handle(session, msg):
    if msg.text == "pay":
        await session.reply("One moment.")
        result = await session.prompt_approval("Pay 5?")
        await session.reply("Paid." if result else "Not paid.")
    elif msg.text == "fail":
        raise ValueError("no luck")
    elif msg.text == "slow":
        async with session.stream_reply() as reply:
            for word in ("one ", "two ", "three"):
                reply.write(word)
                await asyncio.sleep(0.2)
    else:
        await session.reply("first")
        await session.reply(msg.text)
"""


@pytest.fixture(scope="module")
def capsule(host: Host) -> str:
    return asyncio.run(host.host_app(APP))[0]


def program(host: Host, capsule: str, user: str = "usr_1") -> Browser:
    return host.browser(capsule, X_Capsule_User=user, X_Capsule_Email=f"{user}@example.com")


async def frames(answer: httpx2.Response) -> list[tuple[str, str, dict[str, Any]]]:
    """Return (id, event, data) of a stream."""
    found = []
    for block in (await answer.aread()).decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in fields:
            found.append((fields["id"], fields["event"], json.loads(fields["data"])))
    return found


async def test_chat_answers_with_every_reply(host: Host, capsule: str) -> None:
    async with program(host, capsule) as client:
        answer = (await client.post("/api/chat", {"text": "hello"})).json()
        assert [reply["text"] for reply in answer["replies"]] == ["first", "hello"]
        assert answer["status"] == "succeeded"
        failed = (await client.post("/api/chat", {"text": "fail"})).json()
        assert failed["status"] == "failed"
        assert "no luck" in failed["replies"][-1]["text"]


async def test_the_same_message_is_taken_in_once(host: Host, capsule: str) -> None:
    async with program(host, capsule) as client:
        body = {"text": "hello", "client_id": "cli_same"}
        first, again = [(await client.post("/api/chat", body)).json() for _ in range(2)]
        assert first == again


async def test_a_stream_goes_on_behind_the_event_that_is_named(host: Host, capsule: str) -> None:
    async with program(host, capsule) as client:
        whole = await frames(await client.get("/api/chat/stream?text=slow"))
        assert whole[0][1] == "started"
        assert "".join(data.get("text", "") for _, _, data in whole) == "one two three"
        middle = next(index for index, (_, event, _) in enumerate(whole) if event == "chunk")
        rest = await frames(await client.get("/api/chat/stream", headers={"Last-Event-ID": whole[middle][0]}))
        assert rest == whole[middle + 1 :]
        assert rest[-1][2]["session_id"] == whole[0][2]["session_id"]


async def test_nobody_goes_on_with_the_turn_of_another(host: Host, capsule: str) -> None:
    async with program(host, capsule) as client:
        position = (await frames(await client.get("/api/chat/stream?text=hi")))[0][0]
    async with program(host, capsule, "usr_2") as other:
        refused = await other.get("/api/chat/stream", headers={"Last-Event-ID": position})
        assert (refused.status_code, refused.json()["code"]) == (404, "turn_not_found")
        odd = await other.get("/api/chat/stream", headers={"Last-Event-ID": "nonsense"})
        assert odd.status_code == 422


@pytest.mark.parametrize(("approved", "said"), [(True, "Paid."), (False, "Not paid.")])
async def test_a_prompt_ends_the_call_and_its_answer_brings_the_rest(
    host: Host, capsule: str, approved: bool, said: str
) -> None:
    async with program(host, capsule) as client:
        asked = (await client.post("/api/chat", {"text": "pay"})).json()
        assert asked["status"] == "waiting"
        assert asked["replies"] == [{"text": "One moment."}]
        [prompt] = asked["prompts"]
        assert prompt["type"] == "approval_prompt"
        body = {"session_id": asked["session_id"], "approved": approved}
        rest = (await client.post(f"/api/chat/prompts/{prompt['id']}", body)).json()
        assert (rest["status"], rest["replies"]) == ("succeeded", [{"text": said}])
        twice = await client.post(f"/api/chat/prompts/{prompt['id']}", body)
        assert (twice.status_code, twice.json()["code"]) == (409, "prompt_ended")


async def test_a_stream_tells_of_a_prompt_and_ends(host: Host, capsule: str) -> None:
    async with program(host, capsule) as client:
        told = await frames(await client.get("/api/chat/stream?text=pay"))
        assert [event for _, event, _ in told] == ["started", "chunk", "prompt", "done"]
        assert told[-1][2]["status"] == "waiting"


async def test_visitors_are_not_programs(host: Host, capsule: str) -> None:
    async with host.browser(capsule) as visitor:
        assert (await visitor.post("/api/chat", {"text": "hi"})).status_code == 401
        headers = {"Last-Event-ID": "trn_1:1"}
        assert (await visitor.get("/api/chat/stream", headers=headers)).status_code == 401
