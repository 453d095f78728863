"""Rules of `_redirects`, as the server follows them."""

import pytest
from site_harness import Build, serving

from capsule.staticsite.redirects import read_redirects
from capsule.staticsite.site import Site

RULES = """
# moved
/old            /new
/was            /new            302
/blog/*         /posts/:splat   301
/users/:id/edit /profile/:id#form 308   # with a fragment
/docs/*         https://docs.example.com/v2/:splat 307
/shown          /other          302
/moved          /other          302!
/app/*          /app/index.html 200
/gone           /sorry.html     410
/beta/*         /missing        200
/same/:a/:b     /:b/:a
/ü              /new
/with           /new?x=1
/*              /lost.html      404
"""
FILES = ("index.html", "shown.html", "moved.html", "app/index.html", "sorry.html", "lost.html", "404.html")


@pytest.fixture
def site(build: Build) -> Site:
    build.write({**dict.fromkeys(FILES, "x"), "_redirects": RULES})
    assert build.publish() == ["7 files, 0 kB."]
    return Site(build.site)


@pytest.mark.parametrize(
    ("target", "status", "to"),
    [
        ("/old", 301, "/new"),
        ("/old/", 301, "/new"),
        ("/old?a=1&b=2", 301, "/new?a=1&b=2"),
        ("/was", 302, "/new"),
        ("/blog/2024/first%20post", 301, "/posts/2024/first%20post"),
        ("/blog", 301, "/posts/"),
        ("/users/7/edit", 308, "/profile/7#form"),
        ("/users/7/edit?x=1", 308, "/profile/7?x=1#form"),
        ("/docs/a/b", 307, "https://docs.example.com/v2/a/b"),
        ("/moved", 302, "/other"),
        ("/same/one/two", 301, "/two/one"),
        ("/%C3%BC", 301, "/new"),
        ("/with?y=2", 301, "/new?x=1"),
    ],
)
def test_address_leads_elsewhere(target: str, status: int, to: str, site: Site) -> None:
    found = site.find(target)
    assert (found.path, found.status, found.location) == (None, status, to)


@pytest.mark.parametrize(
    ("target", "status", "path"),
    [
        ("/shown", 200, "shown.html"),
        ("/app/settings/mail", 200, "app/index.html"),
        ("/app/logo.png", 200, "app/index.html"),
        ("/gone", 410, "sorry.html"),
        ("/beta/x", 404, "404.html"),
        ("/elsewhere", 404, "lost.html"),
        ("/", 200, "index.html"),
    ],
)
def test_address_is_answered_here(target: str, status: int, path: str, site: Site) -> None:
    found = site.find(target)
    assert (found.path, found.status, found.location) == (path, status, "")


def test_asker_cannot_choose_the_host(build: Build) -> None:
    build.write({"_redirects": "/go/* /:splat 302\n/to/:x/* :x"})
    build.publish()
    site = Site(build.site)
    assert site.find("/go//evil.example").location == "/evil.example"
    assert site.find("/go/%2Fevil.example").location == "/evil.example"
    assert site.find("/go/%5Cevil.example").location == "/%5Cevil.example"
    assert "\r" not in site.find("/go/a%0d%0aSet-Cookie:x").location


def test_rule_that_leads_back_is_passed_over(build: Build) -> None:
    build.write({"index.html": "x", "_redirects": "/* /:splat 301"})
    build.publish()
    assert Site(build.site).find("/a/b").status == 404


def test_rewrite_stays_in_the_site(build: Build) -> None:
    build.write({"index.html": "x", ".env": "secret", "_redirects": "/f/* /:splat 200\n/e /.env 200"})
    build.publish()
    site = Site(build.site)
    assert site.find("/f/..%2f..%2fetc/passwd").status == 404
    assert site.find("/e").status == 404
    assert site.find("/f/index.html").path == "index.html"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("/only", "is not `from to [status]`"),
        ("/a /b 999", "none of 200, 301"),
        ("/a /b Country=de", "none of 200, 301"),
        ("/a /b 302 Language=de", "conditions such as `Language=de`"),
        ("/a id=:id /b 301", "query parameters such as `id=:id`"),
        ("/api/* https://api.example.com/:splat 200", "would be a proxy"),
        ("https://other.example/* /b", "does not start with `/`"),
        ("/a b", "neither a path nor an address"),
        ("/*/x/* /b", "more than one `*`"),
        ("/:a/:a /b", "one name twice"),
        ("/a /a/", "leads to itself"),
    ],
)
def test_line_that_is_no_rule_is_named_and_the_others_hold(line: str, reason: str) -> None:
    rules, complaints = read_redirects(f"/x /y\n{line}\n/y /z\n")
    assert len(rules) == 2
    assert len(complaints) == 1
    assert complaints[0].startswith("Line 2 of _redirects is left out: ")
    assert reason in complaints[0]


async def test_file_of_rules_is_not_served_and_its_faults_are_told(build: Build) -> None:
    build.write({"index.html": "x", "_redirects": "/a /b 9\n/c /d", "_headers": "X: y"})
    told = build.publish()
    assert [line.partition(" is left out")[0] for line in told] == [
        "Line 1 of _redirects",
        "Line 1 of _headers",
        "1 file, 0 kB.",
    ]
    async with serving(build.site) as get:
        assert (await get("/_redirects"))[0] == 404
        assert (await get("/c"))[1]["location"] == "/d"
