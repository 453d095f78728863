"""Pictures and videos, and files that are downloaded."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from session_backend import FakeBackend, blocks, make_session

import cpsl
from cpsl import _activation, _media
from cpsl._ambient import active_session

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


class Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/missing":
            self.send_error(404)
            return
        body = b"x" * 5000 if self.path == "/large" else PNG
        self.send_response(200)
        self.send_header("Content-Type", "image/png; charset=x" if "typed" in self.path else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None: ...


@pytest.fixture
def site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


class TestSources:
    async def test_bytes_are_stored_under_a_name_that_stays(
        self, session: cpsl.Session, backend: FakeBackend
    ) -> None:
        first = await session.media.image(PNG, caption="C", alt="A")
        await session.media.image(bytearray(PNG))
        name, kind, content = backend.stored[0]
        assert (kind, content) == ("image/png", PNG)
        assert name.startswith("media-")
        assert len(name) == len("media-.png") + 10
        assert backend.stored[1][0] == name
        url = f"https://app.example/api/files/fil_1/{name}?signature=x"
        assert first == {
            "type": "image",
            "src": url,
            "download_url": url,
            "caption": "C",
            "alt": "A",
            "mime_type": "image/png",
        }

    @pytest.mark.parametrize(
        ("content", "filename", "kind"),
        [
            (b"\xff\xd8\xff\xe0", None, "image/jpeg"),
            (b"RIFF\0\0\0\0WEBP", None, "image/webp"),
            (b"\0\0\0\x20ftypisom", None, "video/mp4"),
            (b"\x1a\x45\xdf\xa3", None, "video/webm"),
            (b"plain", "a.gif", "image/gif"),
            (b"plain", None, "application/octet-stream"),
        ],
    )
    async def test_the_type_is_found_out(
        self, session: cpsl.Session, content: bytes, filename: Any, kind: str
    ) -> None:
        assert (await session.media.image(content, filename=filename))["mime_type"] == kind
        given = await session.media.image(content, mime_type="image/x-own")
        assert given["mime_type"] == "image/x-own"

    async def test_local_files_keep_their_name(
        self, session: cpsl.Session, backend: FakeBackend, tmp_path: Path
    ) -> None:
        path = tmp_path / "chart.png"
        path.write_bytes(PNG)
        await session.media.image(str(path))
        await session.media.image(path, filename="../other.png")  # type: ignore[arg-type]
        assert [(name, kind) for name, kind, _ in backend.stored] == [
            ("chart.png", "image/png"),
            ("other.png", "image/png"),
        ]

    async def test_urls_stay_as_they_are(self, session: cpsl.Session, backend: FakeBackend) -> None:
        shown = await session.media.video("https://x/a.mp4", poster="https://x/a.png")
        assert shown == {
            "type": "video",
            "src": "https://x/a.mp4",
            "download_url": "https://x/a.mp4",
            "poster": "https://x/a.png",
        }
        assert backend.stored == []

    async def test_a_poster_is_stored_too(self, session: cpsl.Session, backend: FakeBackend) -> None:
        shown = await session.media.video("https://x/a.mp4", poster=PNG)
        assert shown["poster"].startswith("https://app.example/api/files/fil_1/")

    async def test_wrong_sources(self, session: cpsl.Session, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match="no-such"):
            await session.media.image("no-such.png")
        with pytest.raises(FileNotFoundError):
            await session.media.image(str(tmp_path))
        with pytest.raises(FileNotFoundError):
            await session.media.image("")
        with pytest.raises(TypeError, match="bytes, a path or a URL"):
            await session.media.image(3)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="no bytes"):
            await session.media.image(b"")
        with pytest.raises(RuntimeError, match="running app"):
            await make_session().media.image(PNG)


class TestCopies:
    async def test_a_copy_is_stored(self, session: cpsl.Session, backend: FakeBackend, site: str) -> None:
        shown = await session.media.image(f"{site}/typed", copy_remote=True)
        assert shown["mime_type"] == "image/png"
        assert backend.stored[0][2] == PNG
        await session.media.image(f"{site}/untyped", copy_remote=True, filename="a.png")
        assert backend.stored[1][:2] == ("a.png", "image/png")

    async def test_what_cannot_be_copied(
        self, session: cpsl.Session, backend: FakeBackend, site: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import httpx2

        with pytest.raises(httpx2.HTTPStatusError):
            await session.media.image(f"{site}/missing", copy_remote=True)
        monkeypatch.setattr(_media, "MAX_REMOTE_BYTES", 4096)
        with pytest.raises(ValueError, match="limit of 4,096 bytes"):
            await session.media.image(f"{site}/large", copy_remote=True)
        assert backend.stored == []


class TestShowImage:
    async def test_urls_and_files(self, session: cpsl.Session, backend: FakeBackend, tmp_path: Path) -> None:
        path = tmp_path / "a.png"
        path.write_bytes(PNG)
        await session.show_image("data:image/png;base64,AA==", alt="dot", width=10)
        await session.show_image(str(path))
        assert [(b["type"], b["payload"]) for b in backend.kept] == [
            ("image", {"url": "data:image/png;base64,AA==", "alt": "dot", "width": 10}),
            ("image", {"url": "https://app.example/api/files/fil_1/a.png?signature=x"}),
        ]

    async def test_without_a_backend_nobody_sees_it(self, tmp_path: Path) -> None:
        path = tmp_path / "a.png"
        path.write_bytes(PNG)
        session = make_session()
        await session.show_image(str(path))
        assert blocks(session) == []
        with pytest.raises(FileNotFoundError):
            await session.show_image("no-such.png")

    @pytest.mark.parametrize("width", [0, -1, 1.5, True])
    async def test_a_width_is_a_number_of_pixels(self, session: cpsl.Session, width: Any) -> None:
        with pytest.raises(ValueError, match="width="):
            await session.show_image("https://x/a.png", width=width)


class TestDownloads:
    @pytest.fixture(autouse=True)
    def ambient(self, session: cpsl.Session, backend: FakeBackend) -> Iterator[None]:
        backend.files["fil_7"] = b"kept"
        token = active_session.set(session)
        yield
        active_session.reset(token)

    @pytest.mark.parametrize(
        "url", ["/api/files/fil_7/a.txt", "https://app.example/api/files/fil_7/a.txt?expires=1&signature=x"]
    )
    async def test_kept_files_need_no_network(self, url: str, tmp_path: Path) -> None:
        path = str(tmp_path / "a.txt")
        assert await cpsl.Attachment("a.txt", "text/plain", url).download(path) == path
        assert Path(path).read_bytes() == b"kept"
        upload = cpsl.FileUpload("a.txt", "text/plain", url, 4)
        assert await upload.download(path) == path == upload.path
        assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]

    async def test_the_proxy_of_a_tailnet_is_not_in_the_way(
        self, site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(_activation._exported, "tailscale", {})
        for name in ("ALL_PROXY", "HTTP_PROXY"):
            monkeypatch.setenv(name, "socks5://localhost:1")
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        path = tmp_path / "a.png"
        await cpsl.Attachment("a.png", "image/png", f"{site}/typed").download(str(path))
        assert path.read_bytes() == PNG

    async def test_everything_else_comes_over_http(self, site: str, tmp_path: Path) -> None:
        path = tmp_path / "a.png"
        await cpsl.Attachment("a.png", "image/png", f"{site}/api/files").download(str(path))
        assert path.read_bytes() == PNG
        active_session.set(None)
        await cpsl.Attachment("a", "", f"{site}/api/files/fil_7/a").download(str(path))
        assert path.read_bytes() == PNG
