"""The file server over real connections."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import brotli
import pytest
from site_harness import Build, Client, serving

from capsule.staticsite.site import Site

FILES = {
    "index.html": "home",
    "about.html": "about",
    "docs/index.html": "docs",
    "404.html": "own page",
    "assets/index-DiwrgTda.js": "x" * 5000,
    ".env": "secret",
    ".git/config": "secret",
    ".well-known/x": "known",
    "a b.txt": "spaced",
}


@pytest.fixture
def site(build: Build) -> Path:
    build.write(FILES)
    (build.root / "big.bin").write_bytes(bytes(range(256)) * 1000)
    (build.root.parent / "outside").write_text("outside")
    (build.root / "link").symlink_to(build.root.parent / "outside")
    build.publish()
    return build.site


@pytest.fixture
async def get(site: Path) -> AsyncIterator[Client]:
    async with serving(site) as client:
        yield client


PATHS = [
    ("/", 200, "home"),
    ("/about", 200, "about"),
    ("/about.html", 200, "about"),
    ("/docs/", 200, "docs"),
    ("/a%20b.txt?x=1", 200, "spaced"),
    ("/.well-known/x", 200, "known"),
    ("/nothing", 404, "own page"),
    ("/.env", 404, "own page"),
    ("/.git/config", 404, "own page"),
    ("/../outside", 404, "own page"),
    ("/%2e%2e/outside", 404, "own page"),
    ("/link", 404, "own page"),
    ("/a%00b", 404, "own page"),
    ("/docs/..%2f..%2foutside", 404, "own page"),
    ("/..%5coutside", 404, "own page"),
    ("//about", 200, "about"),
]


@pytest.mark.parametrize(("path", "status", "text"), PATHS)
async def test_path_answers(path: str, status: int, text: str, get: Client) -> None:
    found = await get(path)
    assert (found[0], found[2].decode()) == (status, text)


@pytest.mark.parametrize(("path", "status", "text"), PATHS)
async def test_folder_that_was_never_published_answers_alike(
    path: str, status: int, text: str, build: Build
) -> None:
    build.write(FILES)
    (build.root.parent / "outside").write_text("outside")
    (build.root / "link").symlink_to(build.root.parent / "outside")
    async with serving(build.root) as get:
        found = await get(path)
    assert (found[0], found[2].decode()) == (status, text)


@pytest.mark.parametrize(
    ("path", "to"), [("/docs?x=1", "/docs/?x=1"), ("/about/", "/about"), ("//docs", "/docs/")]
)
async def test_folder_and_page_have_one_address(path: str, to: str, get: Client) -> None:
    status, headers, _ = await get(path)
    assert (status, headers["location"]) == (301, to)


async def test_known_tag_is_not_sent_again(get: Client) -> None:
    _, headers, _ = await get("/")
    assert headers["cache-control"] == "no-cache"
    status, again, body = await get("/", f"If-None-Match: {headers['etag']}")
    assert (status, body) == (304, b"")
    assert "content-length" not in again


async def test_text_is_compressed_when_asked_for(get: Client) -> None:
    script = "/assets/index-DiwrgTda.js"
    status, headers, body = await get(script, "Accept-Encoding: gzip")
    assert (status, headers["content-encoding"], headers["vary"]) == (200, "gzip", "Accept-Encoding")
    assert gzip.decompress(body) == b"x" * 5000
    assert "immutable" in headers["cache-control"]
    _, plain, _ = await get(script)
    assert (plain["content-length"], plain["vary"]) == ("5000", "Accept-Encoding")
    _, smaller, body = await get(script, "Accept-Encoding: gzip, deflate, br, zstd")
    assert (smaller["content-encoding"], brotli.decompress(body)) == ("br", b"x" * 5000)
    assert smaller["content-length"] == str(len(body))
    assert len({headers["etag"], plain["etag"], smaller["etag"]}) == 3
    status, again, _ = await get(script, "Accept-Encoding: br", f"If-None-Match: {smaller['etag']}")
    assert (status, again["etag"], again["vary"]) == (304, smaller["etag"], "Accept-Encoding")
    assert (await get(script, "Accept-Encoding: gzip", f"If-None-Match: {smaller['etag']}"))[0] == 200


async def test_part_is_one_of_the_file_itself(get: Client) -> None:
    script, wanted = "/assets/index-DiwrgTda.js", ("Accept-Encoding: br, gzip", "Range: bytes=0-2")
    status, part, body = await get(script, *wanted)
    assert (status, part["content-range"], body) == (206, "bytes 0-2/5000", b"xxx")
    assert "content-encoding" not in part
    _, packed, _ = await get(script, "Accept-Encoding: br")
    # Who has half of the compressed copy gets no part of the plain file to go on with.
    assert (await get(script, *wanted, f"If-Range: {packed['etag']}"))[0] == 200
    assert (await get(script, *wanted, f"If-Range: {part['etag']}"))[0] == 206


@pytest.mark.parametrize(
    ("wanted", "encoding"),
    [
        ("gzip, br", "br"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("gzip;q=0.5, br; Q=0.9", "br"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("*", "br"),
        ("*;q=0.5, br;q=0", "gzip"),
        ("gzip, *;q=0", "gzip"),
        ("identity", None),
        ("identity;q=1, gzip;q=0.5", None),
        ("identity;q=0.2, gzip;q=0.5", "gzip"),
        ("br;q=often, gzip", "gzip"),
        ("gzip;q=0.000", None),
        ("deflate, zstd", None),
        (",;,", None),
    ],
)
async def test_what_the_asker_likes_best_is_sent(wanted: str, encoding: str | None, get: Client) -> None:
    _, headers, _ = await get("/assets/index-DiwrgTda.js", f"Accept-Encoding: {wanted}")
    assert headers.get("content-encoding") == encoding


async def test_copy_in_brotli_made_by_the_build_is_preferred(build: Build) -> None:
    build.write({"app.js": "x" * 5000, "app.js.br": "as if it were brotli", "app.js.gz": "as if gzip"})
    build.publish()
    async with serving(build.site) as get:
        _, headers, body = await get("/app.js", "Accept-Encoding: gzip, deflate, br, zstd")
        assert (headers["content-encoding"], body) == ("br", b"as if it were brotli")
        assert (await get("/app.js", "Accept-Encoding: gzip"))[2] == b"as if gzip"
        assert (await get("/app.js.gz"))[1]["content-type"] == "application/gzip"


async def test_ranges(get: Client) -> None:
    status, headers, body = await get("/big.bin", "Range: bytes=10-19")
    assert (status, headers["content-range"], body) == (206, "bytes 10-19/256000", bytes(range(10, 20)))
    assert (await get("/big.bin", "Range: bytes=-5"))[2] == bytes(range(251, 256))
    assert len((await get("/big.bin", "Range: bytes=100-"))[2]) == 255900
    assert (await get("/big.bin", "Range: bytes=256000-"))[0] == 416
    assert (await get("/big.bin", "Range: bytes=-0"))[0] == 416
    assert (await get("/big.bin", "Range: bytes=0-1,5-6"))[0] == 200
    assert (await get("/big.bin", "Range: bytes=0-1", 'If-Range: "old"'))[0] == 200


async def test_head_and_other_methods(get: Client) -> None:
    status, headers, body = await get("/big.bin", method="HEAD")
    assert (status, headers["content-length"], body) == (200, "256000", b"")
    assert (await get("/", method="POST"))[0] == 405
    assert (await get("http://x/"))[0] == 400
    assert (await get("/", "x" * 70_000 + ": y"))[0] == 431


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.js", "text/javascript; charset=utf-8"),
        ("a.woff2", "font/woff2"),
        ("a.webmanifest", "application/manifest+json"),
        ("a.SVG", "image/svg+xml"),
        ("unknown", "application/octet-stream"),
    ],
)
async def test_types(name: str, kind: str, build: Build) -> None:
    build.write({name: "content"})
    build.publish()
    async with serving(build.site) as get:
        assert (await get(f"/{name}"))[1]["content-type"] == kind


class TestUnknownPaths:
    def find(self, build: Build, *files: str) -> Site:
        build.write(dict.fromkeys(("index.html", *files), "x"))
        build.publish()
        return Site(build.site, is_single_page=True)

    def test_single_page_answers_unknown_pages_but_not_unknown_files(self, build: Build) -> None:
        site = self.find(build)
        assert (site.find("/some/page").path, site.find("/some/page").status) == ("index.html", 200)
        assert site.find("/some/logo.png").status == 404
        assert site.find("/.env").status == 404

    def test_own_page_for_what_is_not_found_ends_that(self, build: Build) -> None:
        site = self.find(build, "404.html")
        assert (site.find("/some/page").path, site.find("/some/page").status) == ("404.html", 404)

    def test_page_for_all_others_stands_above_both(self, build: Build) -> None:
        site = self.find(build, "404.html", "200.html")
        assert (site.find("/some/page").path, site.find("/some/page").status) == ("200.html", 200)

    async def test_plain_page_leads_back(self, build: Build) -> None:
        build.write({"index.html": "x"})
        build.publish()
        async with serving(build.site) as get:
            status, headers, body = await get("/nothing")
        assert (status, headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert b'href="/"' in body
