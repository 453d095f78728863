"""The program, a platform to run it against, and a project to run it in."""

import sys
import threading
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from cli_platform import TOKEN, FakePlatform, Handler, Ran

from cpsl.cli import api, delivery, development
from cpsl.cli.main import run


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakePlatform]:
    """A running platform; the environment names it and a good token, the home folder is empty."""
    found = FakePlatform()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"platform": found}))
    server.daemon_threads = True
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    clean_environment(monkeypatch, tmp_path)
    monkeypatch.setenv("CAPSULE_URL", found.url)
    monkeypatch.setenv("CAPSULE_TOKEN", TOKEN)
    monkeypatch.setattr(api, "RECONNECT_SECONDS", 0.01)
    monkeypatch.setattr(delivery, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(development, "HEARTBEAT_SECONDS", 0.1)
    yield found
    found.ended.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No installation, no login."""
    clean_environment(monkeypatch, tmp_path)


def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in (
        "CAPSULE_URL",
        "CAPSULE_HTTP_URL",
        "CAPSULE_TOKEN",
        "CAPSULE_SPACE",
        "CAPSULE_DATA",
        "CONFIG_PATH",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def capsule_cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run the program in this process, the way `main` does, and return what came of it."""

    def call(*argv: str) -> Ran:
        capsys.readouterr()
        code = run(list(argv))
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with an app, which is the current one."""
    folder = tmp_path / "report-agent"
    folder.mkdir()
    (folder / "app.py").write_text('import cpsl\n\napp = cpsl.App("report-agent", image=cpsl.Image())\n')
    monkeypatch.chdir(folder)
    return folder
