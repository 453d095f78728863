"""`capsule serve` with the real command: apps side by side, prompts over reloads, programs over a restart."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from installation import CAPSULE, Installation, eventually

import cpsl

APP = """
import cpsl
app = cpsl.App("{name}", image=cpsl.Image())
VERSION = "{version}"

@app.message()
async def handle(session, msg):
    if msg.text == "pay":
        paid = await session.prompt_approval("Pay?")
        await session.reply(f"{{VERSION}}: {{'paid' if paid else 'not paid'}}")
    else:
        await session.reply(f"{name} {{VERSION}}")
"""


def write(folder: Path, name: str, version: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "app.py").write_text(APP.format(name=name, version=version))


@contextmanager
def serving(installation: Installation, folder: Path, name: str) -> Iterator[Path]:
    """Serve until the block ends, by Ctrl-C; yield the file that holds what was printed."""
    printed = folder / "printed.log"
    with printed.open("wb") as out:
        serve = subprocess.Popen(
            [str(CAPSULE), "serve", "app.py:app"],
            cwd=folder,
            env={**installation.environment(), "PYTHONUNBUFFERED": "1"},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        eventually(lambda: "is running at" in printed.read_text(), seconds=120, what=f"the serve of {name}")
        yield printed
    finally:
        serve.send_signal(signal.SIGINT)
        serve.wait(30)


class Visitor:
    """One conversation with a served app."""

    def __init__(self, installation: Installation, name: str) -> None:
        self._http = httpx2.Client(
            base_url=f"http://127.0.0.1:{installation.port}",
            headers={"Host": installation.host(f"{name}--serve")},
            timeout=30,
        )
        self.session = self._http.post("/api/sessions").json()["id"]
        self._sent = 0

    def send(self, text: str) -> None:
        self._sent += 1
        body = {"text": text, "client_id": f"client-{self._sent:08d}"}
        assert self._http.post(f"/api/sessions/{self.session}/messages", json=body).status_code == 202

    def log(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self._http.get(f"/api/sessions/{self.session}/log").json()["items"]
        return items

    def replies(self) -> list[str]:
        return [event["data"]["text"] for event in self.log() if event["type"] == "reply"]

    def prompts(self) -> list[str]:
        found = [event["data"] for event in self.log() if event["type"] == "block"]
        return [data["id"] for data in found if not (data.get("payload") or {}).get("completed")]

    def approve(self, prompt: str) -> None:
        path = f"/api/sessions/{self.session}/prompts/{prompt}"
        assert self._http.post(path, json={"approved": True}).status_code == 200

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self._http.get("/api/app").json()
        return found

    def close(self) -> None:
        self._http.close()


def test_two_apps_are_served_side_by_side_and_reload_apart(
    installation: Installation, tmp_path: Path
) -> None:
    left, right = tmp_path / "left", tmp_path / "right"
    write(left, "left", "one")
    write(right, "right", "one")
    with serving(installation, left, "left"), serving(installation, right, "right"):
        visitors = [Visitor(installation, name) for name in ("left", "right")]
        write(left, "left", "two")
        eventually(lambda: _answer(visitors[0]) == "left two", what="the new version")
        assert _answer(visitors[1]) == "right one"
        for visitor in visitors:
            visitor.close()


def test_an_open_prompt_outlives_a_reload_and_a_broken_version(
    installation: Installation, tmp_path: Path
) -> None:
    folder = tmp_path / "asking"
    write(folder, "asking", "one")
    with serving(installation, folder, "asking") as printed:
        visitor = Visitor(installation, "asking")
        visitor.send("pay")
        eventually(lambda: len(visitor.prompts()) == 1, what="the prompt")
        (folder / "app.py").write_text("import cpsl\nraise ValueError('broken on purpose')\n")
        eventually(lambda: "broken on purpose" in printed.read_text(), what="the error in the terminal")
        eventually(lambda: "broken" in str(visitor.state().get("reason")), what="the error in the chat")
        assert visitor.state()["state"] == "live"
        write(folder, "asking", "two")
        eventually(lambda: visitor.state()["release"] == "serve-2", what="the next version")
        assert not visitor.state().get("reason")
        visitor.approve(visitor.prompts()[0])
        eventually(lambda: bool(visitor.replies()), what="the answer after the prompt")
        assert visitor.replies()[-1].endswith(": paid")
        visitor.close()


def test_a_touch_is_no_change(installation: Installation, tmp_path: Path) -> None:
    folder = tmp_path / "touched"
    write(folder, "touched", "one")
    with serving(installation, folder, "touched") as printed:
        visitor = Visitor(installation, "touched")
        os.utime(folder / "app.py")
        (folder / "notes.md").write_text("a real change")
        eventually(lambda: visitor.state()["release"] == "serve-1", what="the reload of the real change")
        assert "↻ notes.md" in printed.read_text()
        visitor.close()


def test_a_program_gets_its_answer_once_while_the_server_is_killed(
    installation: Installation, tmp_path: Path
) -> None:
    folder = tmp_path / "deployed"
    write(folder, "deployed", "one")
    installation.run("deploy", "app.py:app", cwd=folder)
    token = installation.json("token", "create", "restart")["token"]
    client = cpsl.Client(token=token, gateway_url=installation.url)
    first = client.chat("deployed", "hi")
    os.kill(installation.pid("server"), signal.SIGKILL)
    starting = threading.Thread(target=installation.up)
    starting.start()
    answer = client.chat("deployed", "again", session_id=first.session_id)
    starting.join()
    assert answer.text == "deployed one"
    assert answer.session_id == first.session_id


def _answer(visitor: Visitor) -> str:
    before = len(visitor.replies())
    visitor.send("which?")
    eventually(lambda: len(visitor.replies()) > before, what="a reply")
    return visitor.replies()[-1]
