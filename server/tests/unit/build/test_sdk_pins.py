"""Whatever a project says of `cpsl`, the platform's own SDK is what is installed. Needs a package index."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from capsule.build.builders.process.builder import ProcessBuilder
from capsule.build.contract import BuildLimits, BuildSettings
from capsule.build.detect import make_plan
from capsule.build.plan import Plan, Step
from capsule.build.toolchain import Toolchain
from capsule.kit.ids import new_id
from capsule.paths import DataPaths
from capsule.sandbox.probe import probe

pytestmark = pytest.mark.slow

APP = """
import cpsl
app = cpsl.App("pins", image=cpsl.Image({image}))

@app.message()
async def on_message(session, text):
    await session.reply(text)
"""

PYPROJECT = """
[project]
name = "pins"
version = "1"
requires-python = ">=3.11"
dependencies = ["cpsl=={version}", "iniconfig>=2"]

[tool.uv]
override-dependencies = ["cpsl==98.0"]
constraint-dependencies = ["cpsl==97.0"]
"""

POETRY = """
[tool.poetry]
name = "pins"
version = "1"

[tool.poetry.dependencies]
python = "^3.11"
cpsl = {version = "^99.0", extras = ["all"]}
iniconfig = "*"
"""

POETRY_LOCK = """
[[package]]
name = "cpsl"
version = "99.1"
optional = false

[[package]]
name = "iniconfig"
version = "2.0.0"
optional = false
"""

UV_LOCK = """
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "cpsl"
version = "99.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "pins-of-the-foreign-one" }]

[[package]]
name = "pins-of-the-foreign-one"
version = "1.0"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "pins"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "cpsl" }]

[package.metadata]
requires-dist = [{ name = "cpsl", specifier = "==99.0" }]
"""

CASES = {
    "requirements": ({"requirements.txt": "cpsl==99.0\niniconfig\n"}, ""),
    "extras and url": (
        {"requirements.txt": "cpsl[all] @ https://example.invalid/cpsl-1-py3-none-any.whl\n"},
        "",
    ),
    "hashes": ({"requirements.txt": f"cpsl==99.0 --hash=sha256:{'1' * 64}\n"}, ""),
    "pyproject with hostile uv settings": ({"pyproject.toml": PYPROJECT.format(version="99.0")}, ""),
    "uv.lock": (
        {
            "pyproject.toml": '[project]\nname = "pins"\nversion = "1"\nrequires-python = ">=3.11"\n'
            'dependencies = ["cpsl==99.0"]\n',
            "uv.lock": UV_LOCK,
        },
        "",
    ),
    "poetry.lock": ({"pyproject.toml": POETRY, "poetry.lock": POETRY_LOCK}, ""),
    "image": ({}, 'python_packages=["cpsl==99.0", "iniconfig"]'),
    "image file": (
        {"packages.txt": "# mine\n-i https://example.invalid\ncpsl>=99\n"},
        'python_packages="packages.txt"',
    ),
    "command": (
        {},
        'commands=["pip --version", "for f in $VIRTUAL_ENV/*/*/*/cpsl/__init__.py; do echo 1/0 > $f; done"]',
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_the_platforms_sdk_is_installed(
    case: str,
    data: DataPaths,
    toolchain: Toolchain,
    project: Callable[[dict[str, str]], Path],
    log: Any,
) -> None:
    files, image = CASES[case]
    tree = project({"app.py": APP.format(image=image), **files})
    plan = make_plan(tree, BuildSettings(type="app", entry="app.py:app"), toolchain)
    assert isinstance(plan, Plan), plan
    show = Step("show", ("{deps}/venv/bin/python", "-c", _SHOW), plan.steps[-1].env)
    builder = ProcessBuilder(
        cache=data.cache, toolchain=toolchain, machine=probe(data.root), server_env=os.environ
    )
    artifact = await builder.build(
        Plan(**{**vars(plan), "steps": (*plan.steps, show)}),
        source=tree,
        artifact=data.artifact(new_id("art")),
        identity=12,
        env={},
        limits=BuildLimits(seconds=120),
        log=log,
    )
    assert artifact.manifest is not None
    assert artifact.manifest["app_name"] == "pins"
    version = re.search(r"cpsl-([^-]+)-", toolchain.sdk)
    assert version is not None
    assert any(line == f"SDK {version[1]} local" for line in log.lines), log.lines


_SHOW = """
import importlib.metadata, json
found = importlib.metadata.distribution("cpsl")
url = json.loads(found.read_text("direct_url.json"))["url"]
print("SDK", found.version, "local" if url.startswith("file:///") else url)
"""
