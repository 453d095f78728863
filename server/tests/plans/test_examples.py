"""Every example's plan is as its snapshot says. `UPDATE_SNAPSHOTS=1 pytest` on this file writes them."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest

from capsule.build.contract import BuildSettings
from capsule.build.detect import make_plan
from capsule.build.plan import Plan
from capsule.build.toolchain import Interpreter, Toolchain
from capsule.build.tools import Tool

EXAMPLES = Path(__file__).parents[3] / "examples"
SNAPSHOTS = Path(__file__).parent / "snapshots"

# Facts of an imagined machine, so that a plan reads the same everywhere.
TOOLCHAIN = Toolchain(
    uv="/platform/bin/uv",
    sdk="/platform/cpsl-0.1.0-py3-none-any.whl",
    sdk_digest="0" * 64,
    pythons=(
        Interpreter("3.11.9", "/usr/bin/python3.11"),
        Interpreter("3.13.1", "/opt/python3.13/bin/python3.13", "/opt/python3.13"),
    ),
    tools=(
        Tool("node", "20.20.2", "/usr/bin/node"),
        Tool("go", "1.22.4", "/usr/lib/go-1.22/bin/go"),
        Tool("java", "17.0.15", "/usr/lib/jvm/java-17/bin/javac", ("/etc/java-17-openjdk",)),
        Tool("maven", "3.8.7", "/usr/share/maven/bin/mvn", ("/etc/maven",)),
        Tool("gradle", "8.10.2", "/usr/share/gradle/bin/gradle"),
        Tool("composer", "2.5.5", "/usr/bin/composer"),
        Tool("php", "8.2.28", "/usr/bin/php8.2", ("/etc/php",)),
        Tool("ruby", "3.1.2", "/usr/bin/ruby3.1"),
        Tool("bundler", "2.3.15", "/usr/bin/bundle"),
        Tool("hugo", "0.111.3", "/usr/bin/hugo"),
    ),
    server_python="/platform/bin/python",
    server_visible=("/platform",),
)


def examples() -> list[str]:
    return sorted(path.parent.name for path in EXAMPLES.glob("*/expect.json"))


@pytest.mark.parametrize("name", examples())
def test_plan_is_as_the_snapshot_says(name: str) -> None:
    expect = json.loads((EXAMPLES / name / "expect.json").read_text())
    settings = BuildSettings(type=expect["type"], **expect.get("settings", {}))
    plan = make_plan(EXAMPLES / name, settings, TOOLCHAIN)
    assert isinstance(plan, Plan), plan
    assert plan.provider == expect["provider"]
    snapshot = SNAPSHOTS / f"{name}.json"
    text = json.dumps(asdict(plan), indent=2) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        snapshot.write_text(text)
    assert text == snapshot.read_text()


def test_every_snapshot_belongs_to_an_example() -> None:
    assert sorted(path.stem for path in SNAPSHOTS.glob("*.json")) == examples()
