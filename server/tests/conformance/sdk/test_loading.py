"""Conformance list, Loading."""

from pathlib import Path

import pytest
from conforming import load

FUNCTIONAL = """
import cpsl
app = cpsl.App(name="demo", image=cpsl.Image())

@app.message()
async def handle(session, msg): ...
"""
CLASS = """
import cpsl
hosted = cpsl.App(name="demo")

@hosted.cls(image=cpsl.Image())
class Assistant:
    @cpsl.message()
    async def handle(self, session, msg): ...
"""


def test_dir_app_py_app_loads_with_sibling_imports(tmp_path: Path) -> None:
    folder = tmp_path / "dir"
    folder.mkdir()
    (folder / "app.py").write_text(f"from pages import NAME\n{FUNCTIONAL}\napp.collection(NAME)\n")
    (folder / "pages.py").write_text("NAME = 'from_a_sibling'\n")
    code, manifest, said = load(tmp_path, "dir/app.py:app")
    assert (code, said) == (0, "")
    assert manifest["app_name"] == "demo"
    assert [entry["name"] for entry in manifest["collections"]] == ["from_a_sibling"]


def test_a_bad_symbol_exits_1(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(FUNCTIONAL)
    code, manifest, said = load(tmp_path, "app.py:nope")
    assert (code, manifest) == (1, {})
    assert "app.py has no 'nope'" in said


@pytest.mark.parametrize(
    ("source", "symbol", "class_name"), [(FUNCTIONAL, "app", None), (CLASS, "Assistant", "Assistant")]
)
def test_a_class_entry_and_an_app_entry_both_work(
    tmp_path: Path, source: str, symbol: str, class_name: str | None
) -> None:
    (tmp_path / "app.py").write_text(source)
    code, manifest, said = load(tmp_path, f"app.py:{symbol}")
    assert (code, said) == (0, "")
    assert (manifest["class_name"], manifest["has_message_handler"]) == (class_name, True)


@pytest.mark.parametrize(
    ("source", "app", "symbol"), [(FUNCTIONAL, "app", "app"), (CLASS, "hosted", "Assistant")]
)
def test_declarations_placed_after_handlers_are_in_the_manifest(
    tmp_path: Path, source: str, app: str, symbol: str
) -> None:
    below = f"""
{app}.collection("notes")
{app}.setting("tone", default="kind")
{app}.add_integration("aws")
{app}.theme(preset="warm")
{app}.home(title="Hello")
"""
    (tmp_path / "app.py").write_text(source + below)
    code, manifest, said = load(tmp_path, f"app.py:{symbol}")
    assert code == 0, said
    assert [entry["name"] for entry in manifest["collections"]] == ["notes"]
    assert [entry["name"] for entry in manifest["settings"]] == ["tone"]
    assert [entry["type"] for entry in manifest["integrations"]] == ["aws"]
    assert manifest["theme"]["preset"] == "warm"
    assert manifest["home"]["title"] == "Hello"


@pytest.mark.parametrize(
    "source",
    [
        FUNCTIONAL + "\n@app.cls(image=cpsl.Image())\nclass Assistant: ...\n",
        CLASS + "\n@hosted.message()\nasync def more(session, msg): ...\n",
        "import cpsl\napp = cpsl.App(name='demo')\n\n@app.message()\nasync def handle(session, msg): ...\n",
    ],
    ids=["class on a functional app", "function on a class app", "function on an app without an image"],
)
def test_mixed_styles_raise_runtime_error(tmp_path: Path, source: str) -> None:
    (tmp_path / "app.py").write_text(source)
    code, manifest, said = load(tmp_path, "app.py:app")
    assert (code, manifest) == (1, {})
    assert ": RuntimeError: " in said
