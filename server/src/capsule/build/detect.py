"""Which provider plans a project. The table of contents of planning; runs nothing of the project."""

from pathlib import Path

from capsule.build.below import projects_below, said_of
from capsule.build.contract import BuildSettings
from capsule.build.plan import CannotPlan, Plan
from capsule.build.project import Project, Unreadable
from capsule.build.providers.app.provider import AppProvider
from capsule.build.providers.contract import Provider, Unplannable
from capsule.build.providers.deno.provider import DenoProvider
from capsule.build.providers.docker.provider import DockerProvider
from capsule.build.providers.go.provider import GoProvider
from capsule.build.providers.java.provider import JavaProvider
from capsule.build.providers.node.provider import NodeProvider
from capsule.build.providers.php.provider import PhpProvider
from capsule.build.providers.python.provider import PythonProvider
from capsule.build.providers.ruby.provider import RubyProvider
from capsule.build.providers.shell.provider import ShellProvider
from capsule.build.providers.start import unread_procfile
from capsule.build.providers.static.provider import StaticProvider
from capsule.build.toolchain import Toolchain

# Order matters: the first whose manifest is there plans the project, else the first that knows its code.
# Node comes last of the languages, because projects of all the others often carry a package.json for their
# assets, and Node projects seldom a manifest of another language.
_SERVERS: tuple[Provider, ...] = (
    PythonProvider(),
    PhpProvider(),
    RubyProvider(),
    GoProvider(),
    JavaProvider(),
    DenoProvider(),
    NodeProvider(),
    StaticProvider(),
    ShellProvider(),
)

PROVIDERS: dict[str, tuple[Provider, ...]] = {
    "app": (AppProvider(),),
    "backend": _SERVERS,
    "agent": _SERVERS,
    "frontend": (StaticProvider(),),
    "docker": (DockerProvider(),),
}


def make_plan(tree: Path, settings: BuildSettings, toolchain: Toolchain) -> Plan | CannotPlan:
    """Return the plan for the project in `tree`, or why there is none."""
    providers = PROVIDERS.get(settings.type)
    if providers is None:
        return CannotPlan(
            (f"A capsule of type {settings.type!r} is not built.",), hint=f"Types: {', '.join(PROVIDERS)}."
        )
    project = Project(tree)
    if not settings.image and project.is_empty():
        return CannotPlan(("The project folder is empty.",), hint="Check the project path and the branch.")
    try:
        provider = _provider_for(project, providers)
        if provider is not None:
            return provider.plan(project, settings, toolchain)
    except Unplannable as exc:
        deeper, path = _deeper(project) if exc.may_lie_deeper else ("", "")
        reasons = (*exc.reasons, *filter(None, (deeper,)))
        return CannotPlan(reasons, hint=" ".join(filter(None, (path, exc.hint))))
    except Unreadable as exc:
        return CannotPlan((f"{exc.path} {exc.why}.",), hint=exc.hint or f"Mend {exc.path}.")
    return _of_no_known_kind(project)


def _of_no_known_kind(project: Project) -> CannotPlan:
    if project.has("Dockerfile"):
        return CannotPlan(
            ("The project has a Dockerfile and is of no kind that is built without one.",),
            hint="Create the capsule with type docker: capsule deploy --type docker.",
        )
    almost = unread_procfile(project)
    deeper, path = _deeper(project)
    if deeper:
        return CannotPlan(("The folder itself is no project.", deeper, *filter(None, (almost,))), hint=path)
    return CannotPlan(
        (
            "The project is of no known kind: no requirements.txt, pyproject.toml, package.json, deno.json, "
            "go.mod, pom.xml, build.gradle, composer.json, Gemfile, index.html, mkdocs.yml or Procfile, and "
            "no source of these languages.",
            *filter(None, (almost,)),
        ),
        hint=f"Its folder has: {_some(project.names)}. Set the project path if the code lies deeper. What is "
        "written in other languages runs from a Dockerfile, in a capsule of type docker.",
    )


def _deeper(project: Project) -> tuple[str, str]:
    manifests = {name: each.name for each in _SERVERS for name in each.manifests}
    return said_of(projects_below(project, manifests))


def _provider_for(project: Project, providers: tuple[Provider, ...]) -> Provider | None:
    if len(providers) == 1:
        return providers[0]
    declared = (provider for provider in providers if project.first(*provider.manifests))
    looks_like = (provider for provider in providers if provider.detect(project))
    return next(declared, None) or next(looks_like, None)


def _some(names: list[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
