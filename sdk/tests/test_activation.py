"""What connecting an AWS or Tailscale account makes of the environment."""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from session_backend import FakeBackend, make_session

import cpsl
from cpsl import _activation, _tailscale
from cpsl._activation import activate_integrations

NAMES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_DEFAULT_REGION",
    "ALL_PROXY",
    "HTTP_PROXY",
    "HTTPS_PROXY",
)

DAEMON = """#!{python}
import pathlib, socket, sys, time
given = dict(arg.lstrip("-").split("=", 1) for arg in sys.argv[1:])
pathlib.Path({log!r}).open("a").write("daemon " + given["tun"] + " " + given["socks5-server"] + "\\n")
if pathlib.Path({broken!r}).exists():
    print("no such thing as a tun")
    sys.exit(3)
server = socket.create_server(("localhost", {port}))
pathlib.Path(given["socket"]).touch()
time.sleep(60)
"""

CLIENT = """#!{python}
import pathlib, sys
flags = dict(arg.lstrip("-").split("=", 1) for arg in sys.argv[1:] if "=" in arg)
key = pathlib.Path(flags["auth-key"].removeprefix("file:")).read_text()
pathlib.Path({log!r}).open("a").write("up " + key + " " + flags.get("advertise-tags", "-") + "\\n")
if key == "bad":
    print("invalid key", file=sys.stderr)
    sys.exit(1)
"""


def aws(**fields: str) -> cpsl.IntegrationCredentials:
    return cpsl.IntegrationCredentials(
        fields={"access_key_id": "id", "secret_access_key": "key", "region": "eu-1", **fields}
    )


def exported() -> dict[str, str]:
    return {name: os.environ[name] for name in NAMES if name in os.environ}


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    yield
    _activation.deactivate("aws")
    _activation.deactivate("tailscale")


@pytest.fixture
def tailscale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put stand-ins for the two programs on the path; return where they log."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    monkeypatch.setattr(_tailscale, "SOCKS_PORT", port)
    log = tmp_path / "log"
    values = {
        "python": sys.executable,
        "log": str(log),
        "broken": str(tmp_path / "broken"),
        "port": port,
    }
    for name, text in (("tailscaled", DAEMON), ("tailscale", CLIENT)):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(text.format(**values))
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    return log


class TestAws:
    async def test_a_prompt_exports_what_was_filled_in(self) -> None:
        backend = FakeBackend()
        backend.answers = [{"status": "answered"}]
        backend.accounts["aws"] = {
            "access_token": "",
            "token_type": "",
            "scopes": [],
            "expires_at": 0,
            "fields": aws().fields,
        }
        await make_session(backend).prompt_integration(cpsl.AWS())
        assert exported() == {
            "AWS_ACCESS_KEY_ID": "id",
            "AWS_SECRET_ACCESS_KEY": "key",
            "AWS_DEFAULT_REGION": "eu-1",
        }

    async def test_a_turn_follows_what_is_connected(self) -> None:
        session = make_session(FakeBackend())
        session.integrations["aws"] = aws()
        await activate_integrations(session)
        session.integrations["aws"] = aws(access_key_id="new", region="")
        await activate_integrations(session)
        assert exported() == {"AWS_ACCESS_KEY_ID": "new", "AWS_SECRET_ACCESS_KEY": "key"}
        session.integrations.clear()
        os.environ["AWS_SECRET_ACCESS_KEY"] = "of the app itself"
        await activate_integrations(session)
        assert exported() == {"AWS_SECRET_ACCESS_KEY": "of the app itself"}


class TestTailscale:
    async def test_a_node_is_started_once_and_proxied(self, tailscale: Path) -> None:
        session = make_session(FakeBackend())
        session.integrations["tailscale"] = cpsl.IntegrationCredentials(
            fields={"auth_key": "tskey", "advertise_tags": "tag:app"}
        )
        await session.require_integration("tailscale")
        await activate_integrations(session)
        proxy = f"socks5://localhost:{_tailscale.SOCKS_PORT}"
        assert exported() == dict.fromkeys(("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY"), proxy)
        assert tailscale.read_text().splitlines() == [
            f"daemon userspace-networking localhost:{_tailscale.SOCKS_PORT}",
            "up tskey tag:app",
        ]
        node = _tailscale._node
        assert node is not None
        assert not (node.folder / "key").exists()
        session.integrations.clear()
        await activate_integrations(session)
        assert exported() == {}
        assert node.process.poll() is not None
        assert not node.folder.exists()

    async def test_a_refused_key_is_told(self, tailscale: Path) -> None:
        session = make_session(FakeBackend())
        session.integrations["tailscale"] = cpsl.IntegrationCredentials(fields={"auth_key": "bad"})
        with pytest.raises(RuntimeError, match="could not connect: invalid key"):
            await session.require_integration("tailscale")
        assert (exported(), _tailscale._node) == ({}, None)

    async def test_a_daemon_that_ends_is_told(
        self, tailscale: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tailscale.parent / "broken").touch()
        session = make_session(FakeBackend())
        session.integrations["tailscale"] = cpsl.IntegrationCredentials(fields={"auth_key": "k"})
        with pytest.raises(RuntimeError, match="code 3: no such thing as a tun"):
            await session.require_integration("tailscale")
        await activate_integrations(session)
        assert "could not be activated" in caplog.text
        begun = tailscale.read_text()
        await activate_integrations(session)  # which does not hold up the next turns
        assert tailscale.read_text() == begun

    async def test_without_the_program(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        session = make_session(FakeBackend())
        session.integrations["tailscale"] = cpsl.IntegrationCredentials(fields={"auth_key": "k"})
        with pytest.raises(RuntimeError, match="not installed"):
            await session.require_integration("tailscale")
