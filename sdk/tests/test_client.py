"""`cpsl.Client` against a real HTTP server."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import cpsl

ID = "cap_0123456789ab"


class Api(BaseHTTPRequestHandler):
    seen: list[tuple[str, str, Any]]

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self.seen.append(("GET", url.path, parse_qs(url.query)))
        if url.path == "/api/v1/apps":
            self._json(200, {"apps": [{"id": ID, "name": "demo", "hostname": "demo.localhost"}]})
        elif url.path == f"/api/v1/apps/{ID}":
            self._json(200, {"app": {"id": ID, "name": "demo"}})
        elif url.path == f"/api/v1/app/{ID}/stream":
            frames = [
                'event: chunk\ndata: {"text": "He"}\n\n',
                'event: done\ndata: {"done": true}\n\n',
                ": late\n\n",
            ]
            self._send(200, "".join(frames).encode(), "text/event-stream")
        else:
            self._json(404, {"detail": "nothing here"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append(("POST", self.path, body))
        if self.headers["Authorization"] != "Bearer secret":
            self._json(401, {"detail": "sign in"})
        else:
            answer = {"replies": [{"text": "one"}, {"text": "two"}], "session_id": "ses_1", "request_id": "r"}
            self._json(200, answer)

    def _json(self, status: int, body: Any) -> None:
        self._send(status, json.dumps(body).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None: ...


@pytest.fixture
def url() -> Iterator[str]:
    Api.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_chat_gives_the_first_reply_and_continues_a_session(url: str) -> None:
    client = cpsl.Client("secret", url)
    answer = client.chat("demo", "hi")
    assert (answer.text, str(answer), answer.session_id, answer.request_id) == ("one", "one", "ses_1", "r")
    assert len(answer.raw["replies"]) == 2
    client.chat(ID, "more", session_id="ses_1")
    assert Api.seen[-1] == ("POST", f"/api/v1/app/{ID}/chat", {"text": "more", "session_id": "ses_1"})
    assert [path for method, path, _ in Api.seen if method == "GET"] == ["/api/v1/apps"]


def test_stream_yields_chunks_and_ends_when_done(url: str) -> None:
    chunks = list(cpsl.Client("secret", url).stream("demo", "hi", "ses_1"))
    assert [(chunk.text, chunk.done) for chunk in chunks] == [("He", False), ("", True)]
    assert Api.seen[-1][2] == {"text": ["hi"], "session_id": ["ses_1"]}


def test_apps_are_found_by_name_or_id(url: str) -> None:
    client = cpsl.Client("secret", url)
    assert client.get_app("demo")["name"] == "demo"
    with pytest.raises(ValueError, match="There is no app 'nope'; there are: demo"):
        client.get_app("nope")


def test_failures_of_the_server_carry_code_and_body(url: str) -> None:
    with pytest.raises(RuntimeError, match=r"HTTP 401: .*sign in"):
        cpsl.Client("wrong", url).chat(ID, "hi")
    with pytest.raises(RuntimeError, match="cannot be reached"):
        cpsl.Client("secret", "http://127.0.0.1:9").list_apps()


def test_without_a_login_the_client_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for name in ("CAPSULE_TOKEN", "CAPSULE_URL", "CAPSULE_HTTP_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CONFIG_PATH", str(tmp_path / "none.ini"))
    monkeypatch.setenv("CAPSULE_DATA", str(tmp_path))
    with pytest.raises(RuntimeError, match="capsule login"):
        cpsl.Client()
