"""Starting, stopping and asking an installation."""

import json
import socket

from installation import Installation, eventually, new_installation


def test_status_names_every_process_with_pid_and_health(installation: Installation) -> None:
    status = json.loads(installation.run("status", "--json").stdout)
    assert set(status) == {"server", "node", "apps", "edge"}
    for process in status.values():
        assert process["health"] == "healthy"
        assert process["pid"] > 1


def test_up_again_says_that_it_runs(installation: Installation) -> None:
    assert "already running" in installation.up()


def test_doctor_lists_parts_for_programs_and_people(installation: Installation) -> None:
    parts = {finding["part"]: finding for finding in installation.json("doctor")}
    assert parts["git"]["found"]
    assert "enables" in parts["bubblewrap"]
    assert "git" in installation.run("doctor").stdout


def test_two_installations_run_side_by_side_and_one_goes_down_alone(installation: Installation) -> None:
    second = new_installation()
    try:
        second.up()
        assert second.json("list") == []
        assert second.pid("server") != installation.pid("server")
        second.run("down")
        status = json.loads(second.run("status", "--json", check=False).stdout)
        assert status["server"]["health"] == "stopped"
        assert status["edge"]["health"] == "healthy"
        second.run("down", "--all")
        status = json.loads(second.run("status", "--json", check=False).stdout)
        assert {process["health"] for process in status.values()} == {"stopped"}
    finally:
        second.remove()
    assert json.loads(installation.run("status", "--json").stdout)["server"]["health"] == "healthy"


def test_port_in_use_is_told_with_the_way_out_and_nothing_is_left() -> None:
    other = new_installation()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", other.port))
        taken.listen()
        done = other.run("up", "-d", "--port", str(other.port), "--no-demo", check=False)
    try:
        assert done.returncode == 1
        assert f"Port {other.port}" in done.stderr
        assert "--port" in done.stderr
        status = json.loads(other.run("status", "--json", check=False).stdout)
        assert {process["health"] for process in status.values()} == {"stopped"}
    finally:
        other.remove()


def test_demo_space_goes_live_by_itself() -> None:
    fresh = new_installation(demo=True)
    live = {"hello-flask": "Flask", "hello-site": "<html", "integrations-demo": "<div"}

    def all_live() -> bool:
        answers = {name: fresh.get(name) for name in live}
        return all(
            answer.status_code == 200 and live[name] in answer.text for name, answer in answers.items()
        )

    try:
        assert "hello-flask" in fresh.up()
        eventually(all_live, seconds=180, what="the demo space")
    finally:
        fresh.remove()
