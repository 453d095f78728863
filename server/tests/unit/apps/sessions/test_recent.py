"""History that is remembered is the history that the file tells."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from capsule.apps.sessions import journal
from capsule.apps.sessions.reading import HISTORY_LENGTH
from capsule.apps.sessions.records import NewSession, TurnRecord
from capsule.apps.sessions.store import SessionStore
from capsule.apps.turns.beginning import Beginning, begin
from capsule.kit.ids import new_id

SESSIONS = ("ses_a", "ses_b")


class Talk:
    """Does to two conversations whatever may happen to them, in any order."""

    def __init__(self, store: SessionStore, seed: int) -> None:
        self.store = store
        self.random = random.Random(seed)
        self.queued: dict[str, list[TurnRecord]] = {session: [] for session in SESSIONS}
        self.running: dict[str, TurnRecord | None] = dict.fromkeys(SESSIONS)
        self.last: dict[str, TurnRecord | None] = dict.fromkeys(SESSIONS)
        self.compared = 0

    def step(self) -> None:
        session = self.random.choice(SESSIONS)
        running = self.running[session]
        steps = [self.say]
        if running is not None:
            steps += [self.reply, self.reply, self.stream, self.show, self.end, self.end, self.again]
        elif self.queued[session]:
            steps += [self.begin] * 4 + [self.drop]
        elif self.last[session] is not None:
            steps += [self.repeat]
        self.random.choice(steps)(session)

    def say(self, session: str) -> None:
        turn_id = new_id("trn")
        kind = self.random.choice(["message", "message", "action"])
        data = {"text": turn_id, "sender": "user"} if kind == "message" else {"name": "go", "payload": {}}
        (accepted,), _ = self.store.apply([lambda t: t.accept(session, turn_id, turn_id, kind, data)])
        self.queued[session].append(TurnRecord(turn_id, session, "u", accepted.offset, "queued"))

    def begin(self, session: str) -> None:
        turn = self.running[session] = self.queued[session].pop(0)
        self.compare(turn)

    def again(self, session: str) -> None:
        """Another attempt, as after the death of a runtime."""
        turn = self.running[session]
        assert turn is not None
        self.compare(turn)

    def compare(self, turn: TurnRecord) -> None:
        (begun,), _ = self.store.apply([lambda t: begin(t, turn, "1")])
        assert isinstance(begun, Beginning)
        told = self.store.history(turn.session_id, turn.message_offset)
        assert [event.offset for event in begun.history] == [event.offset for event in told]
        assert [event.history_entry for event in begun.history] == [event.history_entry for event in told]
        self.compared += 1

    def reply(self, session: str) -> None:
        turn = self.running[session]
        assert turn is not None
        data = {"id": new_id("rpl"), "text": new_id("txt")}
        self.store.apply([lambda t: t.append(session, "reply", turn.id, data) and None])

    def stream(self, session: str) -> None:
        turn = self.running[session]
        assert turn is not None
        key = new_id("rpl")
        self.store.apply(
            [
                lambda t: journal.keep(t.connection, turn.id, f"{key} stream", key),
                lambda t: t.append(session, "reply_started", turn.id, {"id": key}) and None,
                lambda t: t.append(session, "reply_delta", turn.id, {"id": key, "text": "so far"}) and None,
            ]
        )

    def show(self, session: str) -> None:
        turn = self.running[session]
        block = {"id": self.random.choice(["b1", "b2"]), "type": "card", "payload": {"at": new_id("x")}}
        self.store.apply([lambda t: t.put_block(session, turn.id if turn else None, block) and None])

    def end(self, session: str) -> None:
        turn, self.running[session] = self.running[session], None
        assert turn is not None
        self.store.apply([lambda t: t.end_turn(session, turn.id, "succeeded", None)])
        self.last[session] = turn

    def drop(self, session: str) -> None:
        turn = self.queued[session].pop(0)
        self.store.apply([lambda t: t.drop_turn(session, turn.id, "cancelled", None)])
        self.last[session] = None

    def repeat(self, session: str) -> None:
        last, turn_id = self.last[session], new_id("trn")
        assert last is not None
        (accepted,), _ = self.store.apply([lambda t: t.repeat_turn(session, last.id, turn_id)])
        assert accepted.is_new
        turn = next(turn for turn in self.store.open_turns() if turn.id == turn_id)
        self.queued[session].append(turn)
        self.last[session] = None


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SessionStore]:
    opened = SessionStore(tmp_path / "s.db")
    for key in SESSIONS:
        opened.apply([lambda t, key=key: t.create_session(NewSession(key, "u"))])  # type: ignore[misc]
    yield opened
    opened.close()


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_a_turn_finds_what_the_file_tells(store: SessionStore, seed: int) -> None:
    talk = Talk(store, seed)
    for _ in range(600):
        talk.step()
    assert talk.compared > 60


def test_a_plain_conversation_is_read_once(store: SessionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = Talk(store, 0)

    def turn() -> list[str]:
        talk.say("ses_a")
        record = talk.running["ses_a"] = talk.queued["ses_a"].pop(0)
        (begun,), _ = store.apply([lambda t: begin(t, record, "1")])
        talk.reply("ses_a")
        talk.end("ses_a")
        return [event.data for event in begun.history]

    turn()
    monkeypatch.setattr("capsule.apps.sessions.transaction.Reading.history", None)
    for _ in range(40):
        found = turn()
    assert len(found) == HISTORY_LENGTH


def test_a_commit_that_fails_leaves_nothing_remembered(store: SessionStore) -> None:
    talk = Talk(store, 0)
    talk.say("ses_a")
    talk.begin("ses_a")
    with pytest.raises(ZeroDivisionError):
        store.apply([lambda t: t.append("ses_a", "reply", None, {"text": "lost"}), lambda _: 1 / 0])
    talk.reply("ses_a")
    talk.end("ses_a")
    talk.say("ses_a")
    talk.begin("ses_a")


def test_long_conversations_are_read_from_the_file(store: SessionStore) -> None:
    talk = Talk(store, 0)
    for _ in range(6):
        talk.say("ses_a")
        talk.begin("ses_a")
        turn = talk.running["ses_a"]
        assert turn is not None
        store.apply(
            [lambda t, turn=turn: t.append("ses_a", "reply", turn.id, {"text": "x" * 20_000}) and None]  # type: ignore[misc]
        )
        talk.end("ses_a")
    assert talk.compared == 6
