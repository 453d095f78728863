"""What is done to pages, headers and addresses of previews, piece by piece."""

import pytest

from capsule.apps.preview.address import PreviewAddress, read_address
from capsule.apps.preview.headers import to_browser, to_port
from capsule.apps.preview.pages import PageRewriter, can_rewrite

ADDRESS = PreviewAddress("t.o-k", 3000)
PREFIX = b"/_capsule/preview/t.o-k/3000"
SHIM = b'<script src="/_capsule/preview.js"></script>'


def rewrite(page: bytes, size: int = 10_000) -> bytes:
    rewriter = PageRewriter(ADDRESS)
    pieces = [rewriter.feed(page[start : start + size]) for start in range(0, len(page), size)]
    return b"".join([*pieces, rewriter.finish()])


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (b"plain / text", b"plain / text"),
        (b'<!doctype html><html><head lang="x"><p>', b'<!doctype html><html><head lang="x">%b<p>' % SHIM),
        (b"<!-- <head> --><p>hi", b"<!-- <head> -->%b<p>hi" % SHIM),
        (b'<img src="/a" alt="/b">', b'%b<img src="%b/a" alt="/b">' % (SHIM, PREFIX)),
        (b"<form action=/send>", b"%b<form action=%b/send>" % (SHIM, PREFIX)),
        (b"<a HREF='//x/y'>", b"%b<a HREF='//x/y'>" % SHIM),
        (b'<a data-href="/x">', b'%b<a data-href="/x">' % SHIM),
        (
            b'<img srcset="/a 1x, /b 2x, //c 3x">',
            b'%b<img srcset="%b/a 1x, %b/b 2x, //c 3x">' % (SHIM, PREFIX, PREFIX),
        ),
        (
            b'<script type="module">import x from "/@r"; import("/y"); import "./z"</script>',
            b'%b<script type="module">import x from "%b/@r"; import("%b/y"); import "./z"</script>'
            % (SHIM, PREFIX, PREFIX),
        ),
    ],
)
def test_addresses_from_the_root_are_led_into_the_preview(page: bytes, expected: bytes) -> None:
    assert rewrite(page) == expected


def test_it_does_not_matter_how_a_page_is_cut() -> None:
    page = b'<html><head><link href="/x.css"></head><body>1 < 2 <img src="/a"></body>'
    whole = rewrite(page)
    assert whole.count(PREFIX) == 2
    assert {rewrite(page, size) for size in (1, 2, 7, 30)} == {whole}


def test_a_tag_without_an_end_is_not_waited_for_for_ever() -> None:
    rewriter = PageRewriter(ADDRESS)
    assert rewriter.feed(b"<a " + b"x" * 70_000) != b""


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, [(b"content-type", b"text/html; charset=utf-8")], True),
        (404, [(b"content-type", b"text/html")], True),
        (200, [(b"content-type", b"text/html; charset=UTF-16")], False),
        (200, [(b"content-type", b"text/html"), (b"content-encoding", b"gzip")], False),
        (206, [(b"content-type", b"text/html")], False),
        (200, [(b"content-type", b"application/json")], False),
        (200, [], False),
    ],
)
def test_only_whole_readable_pages_are_changed(
    status: int, headers: list[tuple[bytes, bytes]], expected: bool
) -> None:
    assert can_rewrite(status, headers) is expected


def test_headers_for_this_connection_only_go_no_further() -> None:
    given = [(b"connection", b"close, X-Once"), (b"x-once", b"1"), (b"te", b"trailers"), (b"x", b"2")]
    assert [name for name, _ in to_port(given, ADDRESS)] == [
        b"host",
        b"x",
        b"accept-encoding",
        b"x-forwarded-prefix",
    ]
    returned = dict(to_browser([(b"Connection", b"x-once"), (b"X-Once", b"1"), (b"X", b"2")], ADDRESS))
    assert returned[b"x"] == b"2"
    assert b"x-once" not in returned


def test_what_would_act_on_the_whole_host_is_not_returned() -> None:
    names = (
        "Set-Cookie Clear-Site-Data Strict-Transport-Security WWW-Authenticate Service-Worker-Allowed"
        " X-Frame-Options Cross-Origin-Opener-Policy X-Capsule-Route"
    )
    given = [(name.encode(), b"x") for name in names.split()]
    assert {name for name, _ in to_browser(given, ADDRESS)} == {
        b"content-security-policy",
        b"referrer-policy",
        b"cache-control",
        b"access-control-allow-origin",
        b"access-control-expose-headers",
    }


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/a?b=1#c", f"{PREFIX.decode()}/a?b=1#c"),
        ("a/b", "a/b"),
        ("?x", "?x"),
        ("//elsewhere/x", "//elsewhere/x"),
        ("//localhost:3000/x", f"{PREFIX.decode()}/x"),
        ("http://127.0.0.1:3000", f"{PREFIX.decode()}/"),
        ("http://[::1]:3000/x", f"{PREFIX.decode()}/x"),
        ("http://localhost:4000/x", "http://localhost:4000/x"),
        ("http://[", "http://["),
        ("http://localhost:x/", "http://localhost:x/"),
    ],
)
def test_locations_of_the_port_stay_inside(location: str, expected: str) -> None:
    assert ADDRESS.inside(location) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/_capsule/preview/t.o-k/3000/a%2Fb", (ADDRESS, "/a%2Fb")),
        ("/_capsule/preview/t.o-k/3000", (ADDRESS, "")),
        ("/_capsule/preview/t.o-k/0/", None),
        ("/_capsule/preview/t.o-k/65536/", None),
        ("/_capsule/preview/t.o-k/3000x/", None),
        ("/_capsule/preview/t~k/3000/", None),
        ("/x/_capsule/preview/t.o-k/3000/", None),
    ],
)
def test_only_addresses_of_previews_are_read(path: str, expected: object) -> None:
    assert read_address(path) == expected
