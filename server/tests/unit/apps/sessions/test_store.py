"""The file behind a session log."""

import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from capsule.apps import tending
from capsule.apps.accounts import rows as account_rows
from capsule.apps.connections import rows as connection_rows
from capsule.apps.errors import (
    InvalidValue,
    SessionDataTooLarge,
    SessionNotFound,
    TooManySessions,
    TurnNotRepeatable,
)
from capsule.apps.sessions import journal, reading, transaction, values
from capsule.apps.sessions.log import SessionLog
from capsule.apps.sessions.records import Accepted, NewSession, TurnRecord, shorten
from capsule.apps.sessions.store import SessionStore
from capsule.apps.sessions.thinning import thin_out
from capsule.apps.sessions.transaction import ATTEMPTS, FUTILE_ATTEMPTS, Transaction
from capsule.errors import Unavailable
from cpsl.wire import SetValue


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SessionStore]:
    opened = SessionStore(tmp_path / "s.db")
    opened.apply([lambda t: t.create_session(NewSession("ses_1", "u"))])
    yield opened
    opened.close()


def accept(
    transaction: Transaction, turn_id: str, client_id: str, text: str, session: str = "ses_1"
) -> Accepted:
    return transaction.accept(session, turn_id, client_id, "message", {"text": text})


def queue(store: SessionStore, number: int) -> TurnRecord:
    turn_id = f"trn_{number}"
    (accepted,), _ = store.apply([lambda t: accept(t, turn_id, f"c{number}", f"m{number}")])
    return TurnRecord(turn_id, "ses_1", "u", accepted.offset, "queued")


def answer(store: SessionStore, turn: TurnRecord, text: str) -> None:
    store.apply(
        [
            lambda t: t.start_turn(turn, "1"),
            lambda t: t.append("ses_1", "reply_started", turn.id, {"id": "r"}),
            lambda t: t.append("ses_1", "reply_delta", turn.id, {"id": "r", "text": text}),
            lambda t: t.append("ses_1", "reply_ended", turn.id, {"id": "r", "text": text}),
            lambda t: t.end_turn("ses_1", turn.id, "succeeded", None),
        ]
    )


def texts(store: SessionStore) -> list[str]:
    return [event.payload()["text"] for event in store.history("ses_1")]


def test_history_follows_the_turns_and_leaves_open_ones_out(store: SessionStore) -> None:
    first, second, _third = queue(store, 1), queue(store, 2), queue(store, 3)
    answer(store, first, "a1")
    assert texts(store) == ["m1", "a1"]
    answer(store, second, "a2")
    assert texts(store) == ["m1", "a1", "m2", "a2"]


def test_history_has_at_most_fifty_entries(store: SessionStore) -> None:
    for number in range(40):
        answer(store, queue(store, number), f"a{number}")
    found = texts(store)
    assert len(found) == 50
    assert found[-1] == "a39"


