"""What is planned for projects with a Dockerfile, and for images by name."""

from pathlib import Path
from typing import ClassVar

import pytest
from build_planning import Planning, argv_of, chosen

from capsule.build.contract import BuildSettings
from capsule.build.detect import make_plan
from capsule.build.plan import CannotPlan, Image, Plan


class TestDocker:
    FILES: ClassVar = {"Dockerfile": "FROM python:3.11-slim\nEXPOSE 5000\nUSER 1000\nCMD python app.py\n"}

    def test_a_dockerfile(self, planning: Planning) -> None:
        plan = planning.plan(self.FILES, "docker")
        assert plan.image == Image(dockerfile="Dockerfile", port=5000)
        assert argv_of(plan) == ()
        assert chosen(plan, "base image") == "python:3.11-slim"
        assert chosen(plan, "user") == "1000"

    def test_the_config_wins(self, planning: Planning) -> None:
        files = {
            "docker/web.Dockerfile": "FROM debian\nEXPOSE 80\n",
            "site/index.html": "",
            "Procfile": "web: x",
        }
        plan = planning.plan(
            files, "docker", dockerfile="docker/web.Dockerfile", docker_context="site", port=8000
        )
        assert plan.image == Image(dockerfile="docker/web.Dockerfile", context="site", port=8000)
        assert any("Procfile is not used" in notice for notice in plan.notices)

    @pytest.mark.parametrize(
        ("line", "argv"),
        [
            ("python app.py --name 'a b'", ("python", "app.py", "--name", "a b")),
            ("gunicorn -b 0.0.0.0:$PORT app:app", ("/bin/sh", "-c", "gunicorn -b 0.0.0.0:$PORT app:app")),
            ("A=1 run", ("/bin/sh", "-c", "A=1 run")),
            ("echo 'x", ("/bin/sh", "-c", "echo 'x")),
        ],
    )
    def test_a_run_command_takes_the_place_of_cmd(
        self, planning: Planning, line: str, argv: tuple[str, ...]
    ) -> None:
        plan = planning.plan(self.FILES, "docker", run_command=line, release_command="migrate")
        assert argv_of(plan) == argv
        assert plan.release is not None
        assert plan.release.argv == ("migrate",)

    def test_an_image_needs_no_project(self, planning: Planning, tmp_path: Path) -> None:
        settings = BuildSettings(type="docker", image="caddy:2")
        plan = make_plan(tmp_path, settings, planning.facts)
        assert isinstance(plan, Plan)
        assert plan.image == Image(reference="caddy:2")

    def test_near_misses_are_named(self, planning: Planning) -> None:
        files = {"dockerfile": "FROM a", "deploy/Dockerfile.prod": "FROM a", "x.txt": ""}
        found = make_plan(planning.project(files), BuildSettings(type="docker"), planning.facts)
        assert isinstance(found, CannotPlan)
        assert "no file Dockerfile" in found.reasons[0]
        assert "deploy/Dockerfile.prod" in found.hint
        assert "dockerfile" in found.hint

    def test_links_out_of_the_project_are_refused(self, planning: Planning, tmp_path: Path) -> None:
        (tmp_path / "outside").mkdir()
        (tmp_path / "outside" / "Dockerfile").write_text("FROM a")
        root = planning.project({"a.txt": ""})
        (root / "Dockerfile").symlink_to(tmp_path / "outside" / "Dockerfile")
        (root / "ctx").symlink_to(tmp_path / "outside")
        found = make_plan(root, BuildSettings(type="docker"), planning.facts)
        assert isinstance(found, CannotPlan)
        assert "leaves the project" in found.reasons[0]
        (root / "D2").write_text("FROM a")
        found = make_plan(
            root, BuildSettings(type="docker", dockerfile="D2", docker_context="ctx"), planning.facts
        )
        assert isinstance(found, CannotPlan)
        assert "build context ctx leaves the project" in found.reasons[0]

    def test_every_problem_is_told_at_once(self, planning: Planning) -> None:
        files = {"Dockerfile": "FROM a\nRUN <<X\nls\nX\nCOPY --chmod=1 a b\n"}
        said = planning.refused(files, "docker")
        assert "Line 2" in said
        assert "Line 5" in said
