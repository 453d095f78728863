"""Messages between app host and runtime, as lines."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpsl.wire import MAX_LINE, Reply, ReplyDelta, RunTurn, SaveData, WireError, WireMessage, decode, encode


@given(st.text(), st.text())
def test_a_message_survives_the_line(reply_id: str, text: str) -> None:
    message = ReplyDelta("trn_1", reply_id, text)
    line = encode(message)
    assert line.count(b"\n") == 1
    assert decode(line) == message


@pytest.mark.parametrize(
    ("text", "arrives"), [("a\ud83d", "a\ufffd"), ("\ude00\ud83d", "\ufffd\ufffd"), ("\ud83d\ude00", "😀")]
)
def test_half_a_character_is_replaced_before_it_travels(text: str, arrives: str) -> None:
    assert decode(encode(ReplyDelta("t", "r", text))) == ReplyDelta("t", "r", arrives)


def test_half_a_character_of_a_foreign_sender_is_replaced_too() -> None:
    line = b'{"type":"reply","turn_id":"t","id":1,"site":"s","text":"a\\ud83d"}\n'
    assert decode(line) == Reply("t", 1, "s", "a\ufffd")


def test_every_message_has_a_name_of_its_own() -> None:
    assert len({kind.__name__ for kind in get_args(WireMessage)}) == len(get_args(WireMessage))


def test_fields_of_a_newer_side_are_left_out_and_missing_optional_ones_filled() -> None:
    line = b'{"type":"save_data","turn_id":"t","id":1,"site":"s","changed":{"a":1},"colour":"red"}\n'
    assert decode(line) == SaveData("t", 1, "s", {"a": 1}, [])


@pytest.mark.parametrize(
    "line",
    [
        *(b"", b"{}", b"[]", b'{"type":"nope"}', b'{"type":"reply"}', b"\xff\n", b"{", b"[" * 100_000),
        b'{"type":["reply"]}',
        b'{"type":"reply","turn_id":"t","id":"1","text":"x"}',
        b'{"type":"reply","turn_id":"t","id":1,"text":["x"]}',
        b'{"type":"turn_ended","turn_id":"t","status":"queued"}',
        b'{"type":"turn_ended","turn_id":"t","status":["failed"]}',
        b'{"type":"save_data","turn_id":"t","id":1,"site":"s","changed":[]}',
        b'{"type":"save_data","turn_id":"t","id":1,"site":"s","changed":{},"removed":[[]]}',
        b'{"type":"save_data","turn_id":"t","id":1,"site":"s","changed":{"n":NaN}}',
    ],
)
def test_anything_else_is_a_wire_error(line: bytes) -> None:
    with pytest.raises(WireError):
        decode(line)


def test_a_message_over_the_limit_is_refused_by_its_sender() -> None:
    with pytest.raises(WireError, match="over the limit"):
        encode(ReplyDelta("t", "r", "x" * MAX_LINE))


def test_a_turn_carries_all_a_runtime_needs() -> None:
    turn = RunTurn(
        "trn_1",
        {
            "id": "ses_1",
            "user": {"id": "u", "email": None, "org_id": None},
            "channel": "chat",
            "data": {"n": 1},
            "history": [{"text": "hi", "sender": "user", "at": 1.5}],
            "is_entered": False,
            "integrations": {},
        },
        {"text": "ü", "at": 2.0},
    )
    assert decode(encode(turn)) == turn
