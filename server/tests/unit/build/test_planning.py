"""What is planned for small projects, and what is said when nothing can be."""

from pathlib import Path

import pytest
from build_planning import Planning, argv_of, chosen

from capsule.build.contract import BuildSettings
from capsule.build.detect import make_plan
from capsule.build.plan import CannotPlan

ANGULAR = '{"projects": {"shop": {"architect": {"build": {"builder": "@angular/build:application"}}}}}'
APP_WITH_IMAGE = """
from cpsl import App, Image
BASE = ['a']
image = Image(python_packages=BASE + ['cpsl', 'b>=2'], apt_packages=['ffmpeg'])
image.add_commands(['make x'])
app = App('x', image=image)
"""


class TestStatic:
    @pytest.mark.parametrize(
        ("files", "folder", "single"),
        [
            ({"index.html": ""}, "/", False),
            ({"public/index.html": "", "package.json": "{}"}, "public", False),
            ({"package.json": '{"scripts": {"build": "x"}, "devDependencies": {"vite": "6"}}'}, "dist", True),
            (
                {"package.json": '{"scripts": {"build": "x"}, "dependencies": {"react-scripts": "5"}}'},
                "build",
                True,
            ),
            (
                {"package.json": '{"scripts": {"build": "x"}, "dependencies": {"astro": "5", "vite": "6"}}'},
                "dist",
                False,
            ),
            (
                {
                    "package.json": '{"scripts": {"build": "x"}, "devDependencies": {"vite": "6"}}',
                    "vite.config.ts": "export default { build: { outDir: 'site' } }",
                },
                "site",
                True,
            ),
            (
                {
                    "package.json": '{"scripts": {"build": "x"}}',
                    "angular.json": ANGULAR,
                },
                "dist/shop/browser",
                True,
            ),
        ],
    )
    def test_output_is_found(
        self, files: dict[str, str], folder: str, single: bool, planning: Planning
    ) -> None:
        plan = planning.plan(files, "frontend")
        assert chosen(plan, "output directory") == folder
        assert ("--single-page" in argv_of(plan)) == single

    def test_settings_stand_above_detection(self, planning: Planning) -> None:
        plan = planning.plan(
            {"a/index.html": "", "index.html": ""}, "frontend", output_directory="/a/", build_command="Auto"
        )
        assert chosen(plan, "output directory") == "a"

    def test_rendering_on_a_server_is_refused(self, planning: Planning) -> None:
        text = '{"scripts": {"build": "next build"}, "dependencies": {"next": "15"}}'
        assert "Next.js renders on a server" in planning.refused({"package.json": text}, "frontend")

    @pytest.mark.parametrize("folder", ["missing", "../up"])
    def test_output_directory_outside_is_refused(self, folder: str, planning: Planning) -> None:
        assert folder in planning.refused({"index.html": ""}, "frontend", output_directory=folder)

    def test_nothing_to_serve_is_refused(self, planning: Planning) -> None:
        assert "no index.html" in planning.refused({"readme.txt": ""}, "frontend")


class TestApp:
    FILE = "import cpsl\napp = cpsl.App('x', image=cpsl.Image({}))\n"

    def test_image_is_read_without_running(self, planning: Planning) -> None:
        plan = planning.plan({"app.py": APP_WITH_IMAGE}, "app", entry="app.py:app")
        assert plan.files["{deps}/image.txt"] == "a\nb>=2\n"
        assert ("sh", "-c", "make x") in [step.argv for step in plan.steps]
        assert any("ffmpeg" in notice for notice in plan.notices)
        assert plan.listens_on_socket
        assert plan.probe_path is None

    def test_what_is_no_literal_is_noticed(self, planning: Planning) -> None:
        plan = planning.plan({"app.py": self.FILE.format("python_packages=make()")}, "app")
        assert any("no plain list" in notice for notice in plan.notices)

    def test_missing_requirements_file_is_refused(self, planning: Planning) -> None:
        files = {"app.py": self.FILE.format("python_packages='packages.txt'")}
        assert "packages.txt" in planning.refused(files, "app")

    @pytest.mark.parametrize(
        ("entry", "reason"),
        [
            ("app.py", "must be `file.py:symbol`"),
            ("app.py:", "must be `file.py:symbol`"),
            (":app", "must be `file.py:symbol`"),
            ("nope.py:app", "'nope.py' is not in the project"),
            ("app.py:nope", "defines no 'nope'"),
            ("../app.py:app", "is not in the project"),
            ("broken.py:app", "syntax error in line 2"),
        ],
    )
    def test_wrong_entry_is_refused(self, entry: str, reason: str, planning: Planning) -> None:
        files = {"app.py": self.FILE.format(""), "broken.py": "import x\ndef (:\n"}
        assert reason in planning.refused(files, "app", entry=entry)

    def test_file_that_hides_the_sdk_is_refused(self, planning: Planning) -> None:
        assert "hides the SDK" in planning.refused({"app.py": self.FILE.format(""), "cpsl.py": ""}, "app")


def test_empty_project_is_refused(planning: Planning, tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    assert "empty" in planning.refused({})


def test_unknown_project_is_refused_with_what_it_has(planning: Planning) -> None:
    found = make_plan(planning.project({"main.cob": ""}), BuildSettings(type="backend"), planning.facts)
    assert isinstance(found, CannotPlan)
    assert "main.cob" in found.hint


def test_files_outside_the_project_are_not_read(planning: Planning, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("web: cat secret")
    root = planning.project({"main.py": ""})
    (root / "Procfile").symlink_to(tmp_path / "secret.txt")
    assert argv_of(planning.plan({}))[-1] == "main.py"
