"""Which provider plans a project. The table of contents of planning; runs nothing of the project."""

from pathlib import Path

from capsule.build.contract import BuildSettings
from capsule.build.plan import CannotPlan, Plan
from capsule.build.project import Project, Unreadable
from capsule.build.providers.app.provider import AppProvider
from capsule.build.providers.contract import Provider, Unplannable
from capsule.build.providers.node.provider import NodeProvider
from capsule.build.providers.python.provider import PythonProvider
from capsule.build.providers.static.provider import StaticProvider
from capsule.build.toolchain import Toolchain

# Order matters: the first that recognises the project plans it. Python comes before Node, because Python
# projects often carry a package.json for their assets and Node projects seldom a requirements.txt.
_SERVERS: tuple[Provider, ...] = (PythonProvider(), NodeProvider(), StaticProvider())

PROVIDERS: dict[str, tuple[Provider, ...]] = {
    "app": (AppProvider(),),
    "backend": _SERVERS,
    "agent": _SERVERS,
    "frontend": (StaticProvider(),),
}


def make_plan(tree: Path, settings: BuildSettings, toolchain: Toolchain) -> Plan | CannotPlan:
    """Return the plan for the project in `tree`, or why there is none."""
    providers = PROVIDERS.get(settings.type)
    if providers is None:
        return CannotPlan(
            (f"A capsule of type {settings.type!r} is not built.",), hint=f"Types: {', '.join(PROVIDERS)}."
        )
    project = Project(tree)
    if project.is_empty():
        return CannotPlan(("The project folder is empty.",), hint="Check the project path and the branch.")
    try:
        for provider in providers:
            if len(providers) == 1 or provider.detect(project):
                return provider.plan(project, settings, toolchain)
    except Unplannable as exc:
        return CannotPlan(exc.reasons, hint=exc.hint)
    except Unreadable as exc:
        return CannotPlan((f"{exc.path} {exc.why}.",), hint=f"Mend {exc.path}.")
    names = ", ".join(sorted(entry.name for entry in tree.iterdir())[:10])
    return CannotPlan(
        ("The project is of no known kind: no requirements.txt, package.json, *.py or index.html.",),
        hint=f"Its folder has: {names}. Set the project path if the code lies deeper.",
    )
