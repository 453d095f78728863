"""Sessions outside a runtime: history for models, streams, identity, actions."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

import cpsl


def make(history: list[cpsl.Message] | None = None) -> cpsl.Session:
    return cpsl.Session("s1", cpsl.UserInfo("u1"), cpsl.SessionChannel("chat"), history)


def say(text: str, sender: Any) -> cpsl.Message:
    return cpsl.Message(text, sender, "chat")


def test_chat_messages_joins_neighbours_and_skips_blocks_and_status() -> None:
    session = make(
        [say("a", "user"), say("{}", "block"), say("b", "user"), say("c", "app"), say("!", "system")]
    )
    assert session.chat_messages(say("d", "user")) == [
        {"role": "user", "content": "ab"},
        {"role": "assistant", "content": "c"},
        {"role": "user", "content": "d"},
    ]


def test_chat_messages_makes_entries_of_a_class() -> None:
    class Entry:
        def __init__(self, role: str, content: str) -> None:
            self.text = f"{role}: {content}"

    (entry,) = make().chat_messages(say("hi", "user"), cls=Entry)
    assert entry.text == "user: hi"


async def test_a_synthetic_session_replies_into_its_history_only() -> None:
    session = make()
    await session.reply("one")
    await session.notify("busy")
    session.data["a"] = 1
    await session.flush_data()
    assert [m.text for m in session.history] == ["one"]
    assert not session.data.is_dirty
    with pytest.raises(RuntimeError, match="message handler"):
        session.stream_reply()


async def test_a_reply_stream_takes_pieces_and_snapshots() -> None:
    sent: list[str] = []
    history: list[cpsl.Message] = []
    async with cpsl.ReplyStream(sent.append, history, "chat") as stream:
        for text in ("He", "Hello", "", "Hello", " you", "Hello you!"):
            stream.write(text)
    assert sent == ["He", "llo", " you", "!"]
    assert stream.text == "Hello you!"
    assert [m.text for m in history] == ["Hello you!"]


async def test_a_reply_stream_keeps_what_was_written_when_the_body_raises() -> None:
    history: list[cpsl.Message] = []

    async def answer() -> None:
        async with cpsl.ReplyStream(lambda _: None, history, "chat") as stream:
            stream.write("half")
            raise ValueError("cut")

    with pytest.raises(ValueError, match="cut"):
        await answer()
    assert [m.text for m in history] == ["half"]


class Sink:
    def __init__(self) -> None:
        self.sent: list[str] = []
        self.is_ended = False

    def write(self, text: str) -> None:
        self.sent.append(text)

    def end(self) -> None:
        self.is_ended = True

    async def flush(self) -> None: ...


async def test_stream_reply_from_skips_none_and_returns_the_whole_text() -> None:
    sink = Sink()

    class Backend:
        def start_reply(self) -> Sink:
            return sink

    async def partials() -> AsyncIterator[str | None]:
        for item in (None, "a", "ab", None, "abc"):
            yield item

    session = make()
    session._backend = Backend()  # type: ignore[assignment]
    assert await session.stream_reply_from(partials()) == "abc"
    assert (sink.sent, sink.is_ended) == (["a", "b", "c"], True)
    await session.stream(iter(["x", "y"]))  # type: ignore[arg-type]
    assert [m.text for m in session.history] == ["abc", "xy"]


@pytest.mark.parametrize(("org", "owner"), [(None, "u1"), ("acme", "org:acme"), ("org:acme", "org:acme")])
def test_the_owner_is_the_organisation_or_the_user(org: str | None, owner: str) -> None:
    assert cpsl.UserInfo("u1", org_id=org).owner_id == owner
    assert cpsl.UserInfo.org_id_from_owner_id(owner) == (None if org is None else "acme")


async def test_bad_arguments_of_an_action_are_refused() -> None:
    session = make()
    with pytest.raises(ValueError, match="name of an action"):
        await session.trigger_action(" ")
    with pytest.raises(TypeError, match="payload"):
        await session.trigger_action("x", payload=[])  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="running app"):
        await session.trigger_action("x")
    with pytest.raises(RuntimeError, match="running app"):
        session.db  # noqa: B018


async def test_what_comes_later_says_so() -> None:
    with pytest.raises(cpsl.NotYetAvailable, match="comes in a later version"):
        await make().complete_onboarding()


def test_workflow_input_reads_by_item_and_attribute() -> None:
    given = cpsl.WorkflowInput({"a": 1, "items": 2})
    assert (given["a"], given.a, given.get("z", 9), "a" in given) == (1, 1, 9, True)
    assert given.payload == {"a": 1, "items": 2} == dict(given) == {**given}
    with pytest.raises(AttributeError):
        given.nope  # noqa: B018
    with pytest.raises(KeyError):
        given["nope"]


def test_current_session_is_none_outside_handlers() -> None:
    assert cpsl.current_session() is None
    with pytest.raises(RuntimeError):
        cpsl.pipedream("x")
