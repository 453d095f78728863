"""A real installation for tests: started with the real command, driven with the real command line."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from capsule.paths import DataPaths

REPOSITORY = Path(__file__).resolve().parents[3]
CAPSULE = Path(sys.executable).parent / "capsule"
ADMIN = "ada@example.com"
PASSWORD = "correct horse battery staple"


@dataclass
class Installation:
    """One `capsule up -d` on a free port with a data folder of its own."""

    port: int
    data: Path
    demo: bool = False
    settings: dict[str, str] = field(default_factory=dict)
    """Environment variables that only this installation is started with."""
    home: Path = field(init=False)

    def __post_init__(self) -> None:
        self.home = self.data / "home"
        self.home.mkdir(parents=True)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def host(self, capsule: str) -> str:
        return f"{capsule}.localhost:{self.port}"

    def up(self) -> str:
        options = [] if self.demo else ["--no-demo"]
        return self.run("up", "-d", "--port", str(self.port), *options).stdout

    def down(self) -> None:
        self.run("down", "--all", check=False)

    def run(
        self, *arguments: str, check: bool = True, cwd: Path | None = None, stdin: str | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run one `capsule` command as this installation's own user."""
        done = subprocess.run(
            [str(CAPSULE), *arguments],
            env=self.environment(),
            cwd=cwd or self.home,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(
                f"capsule {' '.join(arguments)} exited with {done.returncode}\n{done.stdout}\n{done.stderr}"
            )
        return done

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json").stdout)

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "HOME": str(self.home),
            "CONFIG_PATH": str(self.home / "config.ini"),
            "CAPSULE_DATA": str(self.data),
            "CAPSULE_ADMIN_EMAIL": ADMIN,
            "CAPSULE_ADMIN_PASSWORD": PASSWORD,
            **self.settings,
        }

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Call the API as the admin; only a good answer is returned."""
        token = json.loads(DataPaths(self.data).cli_login.read_text())["token"]
        answer = httpx2.request(
            method,
            f"http://127.0.0.1:{self.port}/api/v1{path}",
            headers={"Host": f"localhost:{self.port}", "Authorization": f"Bearer {token}"},
            json=body,
            timeout=60,
        )
        assert answer.status_code < 300, answer.text
        return answer.json()

    def json_status(self) -> Any:
        return json.loads(self.run("status", "--json", check=False).stdout)

    def pid(self, process: str) -> int:
        return int(self.json_status()[process]["pid"] or 0)

    def get(self, capsule: str, path: str = "/", **options: Any) -> httpx2.Response:
        """Ask a capsule by host name, as a browser would."""
        return httpx2.get(
            f"http://127.0.0.1:{self.port}{path}", headers={"Host": self.host(capsule)}, timeout=60, **options
        )

    def remove(self) -> None:
        self.down()
        shutil.rmtree(self.data, ignore_errors=True)


def new_installation(*, demo: bool = False, **settings: str) -> Installation:
    return Installation(free_port(), Path(tempfile.mkdtemp(prefix="c", dir="/tmp")), demo, settings)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(check: Callable[[], bool], *, seconds: float = 60, what: str = "it") -> None:
    """Wait until `check` holds; the limit is for a slow machine, not a measure."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if check():
            return
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen within {seconds} s")


def git_repository(folder: Path, example: str) -> Path:
    """Make a git repository of one of the examples."""
    shutil.copytree(REPOSITORY / "examples" / example, folder, ignore=shutil.ignore_patterns("node_modules"))
    author = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    for command in (
        ("init", "--quiet", "--initial-branch", "main"),
        ("add", "--all"),
        (*author, "commit", "--quiet", "--message", "First"),
    ):
        subprocess.run(["git", "-C", str(folder), *command], check=True, capture_output=True)
    return folder
