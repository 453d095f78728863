"""Docker capsules, from a folder or an image's name to an answer by host name."""

import contextlib
import json
import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker_daemon import needs_bases
from installation import CAPSULE, REPOSITORY, Installation, eventually, new_installation

EXAMPLES = REPOSITORY / "examples"


@pytest.fixture(scope="module")
def host(docker_daemon: Path) -> Iterator[Installation]:
    """An installation of its own: the one of all others may have been started before the daemon."""
    needs_bases("python:3.11-slim", "caddy:2", "php:8-apache")
    installation = new_installation(CAPSULE_ANSWER_SECONDS="5")
    try:
        installation.up()
        yield installation
    finally:
        installation.remove()


@pytest.mark.parametrize("name", ["docker-flask", "docker-caddy", "docker-php", "docker-nonroot"])
def test_example_is_live_by_host_name(host: Installation, name: str) -> None:
    expect = json.loads((EXAMPLES / name / "expect.json").read_text())
    port = expect.get("settings", {}).get("port")
    options = ["--port", str(port)] if port else []
    host.run("deploy", str(EXAMPLES / name), "--type", "docker", "--name", name, *options)
    answer = host.get(name, expect["path"])
    assert (answer.status_code, expect["text"] in answer.text) == (expect["status"], True), answer.text


def test_an_image_is_enough(host: Installation) -> None:
    host.run("deploy", "--image", "caddy:2", "--name", "only-image")
    assert host.get("only-image").status_code in (200, 404)  # its own page, or none in it
    assert "Caddy" in host.get("only-image").headers["server"]
    host.run("remove", "only-image", "--yes")


def test_a_variable_arrives_without_a_build_and_the_port_is_a_setting(
    host: Installation, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python:3.11-slim\nCOPY . .\nCMD python server.py\n")
    (tmp_path / "server.py").write_text(
        "import http.server, os\n"
        "class H(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        "        self.send_response(200); self.end_headers()\n"
        "        self.wfile.write(os.environ.get('GREETING', 'none').encode())\n"
        "http.server.HTTPServer(('0.0.0.0', 9000), H).serve_forever()\n"
    )
    command = ("deploy", str(tmp_path), "--type", "docker", "--name", "port")
    done = host.run(*command, check=False)
    assert done.returncode == 1
    assert "did not answer on port 3000" in done.stderr
    assert "listens on 0.0.0.0:9000" in done.stderr
    assert "network port" in done.stderr
    host.run(*command, "--port", "9000")
    assert host.get("port").text == "none"
    host.run("env", "set", "port", "GREETING=hello")
    eventually(lambda: host.get("port").text == "hello", what="the variable")
    assert len(host.json("builds", "port")) == 2
    host.run("remove", "port", "--yes")


@pytest.mark.parametrize(
    ("command", "memory", "said"),
    [
        ("echo no database >&2; exit 4", None, "The container exited with code 4 before it answered"),
        ("python3 -c 'x = bytearray(10**9)'", None, "ran out of memory and was killed"),
        ("python3 -m http.server 3000 --bind 127.0.0.1", None, "listens on 127.0.0.1:3000 only"),
        ("/nowhere/program", None, "cannot be run: exec /nowhere/program failed"),
    ],
)
def test_why_a_container_is_not_live(
    host: Installation, tmp_path: Path, command: str, memory: int | None, said: str
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python:3.11-slim\n")
    done = host.run(
        "deploy", str(tmp_path), "--type", "docker", "--name", "fails", "--run-command", command, check=False
    )
    assert done.returncode == 1
    assert said in done.stderr


def test_commands_run_once_and_by_the_clock(host: Installation) -> None:
    done = host.run("run", "docker-nonroot", "--", "id -u; echo oh >&2; exit 5", check=False)
    assert (done.returncode, done.stdout) == (5, "1000\n")
    assert done.stderr == "oh\nThe command exited with code 5.\n"
    host.run("cron", "create", "docker-nonroot", "nightly", "30 3 * * *", "--", "true")
    host.run("cron", "run-now", "docker-nonroot", "nightly")
    eventually(
        lambda: (
            [run["status"] for run in host.json("cron", "history", "docker-nonroot", "nightly")]
            == ["succeeded"]
        ),
        what="the run of the schedule",
    )


@pytest.mark.usefixtures("enterable_base")
def test_a_command_inside_a_container(host: Installation) -> None:
    command = ("sh", "-c", "cat; id -u; ls server.py; exit 3")
    done = host.run("exec", "-i", "docker-nonroot", "--", *command, check=False, stdin="hello\n")
    assert (done.returncode, done.stdout, done.stderr) == (3, "hello\n1000\nserver.py\n", "")


@pytest.mark.usefixtures("enterable_base")
def test_a_terminal_in_a_container(host: Installation) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [str(CAPSULE), "exec", "-it", "docker-nonroot"],
        env=host.environment(),
        cwd=host.home,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as following:
        os.close(theirs)
        seen = os.read(ours, 4096)  # its prompt; what is typed before is thrown away
        os.write(ours, b"echo in-$((40 + 2)) $(tty)\nexit 4\n")
        with contextlib.suppress(OSError):  # the terminal's end
            while piece := os.read(ours, 4096):
                seen += piece
        os.close(ours)
        assert following.wait(30) == 4, seen
    assert b"in-42 /dev/pts/" in seen


@pytest.mark.usefixtures("enterable_base")
def test_the_agents_end_is_noticed_by_shells_only(host: Installation) -> None:
    visits = [_visits(host) for _ in range(5)]
    sleep = f"sleep 4000.{os.getpid()}"
    with subprocess.Popen(
        [str(CAPSULE), "exec", "docker-nonroot", "--", *sleep.split()], env=host.environment(), cwd=host.home
    ) as following:
        eventually(lambda: f"\n{sleep}\n" in _processes(), what="the command in the container")
        os.kill(host.pid("node"), 9)
        assert following.wait(60) != 0
    eventually(lambda: f"\n{sleep}\n" not in _processes(), what="its end")
    assert _visits(host) == visits[-1] + 1
    eventually(lambda: host.json_status()["node"]["health"] == "healthy", what="the agent's return")
    host.run("restart", "docker-nonroot")
    assert _visits(host) < visits[-1]  # fresh files count anew


def test_down_ends_containers(host: Installation) -> None:
    host.run("down", "--all")
    assert "python server.py" not in _processes()


def _processes() -> str:
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout


def _visits(host: Installation) -> int:
    return int(host.get("docker-nonroot").text.split()[-1])
