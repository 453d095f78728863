from ipaddress import ip_address

import pytest
from hypothesis import given, strategies

from capsule.sandbox.gate import dns


def query(name: str, kind: int = dns.A) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label)
    return b"\xab\xcd\x01\x00\0\x01\0\0\0\0\0\0" + labels + b"\0" + kind.to_bytes(2) + b"\0\x01"


def test_the_question_is_read_in_lower_case() -> None:
    message = query("Api.Example.COM", dns.AAAA)
    assert dns.read_question(message) == dns.Question("api.example.com", dns.AAAA, len(message))


def test_dots_within_a_label_match_no_name() -> None:
    message = b"\0\0\x01\0\0\x01\0\0\0\0\0\0" + b"\x0bexample.com\0\0\x01\0\x01"
    question = dns.read_question(message)
    assert question is not None
    assert question.name != "example.com"


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"short",
        query("a.example")[:-3],
        b"\0\0\x81\0" + query("a.example")[4:],  # an answer
        b"\0\0\x01\0\0\x02" + query("a.example")[6:],  # two questions
        b"\0\0\x01\0\0\x01\0\0\0\0\0\0\xc0\x0c\0\x01\0\x01",  # a pointer
        query(".".join(["a" * 60] * 5)),
    ],
)
def test_what_is_no_query_is_none(message: bytes) -> None:
    assert dns.read_question(message) is None


@given(strategies.binary(max_size=300))
def test_nothing_makes_it_fail(message: bytes) -> None:
    question = dns.read_question(message)
    if question is not None:
        assert dns.write_answer(message, question, dns.NO_ERROR)[:2] == message[:2]


def test_an_answer_holds_the_addresses_of_the_kind_asked_for() -> None:
    addresses = [ip_address("10.0.0.5"), ip_address("fd00::5")]
    for kind, packed in ((dns.A, addresses[0].packed), (dns.AAAA, addresses[1].packed)):
        message = query("a.example", kind)
        question = dns.read_question(message)
        assert question is not None
        answer = dns.write_answer(message, question, dns.NO_ERROR, addresses)
        assert answer.endswith(packed)
        assert int.from_bytes(answer[6:8]) == 1
        assert answer[2] & 0x80
