"""From `git push` until the new release answers, with unchanged dependencies.

Beside it the least that such a push can be: a bare repository whose hook checks out the tree, has the package
manager look at the unchanged dependencies, stops the old process and starts the new one. That is what small
platforms built on a git hook do, without walls, a probe, or a switch that loses nothing. piku and Dokku
themselves come neither from PyPI, npm nor Debian, so they are not measured here.
"""

import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx2

from benchmarks.report import Measure, show

_CAPSULE = str(Path(sys.executable).parent / "capsule")
_EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
_PUSHES = 7
_LONGEST_SECONDS = 120.0
_AUTHOR = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
_HOOK = """#!/bin/sh
set -e
export GIT_WORK_TREE={work}
git checkout -q -f main
unset GIT_DIR
cd {work}
{install}
if [ -f {work}.pid ]; then
  kill -9 "-$(cat {work}.pid)" 2>/dev/null || true
fi
export PORT={port}
setsid sh -c 'echo $$ >{work}.pid; exec {start}' >{work}.log 2>&1 </dev/null &
"""


@dataclass(frozen=True)
class _Project:
    example: str
    file: str
    """Where the answer is written."""
    old: str
    new: str
    prepare: str
    """Makes the environment of the hook's app; runs in its folder."""
    install: str
    start: str


_PROJECTS = (
    _Project(
        "flask-procfile",
        "app.py",
        "Hello from",
        "Hello {} from",
        "python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt",
        ".venv/bin/pip install -q --disable-pip-version-check -r requirements.txt",
        ".venv/bin/python3 -m flask run --host=127.0.0.1 --port=$PORT",
    ),
    _Project(
        "express",
        "server.js",
        "Hello from",
        "Hello {} from",
        "npm install --silent",
        "npm install --silent",
        "npm start",
    ),
)


def run() -> None:
    data = Path(tempfile.mkdtemp(prefix="c", dir="/tmp"))
    port = _free_port()
    env = {
        **os.environ,
        "CAPSULE_DATA": str(data / "capsule"),
        "HOME": str(data),
        "CONFIG_PATH": str(data / "config.ini"),
        "PATH": f"{Path(_CAPSULE).parent}:{os.environ['PATH']}",
    }
    measures = []
    try:
        _run(env, data, _CAPSULE, "up", "-d", "--port", str(port), "--no-demo")
        for project in _PROJECTS:
            ours = _ours(project, data, env, port)
            bare = _bare(project, data, env)
            measures.append(
                Measure(
                    f"`git push` of {project.example} until the new release answers, median of {_PUSHES}",
                    f"{ours:.2f} s",
                    f"{bare:.2f} s with a bare hook: {ours / bare:.1f}×",
                    "< 3 s",
                )
            )
    finally:
        subprocess.run([_CAPSULE, "down", "--all"], env=env, check=False, capture_output=True)
        shutil.rmtree(data, ignore_errors=True)
    show("A push", measures)


def _ours(project: _Project, data: Path, env: dict[str, str], port: int) -> float:
    repository = _repository(project, data / f"{project.example}-ours", env)
    _run(env, repository, _CAPSULE, "git", "remote", project.example, "--type", "backend")
    host = {"Host": f"{project.example}.localhost:{port}"}
    return _pushes(project, repository, env, lambda: _ask(port, host), "capsule")


def _bare(project: _Project, data: Path, env: dict[str, str]) -> float:
    repository = _repository(project, data / f"{project.example}-bare", env)
    work, bare, port = data / f"{project.example}-work", data / f"{project.example}.git", _free_port()
    work.mkdir()
    _run(env, data, "git", "init", "-q", "--bare", "-b", "main", str(bare))
    hook = bare / "hooks" / "post-receive"
    prepare = project.prepare if not any(work.iterdir()) else "true"
    hook.write_text(_HOOK.format(work=work, port=port, install=prepare, start=project.start))
    hook.chmod(0o755)
    _run(env, repository, "git", "remote", "add", "bare", str(bare))
    try:
        _run(env, repository, "git", "push", "-q", "bare", "main")
        hook.write_text(_HOOK.format(work=work, port=port, install=project.install, start=project.start))
        return _pushes(project, repository, env, lambda: _ask(port, {}), "bare")
    finally:
        pid = int(work.with_name(work.name + ".pid").read_text())
        os.killpg(pid, signal.SIGKILL)


def _pushes(
    project: _Project, repository: Path, env: dict[str, str], ask: Callable[[], str], remote: str
) -> float:
    taken = []
    file = repository / project.file
    original = file.read_text()
    assert project.old in original
    for number in range(_PUSHES + 1):
        marker = project.new.format(f"no. {number}.")
        file.write_text(original.replace(project.old, marker, 1))
        _run(env, repository, "git", *_AUTHOR, "commit", "-q", "-a", "-m", marker)
        started = time.perf_counter()
        _run(env, repository, "git", "push", "-q", remote, "main")
        while marker not in ask():
            if time.perf_counter() - started > _LONGEST_SECONDS:
                raise RuntimeError(f"{project.example} does not answer after a push to {remote}.")
            time.sleep(0.01)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken[1:])  # the first push installs everything


def _repository(project: _Project, folder: Path, env: dict[str, str]) -> Path:
    shutil.copytree(_EXAMPLES / project.example, folder, ignore=shutil.ignore_patterns("node_modules"))
    _run(env, folder, "git", "init", "-q", "-b", "main")
    _run(env, folder, "git", "add", "-A")
    _run(env, folder, "git", *_AUTHOR, "commit", "-q", "-m", "first")
    return folder


def _ask(port: int, headers: dict[str, str]) -> str:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/", headers=headers, timeout=10).text
    except httpx2.HTTPError:
        return ""


def _run(env: dict[str, str], folder: Path, *argv: str) -> None:
    done = subprocess.run(argv, env=env, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)}\n{done.stdout}\n{done.stderr}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
