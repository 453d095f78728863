"""A pid file tells of live processes only."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from capsule.installation import pidfile
from capsule.installation.pidfile import AlreadyRunning, Running

_HOLDER = """
import sys, pathlib
from capsule.installation.pidfile import Running, held
with held(pathlib.Path(sys.argv[1]), Running(1234, ["--port", "1"], "abc")):
    print("held", flush=True)
    sys.stdin.read()
"""


def hold(path: Path) -> "subprocess.Popen[str]":
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_nothing_runs_without_a_file(tmp_path: Path) -> None:
    assert pidfile.read(tmp_path / "edge.pid") is None


def test_live_holder_is_told_and_cannot_be_doubled(tmp_path: Path) -> None:
    path = tmp_path / "edge.pid"
    holder = hold(path)
    assert pidfile.read(path) == Running(1234, ["--port", "1"], "abc")
    with pytest.raises(AlreadyRunning, match="edge"), pidfile.held(path, Running(os.getpid(), [], "")):
        pass
    holder.communicate("")
    assert pidfile.read(path) is None


def test_killed_holder_leaves_nothing_running(tmp_path: Path) -> None:
    path = tmp_path / "edge.pid"
    holder = hold(path)
    holder.kill()
    holder.communicate()
    assert pidfile.read(path) is None
    with pidfile.held(path, Running(1, [], "")):
        pass
