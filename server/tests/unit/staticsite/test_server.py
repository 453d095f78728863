"""The file server over real connections."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from capsule.staticsite.server import FileServer
from capsule.staticsite.site import Site, is_hashed


class Client:
    def __init__(self, port: int) -> None:
        self.port = port

    async def __call__(
        self, path: str, *headers: str, method: str = "GET"
    ) -> tuple[int, dict[str, str], bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        lines = [f"{method} {path} HTTP/1.1", "Host: x", *headers, "Connection: close"]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
        data = await reader.read()
        writer.close()
        await writer.wait_closed()
        head, _, body = data.partition(b"\r\n\r\n")
        first, *rest = head.decode().split("\r\n")
        found = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
        return int(first.split()[1]), found, body


@pytest.fixture
def site(tmp_path: Path) -> Path:
    files = {
        "index.html": "home",
        "about.html": "about",
        "docs/index.html": "docs",
        "404.html": "own page",
        "assets/index-DiwrgTda.js": "x" * 5000,
        ".env": "secret",
        ".well-known/x": "known",
        "a b.txt": "spaced",
    }
    for name, text in files.items():
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "site" / "big.bin").write_bytes(bytes(range(256)) * 1000)
    (tmp_path / "outside").write_text("outside")
    (tmp_path / "site" / "link").symlink_to(tmp_path / "outside")
    return tmp_path / "site"


@pytest.fixture
async def get(site: Path) -> AsyncIterator[Client]:
    server = FileServer(Site(site))
    listening = await server.start("127.0.0.1", 0)
    yield Client(listening.sockets[0].getsockname()[1])
    listening.close()
    await server.finish()


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/", 200, "home"),
        ("/about", 200, "about"),
        ("/about.html", 200, "about"),
        ("/docs/", 200, "docs"),
        ("/a%20b.txt?x=1", 200, "spaced"),
        ("/.well-known/x", 200, "known"),
        ("/nothing", 404, "own page"),
        ("/.env", 404, "own page"),
        ("/../outside", 404, "own page"),
        ("/%2e%2e/outside", 404, "own page"),
        ("/link", 404, "own page"),
        ("/a%00b", 404, "own page"),
        ("/docs/..%2f..%2foutside", 404, "own page"),
    ],
)
async def test_path_answers(path: str, status: int, text: str, get: Client) -> None:
    found = await get(path)
    assert (found[0], found[2].decode()) == (status, text)


@pytest.mark.parametrize(
    ("path", "to"), [("/docs?x=1", "/docs/?x=1"), ("/about/", "/about"), ("//docs", "/docs/")]
)
async def test_folder_and_page_have_one_address(path: str, to: str, get: Client) -> None:
    status, headers, _ = await get(path)
    assert (status, headers["location"]) == (301, to)


async def test_single_page_answers_unknown_pages_but_not_unknown_files(site: Path) -> None:
    found = Site(site, is_single_page=True)
    assert found.find("/some/page").file == site / "index.html"
    assert found.find("/some/logo.png").status == 404
    assert found.find("/.env").status == 404


async def test_known_tag_is_not_sent_again(get: Client) -> None:
    _, headers, _ = await get("/")
    assert headers["cache-control"] == "public, max-age=0, must-revalidate"
    status, again, body = await get("/", f"If-None-Match: {headers['etag']}")
    assert (status, body) == (304, b"")
    assert "content-length" not in again


async def test_text_is_compressed_when_asked_for(get: Client) -> None:
    status, headers, body = await get("/assets/index-DiwrgTda.js", "Accept-Encoding: br, gzip")
    assert (status, headers["content-encoding"], headers["vary"]) == (200, "gzip", "Accept-Encoding")
    assert gzip.decompress(body) == b"x" * 5000
    assert "immutable" in headers["cache-control"]
    _, plain, _ = await get("/assets/index-DiwrgTda.js", "Accept-Encoding: gzip;q=0")
    assert plain["content-length"] == "5000"
    assert plain["etag"] != headers["etag"]


async def test_ranges(get: Client) -> None:
    status, headers, body = await get("/big.bin", "Range: bytes=10-19")
    assert (status, headers["content-range"], body) == (206, "bytes 10-19/256000", bytes(range(10, 20)))
    assert (await get("/big.bin", "Range: bytes=-5"))[2] == bytes(range(251, 256))
    assert len((await get("/big.bin", "Range: bytes=100-"))[2]) == 255900
    assert (await get("/big.bin", "Range: bytes=256000-"))[0] == 416
    assert (await get("/big.bin", "Range: bytes=0-1,5-6"))[0] == 200
    assert (await get("/big.bin", "Range: bytes=0-1", 'If-Range: "old"'))[0] == 200


async def test_head_and_other_methods(get: Client) -> None:
    status, headers, body = await get("/big.bin", method="HEAD")
    assert (status, headers["content-length"], body) == (200, "256000", b"")
    assert (await get("/", method="POST"))[0] == 405
    assert (await get("http://x/"))[0] == 400
    assert (await get("/", "x" * 70_000 + ": y"))[0] == 431


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("assets/index-DiwrgTda.js", True),
        ("static/js/main.8f4b2c1d.chunk.js", True),
        ("main.8f4b2c1d.js", True),
        ("static/js/main.8f4b2c1d.js", True),
        ("assets/hero-Portrait.jpg", False),
        ("report-20240101.pdf", False),
        ("assets/my-component.js", False),
        ("index.html", False),
        ("_astro/page.BYk3x_Qa.css", True),
    ],
)
def test_names_with_a_hash_never_change(path: str, answer: bool) -> None:
    assert is_hashed(path) is answer
