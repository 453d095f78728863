"""The app host's own encoder says what the protocol's does."""

import json

import pytest

from capsule.apps.runtimes.lines import encode
from cpsl.wire import MAX_LINE, Ack, Inbound, RunTurn, SessionState, WireError, decode
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