def test_history_stops_before_it_is_too_long_for_one_message(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("capsule.apps.sessions.reading.HISTORY_BYTES", 1000)
    for number in range(4):
        answer(store, queue(store, number), f"a{number}" + 400 * "x")
    found = texts(store)
    assert [text[:2] for text in found] == ["m2", "a2", "m3", "a3"]


def test_data_has_a_limit_that_leaves_what_was_there(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("capsule.apps.sessions.transaction.DATA_BYTES", 100)
    store.apply([lambda t: t.save_data("ses_1", {"a": 1}, [])])
    (refused,), _ = store.apply([lambda t: t.save_data("ses_1", {"b": "x" * 100}, [])])
    assert isinstance(refused, SessionDataTooLarge)
    session = store.session("ses_1")
    assert session is not None
    assert session.data == {"a": 1}


def test_one_refused_operation_leaves_the_others_of_its_commit(store: SessionStore) -> None:
    results, events = store.apply(
        [
            lambda t: accept(t, "trn_x", "c", "lost", "ses_no"),
            lambda t: accept(t, "trn_y", "c", "kept"),
        ]
    )
    assert isinstance(results[0], SessionNotFound)
    assert results[1].is_new
    assert [event.payload()["text"] for event in events] == ["kept"]


def test_a_bug_in_one_operation_undoes_the_whole_commit(store: SessionStore) -> None:
    with pytest.raises(ZeroDivisionError):
        store.apply([lambda t: accept(t, "trn_y", "c", "lost"), lambda _: 1 / 0])
    assert store.events("ses_1", 0) == []
    assert queue(store, 1).message_offset == 1


async def test_a_bug_in_one_operation_spoils_no_other_in_line(store: SessionStore) -> None:
    with ThreadPoolExecutor(1) as executor:
        log = SessionLog(store, executor)
        bad = log.submit(lambda _: 1 / 0)
        good = log.submit(lambda t: accept(t, "trn_y", "c", "kept"))
        with pytest.raises(Unavailable, match="division"):
            await bad
        assert (await good).is_new
        assert [event.payload()["text"] for event in await log.read(lambda s: s.events("ses_1", 0))] == [
            "kept"
        ]
        await log.close()


def test_a_turn_ends_once(store: SessionStore) -> None:
    turn = queue(store, 1)
    answer(store, turn, "a")
    (again, dropped, started), events = store.apply(
        [
            lambda t: t.end_turn("ses_1", turn.id, "failed", "late"),
            lambda t: t.drop_turn("ses_1", turn.id, "cancelled", None),
            lambda t: t.start_turn(turn, "2"),
        ]
    )
    assert (again, dropped, started, events) == (False, False, None, [])


def test_ending_closes_replies_with_the_text_they_had(store: SessionStore) -> None:
    turn = queue(store, 1)
    store.apply(
        [
            lambda t: t.start_turn(turn, "1"),
            lambda t: t.append("ses_1", "reply_started", turn.id, {"id": "r"}),
            lambda t: journal.keep(t.connection, turn.id, "handler stream", "r"),
            lambda t: t.append("ses_1", "reply_delta", turn.id, {"id": "r", "text": "so "}),
            lambda t: t.append("ses_1", "reply_delta", turn.id, {"id": "r", "text": "far"}),
        ]
    )
    _, events = store.apply([lambda t: t.end_turn("ses_1", turn.id, "interrupted", "gone")])
    assert [(event.type, event.payload()) for event in events] == [
        ("reply_ended", {"id": "r", "text": "so far"}),
        ("turn_ended", {"status": "interrupted", "error": "gone"}),
    ]


def test_a_turn_that_gets_no_further_is_given_up(store: SessionStore) -> None:
    turn = queue(store, 1)
    hopes = []
    for _ in range(FUTILE_ATTEMPTS):
        (_, is_hopeless), _ = store.apply([lambda t: t.start_turn(turn, "1"), lambda t: t.is_hopeless(turn)])
        hopes.append(is_hopeless)
    assert hopes == [False, False, True]


def test_a_turn_that_gets_a_little_further_each_time_is_given_up_later(store: SessionStore) -> None:
    turn = queue(store, 1)
    hopes = []
    for _ in range(ATTEMPTS):
        (_, _, is_hopeless), _ = store.apply(
            [
                lambda t: t.start_turn(turn, "1"),
                lambda t: t.append("ses_1", "notification", turn.id, {"text": "on"}),
                lambda t: t.is_hopeless(turn),
            ]
        )
        hopes.append(is_hopeless)
    assert hopes == [*[False] * (ATTEMPTS - 1), True]


def test_an_element_shown_again_keeps_its_place_and_only_its_newest_state(store: SessionStore) -> None:
    def show(state: str) -> None:
        block = {"id": "b", "type": "step_status", "payload": {"state": state}}
        store.apply([lambda t: t.put_block("ses_1", None, block) and None])

    show("one")
    store.apply([lambda t: t.append("ses_1", "reply", None, {"id": "r", "text": "between"}) and None])
    for state in ("two", "three"):
        show(state)
    events = store.events("ses_1", 0)
    assert [(event.type, event.payload().get("is_stub", False)) for event in events] == [
        ("block", True),
        ("reply", False),
        ("block", False),
    ]
    assert events[-1].payload()["payload"] == {"state": "three"}
    assert [event.type for event in store.history("ses_1")] == ["reply", "block"]


def test_the_last_message_can_be_tried_again_and_its_answer_is_no_history_then(store: SessionStore) -> None:
    first, second = queue(store, 1), queue(store, 2)
    for turn in (first, second):
        answer(store, turn, f"a{turn.message_offset}")
    (refused, again), _ = store.apply(
        [
            lambda t: t.repeat_turn("ses_1", first.id, "trn_x"),
            lambda t: t.repeat_turn("ses_1", second.id, "trn_y"),
        ]
    )
    assert isinstance(refused, TurnNotRepeatable)
    assert again.is_new
    assert texts(store) == ["m1", "a1", "m2"]
    assert [e.payload()["text"] for e in store.history("ses_1", second.message_offset)] == ["m1", "a1"]


def test_sessions_are_found_by_title_and_by_what_was_said(store: SessionStore) -> None:
    answer(store, queue(store, 1), "the 100% answer")
    store.apply([lambda t: t.create_session(NewSession("ses_2", "u"))])
    store.apply([lambda t: t.set_title("ses_2", "Holidays") and None])

    def found(query: str) -> list[str]:
        return [session.id for session in store.sessions("u", "chat", query)]

    assert found("100%") == ["ses_1"]
    assert found("10__") == []
    assert found("holi") == ["ses_2"]
    assert len(found("")) == 2


def test_a_session_in_which_nothing_happens_expires_once(store: SessionStore) -> None:
    turn = queue(store, 1)
    store.apply([lambda t: t.set_entered("ses_1")])
    assert store.expired(9e12) == [], "its turn is open"
    answer(store, turn, "a")
    assert store.expired(0) == []
    assert store.expired(9e12) == ["ses_1"]
    store.apply([lambda t: t.set_closed("ses_1")])
    assert store.expired(9e12) == []
    queue(store, 2)
    session = store.session("ses_1")
    assert session is not None
    assert not session.is_closed, "a message opens it again"


def test_a_thread_key_finds_its_session_again(store: SessionStore) -> None:
    def create(id: str, user: str, key: str | None) -> tuple[str, bool]:
        new = NewSession(id, user, thread_key=key, chat_name="help")
        (found,), _ = store.apply([lambda t: t.create_session(new)])
        return found  # type: ignore[no-any-return]

    assert create("ses_a", "u", "k") == ("ses_a", True)
    assert create("ses_b", "u", "k") == ("ses_a", False)
    assert create("ses_c", "other", "k") == ("ses_c", True)
    assert create("ses_d", "u", "other") == ("ses_d", True)


def test_thinning_out_removes_deltas_and_keeps_what_was_said(store: SessionStore) -> None:
    for number in range(3):
        answer(store, queue(store, number), f"a{number}")
    open_turn = queue(store, 3)
    store.apply(
        [
            lambda t: t.start_turn(open_turn, "1"),
            lambda t: t.append("ses_1", "reply_delta", open_turn.id, {"id": "r", "text": "x"}),
        ]
    )
    (done, rest), _ = store.apply([lambda t: thin_out(t, 9e12, 2), lambda t: thin_out(t, 9e12, 2)])
    assert (done, rest) == (2, 1)
    left = [event for event in store.events("ses_1", 0) if event.type == "reply_delta"]
    assert [event.turn_id for event in left] == [open_turn.id]
    assert texts(store) == ["m0", "a0", "m1", "a1", "m2", "a2"]


def test_data_is_saved_by_key(store: SessionStore) -> None:
    store.apply([lambda t: t.save_data("ses_1", {"a": 1, "b": [1]}, [])])
    store.apply([lambda t: t.save_data("ses_1", {"a": 2}, ["b", "never"])])
    session = store.session("ses_1")
    assert session is not None
    assert session.data == {"a": 2}


def test_titles_are_one_short_line() -> None:
    assert shorten("\n  Hello \nworld") == "Hello"
    assert shorten("x" * 100) == "x" * 59 + "…"
    assert shorten("  \n ") == ""


def test_a_page_of_long_events_is_short_and_none_is_left_out(store: SessionStore) -> None:
    for number in range(5):
        store.apply([lambda t, n=number: accept(t, f"trn_{n}", f"c{n}", "x" * 3_000_000)])  # type: ignore[misc]
    pages, after = [], 0
    while page := [event.offset for event in store.events("ses_1", after)]:
        pages.append(page)
        after = page[-1]
    assert pages == [[1, 2], [3, 4], [5]]
    backwards, before = [], 10
    while page := [event.offset for event in store.events_before("ses_1", before, 1000)]:
        backwards.append(page)
        before = page[0]
    assert backwards == [[4, 5], [2, 3], [1]]


def test_a_search_that_takes_long_ends_with_what_it_found(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(300):
        store.apply([lambda t, n=number: accept(t, f"trn_{n}", f"c{n}", "word " * 50)])  # type: ignore[misc]
    assert len(store.sessions("u", "chat", "word")) == 1
    monkeypatch.setattr(reading, "SEARCH_SECONDS", 0.0)
    assert store.sessions("u", "chat", "nowhere") == []
    monkeypatch.undo()
    assert len(store.sessions("u", "chat")) == 1


def test_a_user_has_only_so_many_chats(store: SessionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "MOST_SESSIONS", 2)
    (_, refused), _ = store.apply(
        [lambda t, n=number: t.create_session(NewSession(f"ses_{n}", "u")) for number in (2, 3)]  # type: ignore[misc]
    )
    assert isinstance(refused, TooManySessions)
    store.apply([lambda t: t.create_session(NewSession("ses_4", "u", channel="api"))])
    assert store.session("ses_4") is not None


def test_an_app_keeps_only_so_many_values(store: SessionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "MOST_KEYS", 2)

    def keep(key: str, owner: str = "u") -> object:
        message = SetValue("", 1, "", "user", key, "value")
        (result,), _ = store.apply([lambda t: values.apply(t.connection, message, owner)])
        return result

    assert [keep("a"), keep("b"), keep("a"), keep("c", "other")] == [None] * 4
    assert isinstance(keep("c"), InvalidValue)


def test_a_history_of_long_answers_is_not_read_as_a_whole(store: SessionStore) -> None:
    for number in range(10):
        answer(store, queue(store, number), f"{number}" * 3_000_000)
    tracemalloc.start()
    try:
        found = texts(store)
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()
    assert (found[-1][0], len(found)) == ("9", 2)


def test_links_and_sign_ins_that_are_too_old_are_forgotten(store: SessionStore) -> None:
    link = account_rows.Link("a@example.com", "hash", "vis_1", "/", expires_at=10.0)
    attempt = account_rows.Attempt("issuer", "nonce", "verifier", "/", "vis_1", expires_at=10.0)
    begun = connection_rows.Authorization(
        "h", "vis_1", "github", "", "http://a", "/", "", 1.0, expires_at=10.0, is_used=False
    )
    store.apply(
        [
            lambda t: account_rows.add_attempt(t.connection, "h", attempt),
            lambda t: account_rows.add_link(t.connection, "h", link),
            lambda t: connection_rows.begin(t.connection, begun),
            lambda t: tending._forget_attempts(t.connection),
        ]
    )
    for table in ("magic_links", "oidc_attempts", "authorizations"):
        assert store.reader.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
