"""Plan small projects on an imagined machine, and look at what was decided."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from capsule.build.contract import BuildSettings
from capsule.build.detect import make_plan
from capsule.build.plan import CannotPlan, Plan
from capsule.build.toolchain import Toolchain

FLASK = "from flask import Flask\napp = Flask(__name__)\n"


def argv_of(plan: Plan) -> tuple[str, ...]:
    assert plan.start is not None
    return plan.start.argv


class Planning:
    def __init__(self, project: Callable[[dict[str, str]], Path], facts: Toolchain) -> None:
        self.project = project
        self.facts = facts
        self.hint = ""

    def plan(self, files: dict[str, str], type: str = "backend", **settings: Any) -> Plan:
        found = make_plan(self.project(files), BuildSettings(type=type, **settings), self.facts)
        assert isinstance(found, Plan), found
        return found

    def refused(self, files: dict[str, str], type: str = "backend", **settings: Any) -> str:
        found = make_plan(self.project(files), BuildSettings(type=type, **settings), self.facts)
        assert isinstance(found, CannotPlan), found
        assert found.hint
        self.hint = found.hint
        return " ".join(found.reasons)


def chosen(plan: Plan, what: str) -> str:
    return next(choice.value for choice in plan.choices if choice.what == what)
