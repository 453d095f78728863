"""The app host's own encoder says what the protocol's does."""

import json

import msgspec
import pytest

from capsule.apps.runtimes.lines import decode as quick
from capsule.apps.runtimes.lines import encode
from cpsl.wire import MAX_LINE, Ack, Inbound, Reply, RunTurn, SessionState, WireError, decode
from cpsl.wire import encode as plain

SESSION: SessionState = {
    "id": "ses_1",
    "user": {"id": "u", "email": None, "org_id": None},
    "channel": "chat",
    "data": {"n": 1.5, "ü": ["\u2028", None]},
    "history": [{"text": 'a "quote"', "sender": "user", "at": 1.5}],
    "is_entered": False,
    "integrations": {},
}


@pytest.mark.parametrize("text", ["hi", "ü😀\n\x00", "half \ud83d"])
def test_a_line_means_the_same(text: str) -> None:
    turn = RunTurn("trn_1", SESSION, Inbound(text=text, at=2.0))
    line = encode(turn)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert json.loads(line) == json.loads(plain(turn))
    assert decode(line) == decode(plain(turn))


def test_a_line_that_is_too_long_is_refused_by_its_sender() -> None:
    with pytest.raises(WireError, match="over the limit"):
        encode(Ack(1, None, "x" * MAX_LINE))


def test_entries_that_are_encoded_already_mean_the_same() -> None:
    raw = [msgspec.Raw(msgspec.json.encode(entry)) for entry in SESSION["history"]]
    turn = RunTurn("trn_1", {**SESSION, "history": raw}, Inbound(text="hi", at=2.0))  # type: ignore[typeddict-item]
    assert decode(encode(turn)) == RunTurn("trn_1", SESSION, Inbound(text="hi", at=2.0))


@pytest.mark.parametrize("text", ["hi", "ü😀\n\x00", "half \ud83d", '\\ "', "9" * 400])
def test_what_runtimes_say_is_read_alike(text: str) -> None:
    line = plain(Reply("trn_1", 0, "site", text))
    assert quick(line) == decode(line)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"type":"reply"}',
        b'{"type":"reply","turn_id":"t","id":1.5,"site":"s","text":"x"}',
        b'{"type":"reply","turn_id":"t","id":"0","site":"s","text":"x"}',
        b'{"type":"nothing"}',
        b'{"type":["reply"]}',
        b'{"type":"ack","id":1,"result":NaN}',
        b"\xff\xfe",
        b'{"type":"ack","id":1,"result":' + b"[" * 100_000,
    ],
)
def test_what_is_no_message_is_refused_alike(line: bytes) -> None:
    for read in (quick, decode):
        with pytest.raises(WireError):
            read(line)


@pytest.mark.parametrize("number", ["1e400", "123456789012345678901234567890", "-0.0", "1.0"])
def test_numbers_are_read_alike(number: str) -> None:
    line = b'{"type":"record","turn_id":"t","id":1,"site":"s","result":%s}' % number.encode()
    read = []
    for one in (quick, decode):
        try:
            read.append(repr(one(line)))
        except WireError:
            read.append("refused")
    assert read[0] == read[1]
