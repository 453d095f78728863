"""A real OAuth server as a process, and the connections of one app with a clock that tests can move."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
from oauth_server import CALLBACK, CLIENT_ID, CLIENT_SECRET, Knobs

from capsule.apps.connections.calls import ProviderCalls
from capsule.apps.connections.connections import Connections
from capsule.apps.connections.safe import Safe
from capsule.apps.connections.signin import Answer, Finished
from capsule.apps.options import ProviderUrls
from capsule.apps.sessions.log import SessionLog
from capsule.apps.sessions.store import SessionStore
from capsule.errors import Unavailable
from capsule.kit.crypto import SecretBox

ORIGIN = "http://demo.localhost"
GITHUB = {
    "type": "github",
    "mode": "oauth",
    "scopes": ["repo", "read:user"],
    "client_id_secret": "GITHUB_CLIENT_ID",
    "client_secret_secret": "GITHUB_CLIENT_SECRET",
}
GOOGLE = {
    "type": "google",
    "mode": "oauth",
    "scopes": ["email"],
    "client_id_secret": CLIENT_ID,
    "client_secret_secret": CLIENT_SECRET,
}
AWS = {"type": "aws", "mode": "secret", "fields": ["access_key_id", "secret_access_key", "region"]}


class OAuthServer:
    """The process, seen from the tests."""

    def __init__(self) -> None:
        script = Path(__file__).parent / "oauth_server.py"
        self._process = subprocess.Popen(
            [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        assert self.url, "the OAuth server did not start"
        self._http = httpx2.Client(base_url=self.url)

    def close(self) -> None:
        self._http.close()
        self._process.terminate()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def set(self, **knobs: Any) -> None:
        self._http.post("/knobs", json=knobs).raise_for_status()

    def reset(self) -> None:
        self._http.post("/knobs?forget=1", json=vars(Knobs())).raise_for_status()

    def seen(self) -> dict[str, Any]:
        found: dict[str, Any] = self._http.get("/knobs").json()["seen"]
        return found

    def accepts(self, access_token: str) -> bool:
        answer = self._http.get("/user", headers={"Authorization": f"Bearer {access_token}"})
        return answer.status_code == 200

    def decide(self, url: str, decision: str = "allow", user: str = "ada") -> dict[str, str]:
        """Answer the consent page; return what the browser is sent back with."""
        page = self._http.get(url)
        assert "Allow the app" in page.text, page.text
        answer = self._http.post(url, data={"decision": decision, "user": user})
        assert answer.status_code == 302, answer.text
        parts = urlsplit(answer.headers["location"])
        assert parts.path == CALLBACK
        return dict(parse_qsl(parts.query))


class App:
    """One app's connections, as the app host holds them."""

    def __init__(self, folder: Path, server_url: str) -> None:
        self.folder = folder
        self.now = time.time()
        self.secrets = {"GITHUB_CLIENT_ID": CLIENT_ID, "GITHUB_CLIENT_SECRET": CLIENT_SECRET}
        self.is_server_away = False
        self.integrations: list[dict[str, Any]] = [GITHUB, GOOGLE, AWS]
        self.providers = {kind: ProviderUrls(base_url=server_url) for kind in ("github", "google")}
        self.connected: list[tuple[str, str]] = []
        self.lost: list[tuple[str, str]] = []
        self.calls = ProviderCalls(seconds=10)
        self.box = SecretBox.open(folder / "connections.key")
        self._executor = ThreadPoolExecutor(2)
        self._open()

    def _open(self) -> None:
        self.log = SessionLog(SessionStore(self.folder / "app.db"), self._executor)
        self.safe = Safe(self.log, self.box, "cap_1", "deploy")
        self.connections = self.another(wait_seconds=10, pause_seconds=0)

    def another(self, *, wait_seconds: float, pause_seconds: float) -> Connections:
        """Return connections over the same store with other limits."""
        made = Connections(
            self.log,
            self.safe,
            self.calls,
            self.providers,
            lambda: {"integrations": self.integrations},
            self._read_secret,
            clock=lambda: self.now,
            wait_seconds=wait_seconds,
            pause_seconds=pause_seconds,
        )
        made.on_connected = self._on_connected
        made.on_lost = self._on_lost
        return made

    async def restart(self) -> None:
        await self.connections.close()
        await self.log.close()
        self._open()

    async def close(self) -> None:
        await self.connections.close()
        await self.log.close()
        await self.calls.close()
        self._executor.shutdown()

    async def _read_secret(self, name: str) -> str | None:
        if self.is_server_away:
            raise Unavailable("The platform's server is away.")
        return self.secrets.get(name)

    async def _on_connected(self, user_id: str, type: str) -> None:
        self.connected.append((user_id, type))

    async def _on_lost(self, user_id: str, type: str) -> None:
        self.lost.append((user_id, type))

    async def begin(self, user_id: str = "u1", type: str = "github", **options: str) -> str:
        return await self.connections.authorize(user_id, type, ORIGIN + CALLBACK, **options)

    async def finish(self, returned: dict[str, str], user_id: str = "u1") -> Finished:
        return await self.connections.finish(user_id, Answer(**{"state": "", **returned}))

    async def connect(self, oauth: OAuthServer, user_id: str = "u1", type: str = "github") -> None:
        finished = await self.finish(oauth.decide(await self.begin(user_id, type), user=user_id), user_id)
        assert finished.result == "connected", finished.text

    async def status(self, type: str = "github", user_id: str = "u1") -> str:
        return str((await self.item(type, user_id))["status"])

    async def item(self, type: str = "github", user_id: str = "u1") -> dict[str, Any]:
        return next(item for item in await self.connections.items(user_id) if item["type"] == type)

    async def token(self, user_id: str = "u1", type: str = "github") -> str:
        found = await self.connections.credentials(user_id, type)
        return "" if found is None else found["access_token"]

    def written(self) -> bytes:
        """Return everything that lies in the files of the store."""
        return b"".join(file.read_bytes() for file in sorted(self.folder.glob("app.db*")))
