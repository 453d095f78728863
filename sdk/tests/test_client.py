"""`cpsl.Client` and `cpsl.AsyncClient` against a real HTTP server."""

import inspect
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
    away = 0
    """So many requests of a message or a stream are answered with 503."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self.seen.append(("GET", url.path, parse_qs(url.query)))
        if url.path == "/api/v1/apps":
            self._json(200, {"apps": [{"id": ID, "name": "demo", "hostname": "demo.localhost"}]})
        elif url.path == f"/api/v1/apps/{ID}":
            self._json(200, {"app": {"id": ID, "name": "demo"}})
        elif url.path == f"/api/v1/app/{ID}/stream":
            self._stream(parse_qs(url.query).get("text", [""])[0])
        else:
            self._json(404, {"detail": "nothing here"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append(("POST", self.path, body))
        if self.headers["Authorization"] != "Bearer secret":
            self._json(401, {"detail": "sign in"})
        elif self._is_away():
            self._json(503, {"detail": "restarting"})
        elif self.path.endswith("/prompts/ap_1"):
            self._json(200, {"replies": [{"text": "Paid."}], "session_id": "ses_1", "request_id": "t"})
        elif body.get("text") == "pay":
            prompt = {"id": "ap_1", "type": "approval_prompt", "payload": {"action": "Pay"}}
            waiting = {"replies": [], "session_id": "ses_1", "request_id": "t", "status": "waiting"}
            self._json(200, {**waiting, "prompts": [prompt]})
        else:
            answer = {"replies": [{"text": "one"}, {"text": "two"}], "session_id": "ses_1", "request_id": "r"}
            self._json(200, answer)

    def _is_away(self) -> bool:
        Api.away, was = max(0, Api.away - 1), Api.away
        return was > 0

    def _stream(self, text: str) -> None:
        pieces = {
            "": 'id: t:1\nevent: started\ndata: {"session_id": "ses_1"}\n\n',
            "t:1": 'id: t:2\nevent: chunk\ndata: {"text": "He"}\n\nid: t:3\nevent: chunk\nda',
            "t:2": 'id: t:3\nevent: chunk\ndata: {"text": "llo"}\n\nevent: done\ndata: {"done": true}\n\n',
        }
        position = self.headers.get("Last-Event-ID", "")
        self.seen.append(("STREAM", position, text))
        if self._is_away():
            self._json(503, {"detail": "restarting"})
        elif text == "cut" or position:
            self._send(200, pieces[position].encode(), "text/event-stream", length=10_000)
        else:
            frames = 'event: chunk\ndata: {"text": "He"}\n\nevent: done\ndata: {"done": true}\n\n: late\n\n'
            self._send(200, frames.encode(), "text/event-stream")

    def _json(self, status: int, body: Any) -> None:
        self._send(status, json.dumps(body).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str, *, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None: ...


@pytest.fixture
def url() -> Iterator[str]:
    Api.seen, Api.away = [], 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the pause before the next try."""
    monkeypatch.setattr("cpsl._client_calls._RETRY_SECONDS", 0.01)


def test_chat_gives_the_first_reply_and_continues_a_session(url: str) -> None:
    client = cpsl.Client("secret", url)
    answer = client.chat("demo", "hi")
    assert (answer.text, str(answer), answer.session_id, answer.request_id) == ("one", "one", "ses_1", "r")
    assert len(answer.raw["replies"]) == 2
    client.chat(ID, "more", session_id="ses_1")
    method, path, body = Api.seen[-1]
    assert body.pop("client_id").startswith("cli_")
    assert (method, path, body) == ("POST", f"/api/v1/app/{ID}/chat", {"text": "more", "session_id": "ses_1"})
    assert [path for method, path, _ in Api.seen if method == "GET"] == ["/api/v1/apps"]


def test_stream_yields_chunks_and_ends_when_done(url: str) -> None:
    chunks = list(cpsl.Client("secret", url).stream("demo", "hi", "ses_1"))
    assert [(chunk.text, chunk.done) for chunk in chunks] == [("He", False), ("", True)]
    query = next(found for _, path, found in Api.seen if path.endswith("/stream"))
    assert query.pop("client_id")[0].startswith("cli_")
    assert query == {"text": ["hi"], "session_id": ["ses_1"]}


def test_a_stream_that_breaks_goes_on_behind_the_last_event(url: str, quick: None) -> None:
    chunks = list(cpsl.Client("secret", url).stream(ID, "cut"))
    assert [chunk.event for chunk in chunks] == ["started", "chunk", "chunk", "done"]
    assert "".join(chunk.text for chunk in chunks) == "Hello"
    positions = [(position, text) for kind, position, text in Api.seen if kind == "STREAM"]
    assert positions == [("", "cut"), ("t:1", ""), ("t:2", "")]


def test_a_message_is_sent_again_with_the_same_id_while_the_platform_is_away(url: str, quick: None) -> None:
    Api.away = 2
    assert cpsl.Client("secret", url).chat(ID, "hi").text == "one"
    sent = [body["client_id"] for method, _, body in Api.seen if method == "POST"]
    assert len(sent) == 3
    assert len(set(sent)) == 1


def test_what_an_app_asks_is_told_and_answered(url: str) -> None:
    client = cpsl.Client("secret", url)
    asked = client.chat(ID, "pay")
    assert (asked.status, asked.text) == ("waiting", "")
    [prompt] = asked.prompts
    assert prompt["payload"] == {"action": "Pay"}
    assert client.answer(ID, asked.session_id, prompt["id"], approved=True).text == "Paid."
    assert Api.seen[-1][2] == {"session_id": "ses_1", "approved": True}
    with pytest.raises(ValueError, match="approved=True, approved=False or dismissed=True"):
        client.answer(ID, "ses_1", "ap_1")


async def test_the_asynchronous_client_does_the_same(url: str, quick: None) -> None:
    client = cpsl.AsyncClient("secret", url)
    assert (await client.list_apps())[0]["name"] == "demo"
    assert (await client.get_app("demo"))["id"] == ID
    Api.away = 1
    assert (await client.chat("demo", "hi")).text == "one"
    Api.away = 1
    chunks = [chunk async for chunk in client.stream("demo", "cut")]
    assert "".join(chunk.text for chunk in chunks) == "Hello"
    asked = await client.chat("demo", "pay")
    answered = await client.answer("demo", asked.session_id, asked.prompts[0]["id"], dismissed=True)
    assert answered.text == "Paid."
    with pytest.raises(RuntimeError, match="HTTP 401"):
        await cpsl.AsyncClient("wrong", url).chat(ID, "hi")
    with pytest.raises(ValueError, match="There is no app 'nope'"):
        await client.chat("nope", "hi")


def test_both_clients_have_the_same_methods() -> None:
    def methods(kind: type) -> dict[str, str]:
        return {
            name: str(inspect.signature(found).replace(return_annotation=None))
            for name, found in vars(kind).items()
            if not name.startswith("_")
        }

    assert methods(cpsl.Client) == methods(cpsl.AsyncClient)


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
