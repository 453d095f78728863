"""The stage of an attack: a real platform, a hostile app on it, and its users: attackers and victims."""

import contextlib
import hashlib
import inspect
import json
import os
import secrets
import shlex
import shutil
import statistics
import sys
import tempfile
import textwrap
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from apphost import Browser, Host, Replica, replies

HERE = Path(__file__).parent
UID = 61_234
"""An ordinary user that nothing else of the machine runs as."""


class Actor:
    """A visitor of the hostile app, for whom the app runs whatever is asked for."""

    def __init__(self, browser: Browser, session: str) -> None:
        self.browser = browser
        self.session = session

    async def run(self, work: Callable[..., object] | str, *arguments: Any, seconds: float = 20) -> Any:
        """Run a function (or the text of a program that sets `result`) in the actor's runtime.

        Only the function's own source travels: what it uses must be in `tools`.
        """
        turn_id = await self.begin(work, *arguments)
        events = await self.browser.until_ended(self.session, turn_id, seconds)
        said = replies(events)
        assert len(said) == 1, events
        try:
            answer = json.loads(said[0])
        except ValueError:
            raise AssertionError(said[0]) from None
        assert "error" not in answer, answer["error"]
        return answer["result"]

    async def begin(self, work: Callable[..., object] | str, *arguments: Any) -> str:
        """As `run`, but do not wait for the end; return the turn's id."""
        program = textwrap.dedent(work if isinstance(work, str) else inspect.getsource(work))
        if not isinstance(work, str):
            call = f"result = {work.__name__}(*{arguments!r})"
            program = f"from __future__ import annotations\n{program}\n{call}\n"
        return str((await self.browser.send(self.session, program))["turn_id"])

    async def round_trip(self) -> float:
        """Return the seconds that a message and its answer take."""
        begun = time.perf_counter()
        assert await self.run("result = 'pong'") == "pong"
        return time.perf_counter() - begun

    async def median(self, count: int) -> float:
        return statistics.median([await self.round_trip() for _ in range(count)])


class Stage:
    """A running platform and one app on it."""

    def __init__(self, host: Host, **terms: Any) -> None:
        self.host = host
        files = {"tools.py": (HERE / "tools.py").read_text()}
        self.replica: Replica = host.run((HERE / "hostile_app.py").read_text(), files=files, **terms)
        self.capsule = self.replica.capsule_id

    async def open(self) -> "Stage":
        await self.host.put(self.replica)
        return self

    @asynccontextmanager
    async def actor(self) -> AsyncIterator[Actor]:
        """A new visitor with a runtime of their own."""
        async with self.host.browser(self.capsule) as browser:
            actor = Actor(browser, await browser.open())
            await actor.round_trip()
            yield actor

    async def runtime_id(self, actor: Actor) -> str:
        return str(await actor.run("import os; result = os.environ['CAPSULE_RUNTIME_ID']"))

    async def pid(self, actor: Actor) -> int:
        """Return the pid of an actor's runtime as the machine sees it."""
        wanted = await self.runtime_id(actor)
        return next(int(item["pid"]) for item in self.replica.runtimes() if item["id"] == wanted)


def new_word() -> str:
    return f"secret-of-{secrets.token_hex(8)}"


@contextmanager
def platform(walls: str) -> Iterator[Host]:
    """Run a platform as `root` or as an ordinary `user`; skip where its walls do not stand."""
    is_root = os.geteuid() == 0
    if walls == "root" and not is_root:
        pytest.skip("only root can put up the walls of root")
    root = Path(tempfile.mkdtemp(prefix="c", dir="/tmp"))
    prefix: list[str] = []
    if walls == "user" and is_root:
        root.chmod(0o711)
        os.chown(root, UID, UID)
        prefix = as_user(UID, root / "way")
        delegate_groups(root, UID)
    try:
        host = Host(root, prefix=prefix)
        try:
            if not host.node("capabilities")["private_runtimes"]:
                pytest.skip("; ".join(host.node("fingerprint")["notices"]))
            yield host
        finally:
            host.close()
    finally:
        shutil.rmtree(root)
        for group in groups_of(root):
            with contextlib.suppress(FileNotFoundError):
                group.rmdir()


def groups_of(root: Path) -> list[Path]:
    """Return where the groups of a platform on this data folder begin (cgroups v1 only)."""
    name = "capsule-" + hashlib.sha256(os.fsencode(root)).hexdigest()[:8]
    controllers = [Path("/sys/fs/cgroup", name) for name in ("memory", "cpu", "cpuacct", "pids")]
    return [path / name for path in controllers if (path / "cgroup.procs").exists()]


def groups_of_process(pid: int) -> list[Path]:
    """Return the control groups that the platform has put a process into."""
    found = []
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "/capsule-" in path:
            found += [Path(f"/sys/fs/cgroup/{name}{path}") for name in controllers.split(",")]
    return [folder for folder in found if folder.exists()]


def delegate_groups(root: Path, uid: int) -> None:
    """Let an ordinary user limit what it starts, as a machine's administrator would."""
    for group in groups_of(root):
        group.mkdir()
        for path in (group, *group.iterdir()):
            os.chown(path, uid, uid)


def as_user(uid: int, scratch: Path) -> list[str]:
    """Return what to put before a command so that it runs as this user.

    Where that user cannot reach our interpreter (as with one below /root), it is shown to it in a mount
    namespace: in place of the closed folder stands an empty one with nothing but what is needed.
    """
    wanted = {Path(item) for item in (sys.base_prefix, sys.prefix, *sys.path) if Path(item).is_dir()}
    folders = [path for path in sorted(wanted) if not wanted & set(path.parents)]
    hidden = {str(path): above for path in folders if (above := _closed_above(path)) is not None}
    lines = ["set -e", "umask 022"]
    places = {path: str(scratch / str(number)) for number, path in enumerate(hidden)}
    for path, place in places.items():
        lines += [f"mkdir -p {place}", f"mount --bind {shlex.quote(path)} {place}"]
    for above in sorted(set(hidden.values())):
        lines.append(f"mount -t tmpfs -o mode=755 none {shlex.quote(str(above))}")
    for path, place in places.items():
        lines += [f"mkdir -p {shlex.quote(path)}", f"mount --bind {place} {shlex.quote(path)}"]
    lines.append('exec "$@"')
    become = ["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", "--inh-caps=-all"]
    opened = ["unshare", "--mount", "--propagation", "private", "sh", "-c", "\n".join(lines), "way"]
    return [*(opened if hidden else ()), *become, "env", f"HOME={scratch.parent}"]


def _closed_above(path: Path) -> Path | None:
    return next((folder for folder in [*reversed(path.parents), path] if not folder.stat().st_mode & 1), None)
