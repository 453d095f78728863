"""Plan docker capsules: which Dockerfile, which context, which port; and what of it will not work."""

import re
import shlex

from capsule.build.contract import BuildSettings
from capsule.build.dockerfile import Dockerfile, DockerfileProblem, read_dockerfile
from capsule.build.plan import Image, Plan
from capsule.build.project import Project
from capsule.build.providers.contract import Unplannable
from capsule.build.providers.docker.places import find_context, find_dockerfile
from capsule.build.providers.draft import Draft
from capsule.build.toolchain import Toolchain

USUAL_PORT = 3000
_FOR_A_SHELL = re.compile(r"[$&|;<>()`*?~#\n\[\]{}!]|^\w+=")
_CONFIG = "{} in the capsule's config"


class DockerProvider:
    name = "docker"
    manifests: tuple[str, ...] = ("Dockerfile",)

    def detect(self, project: Project) -> bool:
        return False  # without one there is nothing to plan by

    def plan(self, project: Project, settings: BuildSettings, toolchain: Toolchain) -> Plan:
        draft = Draft(self.name)
        if settings.image:
            draft.choose("image", settings.image, "the capsule's source")
            port = _port(draft, settings, None)
            return _finish(draft, settings, Image(reference=settings.image, port=port))
        path, reason = find_dockerfile(project, settings.dockerfile)
        draft.choose("Dockerfile", path, reason)
        context = find_context(project, settings.docker_context)
        draft.choose(
            "build context",
            context or "/",
            _CONFIG.format("Docker context") if context else "the project",
        )
        dockerfile = _read(project, path, settings)
        draft.choose("base image", ", ".join(dockerfile.images) or "scratch", f"FROM in {path}")
        if dockerfile.user:
            draft.choose("user", dockerfile.user, f"USER in {path}")
        for notice in dockerfile.notices():
            draft.notice(notice)
        if project.has("Procfile"):
            draft.notice("The Procfile is not used: the image says what runs.")
        port = _port(draft, settings, dockerfile)
        return _finish(draft, settings, Image(dockerfile=path, context=context, port=port))


def _read(project: Project, path: str, settings: BuildSettings) -> Dockerfile:
    try:
        dockerfile = read_dockerfile(project.read(path), settings.env)
    except DockerfileProblem as exc:
        raise Unplannable(f"{path}: {exc.text}", hint=exc.hint or f"Mend {path}.") from exc
    problems = dockerfile.problems()
    if problems:
        hints = list(dict.fromkeys(problem.hint for problem in problems))
        raise Unplannable(*(f"{path}: {problem.text}" for problem in problems), hint=" ".join(hints))
    return dockerfile


def _port(draft: Draft, settings: BuildSettings, dockerfile: Dockerfile | None) -> int:
    """Return the port that is known before the build; 0 leaves it to what the image exposes."""
    exposed = dockerfile.ports if dockerfile is not None else []
    if settings.port:
        draft.choose("port", str(settings.port), _CONFIG.format("port"))
        return settings.port
    if exposed:
        draft.choose("port", str(exposed[0]), "EXPOSE in the Dockerfile")
        return exposed[0]
    draft.choose("port", f"what the image exposes, else {USUAL_PORT}", "default")
    return 0


def _finish(draft: Draft, settings: BuildSettings, image: Image) -> Plan:
    line = settings.run_command.strip()
    if line:
        draft.choose("start command", line, _CONFIG.format("run command"))
    else:
        draft.choose("start command", "the image's own", "no run command")
    if settings.release_command.strip():
        draft.release = _command(settings.release_command.strip())
        draft.choose("release command", settings.release_command.strip(), _CONFIG.format("release command"))
    return draft.finish_image(_command(line), image)


def _command(line: str) -> tuple[str, ...]:
    """Return what takes the place of the image's `CMD`. A shell is asked only where one is needed."""
    if not line:
        return ()
    if not _FOR_A_SHELL.search(line):
        try:
            return tuple(shlex.split(line))
        except ValueError:
            pass
    return ("/bin/sh", "-c", line)
