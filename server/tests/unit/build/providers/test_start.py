"""The order of run command, Procfile and default, and the processes beside `web`."""

from typing import ClassVar

import pytest
from build_planning import FLASK, Planning, argv_of, chosen


class TestStart:
    FILES: ClassVar = {
        "app.py": FLASK,
        "requirements.txt": "flask\n",
        "Procfile": "# all of it\nweb: gunicorn app:app\nworker: python w.py\n\n"
        "release: NAME=x python m.py # up\n",
    }

    def test_run_command_takes_the_place_of_web_only(self, planning: Planning) -> None:
        plan = planning.plan(self.FILES, run_command="python app.py --port $PORT")
        assert argv_of(plan) == ("sh", "-c", "python app.py --port $PORT")
        assert plan.processes["worker"].argv == ("sh", "-c", "python w.py")
        assert plan.release is not None
        assert any("takes the place" in notice for notice in plan.notices)

    def test_procfile_stands_above_default(self, planning: Planning) -> None:
        plan = planning.plan(self.FILES)
        assert argv_of(plan) == ("sh", "-c", "gunicorn app:app")
        assert chosen(plan, "gunicorn") == "added"
        assert list(plan.processes) == ["worker"]
        assert chosen(plan, "process worker") == "python w.py"
        assert plan.start is not None
        assert plan.processes["worker"].env == plan.start.env

    def test_release_of_the_procfile_runs_before_a_release(self, planning: Planning) -> None:
        plan = planning.plan(self.FILES)
        assert plan.release is not None
        assert plan.release.argv == ("sh", "-c", "NAME=x python m.py # up")

    def test_release_command_stands_above_the_procfile(self, planning: Planning) -> None:
        plan = planning.plan(self.FILES, release_command="python other.py")
        assert plan.release is not None
        assert plan.release.argv == ("sh", "-c", "python other.py")

    def test_without_web_the_framework_is_started(self, planning: Planning) -> None:
        plan = planning.plan({**self.FILES, "Procfile": "worker: x"})
        assert "app:app" in argv_of(plan)
        assert list(plan.processes) == ["worker"]

    @pytest.mark.parametrize("code", [{"main.py": "print()"}, {"a.py": "", "b.py": ""}])
    def test_without_web_and_framework_nothing_listens(
        self, code: dict[str, str], planning: Planning
    ) -> None:
        plan = planning.plan({**code, "Procfile": "worker: python main.py\nclock: python c.py"})
        assert plan.start is None
        assert list(plan.processes) == ["worker", "clock"]
        assert chosen(plan, "start command") == "none"

    def test_procfile_with_nothing_but_a_release_leaves_the_default(self, planning: Planning) -> None:
        plan = planning.plan({"main.py": "", "Procfile": "release: python m.py"})
        assert argv_of(plan)[-1] == "main.py"

    @pytest.mark.parametrize("text", ["just a command", "web: a\nweb: b", "web:"])
    def test_what_is_no_procfile_is_refused(self, text: str, planning: Planning) -> None:
        assert f"Line {text.count(chr(10)) + 1} of the Procfile" in planning.refused(
            {**self.FILES, "Procfile": text}
        )

    @pytest.mark.parametrize("name", ["procfile", "PROCFILE", "Procfile.txt"])
    def test_other_spelling_is_not_read_and_noticed(self, name: str, planning: Planning) -> None:
        plan = planning.plan({"app.py": FLASK, name: "web: x"})
        assert "app:app" in argv_of(plan)
        assert any(f"`{name}` is not read" in notice for notice in plan.notices)

    def test_other_spelling_is_named_when_nothing_can_start(self, planning: Planning) -> None:
        files = {"requirements.txt": "", "a.py": "", "b.py": "", "procfile": "web: python a.py"}
        assert "`procfile` is not read" in planning.refused(files)
