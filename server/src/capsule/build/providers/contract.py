"""What a provider must do: recognise a language and write a plan for it, from files and facts only."""

from typing import Protocol

from capsule.build.contract import BuildSettings
from capsule.build.plan import Plan
from capsule.build.project import Project
from capsule.build.toolchain import Toolchain


class Unplannable(Exception):
    """Raised inside a provider; `make_plan` turns it into `CannotPlan`."""

    def __init__(self, *reasons: str, hint: str, may_lie_deeper: bool = False) -> None:
        """`may_lie_deeper`: nothing was found to start or to show, so the folder may be the wrong one."""
        super().__init__(*reasons)
        self.reasons = reasons
        self.hint = hint
        self.may_lie_deeper = may_lie_deeper


class Provider(Protocol):
    name: str
    manifests: tuple[str, ...]
    """Files by which a project says that it is this provider's, such as `package.json`."""

    def detect(self, project: Project) -> bool:
        """Say whether a project without any such file looks like this provider's, by its code alone."""

    def plan(self, project: Project, settings: BuildSettings, toolchain: Toolchain) -> Plan:
        """Write the plan. Raises Unplannable and Unreadable; runs nothing."""
