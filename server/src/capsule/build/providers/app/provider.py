"""Plan apps written with the `cpsl` SDK: their packages, their image's commands, and their manifest."""

from capsule.build.contract import BuildSettings
from capsule.build.plan import MANIFEST, Plan
from capsule.build.project import Project
from capsule.build.providers.app.declaration import ImageDeclaration, read_image
from capsule.build.providers.app.entry import find_entry
from capsule.build.providers.contract import Unplannable
from capsule.build.providers.draft import Draft
from capsule.build.providers.python.dependencies import (
    SDK,
    Dependencies,
    find_dependencies,
    requirement_name,
)
from capsule.build.providers.python.environment import (
    PYTHON,
    needs_pip,
    plan_environment,
    plan_install,
    plan_sdk_again,
)
from capsule.build.providers.python.interpreter import choose_interpreter
from capsule.build.toolchain import Toolchain


class AppProvider:
    name = "app"
    manifests: tuple[str, ...] = ()

    def detect(self, project: Project) -> bool:
        return any("cpsl" in project.read(path) for path in project.python_files)

    def plan(self, project: Project, settings: BuildSettings, toolchain: Toolchain) -> Plan:
        draft = Draft(self.name)
        entry = find_entry(project, settings.entry)
        draft.choose("entry", entry.text, entry.reason)
        _refuse_shadow(project, entry.path)
        interpreter = choose_interpreter(project, toolchain, draft)
        image = read_image(project, entry.path, entry.tree)
        dependencies = find_dependencies(project)
        packages = _packages(project, draft, image, dependencies)
        draft.choose(SDK, "the platform's SDK", "apps always run with it, whatever the project asks for")
        plan_environment(draft, interpreter)
        # Importing the app for its manifest compiles what it uses; compiling all would take longer.
        pip = needs_pip(*image.commands)
        plan_install(draft, dependencies, ("{sdk}", *packages, *pip), compile_bytecode=False)
        _plan_commands(draft, image)
        draft.step(
            "read the manifest", PYTHON, "-m", "cpsl.runtime", "manifest", entry.text, "--output", MANIFEST
        )
        draft.choose("start command", f"cpsl.runtime serve {entry.text}", "apps are started by the SDK")
        return draft.finish(
            (PYTHON, "-m", "cpsl.runtime", "serve", entry.text), probe_path=None, listens_on_socket=True
        )


def _packages(
    project: Project, draft: Draft, image: ImageDeclaration, dependencies: Dependencies
) -> tuple[str, ...]:
    """Return what the image asks for beyond the project's own requirements, and say where all comes from."""
    origins = [text for text in (image.origin, dependencies.origin) if text]
    wanted = [line for line in image.python_packages if requirement_name(line) != SDK]
    extra: list[str] = []
    if image.requirements_file:
        path = image.requirements_file.removeprefix("./")
        if not project.has(path):
            raise Unplannable(
                f"{image.origin} names the requirements file {path!r}, which is not in the project.",
                hint="Add it, or give python_packages as a list.",
            )
        if path != "requirements.txt" or dependencies.origin != "requirements.txt":
            # As the SDK reads it: option lines are skipped.
            lines = [line.strip() for line in project.read(path).splitlines()]
            wanted += [line for line in lines if line and not line.startswith(("#", "-"))]
    kept = [line for line in wanted if requirement_name(line) != SDK]
    if kept:
        draft.files["{deps}/image.txt"] = "".join(f"{line}\n" for line in kept)
        extra += ["-r", "{deps}/image.txt"]
    draft.choose(
        "dependencies", ", ".join(origins) or "none", "found in the project" if origins else "no Image(...)"
    )
    for name in dict.fromkeys(image.unread):
        draft.notice(
            f"`{name}` of {image.origin} is no plain list, so it cannot be read before the app runs and is "
            "left out. Write a list of strings, or name the packages in requirements.txt."
        )
    return tuple(extra)


def _plan_commands(draft: Draft, image: ImageDeclaration) -> None:
    if image.apt_packages:
        names = " ".join(image.apt_packages)
        draft.choose("system packages", names, image.origin)
        draft.notice(
            f"System packages are not installed by this builder ({names}). Install them on the machine: "
            f"apt-get install {names}"
        )
    for line in image.commands:
        draft.choose("command", line, image.origin)
        draft.line(f"run {line.splitlines()[0][:60] if line.strip() else 'nothing'}", line)
    if image.commands:
        plan_sdk_again(draft)


def _refuse_shadow(project: Project, entry: str) -> None:
    folder = entry.rpartition("/")[0]
    for name in ("cpsl.py", "cpsl/__init__.py"):
        for path in {name, f"{folder}/{name}".lstrip("/")}:
            if project.has(path):
                raise Unplannable(
                    f"The file {path!r} hides the SDK, which is imported by the name `cpsl`.",
                    hint="Give it another name.",
                )
