import pytest

from capsule.edge.proxy.limits import MalformedResponse
from capsule.edge.proxy.response import CHUNKED, UNTIL_CLOSE, Headers, body_length, match_head


def test_head_is_cut_into_its_parts() -> None:
    found = match_head(b"HTTP/1.1 404 Not Found\r\nA: b\r\n\r\nrest")
    assert found is not None
    assert found.groups() == (b"1", b"404", b" Not Found", b"A: b\r\n")


def test_reason_may_be_missing() -> None:
    assert match_head(b"HTTP/1.1 200\r\n\r\n") is not None
    assert match_head(b"HTTP/1.0 200 \r\n\r\n") is not None


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 2000 x\r\n\r\n", b"hello\r\n\r\n", b"HTTP/1.1 200 OK\r\nA b\r\n\r\n"]
)
def test_what_is_not_http_does_not_match(head: bytes) -> None:
    assert match_head(head) is None


def test_hop_by_hop_headers_are_dropped() -> None:
    headers = Headers(b"A: b\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nContent-Length: 3\r\n")
    assert headers.kept == b"A: b\r\nContent-Length: 3\r\n"
    assert (headers.length, headers.close, headers.keep_alive) == (3, False, True)


def test_unchanged_headers_are_not_copied() -> None:
    headers = Headers(b"A: b\r\nContent-Length: 3\r\n")
    assert headers.kept is headers.raw


def test_chunked_wins_over_a_length_and_drops_it() -> None:
    headers = Headers(b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\nA: b\r\n")
    assert headers.length == CHUNKED
    assert headers.kept == b"Transfer-Encoding: chunked\r\nA: b\r\n"


def test_same_length_twice_is_sent_once() -> None:
    assert Headers(b"Content-Length: 3\r\nContent-Length: 3\r\n").kept == b"Content-Length: 3\r\n"


@pytest.mark.parametrize(
    "block",
    [
        b"Content-Length: 3\r\nContent-Length: 4\r\n",
        b"Content-Length: x\r\n",
        b"Transfer-Encoding: gzip\r\n",
    ],
)
def test_ambiguous_length_is_refused(block: bytes) -> None:
    with pytest.raises(MalformedResponse):
        Headers(block)


def test_body_length_depends_on_request_and_status() -> None:
    headers = Headers(b"Content-Length: 3\r\n")
    assert body_length(headers, b"GET", 200) == 3
    assert body_length(headers, b"HEAD", 200) == 0
    assert body_length(headers, b"GET", 304) == 0
    assert body_length(headers, b"GET", 204) == 0
    assert body_length(Headers(b"A: b\r\n"), b"GET", 200) == UNTIL_CLOSE
