"""`capsule serve` against a platform: start, reload at real changes only, errors shown, end at Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_platform import FakePlatform, Problem, Ran

from cpsl.cli.archive import read_project
from cpsl.cli.watch import Tree, is_watched

Cli = Callable[..., Ran]


def wait_for(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.fixture
def serving(
    platform: FakePlatform, project: Path, tmp_path: Path
) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], str]]]:
    """A real `capsule serve app.py:app` that watches already."""
    (project / "data.csv").write_text("1")
    log = tmp_path / "out.txt"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "cpsl", "serve", "app.py:app"],
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ},
        )
    wait_for(lambda: b"Watching for changes" in log.read_bytes())
    # The watcher needs a moment after the sentence.
    time.sleep(0.4)
    yield process, lambda: log.read_text()
    if process.poll() is None:
        process.kill()
    process.wait(10)


Serving = tuple[subprocess.Popen[bytes], Callable[[], str]]


def test_serve_sends_prints_and_stops_at_ctrl_c(platform: FakePlatform, serving: Serving) -> None:
    process, text = serving
    assert "report-agent is running at http://report-agent--serve.localhost:8080" in text()
    assert "hello from boot" in text()
    assert sorted(platform.uploads[0]) == ["app.py", "data.csv"]
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130
    assert platform.called("DELETE", "/serves/srv_1") == [b""]
    assert "Traceback" not in text()


def test_change_is_sent_and_a_touch_is_not(platform: FakePlatform, serving: Serving, project: Path) -> None:
    os.utime(project / "app.py")
    (project / "data.csv").write_text("2")
    (project / "prompt.md").write_text("Be brief.")
    wait_for(lambda: platform.changes)
    assert platform.changes[0] == ({"prompt.md": b"Be brief."}, [])
    (project / "prompt.md").unlink()
    wait_for(lambda: len(platform.changes) == 2)
    assert platform.changes[1] == ({}, ["prompt.md"])
    _, text = serving
    wait_for(lambda: text().count("Reloaded") == 2)
    assert "↻ prompt.md" in text()


def test_syntax_error_is_shown_and_held_back(platform: FakePlatform, serving: Serving, project: Path) -> None:
    _, text = serving
    good = (project / "app.py").read_text()
    (project / "app.py").write_text("def broken(:\n")
    wait_for(lambda: "syntax error in app.py:1" in text())
    assert platform.changes == []
    (project / "app.py").write_text(good + "x = 1\n")
    wait_for(lambda: platform.changes)
    assert list(platform.changes[0][0]) == ["app.py"]


def test_changed_settings_and_packages_ask_for_a_new_serve(
    platform: FakePlatform, serving: Serving, project: Path
) -> None:
    _, text = serving
    (project / "app.py").write_text(
        'import cpsl\n\napp = cpsl.App("report-agent", image=cpsl.Image(), secrets=["A"])\n'
    )
    wait_for(lambda: "The app's own settings have changed" in text())
    (project / "requirements.txt").write_text("flask\n")
    wait_for(lambda: "requirements.txt has changed" in text())


def test_failed_app_is_told_and_the_watch_goes_on(
    platform: FakePlatform, serving: Serving, project: Path
) -> None:
    _, text = serving
    platform.reload_failure = "NameError: name 'x' is not defined"
    (project / "app.py").write_text((project / "app.py").read_text() + "x\n")
    wait_for(lambda: "report-agent failed: NameError" in text())
    assert "The version before keeps running." in text()
    platform.reload_failure = None
    (project / "app.py").write_text((project / "app.py").read_text().replace("\nx\n", "\n"))
    wait_for(lambda: "Reloaded" in text())


def test_serve_that_is_gone_on_the_server_ends_the_command(platform: FakePlatform, serving: Serving) -> None:
    process, text = serving
    platform.serves.clear()
    assert process.wait(15) == 1
    assert "There is no serve 'srv_1'" in text()


def test_refused_serve_leaves_no_capsule(platform: FakePlatform, project: Path, capsule_cli: Cli) -> None:
    def fail(method: str, path: str) -> None:
        if path.endswith("/serves"):
            raise Problem(422, "missing_secret", "There is no secret 'KEY'.", "capsule secret create KEY=…")

    platform.fail = fail
    ran = capsule_cli("serve", "app.py:app")
    assert ran.code == 2
    assert "Hint:  capsule secret create KEY=…" in ran.err
    assert platform.capsules == {}


def test_failed_build_ends_with_its_reason(platform: FakePlatform, project: Path, capsule_cli: Cli) -> None:
    platform.build_end = {
        "status": "failed",
        "reason": "There is no secret 'KEY'",
        "hint": "capsule secret …",
    }
    platform.serve_runs = False
    ran = capsule_cli("serve", "app.py:app")
    assert ran.code == 1
    assert "Error: The build of 'report-agent' failed: There is no secret 'KEY'." in ran.err
    assert "installing flask" in ran.out
    assert platform.called("DELETE", "/serves/srv_1")


def test_summary_says_what_the_app_uses(serving: Serving) -> None:
    text = serving[1]()
    for label, value in (("Entry", "app.py:app"), ("Compute", "0.25 CPU, 512 MiB"), ("Secrets", "NEEDED")):
        assert [line for line in text.splitlines() if label in line and value in line]
    assert "Pages" not in text


def test_secrets_that_the_shell_exports_are_sent_and_nothing_else(
    platform: FakePlatform, project: Path, capsule_cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NAMED", "ON_DEMAND", "UNRELATED"):
        monkeypatch.setenv(name, f"value of {name}")
    (project / "app.py").write_text(
        'import cpsl\n\napp = cpsl.App("report-agent", image=cpsl.Image(), secrets=["NAMED", "ABSENT"])\n'
    )
    (project / "more.py").write_text('import cpsl\nKEY = cpsl.Secret.from_name("ON_DEMAND")\n')
    platform.serve_runs = False
    platform.build_end = {"status": "failed", "reason": "Enough", "hint": ""}
    ran = capsule_cli("serve", "app.py:app")
    [sent] = platform.called("POST", "/capsules/[^/]+/serves")
    assert sent["shell"] == {"NAMED": "value of NAMED", "ON_DEMAND": "value of ON_DEMAND"}
    assert "Taken from your shell, for this serve only: NAMED, ON_DEMAND" in ran.out + ran.err
    assert "value of" not in ran.out + ran.err


def test_options_of_later_versions_say_so(platform: FakePlatform, project: Path, capsule_cli: Cli) -> None:
    platform.serve_runs = False
    platform.build_end = {"status": "failed", "reason": "Enough", "hint": ""}
    ran = capsule_cli("serve", "app.py:app", "--channel", "tg", "--force-channel", "--reset-onboarding")
    assert "nothing is bound (tg)" in ran.out + ran.err
    assert "nothing to reset" in ran.out + ran.err


def test_wrong_entry_sends_nothing(platform: FakePlatform, project: Path, capsule_cli: Cli) -> None:
    assert capsule_cli("serve", "app.py:nope").code == 2
    assert platform.requests == []


def test_tree_finds_what_differs_from_what_was_sent(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    (tmp_path / "b.bin").write_text("1")
    tree = Tree(read_project(tmp_path))
    assert not tree.compare()
    (tmp_path / "a.py").write_text("2")
    (tmp_path / "b.bin").write_text("2")
    changes = tree.compare()
    assert changes.paths == ["a.py"]
    assert tree.compare().paths == ["a.py"], "not sent yet"
    tree.sent(changes)
    assert not tree.compare()


@pytest.mark.parametrize(
    ("path", "watched"), [("a.PY", True), ("x/y.tsx", True), ("a.pyc", False), ("a", False)]
)
def test_endings_decide_what_is_watched(path: str, watched: bool) -> None:
    assert is_watched(path) is watched
