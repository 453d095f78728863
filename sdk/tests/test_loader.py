"""Loading an entry, as the platform does it: a process of its own that writes a manifest or says why not."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

APP = """
import cpsl
app = cpsl.App("demo", image=cpsl.Image())

@app.message()
async def handle(session, msg): ...
"""
TUTORIAL = Path(__file__).parents[2] / "examples" / "integrations-demo" / "app.py"


def manifest(folder: Path, entry: str) -> tuple[int, dict[str, Any] | None, str]:
    """Return exit code, manifest and what was said on stderr."""
    output = folder / "manifest.json"
    command = [sys.executable, "-m", "cpsl.runtime", "manifest", entry, "--output", str(output)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    found = json.loads(output.read_text()) if output.exists() else None
    return done.returncode, found, done.stderr


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_an_entry_in_a_folder_loads_with_its_siblings(tmp_path: Path) -> None:
    write(tmp_path, dir__app=APP + "\nimport pages\n", dir__pages="NAME = 1\n")
    code, found, said = manifest(tmp_path, "dir/app.py:app")
    assert (code, said) == (0, "")
    assert found is not None
    assert (found["app_name"], found["module"], found["class_name"]) == ("demo", "app", None)


def test_a_class_entry_loads(tmp_path: Path) -> None:
    source = """
from __future__ import annotations
import cpsl
hosted = cpsl.App("classy")

@hosted.cls(image=cpsl.Image())
class Assistant:
    @cpsl.message()
    async def handle(self, session: cpsl.Session, msg: cpsl.Message): ...

hosted.collection("below")
"""
    write(tmp_path, app=source)
    code, found, _ = manifest(tmp_path, "app.py:Assistant")
    assert code == 0
    assert found is not None
    assert (found["class_name"], found["has_message_handler"]) == ("Assistant", True)
    assert found["collections"] == [{"name": "below", "scope": "app"}]


def test_the_tutorial_app_loads_unmodified(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(TUTORIAL.read_text())
    code, found, said = manifest(tmp_path, "app.py:app")
    assert (code, said) == (0, "")
    assert found is not None
    assert found["secrets"] == ["OPENAI_API_KEY"]
    assert [integration["type"] for integration in found["integrations"]] == ["github", "aws"]


@pytest.mark.parametrize(
    ("entry", "source", "said"),
    [
        ("app.py", APP, "'app.py' is no entry. Write it as path/to/file.py:symbol"),
        ("app.py:", APP, "'app.py:' is no entry"),
        (":app", APP, "':app' is no entry"),
        ("nope.py:app", APP, "There is no file 'nope.py'"),
        ("app.py:nope", APP, "app.py has no 'nope'. Did you mean app.py:app?"),
        ("app.py:cpsl", APP, "app.py:cpsl is a module; an entry names a cpsl.App or a class with @app.cls."),
        ("app.py:app", "import cpsl\napp = cpsl.App('x')\n", "is an App without an image"),
        ("app.py:A", "class A: ...\n", "app.py:A is a class without @app.cls"),
        ("app.py:app", "x = (\n", "app.py:1: SyntaxError: '(' was never closed"),
        (
            "app.py:app",
            "\nimport nowhere\n",
            "app.py:2: ModuleNotFoundError: No module named 'nowhere' (add it to",
        ),
        ("app.py:app", "def f():\n    {}['k']\nf()\n", "app.py:2: KeyError: 'k'"),
        ("app.py:app", "import json\njson.loads('x')\n", "app.py:2: json.decoder.JSONDecodeError"),
        ("app.py:app", "import sys\nsys.exit('no')\n", "app.py:2: SystemExit: no"),
    ],
)
def test_a_bad_entry_says_why_in_one_line(tmp_path: Path, entry: str, source: str, said: str) -> None:
    write(tmp_path, app=source)
    code, found, error = manifest(tmp_path, entry)
    assert (code, found) == (1, None)
    assert error.startswith("Error: ")
    assert said in error
    assert error.count("\n") == 1
