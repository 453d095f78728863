import pytest

from capsule.edge.proxy.limits import (
    CodingNotSupported,
    ExpectationFailed,
    HeadTooLarge,
    MalformedRequest,
    VersionNotSupported,
)
from capsule.edge.proxy.request import CHUNKED, Headers, absolute_target, match_head, refusal

LIMIT = 64 * 1024


def block(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1")


class TestHead:
    def test_plain_request_is_cut_into_its_parts(self) -> None:
        data = b"GET /a?b=c HTTP/1.1\r\nHost: shop.localhost\r\n\r\nrest"
        found = match_head(data)
        assert found is not None
        assert found.groups() == (b"GET", b"/a?b=c", b"1", b"Host: shop.localhost\r\n")
        assert data[found.end() :] == b"rest"

    @pytest.mark.parametrize("cut", range(1, len(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")))
    def test_head_that_is_not_whole_is_awaited(self, cut: int) -> None:
        part = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[:cut]
        assert match_head(part) is None
        assert refusal(part, LIMIT) is None

    @pytest.mark.parametrize(
        "data",
        [
            b"GET / HTTP/1.1\nHost: a\n\n",
            b"GET / HTTP/1.1\r\nHost: a\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
            b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
            b"GET / HTTP/1.1\r\n: a\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost\r\n\r\n",
            b"GET / HTTP/1.1\r\nX(y): a\r\n\r\n",
            b"GET / HTTP/1.1\r\nX: a\0b\r\n\r\n",
            b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
            b"G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET / http/1.1\r\nHost: a\r\n\r\n",
            b"GET /\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        ],
    )
    def test_malformed_head_is_refused(self, data: bytes) -> None:
        assert match_head(data) is None
        error = refusal(data, LIMIT)
        assert error is not None
        assert error.status == 400

    def test_bare_line_feed_is_refused_before_the_head_is_whole(self) -> None:
        assert refusal(b"GET / HTTP/1.1\nHost: a\n", LIMIT) is not None

    def test_other_version_is_refused_by_name(self) -> None:
        assert isinstance(refusal(b"PRI * HTTP/2.0\r\n\r\n", LIMIT), VersionNotSupported)

    def test_oversized_head_is_refused(self) -> None:
        error = refusal(b"GET / HTTP/1.1\r\nX: " + b"a" * LIMIT, LIMIT)
        assert isinstance(error, HeadTooLarge)
        assert error.status == 431


class TestHeaders:
    @pytest.mark.parametrize(
        ("value", "host"),
        [
            ("Shop.LOCALHOST", "shop.localhost"),
            ("shop.localhost:8080", "shop.localhost"),
            ("shop.localhost.", "shop.localhost"),
            ("shop.localhost.:80", "shop.localhost"),
            ("127.0.0.1:8080", "127.0.0.1"),
            ("[::1]:8080", "[::1]"),
            ("a_b.localhost", "a_b.localhost"),
        ],
    )
    def test_host_is_normalised(self, value: str, host: str) -> None:
        assert Headers(block(f"Host: {value}")).host == host

    @pytest.mark.parametrize("value", ["", "a b", "a/b", "a@b", "a:b", "a,b", "[::1", "a\xe9"])
    def test_host_that_is_no_name_is_refused(self, value: str) -> None:
        with pytest.raises(MalformedRequest):
            Headers(block(f"Host: {value}"))

    @pytest.mark.parametrize(
        "lines",
        [
            ("Host: a", "Host: a"),
            ("Content-Length: 1", "Content-Length: 1"),
            ("Content-Length: 1", "content-length: 2"),
            ("Content-Length: 1, 1",),
            ("Content-Length: +1",),
            ("Content-Length: -1",),
            ("Content-Length: 0x1",),
            ("Content-Length: 1 1",),
            ("Content-Length:",),
            ("Content-Length: 9999999999999999999",),
            ("Content-Length: 1", "Transfer-Encoding: chunked"),
            ("Transfer-Encoding: chunked", "Content-Length: 1"),
            ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        ],
    )
    def test_ambiguous_length_or_host_is_refused(self, lines: tuple[str, ...]) -> None:
        with pytest.raises(MalformedRequest) as caught:
            Headers(block(*lines))
        assert caught.value.status == 400

    @pytest.mark.parametrize(
        "value", ["gzip", "gzip, chunked", "chunked, identity", "xchunked", "chunked;q=1", "\x0bchunked"]
    )
    def test_other_transfer_coding_is_refused(self, value: str) -> None:
        with pytest.raises(CodingNotSupported):
            Headers(block(f"Transfer-Encoding: {value}"))

    def test_other_expectation_is_refused(self) -> None:
        with pytest.raises(ExpectationFailed):
            Headers(block("Expect: 200-maybe"))

    def test_length_and_chunks_are_read_and_kept(self) -> None:
        assert Headers(block("Content-Length: 12")).length == 12
        chunked = Headers(block("Transfer-Encoding: Chunked"))
        assert chunked.length == CHUNKED
        assert chunked.kept == chunked.raw

    def test_headers_that_only_the_edge_may_set_are_dropped(self) -> None:
        dropped = (
            "X-Capsule-Route: evil",
            "x-capsule-user: evil",
            "X_Capsule_Route: evil",
            "X-Capsule_Route: evil",
            "X-Forwarded-For: 1.2.3.4",
            "X_FORWARDED_PROTO: https",
            "X-Forwarded-Port: 443",
            "X-Real-IP: 1.2.3.4",
            "Forwarded: for=1.2.3.4",
            "Content_Length: 5",
            "Transfer_Encoding: chunked",
            "Proxy: http://evil",
        )
        kept = Headers(block("Host: a", *dropped, "Accept: */*")).kept
        assert kept == block("Host: a", "Accept: */*")

    def test_hop_by_hop_headers_are_dropped_with_those_that_connection_names(self) -> None:
        kept = Headers(
            block(
                "Connection: close, X-Hop, Host",
                "Host: a",
                "Keep-Alive: timeout=5",
                "TE: trailers",
                "Trailer: X",
                "Proxy-Authorization: secret",
                "Proxy-Connection: keep-alive",
                "X-Hop: 1",
                "X-End: 2",
            )
        )
        assert kept.kept == block("Host: a", "X-End: 2")
        assert kept.close

    def test_only_websocket_is_an_upgrade_passed_on(self) -> None:
        asked = Headers(block("Connection: keep-alive, Upgrade", "Upgrade: WebSocket"))
        assert asked.upgrade == b"websocket"
        assert asked.kept == b""
        assert Headers(block("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c")).upgrade == b""
        assert Headers(block("Upgrade: websocket")).upgrade == b""

    def test_user_agent_is_kept_as_written(self) -> None:
        headers = Headers(block("Host: a", "User-Agent:  Mozilla/5.0 (X) ", "Accept: text/html"))
        assert headers.agent == b"Mozilla/5.0 (X)"
        assert headers.kept == headers.raw


class TestAbsoluteTarget:
    def test_host_of_the_target_wins(self) -> None:
        target, headers = absolute_target(
            b"http://shop.localhost:8080/a?b", Headers(block("Host: evil", "X: 1"))
        )
        assert target == b"/a?b"
        assert headers.host == "shop.localhost"
        assert headers.kept == block("Host: shop.localhost:8080", "X: 1")

    def test_target_without_path_becomes_the_root(self) -> None:
        assert absolute_target(b"http://a", Headers(b""))[0] == b"/"

    @pytest.mark.parametrize(
        "target", [b"shop.localhost:443", b"ftp://a/", b"http://a@b/", b"x", b"http:///x"]
    )
    def test_other_forms_are_refused(self, target: bytes) -> None:
        with pytest.raises(MalformedRequest):
            absolute_target(target, Headers(b""))
