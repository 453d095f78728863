"""Conformance list, CLI: what needs no installation. The rest is in `e2e/test_cli.py`, as it needs one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = [
    ("serve", "app.py:app"),
    ("deploy", "app.py:app"),
    ("app", "list"),
    ("secret", "list"),
    ("fs", "ls"),
]


def run(program: list[str], *arguments: str, home: Path) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CAPSULE_")}
    return subprocess.run(
        [*program, *arguments],
        env={**environment, "HOME": str(home)},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "program",
    [[str(Path(sys.executable).parent / "capsule")], [sys.executable, "-m", "cpsl"]],
    ids=["capsule", "python -m cpsl"],
)
def test_commands_without_login_say_so_on_stderr_and_fail(tmp_path: Path, program: list[str]) -> None:
    (tmp_path / "app.py").write_text("import cpsl\napp = cpsl.App(name='demo', image=cpsl.Image())\n")
    for command in COMMANDS:
        done = run(program, *command, home=tmp_path)
        assert (done.returncode, done.stdout) == (77, ""), command
        assert "capsule login" in done.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_without_login(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = run([sys.executable, "-m", "cpsl"], *command[:2], "--help", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: ")


@pytest.mark.parametrize("command", ["serve", "deploy"])
def test_a_bad_symbol_is_told_before_any_login_is_asked_for(tmp_path: Path, command: str) -> None:
    (tmp_path / "app.py").write_text("import cpsl\napp = cpsl.App(name='demo', image=cpsl.Image())\n")
    done = run([sys.executable, "-m", "cpsl"], command, "app.py:nope", home=tmp_path)
    assert done.returncode == 2
    assert "nope" in done.stderr
    assert "login" not in done.stderr
