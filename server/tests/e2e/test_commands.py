"""One-off commands and shells against a real installation whose server is killed meanwhile."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from installation import CAPSULE, Installation
from playwright.sync_api import Page, expect


@pytest.fixture(scope="module")
def shop(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("shop")
    (folder / "requirements.txt").write_text("")
    (folder / "Procfile").write_text("web: python -m http.server $PORT\n")
    installation.run("deploy", str(folder), "--type", "backend", "--name", "hats")
    yield "hats"
    installation.run("remove", "hats", "--yes", check=False)


def test_command_that_outlives_a_killed_server_is_followed_to_its_true_end(
    installation: Installation, shop: str
) -> None:
    line = "echo begun; sleep 4; echo ended in $PWD; exit 5"
    with subprocess.Popen(
        [str(CAPSULE), "run", shop, "--", line],
        env=installation.environment(),
        cwd=installation.home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as following:
        assert following.stdout is not None
        assert following.stdout.readline() == "begun\n"
        os.kill(installation.pid("server"), signal.SIGKILL)
        installation.up()
        rest, _ = following.communicate(timeout=60)
        assert (rest, following.returncode) == ("ended in /app\n", 5)
    (run,) = installation.json("runs", shop)
    assert (run["status"], run["exit_code"]) == ("failed", 5)


def test_exec_joins_the_replica_and_gives_its_code(installation: Installation, shop: str) -> None:
    command = ("sh", "-c", "cat; cat Procfile; exit 3")
    done = installation.run("exec", "-i", shop, "--", *command, check=False, stdin="hello\n")
    assert (done.returncode, done.stdout, done.stderr) == (3, "hello\nweb: python -m http.server $PORT\n", "")


def test_terminal_survives_a_reload_and_a_killed_server(
    console: Page, installation: Installation, shop: str
) -> None:
    console.goto(f"{installation.url}/capsules/{shop}/terminal")
    terminal, state = console.get_by_test_id("terminal"), console.get_by_test_id("terminal-state")
    expect(state).to_have_attribute("data-state", "open")
    terminal.click()
    console.keyboard.type("cd /tmp; echo in-$((40 + 2))\n")
    expect(terminal).to_contain_text("in-42")
    console.reload()
    expect(terminal).to_contain_text("in-42")
    os.kill(installation.pid("server"), signal.SIGKILL)
    installation.up()
    expect(state).to_have_attribute("data-state", "open")
    terminal.click()
    console.keyboard.type("echo still-$(pwd)\n")
    expect(terminal).to_contain_text("still-/tmp")
    console.keyboard.type("exit\n")
    expect(state).to_have_attribute("data-state", "ended")
