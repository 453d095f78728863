"""Rules of `_headers`, as they reach whoever asks."""

import pytest
from site_harness import Build, serving

from capsule.staticsite.headers import read_headers

RULES = """
# for all
/*
  X-Frame-Options: DENY
  Link: </a.css>; rel=preload
/app/*
  Cache-Control: public, max-age=60
  Link: </b.css>; rel=preload
/app/plain
  ! X-Frame-Options
  ! ETag
"""


async def test_headers_come_with_what_matches(build: Build) -> None:
    build.write(
        {"index.html": "x", "app/index.html": "y", "app/plain.html": "z", "404.html": "n", "_headers": RULES}
    )
    build.publish()
    async with serving(build.site) as get:
        _, home, _ = await get("/")
        assert (home["x-frame-options"], home["cache-control"]) == ("DENY", "no-cache")
        _, app, _ = await get("/app/")
        assert app["cache-control"] == "public, max-age=60"
        assert app["link"] == "</a.css>; rel=preload, </b.css>; rel=preload"
        _, plain, _ = await get("/app/plain")
        assert "x-frame-options" not in plain
        assert "etag" not in plain
        assert plain["link"] == app["link"]
        status, missing, _ = await get("/nothing")
        assert (status, missing["x-frame-options"]) == (404, "DENY")
        status, known, _ = await get("/", f"If-None-Match: {home['etag']}")
        assert (status, known["x-frame-options"]) == (304, "DENY")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("  just words", "is not `Name: value`"),
        ("  Content-Length: 3", "the server sets it by itself"),
        ("  Basic-Auth: me:secret", "a site asks for no password"),
        ("  Bad Name: x", "no name of a header"),
        ("  X-A: \x07", "characters that no header may have"),
        ("no-path", "does not start with `/`"),
    ],
)
def test_line_that_is_no_rule_is_named_and_the_others_hold(line: str, reason: str) -> None:
    rules, complaints = read_headers(f"/x\n  X-A: 1\n{line}\n/y\n  X-B: 2\n")
    assert [rule.given for rule in rules] == [{"x-a": "1"}, {"x-b": "2"}]
    assert len(complaints) == 1
    assert complaints[0].startswith("Line 3 of _headers is left out: ")
    assert reason in complaints[0]


def test_header_without_a_path_is_named() -> None:
    assert read_headers("  X-A: 1")[1] == ["Line 1 of _headers is left out: there is no path above it."]
